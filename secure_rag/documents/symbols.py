"""Boxes of forms, and characters that Word stores as codes of a symbol font."""

from __future__ import annotations

from typing import Final

TICKED: Final = "\u2611"
UNTICKED: Final = "\u2610"

_WINGDINGS = {
    0xFE: TICKED,
    0xFD: "\u2612",
    0x78: "\u2612",
    0xFC: "\u2713",
    0xFB: "\u2717",
    0xA8: UNTICKED,
    0x6F: UNTICKED,
    0x71: UNTICKED,
    0xE0: "\u2192",
    0xA7: "\u25aa",
}
_WINGDINGS_2 = {
    0x52: TICKED,
    0x53: "\u2612",
    0x54: "\u2612",
    0x50: "\u2713",
    0x4F: "\u2717",
    0xA3: UNTICKED,
}
_SYMBOL = {
    0x2D: "-",
    0x61: "\u03b1",
    0x62: "\u03b2",
    0x67: "\u03b3",
    0x6D: "\u03bc",
    0xA3: "\u2264",
    0xAE: "\u2192",
    0xB0: "\u00b0",
    0xB1: "\u00b1",
    0xB3: "\u2265",
    0xB4: "\u00d7",
    0xB7: "\u2022",
}
_SYMBOL_ASCII = frozenset(range(0x20, 0x40)) - frozenset(b"\"$'*")
_PRIVATE = range(0xF000, 0xF100)
_OTHER = " "
"""For signs that are not known: the words beside them stay apart."""


def tick_box(*, is_ticked: bool) -> str:
    """Return the sign of a box that is ticked or not."""
    return TICKED if is_ticked else UNTICKED


def symbol(font: str, code: str) -> str:
    """Return the character of a symbol font, by its code in hexadecimal digits.

    The fonts' codes lie at F000 in Unicode's private area (ECMA-376 part 1, 17.3.3.30).
    """
    try:
        number = int(code, 16)
    except ValueError:
        return _OTHER
    if number not in _PRIVATE and not 0 <= number < 0x100:
        is_public = 0x100 <= number < 0xD800 or 0xF900 <= number < 0x110000
        return chr(number) if is_public else _OTHER
    place = number & 0xFF
    name = font.casefold()
    if name == "symbol" and place in _SYMBOL_ASCII and place not in _SYMBOL:
        return chr(place)
    known = {"wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2, "symbol": _SYMBOL}
    return known.get(name, {}).get(place, _OTHER)
