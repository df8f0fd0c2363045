"""Tests of what the reader is trained on: splits, pairs, wrong passages, made questions."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[3]
RECIPE = ROOT / "models/recipes/reader"
sys.path.insert(0, str(RECIPE))

import cloze  # noqa: E402
import negatives  # noqa: E402
import pairs  # noqa: E402
import passages  # noqa: E402
import questions  # noqa: E402
import restore  # noqa: E402
import scoring  # noqa: E402
import spans  # noqa: E402
import support  # noqa: E402
import written  # noqa: E402
from questions import Question  # noqa: E402

from secure_rag.runtime.bert_graph import build_graph  # noqa: E402
from secure_rag.runtime.encoder import open_session  # noqa: E402
from secure_rag.runtime.manifest import Models  # noqa: E402

PASSAGE = (
    "The mill was built in 1856 by Ann Quill. It stood on the river Dore. "
    "A fire destroyed the roof in 1901. The town bought the ruin later."
)


def asked(text: str, answer: str, *, passage: str = PASSAGE, article: str = "Mill") -> Question:
    start = passage.index(answer) if answer else 0
    return Question(text, passage, ((start, start + len(answer)),) if answer else (), article)


WHEN = asked("When was the mill built?", "1856")


@pytest.fixture(scope="module")
def pieces() -> pairs.Pieces:
    path = ROOT / "models/reader-minilm/tokenizer.json"
    return pairs.Pieces(Tokenizer.from_file(str(path)))


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("SECURE_RAG_DATA")
    if not folder:
        pytest.skip("SECURE_RAG_DATA names no folder with the public sets")
    return Path(folder)


def test_training_has_nothing_of_the_held_out_articles(data: Path) -> None:
    kept = questions.training(data)
    held = questions.held_passages(data)
    assert len(kept) > 2500
    assert len(held) > 60
    assert not {question.passage for question in kept} & held
    assert not {question.article for question in kept} & questions.HELD_OUT
    for article in (questions.DEV, questions.TEST):
        assert len(questions.held_out(data, article)) > 300


def test_training_spans_are_the_answers_of_the_set(data: Path) -> None:
    for question in [*questions.training(data), *questions.papers(data)]:
        assert all(answer and answer in question.passage for answer in question.answers)
    assert all(question.spans for question in questions.papers(data))


def test_written_questions_stand_in_training_passages_and_are_answered_in_words(data: Path) -> None:
    read = written.written(data, [RECIPE / "written.tsv", RECIPE / "reasons.tsv"])
    assert len(read) > 9000
    held = questions.held_passages(data)
    answered = [question for question in read if question.spans]
    assert 0.5 < len(answered) / len(read) < 0.8
    for question in read:
        assert question.passage not in held and question.article not in questions.HELD_OUT
        assert all(answer == answer.strip() and answer for answer in question.answers)
        assert "\t" not in question.text and len(question.text) > 5
    assert len({(question.passage, question.text) for question in read}) == len(read)


def test_written_question_about_an_unknown_passage_is_an_error(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "written.tsv"
    file.write_text("0123456789ab\t\t\tWho?\n", "utf-8")
    with pytest.raises(KeyError):
        written.written(data, [file])


def test_sentences_cover_the_text_but_for_blanks() -> None:
    found = [PASSAGE[start:end] for start, end in passages.sentences(PASSAGE)]
    assert len(found) == 4
    assert " ".join(found) == PASSAGE


@pytest.mark.parametrize("seed", range(8))
def test_shorten_keeps_the_gold_answer_and_moves_its_span(seed: int) -> None:
    short = passages.shorten(WHEN, random.Random(seed))
    assert short.answers == ("1856",)
    assert short.passage in PASSAGE
    assert len(passages.sentences(short.passage)) >= 2


def test_without_answer_leaves_the_other_sentences() -> None:
    spoiled = passages.without_answer(WHEN)
    assert spoiled is not None
    assert spoiled.spans == ()
    assert spoiled.passage == PASSAGE[PASSAGE.index("It stood") :]


def test_without_answer_named_twice_is_not_spoiled() -> None:
    twice = asked("When?", "1856", passage="Built in 1856. Sold long after 1856.")
    assert passages.without_answer(twice) is None


@pytest.mark.parametrize("seed", range(4))
def test_make_pair_long_passage_shows_the_answer(pieces: pairs.Pieces, seed: int) -> None:
    passage = "The wind blew. " * 40 + "The keeper was Ann Quill. " + "It rained. " * 40
    question = asked("Who was the keeper?", "Ann Quill", passage=passage)
    pair = pairs.make_pair(question, pieces, random.Random(seed), max_tokens=64)
    assert len(pair.ids) == 64
    answer = pieces.of("Ann Quill")[0]
    assert list(pair.ids[pair.start : pair.end + 1]) == answer
    assert pair.ids[pair.passage_at - 1] == pair.ids[-1] == pairs.SEP


def test_make_pair_without_answer_points_at_the_cls(pieces: pairs.Pieces) -> None:
    pair = pairs.make_pair(asked("Who?", ""), pieces, random.Random(1), max_tokens=64)
    assert (pair.start, pair.end, pair.answerable) == (0, 0, 0.0)


def test_batches_hold_every_pair_once_and_about_the_size(pieces: pairs.Pieces) -> None:
    made = [
        pairs.make_pair(WHEN, pieces, random.Random(n), max_tokens=20 + n % 30) for n in range(40)
    ]
    groups = pairs.batches(made, random.Random(2), tokens=200)
    assert sorted(id(pair) for group in groups for pair in group) == sorted(map(id, made))
    assert all(len(g) * max(len(p.ids) for p in g) <= 250 for g in groups)
    assert len(groups) < 12


def test_same_article_gives_the_likest_passage_that_does_not_name_the_answer() -> None:
    passages_ = (PASSAGE, "The old mill was built later.", "A mill of 1856 stood.", "Cats sleep.")
    known = [asked("?", "", passage=passage) for passage in passages_]
    drawn = negatives.Negatives([WHEN, *known]).same_article(WHEN, random.Random(1), hard=1.0)
    assert drawn is not None
    assert drawn.passage in {passages_[1], passages_[3]}
    assert drawn.spans == ()


def test_other_article_gives_a_passage_of_another_one() -> None:
    other = asked("?", "", passage="Cats sleep.", article="Cats")
    drawn = negatives.Negatives([WHEN, other]).other_article(WHEN, random.Random(1))
    assert (drawn.passage, drawn.spans, drawn.text) == ("Cats sleep.", (), WHEN.text)


@pytest.mark.parametrize("answer", ["1856", "1901"])
def test_found_years_are_asked_for_with_when(answer: str) -> None:
    spans_ = {PASSAGE[span.start : span.end]: span.asks for span in spans.found(PASSAGE, [])}
    assert spans_[answer] == "when"


def test_make_question_has_no_word_of_the_span_and_asks() -> None:
    start = PASSAGE.index("1856")
    span = spans.Span(start, start + 4, "when")
    made = [
        cloze.make(PASSAGE, span, random.Random(seed), lambda word, _: word) for seed in range(20)
    ]
    texts = [one.question for one in made if one is not None]
    assert texts
    assert all("1856" not in text for text in texts)
    assert all("when" in text or "what" in text or "which" in text for text in texts)
    assert len(set(texts)) > 5


def test_swap_puts_a_name_of_the_passage_in_the_place_of_another() -> None:
    made = cloze.Cloze("who met Quill in 1856?", ("Quill", "1856"))
    swapped = {cloze.swap(made, ["Dore", "1901"], random.Random(seed)) for seed in range(20)}
    assert swapped == {"who met Dore in 1856?", "who met Quill in 1901?"}


def test_swap_of_a_written_question_keeps_its_first_word() -> None:
    made = cloze.asked_by_people("When did Quill leave?")
    assert made.names == ("Quill",)
    assert cloze.swap(made, ["Dore", "Ann"], random.Random(1)) in {
        "When did Dore leave?",
        "When did Ann leave?",
    }


@pytest.mark.parametrize(
    ("question", "denied"),
    [
        pytest.param("What was built?", {"What was not built?", "What was never built?"}, id="was"),
        pytest.param("Who built it?", {None}, id="no-auxiliary"),
        pytest.param("What was not built?", {None}, id="denied-already"),
    ],
)
def test_deny_puts_a_denial_behind_the_auxiliary(question: str, denied: set[str | None]) -> None:
    assert cloze.deny(question, random.Random(3)) in denied


def test_swap_without_a_fitting_name_is_none() -> None:
    made = cloze.Cloze("who met Quill?", ("Quill",))
    assert cloze.swap(made, ["1901"], random.Random(1)) is None


@pytest.mark.parametrize("seed", range(6))
def test_passage_for_support_question_says_whether_it_answers(seed: int) -> None:
    others = tuple(f"Snippet number {n}." for n in range(8))
    one = support.Asked("Is there a bar?", "Yes, a bar.", others, "hotel/1")
    shown = support.passage_for(one, random.Random(seed))
    assert bool(shown.spans) == ("Yes, a bar." in shown.passage)
    assert shown.answers in {(), ("Yes, a bar.",)}


@pytest.mark.parametrize(
    ("given", "gold", "expected"),
    [
        pytest.param("The Mill!", "mill", 1.0, id="marks-and-articles"),
        pytest.param("the old mill", "mill", 2 / 3, id="one-word-more"),
        pytest.param("", "mill", 0.0, id="nothing-given"),
        pytest.param("a barn", "mill", 0.0, id="wrong"),
    ],
)
def test_f1_is_that_of_squad(given: str, gold: str, expected: float) -> None:
    assert scoring.f1(given, gold) == pytest.approx(expected)


def test_auc_counts_ties_as_half() -> None:
    assert scoring.auc(np.array([2.0, 1.0]), np.array([1.0, 0.0])) == pytest.approx(0.875)


def test_best_threshold_refuses_what_gains_less() -> None:
    scores, gains = np.array([3.0, 2.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0])
    refused = np.array([0.0, 1.0, 0.0, 1.0])
    at = scoring.best_threshold(scores, gains, refused)
    assert np.where(scores > at, gains, refused).mean() == 0.75


def test_restored_weights_read_as_the_shipped_int8_model_does(pieces: pairs.Pieces) -> None:
    shipped = ROOT / "models/reader-minilm/model.onnx"
    state = restore.restore(shipped, Models().locate("embedder").folder)
    arrays = {name: value.numpy() for name, value in state.items()}
    restored = build_graph(arrays, layers=6, heads=12, head="tokens", segments=True)
    pair = pairs.make_pair(WHEN, pieces, random.Random(1), max_tokens=288)
    ids = np.array([pair.ids], np.int64)
    feed = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": (np.arange(ids.shape[1]) >= pair.passage_at).astype(np.int64)[None],
    }
    small, full = (
        open_session(model).run(["logits"], feed)[0][0]
        for model in (shipped.read_bytes(), restored.SerializeToString())
    )
    assert list(full[1:, :2].argmax(axis=0) + 1) == [pair.start, pair.end]
    assert np.corrcoef(small.ravel(), full.ravel())[0, 1] > 0.99
