"""One ranking out of several."""

from __future__ import annotations

import pytest

from secure_rag.retrieval.fusion import normalised_sums, reciprocal_ranks, without_repeats

LONG = "The supplier repairs every defect within ten working days after it was reported in writing"


def test_reciprocal_ranks_of_two_lists_put_what_both_hold_first() -> None:
    fused = reciprocal_ranks([["a", "b"], ["b", "c"]])
    assert sorted(fused, key=lambda item: -fused[item]) == ["b", "a", "c"]
    assert fused["a"] == pytest.approx(1 / 61)


def test_normalised_sums_scale_each_list_to_its_own_range() -> None:
    fused = normalised_sums([{"a": 12.0, "b": 2.0}, {"b": 0.31, "a": 0.11, "c": 0.21}])
    assert fused == {"a": 0.5, "b": 0.5, "c": pytest.approx(0.25)}


@pytest.mark.parametrize("lists", [[], [{}], [{}, {}]])
def test_normalised_sums_of_nothing_are_nothing(lists: list[dict[str, float]]) -> None:
    assert normalised_sums(lists) == {}


def test_normalised_sums_of_equal_scores_count_in_full() -> None:
    assert normalised_sums([{"a": 3.0, "b": 3.0}, {}]) == {"a": 1.0, "b": 1.0}


def test_without_repeats_keeps_the_first_of_near_copies_up_to_the_limit() -> None:
    texts = [LONG, LONG + ".", "Something else", LONG.replace("ten", "five"), "A third one"]
    assert without_repeats(texts, 3) == [0, 2, 3]


def test_without_repeats_of_empty_texts_keeps_one() -> None:
    assert without_repeats(["", "", "a"], 5) == [0, 2]
