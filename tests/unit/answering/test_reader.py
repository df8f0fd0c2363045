"""The reader's spans stand in the text, whole, wherever the text is long."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.answering.reader import NOTHING, SPANS, SpanReader, load_reader
from secure_rag.errors import ModelMissingError
from secure_rag.index.sentences import sentence_spans
from secure_rag.runtime.manifest import Models
from secure_rag.vault.placeholders import PLACEHOLDER
from tests.unit.answering.readers import WordEncoder, passages

ANNA = "<PERSON_7Q2F9KX3M4>"
BEN = "<PERSON_9K4T2W8Z6B>"

WORDS = st.sampled_from(
    ["lease", "ends.", "It", "on", "31", "March,", ANNA, f"{BEN}'s", "café", "\n\n- ", "U.S.", "…"]
)
TEXTS = st.lists(WORDS, max_size=400).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.sampled_from(["March", "Mary Jones", "Mary", "ends", "nothing"]))
def test_read_any_text_gives_whole_spans_inside_sentences(text: str, answer: str) -> None:
    (reading,) = SpanReader(WordEncoder(answer)).read(f"When does {ANNA} leave?", passages(text))
    sentences = sentence_spans(text)
    placeholders = [match.span() for match in PLACEHOLDER.finditer(text)]
    assert len(reading.spans) <= SPANS
    for number, span in enumerate(reading.spans):
        assert 0 <= span.start < span.end <= len(text)
        assert any(a <= span.start and span.end <= b for a, b in sentences)
        assert all(b <= span.start or span.end <= a for a, b in placeholders) or any(
            span.start <= a and b <= span.end for a, b in placeholders
        )
        assert 0 <= span.share <= 1
        others = reading.spans[:number]
        assert all(span.end <= one.start or one.end <= span.start for one in others)
        assert all(one.margin >= span.margin for one in others)


@pytest.mark.parametrize("before", [0, 1, 60, 95, 96, 97, 190, 277, 278, 279, 280, 900])
def test_read_long_passage_finds_the_answer_wherever_it_stands(before: int) -> None:
    text = "word " * before + f"It ends with {ANNA} on Thursday. " + "word " * 300
    encoder = WordEncoder("on Thursday")
    (reading,) = SpanReader(encoder).read("When?", passages(text))
    best = reading.spans[0]
    assert text[best.start : best.end] == "on Thursday"
    assert best.margin == pytest.approx(20) and reading.answerable == 5
    assert all(len(asked) + len(ids) + 3 <= 288 for asked, ids in encoder.pairs)


def test_read_names_a_placeholder_alike_in_question_and_passages() -> None:
    encoder = WordEncoder("John Baker")
    texts = [f"{BEN} met {ANNA}.", f"{ANNA} left."]
    readings = SpanReader(encoder).read(f"Who met {ANNA}?", passages(*texts))
    best = readings[0].spans[0]
    assert texts[0][best.start : best.end] == BEN
    assert "7Q2F" not in "".join(encoder.words)
    ids = dict(zip(encoder.words.values(), encoder.words, strict=True))
    assert [ids[one] for one in encoder.pairs[0][0]] == ["Who", "met", "Mary", "Jone", "s", "?"]


def test_read_no_answer_is_a_negative_margin() -> None:
    (reading,) = SpanReader(WordEncoder("nothing", none=4.0)).read("When?", passages("It ends."))
    assert reading.margin == pytest.approx(-8) and reading.answerable == 0


@pytest.mark.parametrize("text", ["", " \n", "…", "\u200b"])
def test_read_text_without_words_finds_nothing(text: str) -> None:
    (reading,) = SpanReader(WordEncoder("nothing")).read("When?", passages(text))
    assert (reading.spans, reading.margin) == ((), NOTHING)


def test_read_question_longer_than_the_model_reads_is_cut() -> None:
    encoder = WordEncoder("noon")
    (reading,) = SpanReader(encoder).read("Is it " * 400, passages("It is at noon."))
    assert reading.spans and len(encoder.pairs[0][0]) == 64


def test_read_heading_is_read_and_never_the_answer() -> None:
    encoder = WordEncoder("noon")
    given = passages("word " * 400 + "It is at noon.", heading="Opening > Closed at noon")
    (reading,) = SpanReader(encoder).read("When?", given)
    ids = dict(zip(encoder.words.values(), encoder.words, strict=True))
    read = [" ".join(ids[one] for one in piece) for _, piece in encoder.pairs]
    assert len(read) > 1 and all(one.startswith("Open ing . Clos ed at noon") for one in read)
    best = reading.spans[0]
    assert given[0].text[best.start : best.end] == "noon"


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    """The pinned reader."""
    return load_reader(Models())


LEASE = (
    f"The lease of {ANNA} begins on 1 April 2024. It ends on 31 March 2027. The monthly rent is "
    f"900 pounds, paid to {BEN} in advance. The tenant may keep one dog."
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (f"When does the lease of {ANNA} end?", "31 March 2027"),
        ("How much is the monthly rent?", "900 pounds"),
        ("Who is the rent paid to?", BEN),
    ],
)
def test_pinned_reader_finds_the_words_that_answer(
    reader: SpanReader, question: str, answer: str
) -> None:
    filler = "The garden is watered on Mondays and nobody minds. " * 60
    found, none = reader.read(question, passages(filler + LEASE, filler))
    best = found.spans[0]
    assert (filler + LEASE)[best.start : best.end] == answer
    assert found.margin > none.margin


def test_pinned_reader_that_is_missing_is_to_be_installed_again(tmp_path: Path) -> None:
    models = Models()
    models.stores = (tmp_path,)
    with pytest.raises(ModelMissingError) as caught:
        load_reader(models)
    assert "install secure-rag again" in (caught.value.hint or "")
