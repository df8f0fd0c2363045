"""One ranking out of several."""

from __future__ import annotations

import pytest

from secure_rag.retrieval.fusion import (
    reciprocal_ranks,
    spread_over,
    standardised_sums,
    without_repeats,
)

LONG = "The supplier repairs every defect within ten working days after it was reported in writing"


def test_reciprocal_ranks_of_two_lists_put_what_both_hold_first() -> None:
    fused = reciprocal_ranks([["a", "b"], ["b", "c"]])
    assert sorted(fused, key=lambda item: -fused[item]) == ["b", "a", "c"]
    assert fused["a"] == pytest.approx(1 / 61)


def test_standardised_sums_weigh_how_far_an_item_stands_out_in_each_list() -> None:
    # list by list, in standard deviations: a +1, b -1, and b +1, a -1
    lists = [{"a": 12.0, "b": 2.0}, {"a": 0.11, "b": 0.31}]
    assert standardised_sums(lists, [0.4, 0.6]) == {"a": 0.0, "b": 1.0}
    assert standardised_sums(lists, [0.6, 0.4]) == {"a": 1.0, "b": 0.0}


def test_standardised_sums_do_not_depend_on_the_scale_of_a_list() -> None:
    first, second = {"a": 3.0, "b": 1.0, "c": 2.0}, {"a": 0.1, "b": 0.4, "c": 0.3}
    scaled = {item: 100 * score + 7 for item, score in first.items()}
    expected = standardised_sums([first, second], [1, 1])
    assert standardised_sums([scaled, second], [1, 1]) == pytest.approx(expected)
    assert max(expected.values()) == 1.0


@pytest.mark.parametrize("lists", [[], [{}], [{}, {}]])
def test_standardised_sums_of_nothing_are_nothing(lists: list[dict[str, float]]) -> None:
    assert standardised_sums(lists, [1.0] * len(lists)) == {}


def test_standardised_sums_of_equal_scores_say_nothing() -> None:
    assert standardised_sums([{"a": 3.0, "b": 3.0}, {}], [1, 1]) == {"a": 1.0, "b": 1.0}
    assert standardised_sums([{"a": 3.0, "b": 3.0}, {"a": 1.0, "b": 2.0}], [9, 1])["b"] == 1.0


def test_standardised_sums_count_an_item_that_a_list_lacks_as_its_lowest() -> None:
    fused = standardised_sums([{"a": 5.0, "b": 1.0}, {"a": 1.0, "b": 1.0, "c": 1.0}], [1, 1])
    assert fused["c"] == fused["b"] == 0.0


def test_without_repeats_keeps_the_first_of_near_copies() -> None:
    texts = [LONG, LONG + ".", "Something else", LONG.replace("ten", "five"), "A third one"]
    assert list(without_repeats(texts)) == [0, 2, 3, 4]


def test_without_repeats_of_empty_texts_keeps_one() -> None:
    assert list(without_repeats(["", "", "a"])) == [0, 2]


SPREADS: dict[str, tuple[list[tuple[str, float]], int, list[int]]] = {
    "one source, nobody else": ([("a", 1.0)] * 6, 4, [0, 1, 2, 3]),
    "others come near": (
        [("a", 1.0), ("a", 0.9), ("a", 0.88), ("b", 0.8), ("c", 0.7)],
        4,
        [0, 1, 3, 4],
    ),
    "others are far": (
        [("a", 1.0), ("a", 0.9), ("a", 0.88), ("a", 0.8), ("b", 0.3)],
        4,
        [0, 1, 2, 3],
    ),
    "some near, some far": (
        [("a", 1.0), ("a", 0.9), ("a", 0.88), ("b", 0.8), ("c", 0.2)],
        4,
        [0, 1, 2, 3],
    ),
    "a single place": ([("a", 1.0), ("b", 1.0)], 1, [0]),
    "fewer than the limit": ([("a", 1.0), ("a", 0.9), ("a", 0.8)], 4, [0, 1, 2]),
    "nothing": ([], 3, []),
}


@pytest.mark.parametrize("name", SPREADS)
def test_spread_over_leaves_room_for_others_that_come_near(name: str) -> None:
    scored, limit, expected = SPREADS[name]
    assert spread_over(scored, limit) == expected
    assert spread_over(scored, 0) == []


@pytest.mark.parametrize("name", SPREADS)
def test_spread_over_some_places_is_that_of_the_rest_taken_out(name: str) -> None:
    scored, limit, expected = SPREADS[name]
    mixed = [one for real in scored for one in (real, ("a repeat", real[1]))]
    places = range(0, len(mixed), 2)
    assert spread_over(mixed, limit, places=places) == [2 * place for place in expected]


def test_spread_over_draws_no_more_places_than_it_needs() -> None:
    scored = [("a", 1.0), ("b", 0.9), ("c", 0.8), ("d", 0.7)]
    places = iter(range(4))
    assert spread_over(scored, 2, places=places) == [0, 1]
    assert list(places) == [2, 3]
