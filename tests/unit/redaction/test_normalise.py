"""Unicode variants become plain, and every offset leads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_rag.redaction.normalise import normalise

VARIANTS = [
    ("4111\u00a01111\u202f1111\u20071111", "4111 1111 1111 1111"),
    ("4111\u20111111\u20131111\u22121111", "4111-1111-1111-1111"),
    ("４１１１", "4111"),
    ("Ａｎｎａ", "Anna"),
    ("41\u200b11\u00ad1\ufeff1", "411111"),
    ("٤١١١", "4111"),
    ("𝟒𝟏𝟏𝟏", "4111"),
    ("O\u2019Brien", "O'Brien"),
    ("Jose\u0301", "Jose"),
    ("a\u2028b\x0bc", "a\nb\nc"),
    ("plain ascii 1-2", "plain ascii 1-2"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), VARIANTS, ids=range(len(VARIANTS)))
def test_normalise_variant_becomes_plain(text: str, expected: str) -> None:
    assert normalise(text).text == expected


def test_to_input_span_around_vanished_characters_covers_them() -> None:
    text = "a\u200b41\u200b11\u00ad b"
    seen = normalise(text)
    start = seen.text.index("4111")
    first, last = seen.to_input(start, start + 4)
    assert text[first:last] == "41\u200b11\u00ad"


def test_to_input_accent_behind_last_letter_belongs_to_it() -> None:
    text = "Jose\u0301 x"
    seen = normalise(text)
    assert seen.to_input(0, 4) == (0, 5)


@given(st.text())
def test_to_input_each_character_leads_back_to_its_own(text: str) -> None:
    seen = normalise(text)
    last = 0
    for index, character in enumerate(seen.text):
        start, end = seen.to_input(index, index + 1)
        assert last <= start < end <= len(text)
        assert normalise(text[start : start + 1]).text == character
        last = end


@given(st.text())
def test_normalise_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert len(normalise(once).text) <= len(once)
    assert "object at" not in repr(normalise(text))
    if len(text) > 5:
        assert text not in repr(normalise(text))
