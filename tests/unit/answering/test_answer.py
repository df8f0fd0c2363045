"""Answers are grounded in verified quotes, or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import pytest

from secure_rag.answering.answer import REFUSAL, LazyGenerator, answer
from secure_rag.answering.citations import cite, verify
from secure_rag.answering.reader import Span
from secure_rag.answering.support import Sentence
from secure_rag.index.embedder import MiniLMEmbedder, load_embedder
from secure_rag.runtime.manifest import Models
from secure_rag.settings import AnsweringSettings
from secure_rag.values import Answer, Citation, Passage, Place
from tests.unit.answering.readers import Knowing

ANNA = "<PERSON_7Q2F9KX3M4>"
BEN = "<PERSON_9K4T2W8Z6B>"
DOCUMENT = (
    "1 Parties\n\nThe supplier is Northwind.\n\n2 Term\n\n"
    f"The contract ends on 31 March. {ANNA} may end it earlier with 45 days of notice."
)
ALWAYS = AnsweringSettings(writer="always")
QUESTION = f"With how many days of notice may {ANNA} end the contract?"


@dataclass
class Scripted:
    """A writer that says what it is told to, and records what it was asked."""

    text: str
    prompts: list[str] = field(default_factory=list)

    def generate(
        self, messages: Sequence[dict[str, str]], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        self.prompts.append("\n".join(message["content"] for message in messages))
        yield from self.text

    def count_tokens(self, text: str) -> int:
        return len(text.split())


Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def embedder() -> MiniLMEmbedder:
    """The pinned embedder."""
    return load_embedder(Models())


@pytest.fixture
def ask(embedder: MiniLMEmbedder) -> Ask:
    """Ask the question of a passage of the document, with a reader that knows the answer."""

    def asked(
        question: str = QUESTION,
        passages: list[Passage] | None = None,
        finds: Sequence[str] = ("45 days",),
        margin: float = 8.0,
        **how: object,
    ) -> Answer:
        given = [passage()] if passages is None else passages
        options = {
            "reader": Knowing(finds, margin),
            "generator": None,
            "embed": embedder.embed,
            "settings": AnsweringSettings(),
            **how,
        }
        return answer(question, given, **options)  # type: ignore[arg-type]

    return asked


def passage(text: str | None = None, start: int = 38, chunk: str = "D1-1") -> Passage:
    """A passage of the document, from the second section on, or a given text."""
    if text is None:
        text = DOCUMENT[start:]
    return Passage(
        "D1", chunk, text, 1.0, start, start + len(text), Place(heading="2 Term"), "a.txt"
    )


def test_answer_without_passages_refuses_and_reads_nothing(ask: Ask) -> None:
    reader = Knowing(["45 days"])
    given = ask(passages=[], reader=reader)
    assert reader.questions == []
    assert (given.refused, given.reason, given.text) == (True, "no_passages", REFUSAL)


def test_answer_without_evidence_refuses_and_calls_no_writer(ask: Ask) -> None:
    writer = Scripted("Paris.")
    shown: list[str] = []
    given = ask("Who painted the ceiling?", finds=(), generator=writer, on_text=shown.append)
    assert (given.refused, given.reason, given.citations) == (True, "low_evidence", ())
    assert writer.prompts == []
    assert shown == []


def test_answer_with_evidence_is_the_words_out_of_a_verified_quote(ask: Ask) -> None:
    given = ask()
    first = given.citations[0]
    assert not given.refused
    assert (given.text, given.short) == ("45 days [1]", "45 days")
    assert first.verified and DOCUMENT[first.start : first.end] == first.quote
    assert f"{ANNA} may end it earlier with 45 days of notice." in first.quote
    assert DOCUMENT[first.answer_start :].startswith("45 days") and first.answer == "45 days"
    assert (first.document, first.chunk, first.place.heading) == ("D1", "D1-1", "2 Term")
    assert given.evidence is not None and 0 < given.evidence < 1


def test_answer_whose_words_the_reader_doubts_is_the_sentence(ask: Ask) -> None:
    given = ask(margin=-8.0, settings=AnsweringSettings(evidence_threshold=0.0))
    assert given.short is None and given.citations[0].answer == ""
    assert given.text.startswith(f"“{given.citations[0].quote}” [1]")
    assert "45 days" in given.citations[0].quote


def test_answer_that_is_a_placeholder_is_whole(ask: Ask) -> None:
    assert ask("Who may end the contract?", finds=[ANNA]).text == f"{ANNA} [1]"


def test_answer_that_two_documents_give_alike_cites_both(ask: Ask) -> None:
    other = replace(passage("The notice is 45 days.", 0, "D2-0"), document="D2")
    given = ask(passages=[passage(), other, replace(other, chunk="D2-1")])
    assert given.text == "45 days [1][2]"
    assert {one.document for one in given.citations} == {"D1", "D2"}


def test_answer_that_two_documents_give_otherwise_shows_both(ask: Ask) -> None:
    text = DOCUMENT[38:].replace("45", "60")
    other = replace(passage(text, 38, "D2-1"), document="D2")
    given = ask(passages=[passage(), other], finds=("45 days", "60 days"))
    said = [line.split(" [") for line in given.text.split("\n")]
    assert {words for words, _ in said} == {"45 days", "60 days"}
    assert [marker for _, marker in said] == ["1]", "2]"]
    assert all(words in one.quote for (words, _), one in zip(said, given.citations, strict=True))
    assert given.short == said[0][0]


def test_answer_of_one_passage_is_one_line(ask: Ask) -> None:
    text = f"{ANNA} may end the contract with 45 days of notice, {BEN} with 60 days of notice."
    given = ask(passages=[passage(text + " " + text.replace("45", "46"))], finds=("45 days",))
    assert given.text == "45 days [1]"


def test_answer_from_given_passages_cites_their_numbers(ask: Ask) -> None:
    texts = ["Lunch is at noon in the canteen.", DOCUMENT[38:], "The sky is blue over the bay."]
    passages = [Passage(None, str(n), text, 1.0, 0, len(text)) for n, text in enumerate(texts)]
    first = ask(passages=passages).citations[0]
    assert (first.document, first.chunk) == (None, "1")
    assert texts[1][first.start : first.end] == first.quote


def test_answer_is_found_behind_more_sentences_than_are_looked_at(ask: Ask) -> None:
    texts = ["The sky is blue over the bay."] * 250 + [DOCUMENT[38:]]
    passages = [Passage(None, str(n), text, 1.0, 0, len(text)) for n, text in enumerate(texts)]
    assert ask(passages=passages).citations[0].chunk == "250"


def test_answer_shows_the_writers_sentence_where_quotes_bear_it_out(ask: Ask) -> None:
    writer = Scripted("Person A may end it with 45 days of notice.")
    shown: list[str] = []
    given = ask(generator=writer, settings=ALWAYS, on_text=shown.append)
    assert given.text.startswith("45 days [1]\n\n")
    assert f"{ANNA} may end it with 45 days of notice. [1]" in given.text
    assert "".join(shown) == given.text
    assert ANNA not in writer.prompts[0]


@pytest.mark.parametrize(
    "written",
    [
        "Person A may end it with 30 days of notice.",
        "The contract ends in Paris.",
        "Person B may end it with 45 days of notice.",
        "person a may end it with 45 days of notice",
        "<PERSON_9999999999> gives 45 days of notice.",
        "Person A may end it earlier with 45 days of notice.",
        "",
        "\n\n",
    ],
)
def test_answer_drops_the_writers_sentence_where_they_do_not(ask: Ask, written: str) -> None:
    given = ask(generator=Scripted(written), settings=ALWAYS)
    assert given.text == ask().text
    is_repeat = "earlier with 45 days" in written
    assert given.dropped_sentences == (1 if written.strip() and not is_repeat else 0)


def test_answer_free_writer_marks_each_sentence_and_counts_what_it_drops(ask: Ask) -> None:
    writer = Scripted("Person A may end it with 45 days of notice. It costs 900 euros.")
    given = ask(generator=writer, settings=AnsweringSettings(writer="free"))
    assert given.text.endswith(f"\n\n{ANNA} may end it with 45 days of notice. [1]")
    assert given.dropped_sentences == 1


@pytest.mark.parametrize(
    ("setting", "margin", "is_asked"),
    [
        ("quotes", 8.0, False),
        ("quotes", -8.0, False),
        ("supported", 8.0, False),
        ("supported", -8.0, True),
        ("always", 8.0, True),
    ],
)
def test_answer_asks_the_writer_where_the_setting_says_so(
    ask: Ask, setting: Literal["quotes", "supported", "always"], margin: float, is_asked: bool
) -> None:
    writer = Scripted("45 days of notice.")
    how = AnsweringSettings(writer=setting, evidence_threshold=0.0)
    assert not ask(generator=writer, margin=margin, settings=how).refused
    assert bool(writer.prompts) is is_asked


def test_answer_output_gate_objects_to_quotes_refuses_before_anything_is_shown(ask: Ask) -> None:
    shown: list[str] = []
    given = ask(check_output=lambda text: "45" not in text, on_text=shown.append)
    assert (given.refused, given.reason, given.text) == (True, "output_gate", REFUSAL)
    assert shown == []


def test_answer_output_gate_objects_to_the_sentence_drops_it(ask: Ask) -> None:
    writer = Scripted("Person A may end it with 45 days of notice.")
    given = ask(generator=writer, settings=ALWAYS, check_output=lambda text: "“" in text)
    assert given.text == ask().text


def test_answer_quote_not_in_the_stored_document_is_dropped_and_refused(ask: Ask) -> None:
    given = ask(read_document=lambda document: DOCUMENT.replace("45", "46"))
    assert (given.refused, given.reason, given.dropped_citations) == (True, "unsupported", 1)
    assert not ask(read_document=lambda document: DOCUMENT).refused


def test_answer_threshold_of_the_settings_decides(ask: Ask) -> None:
    assert ask(settings=AnsweringSettings(evidence_threshold=1.0)).reason == "low_evidence"
    lenient = AnsweringSettings(evidence_threshold=0.0)
    assert not ask("Is the sky blue?", finds=(), settings=lenient).refused


@pytest.mark.parametrize("text", ["", " \n", "\x00", "contract.pdf"])
def test_answer_from_passages_without_sentences_refuses(ask: Ask, text: str) -> None:
    given = ask(passages=[passage(text)], settings=AnsweringSettings(evidence_threshold=0.0))
    assert given.refused or given.citations[0].verified


def test_answer_heading_is_not_the_quote(ask: Ask) -> None:
    for heading in ("Notice period", "2 Term: notice period"):
        text = f"{heading}\n\nIt may be ended with 45 days of warning."
        place = Place(heading=f"Contract > {heading}")
        given = ask("What is the notice period?", [replace(passage(text), place=place)])
        assert "45 days" in given.citations[0].quote


def test_answer_pronoun_is_quoted_with_the_sentence_before(ask: Ask) -> None:
    text = "The lease begins on 1 April 2024. It ends on 31 March 2027."
    given = ask("When does the lease end?", [passage(text)], finds=["31 March 2027"])
    assert (given.text, given.citations[0].quote) == ("31 March 2027 [1]", text)


def test_answer_hides_control_characters_of_a_quote(ask: Ask) -> None:
    text = f"{ANNA} may end the \x1b[31mcontract with 45\x1b days\u202e of notice."
    given = ask(passages=[passage(text)], finds=["45\x1b days"])
    assert not {"\x1b", "\u202e"} & set(given.text)
    assert given.citations[0].quote in text


def test_lazy_generator_loads_on_first_use_and_once() -> None:
    loads: list[int] = []

    def load() -> Scripted:
        loads.append(1)
        return Scripted("words")

    lazy = LazyGenerator(load)
    assert not lazy.is_loaded
    assert lazy.count_tokens("two words") == 2
    assert "".join(lazy.generate([], max_tokens=3)) == "words"
    assert loads == [1]


WRONG = {
    "other words": {"quote": "The contract ends on 31 April."},
    "moved": {"start": 3},
    "before the passage": {"start": -5},
    "beyond the passage": {"end": 9999},
    "other chunk": {"chunk": "D1-9"},
    "other document": {"document": "D2"},
    "other answer": {"answer": "April"},
    "answer moved": {"answer": "March", "answer_start": 3},
    "answer not in the quote": {"answer": "Northwind", "answer_start": DOCUMENT.index("Northwind")},
}


@pytest.mark.parametrize("name", [*WRONG, "right"])
def test_verify_keeps_only_what_stands_where_it_says(name: str) -> None:
    given = passage(DOCUMENT, start=0)
    start = DOCUMENT.index("The contract")
    quote = "The contract ends on 31 March."
    answer_start = DOCUMENT.index("31 March")
    span = Span(answer_start, answer_start + 8, 1.0, 1.0)
    sentence = Sentence(0, start, start + len(quote), quote, False, (), span=span)
    values = {**cite([sentence], [given], with_spans=True)[0].__dict__, **WRONG.get(name, {})}
    kept, dropped = verify([Citation(**values)], [given])
    assert ([one.verified for one in kept], dropped) == (
        ([True], 0) if name == "right" else ([], 1)
    )
