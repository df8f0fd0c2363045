"""The words before and after a place in a line, with where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_REACH: Final = 90
_WORD: Final = re.compile(r"[^\s,;|<>\[\]{}\"“”=]+,?")
_STOP: Final = re.compile(r"[\n;|<>\[\]{}\"“”=\t]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word without the comma behind it."""

    start: int
    end: int
    text: str
    has_comma: bool

    @property
    def is_capital(self) -> bool:
        return self.text[:1].isupper()


def words_after(text: str, position: int, most: int) -> list[Word]:
    """Return up to `most` words behind a position, in order, to the end of the line."""
    stop = _STOP.search(text, position, position + _REACH)
    end = stop.start() if stop else min(len(text), position + _REACH)
    found = []
    for match in _WORD.finditer(text, position, end):
        found.append(_word(match))
        if len(found) == most:
            break
    return found


def words_before(text: str, position: int, most: int) -> list[Word]:
    """Return up to `most` words in front of a position, the nearest first."""
    first = max(0, position - _REACH)
    line = max(text.rfind(mark, first, position) for mark in '\n;|<>[]{}"“”=\t') + 1
    matches = list(_WORD.finditer(text, max(line, first), position))
    if line <= first and first > 0 and matches:
        matches = matches[1:]  # the first may be cut
    return [_word(match) for match in reversed(matches[-most:])]


def _word(match: re.Match[str]) -> Word:
    value = match.group()
    has_comma = value.endswith(",")
    return Word(match.start(), match.end() - has_comma, value.rstrip(","), has_comma)
