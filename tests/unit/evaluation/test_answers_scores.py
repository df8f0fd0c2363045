"""Scores of answers: SQuAD's normalisation, our marks taken off, words inside quotes."""

from __future__ import annotations

import pytest

from secure_rag import squad
from secure_rag.evaluation import answers_scores as scores
from secure_rag.evaluation.intervals import resampled, wilson


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The Eiffel Tower!", "eiffel tower"),
        ("a  cat, an owl and\tthe dog", "cat owl and dog"),
        ("U.S. in 1,000", "us in 1000"),
        ("theory", "theory"),
        ("", ""),
    ],
)
def test_normalise_is_that_of_squad(text: str, plain: str) -> None:
    assert squad.normalise(text) == plain


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("March 2027 [1]", "March 2027"),
        ("“It ends on 31 March.” [1]\n“So it does.” [2]", "It ends on 31 March. So it does."),
        ("March 2027 [1]\n\nThe lease ends in March 2027. [1]", "March 2027"),
        ("", ""),
    ],
)
def test_said_is_without_marks_and_without_the_sentence(answer: str, said: str) -> None:
    assert scores.said(answer) == said


@pytest.mark.parametrize(
    ("answer", "golds", "exact", "f1"),
    [
        ("the 31 March", ("31 March", "March"), 1.0, 1.0),
        ("on 31 March", ("31 March",), 0.0, 0.8),
        ("Paris", ("London",), 0.0, 0.0),
        ("", ("London",), 0.0, 0.0),
        ("", (), 1.0, 1.0),
        ("London", (), 0.0, 0.0),
        ("", ("the",), 1.0, 1.0),
        ("yes yes", ("yes",), 0.0, 2 / 3),
    ],
)
def test_exact_and_f1_take_the_best_expected_answer(
    answer: str, golds: tuple[str, ...], exact: float, f1: float
) -> None:
    assert squad.exact(answer, golds) == exact
    assert squad.f1(answer, golds) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("quote", "gold", "found"),
    [
        ("It ends on 31 March 2027.", "31 March", True),
        ("It ends on 131 March.", "31 March", False),
        ("It ends.", "", False),
        ("Norman conquest", "man", False),
    ],
)
def test_quote_holds_whole_words(quote: str, gold: str, found: bool) -> None:
    assert scores.quote_holds(quote, [gold]) is found


QUOTE = "Either party may end the agreement with 21 days of written notice."


@pytest.mark.parametrize(
    ("answer", "inside", "total"),
    [
        (f"“{QUOTE}” [1]", 12, 12),
        ("21 days [1]", 2, 2),
        ("22 days [1]", 0, 2),
        ("They may end the agreement soon. [1]", 4, 6),
        ("days end party [1]", 0, 3),
        ("", 0, 0),
    ],
)
def test_grounded_counts_runs_that_stand_in_a_quote(answer: str, inside: int, total: int) -> None:
    assert scores.grounded(answer, [QUOTE]) == (inside, total)
    assert scores.grounded(answer, []) == (0, total)


def test_wilson_of_published_example_and_edges() -> None:
    # Newcombe 1998, table of methods: 81 of 263
    assert wilson(81, 263) == [0.2553, 0.3662]
    assert wilson(0, 20) == [0.0, 0.1611]
    assert wilson(0, 0) is None


def test_resampled_draws_clusters_not_values() -> None:
    values = [1.0] * 50 + [0.0] * 50
    apart = resampled(values, [str(n) for n in range(100)], seed=1)
    together = resampled(values, ["a"] * 50 + ["b"] * 50, seed=1)
    assert apart is not None and 0.35 < apart[0] < 0.5 < apart[1] < 0.65
    assert together == [0.0, 1.0]
    assert resampled([1.0], ["a"], seed=1) is None
