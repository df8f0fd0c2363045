"""What the reader sees of a stored text, and where each place of it lies in the stored text.

A placeholder is ten random characters to a model that knows words. The view writes a
name instead (`cover_names`), the same one in question and passages, and maps every span
back: one that touches a name is the whole placeholder, one that cuts a word is
the whole word.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from secure_rag.vault.placeholders import LOCAL, PLACEHOLDER

_ANY = re.compile(f"{PLACEHOLDER.pattern}|{LOCAL.pattern}")
_EDGES = re.compile(r"[\s,;:]")
_FULL_STOP = re.compile(r"(?:\w{5}|\d|>|\))\.$")
"""One that ends a sentence, not an abbreviation."""
_NUMBER = re.compile(r"[$€£¥]?\.?\d")
_SIGN_BEFORE = re.compile(r"(?:(?<![\w)\]])(?:[-\u2212\u2013+]|[<>≤≥±~≈]\s?))?[$€£¥]?\Z")
"""None behind a word: a dash between two numbers is no minus, the end of a placeholder no bound."""
_LONGEST_SIGN = 4
"""Characters of a sign and a currency, and the one before."""
_UNIT = re.compile(r"\s?°\s?[CFK]\b|[%‰°]")


@dataclass(frozen=True)
class _Piece:
    """A placeholder: where it stands in the view and in the stored text."""

    start: int
    end: int
    stored_start: int
    stored_end: int


@dataclass(frozen=True)
class ReadingView:
    """The text that a reader is given."""

    text: str = field(repr=False)
    stored: str = field(repr=False)
    _pieces: tuple[_Piece, ...] = ()

    def stored_span(self, start: int, end: int) -> tuple[int, int]:
        """Return where `text[start:end]` stands in the stored text, whole placeholders."""
        first, last = self._piece_before(start), self._piece_before(end - 1)
        stored_start, stored_end = start, end
        if first is not None:
            is_inside = start < first.end
            stored_start = first.stored_start if is_inside else start - first.end + first.stored_end
        if last is not None:
            is_inside = end - 1 < last.end
            stored_end = last.stored_end if is_inside else end - last.end + last.stored_end
        return stored_start, stored_end

    def snapped_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of whole words and placeholders around `text[start:end]`.

        Space and separators at its edges are left out; a span without a letter or digit is empty.
        """
        low, high = self.stored_span(start, end)
        while low < high and _EDGES.match(self.stored[low]):
            low += 1
        while high > low and _EDGES.match(self.stored[high - 1]):
            high -= 1
        if low == high:
            return low, low
        while low > 0 and _is_word(self.stored[low - 1 : low + 1]):
            low -= 1
        while high < len(self.stored) and _is_word(self.stored[high - 1 : high + 1]):
            high += 1
        if not any(character.isalnum() for character in self.stored[low:high]):
            return low, low
        if _FULL_STOP.search(self.stored[max(low, high - 6) : high]):
            high -= 1
        return self._with_signs(low, high)

    def _with_signs(self, low: int, high: int) -> tuple[int, int]:
        """Take in what belongs to a number at the edges, and the other one of two brackets."""
        if _NUMBER.match(self.stored, low):
            before = _SIGN_BEFORE.search(self.stored[max(0, low - _LONGEST_SIGN) : low])
            low -= len(before.group()) if before else 0
        after = _UNIT.match(self.stored, high)
        if after and self.stored[high - 1].isdigit():
            high = after.end()
        found = self.stored[low:high]
        if found.count("(") > found.count(")") and self.stored[high : high + 1] == ")":
            high += 1
        if found.count(")") > found.count("(") and low and self.stored[low - 1] == "(":
            low -= 1
        return low, high

    def _piece_before(self, position: int) -> _Piece | None:
        """Return the last placeholder that starts at or before a place of the view."""
        number = bisect_right(self._pieces, position, key=lambda piece: piece.start) - 1
        return self._pieces[number] if number >= 0 else None


def reading_view(text: str, name_of: Callable[[str], str]) -> ReadingView:
    """Write the name of each placeholder in its place."""
    parts: list[str] = []
    pieces: list[_Piece] = []
    length = last = 0
    for match in _ANY.finditer(text):
        before, name = text[last : match.start()], name_of(match.group())
        parts += [before, name]
        start = length + len(before)
        length = start + len(name)
        pieces.append(_Piece(start, length, match.start(), match.end()))
        last = match.end()
    parts.append(text[last:])
    return ReadingView("".join(parts), text, tuple(pieces))


def _is_word(pair: str) -> bool:
    """Say whether two neighbours belong to one word."""
    return len(pair) == 2 and all(character.isalnum() or character == "_" for character in pair)
