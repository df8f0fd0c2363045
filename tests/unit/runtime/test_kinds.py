"""Letter case and line starts of word pieces."""

from __future__ import annotations

import re

import pytest

from secure_rag.runtime.kinds import (
    BREAK,
    CAPITAL,
    CAPITALS,
    MIXED,
    PLAIN,
    case_kind,
    kinds_of,
)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("plain", PLAIN),
        ("Ann", CAPITAL),
        ("A", CAPITAL),
        ("Él", CAPITAL),
        ("B2", CAPITAL),
        ("NHS", CAPITALS),
        ("ÅSA", CAPITALS),
        ("AB12", CAPITALS),
        ("McLeod", MIXED),
        ("iPhone", MIXED),
        ("3M", CAPITAL),
        ("2026", PLAIN),
        ("3rd", PLAIN),
        ("陳", PLAIN),
    ],
)
def test_case_kind_word_has_its_kind(word: str, kind: int) -> None:
    assert case_kind(word) == kind


def _pieces(text: str) -> list[tuple[int, int]]:
    """Cut words into pieces of two characters, punctuation into single ones."""
    return [
        (at, min(at + 2, word.end()))
        for word in re.finditer(r"[^\W_]+|[^\w\s]|_", text)
        for at in range(word.start(), word.end(), 2)
    ]


def test_kinds_of_every_piece_has_the_kind_of_its_word() -> None:
    text = "the NHS, Ann."
    assert kinds_of(text, _pieces(text)) == [
        PLAIN + BREAK,
        PLAIN,
        CAPITALS,
        CAPITALS,
        PLAIN,
        CAPITAL,
        CAPITAL,
        PLAIN,
    ]


@pytest.mark.parametrize("gap", ["\n", "\t", " \n  ", "\r\n", ":\t"])
def test_kinds_of_first_piece_after_a_break_is_told(gap: str) -> None:
    text = f"a{gap}b c"
    kinds = kinds_of(text, _pieces(text))
    assert [kind >= BREAK for kind in kinds][-2:] == [True, False]


def test_kinds_of_no_pieces_is_empty() -> None:
    assert kinds_of("  ", []) == []
