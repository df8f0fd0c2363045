"""Unicode normalisation before detection, with an exact map back to the input.

Only two things happen: a character becomes one other character, or it vanishes.
So each character of the normalised text stands for one character of the input,
and a span found in it names the same characters there.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

_VANISHING: Final = re.compile(
    "[\u00ad\u034f\u0300-\u036f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f"
    "\ufeff\U000e0000-\U000e007f]"
)
"""Soft hyphen, joiners, zero-width and direction marks, combining accents, tag characters."""

_EXPLICIT: Final = {
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFE58, 0xFE63), "-"),
    **dict.fromkeys((0x2018, 0x2019, 0x201B, 0x02BC, 0x2032, 0x00B4), "'"),
    **dict.fromkeys((0x201C, 0x201D, 0x201F, 0x2033), '"'),
    **dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n"),
    0x2024: ".",
    0x2044: "/",
    0x2215: "/",
}


class _Table(dict[int, str]):
    """A translation table that works out a code point the first time it is met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        replaced = character
        if unicodedata.category(character) == "Zs":
            replaced = " "
        elif unicodedata.category(character) == "Nd":
            replaced = str(unicodedata.digit(character))
        else:
            compatible = unicodedata.normalize("NFKC", character)
            if len(compatible) == 1:
                replaced = compatible
        self[code] = replaced
        return replaced


_TABLE: Final = _Table({**{code: chr(code) for code in range(128)}, **_EXPLICIT})


@dataclass(frozen=True)
class Normalised:
    """A text fit for patterns, and where each of its characters came from."""

    text: str = field(repr=False)
    _cuts: tuple[int, ...] = field(repr=False, default=())
    """For each vanished character, the index in `text` before which it stood."""

    def to_input(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the input that a span of `text` stands for.

        Vanished characters inside the span and right behind it belong to it.
        """
        if not self._cuts:
            return start, end
        return start + bisect_right(self._cuts, start), end + bisect_right(self._cuts, end)


def normalise(text: str) -> Normalised:
    """Return the text as detectors should see it."""
    if text.isascii() and "\x0b" not in text and "\x0c" not in text:
        return Normalised(text)
    vanished = [match.start() for match in _VANISHING.finditer(text)]
    cuts = tuple(index - number for number, index in enumerate(vanished))
    kept = _VANISHING.sub("", text) if vanished else text
    return Normalised(kept.translate(_TABLE), cuts)
