"""Windows cover the text exactly, and nothing is lost at their edges."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import OVERLAP, SIZE, find_in_windows, windows

TEXTS = st.lists(
    st.sampled_from(["word ", "w", "\n", "\n\n", "1234 5678, ", "é", "long" * 9]), max_size=120
).map("".join)


@given(TEXTS)
def test_windows_owned_parts_concatenated_are_the_text(text: str) -> None:
    found = list(windows(text, size=80, overlap=20))
    assert "".join(text[w.own_start : w.own_end] for w in found) == text
    assert found[0].start == 0
    assert found[-1].end == len(text)
    for window in found:
        assert window.start <= window.own_start <= window.own_end <= window.end
        assert window.end - window.start <= 80 + 20


@given(TEXTS)
@settings(max_examples=200)
def test_find_in_windows_equals_one_look_at_the_whole(text: str) -> None:
    pattern = re.compile(r"(?<!\d)\d{4} \d{4}(?!\d)")

    def find(part: str) -> list[Span]:
        return [Span(*m.span(), "ID_NUMBER", 1.0, "x") for m in pattern.finditer(part)]

    whole = {(s.start, s.end) for s in find(text)}
    seen = [(s.start, s.end) for s in find_in_windows(text, find, size=80, overlap=20)]
    assert whole <= set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("shift", range(0, 700, 7))
def test_find_in_windows_value_at_an_edge_is_found_whole(shift: int) -> None:
    value = "4111 1111 1111 1111"
    text = "x " * ((SIZE - 500 + shift) // 2) + value + " y" * 3000
    pattern = re.compile(r"\d[\d ]*\d")

    def find(part: str) -> list[Span]:
        return [Span(*m.span(), "CREDIT_CARD", 1.0, "x") for m in pattern.finditer(part)]

    found = [text[s.start : s.end] for s in find_in_windows(text, find)]
    assert value in found


def test_windows_no_boundary_anywhere_still_ends() -> None:
    text = "a" * (3 * SIZE)
    assert sum(w.own_end - w.own_start for w in windows(text)) == len(text)


def test_windows_too_small_for_their_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="four times"):
        list(windows("a", size=OVERLAP, overlap=OVERLAP))
