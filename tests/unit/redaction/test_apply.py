"""Replacing through the anonymizer's engine, and where everything went."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_rag.redaction.apply import apply
from secure_rag.redaction.offsets import Replacement
from secure_rag.values import Block

ACTIONS = [
    ("pseudonymise", "<PERSON_1>", 0, "4111 1111", "<PERSON_1>"),
    ("generalise", "March 2024", 0, "12 March 2024", "March 2024"),
    ("drop", "", 0, "hunter22", ""),
    ("keep", "", 0, "Acme", "Acme"),
    ("mask", "", 4, "4111 1111 1111 1111", "***************1111"),
    ("mask", "", 0, "4111 1111", "*********"),
    ("mask", "", 9, "4111", "****"),
    # at least as many letters and digits are hidden as are shown
    ("mask", "", 4, "Hall", "****"),
    ("mask", "", 4, "Lee", "***"),
    ("mask", "", 4, "Novak", "*****"),
    ("mask", "", 4, "12-34 567", "*********"),
    ("mask", "", 4, "12-34 5678", "******5678"),
    ("mask", "", 1, "X", "*"),
    ("mask", "", 1, "XY", "*Y"),
    ("mask", "", 2, "12-3(4)", "***3(4)"),
]


@pytest.mark.parametrize(
    ("action", "new", "keep_last", "value", "expected"), ACTIONS, ids=range(len(ACTIONS))
)
def test_apply_action_replaces_the_span(
    action: str, new: str, keep_last: int, value: str, expected: str
) -> None:
    text = f"before {value} after"
    replacement = Replacement(7, 7 + len(value), action, new, keep_last)
    shown, moved = apply(text, [replacement])
    assert shown == f"before {expected} after"
    (edit,) = moved.edits
    assert shown[edit.new_start : edit.new_end] == expected


@given(
    st.text(alphabet="abc \n", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8),
)
def test_apply_any_spans_every_other_character_is_found_again(
    text: str, cuts: list[tuple[int, int]]
) -> None:
    replacements: list[Replacement] = []
    reach = 0
    for a, b in sorted(cuts):
        start, end = max(a, reach), min(b, len(text))
        if start < end:
            replacements.append(Replacement(start, end, "pseudonymise", f"<X_{start}>"))
            reach = end
    shown, moved = apply(text, replacements)
    covered = {i for r in replacements for i in range(r.start, r.end)}
    for index in range(len(text)):
        if index not in covered:
            new = moved.forward(index)
            assert shown[new] == text[index]
            assert moved.backward(new) == index
    for replacement in replacements:
        start, end = moved.span(replacement.start, replacement.end)
        assert shown[start:end] == replacement.text


def test_apply_many_replacements_are_batched_and_exact() -> None:
    text = "".join(f"name{n:04} and " for n in range(1000))
    spans = [Replacement(n * 13, n * 13 + 8, "pseudonymise", f"<P_{n}>") for n in range(1000)]
    shown, moved = apply(text, spans)
    assert shown == "".join(f"<P_{n}> and " for n in range(1000))
    assert all(shown[e.new_start : e.new_end] == f"<P_{n}>" for n, e in enumerate(moved.edits))


def test_apply_overlapping_spans_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply("abcdef", [Replacement(0, 4, "drop"), Replacement(2, 6, "drop")])


def test_offset_map_blocks_move_with_their_headings() -> None:
    text = "Anna Novak\nbody text here"
    _, moved = apply(text, [Replacement(0, 10, "pseudonymise", "<PERSON_1234567890>")])
    blocks = moved.blocks(
        (
            Block(0, 10, "title", "heading"),
            Block(11, 25, "body", headings=((0, 10),), sheet=(5, 10)),
        )
    )
    assert [(b.start, b.end) for b in blocks] == [(0, 19), (20, 34)]
    assert blocks[1].headings == ((0, 19),)
    assert blocks[1].sheet == (0, 19)


def test_replacement_hides_its_text() -> None:
    assert "March" not in repr(Replacement(0, 3, "generalise", "March 2024"))
