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
    ("An\x01na\x7f 41\x0811", "Anna 4111"),
    ("Novak\x1f4111\x00x", "Novak 4111 x"),
    ("An\u3164na No\u2800vak\U000e0101", "Anna Novak"),
    ("\u0410nn\u0430 n\u043ev\u0430k@ex\u0430mple", "Anna novak@example"),
    ("\u0410\u043d\u043d\u0430 \u043e\u0442", "\u0410\u043d\u043d\u0430 \u043e\u0442"),
    ("5 \u03bcm", "5 \u03bcm"),
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


def _readings(character: str) -> set[str]:
    """Return what a character may become alone, and beside Latin letters."""
    return {normalise(character).text, normalise(f"a{character}").text[1:]}


@given(st.text())
def test_to_input_each_character_leads_back_to_its_own(text: str) -> None:
    seen = normalise(text)
    last = 0
    for index, character in enumerate(seen.text):
        start, end = seen.to_input(index, index + 1)
        assert last <= start < end <= len(text)
        assert character in _readings(text[start])
        last = end


@given(st.text())
def test_normalise_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert len(normalise(once).text) <= len(once)
    assert "object at" not in repr(normalise(text))
    if len(text) > 5:
        assert text not in repr(normalise(text))
