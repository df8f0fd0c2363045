"""Unicode normalisation before detection, with an exact map back to the input.

Only two things happen: a character becomes one other character, or it vanishes.
A letter of another script becomes the Latin one it looks like only beside Latin letters.
So each character of the normalised text stands for one character of the input,
and a span found in it names the same characters there.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

_CONTROLS: Final = "\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_VANISHING: Final = re.compile(
    f"[{_CONTROLS}\u00ad\u034f\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e01ef]"
)
"""Control characters, soft hyphen, joiners, zero-width and direction marks, blank letters,
combining accents, variation selectors, tag characters."""
_PLAIN: Final = re.compile("[\t\n\r -~]*")
"""What stays as it is."""

_EXPLICIT: Final = {
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFE58, 0xFE63), "-"),
    **dict.fromkeys((0x2018, 0x2019, 0x201B, 0x02BC, 0x2032, 0x00B4), "'"),
    **dict.fromkeys((0x201C, 0x201D, 0x201F, 0x2033), '"'),
    **dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n"),
    **dict.fromkeys((0x00, 0x1C, 0x1D, 0x1E, 0x1F), " "),
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


_LOOKALIKES: Final = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d\u04bb"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
    "ABESIJKMHOPCTXYaeopcyxsijdqwhABEZHIKMNOPTYXo",
)
"""Cyrillic and Greek letters that look like Latin ones: only inside a Latin word, where
they hide a name or an address; a word all in its own script stays what it is."""
_MIXED: Final = re.compile("[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
_LETTERS: Final = re.compile(r"[^\W\d_]+")

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
    if text.isascii() and _PLAIN.fullmatch(text):
        return Normalised(text)
    vanished = [match.start() for match in _VANISHING.finditer(text)]
    cuts = tuple(index - number for number, index in enumerate(vanished))
    kept = _VANISHING.sub("", text) if vanished else text
    plain = kept.translate(_TABLE)
    if _MIXED.search(plain):
        plain = _LETTERS.sub(_in_one_script, plain)
    return Normalised(plain, cuts)


def _in_one_script(word: re.Match[str]) -> str:
    letters = word.group()
    return letters.translate(_LOOKALIKES) if _MIXED.search(letters) else letters
