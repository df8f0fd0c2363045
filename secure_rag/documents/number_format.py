"""Show a number of a spreadsheet as its reader sees it, where that changes what it is.

Dates and durations are numbers with a format; so are identity numbers (`000-00-0000`)
and postcodes with leading zeros. Other formats (currency, thousands) keep the plain number.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from secure_rag.documents.markup import Element, child, children

_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_BUILT_IN_ELAPSED = {46: "[h]:mm:ss"}
_UNITS = "hms"
_DATE_CODES = re.compile(r"[ymdhs]", re.IGNORECASE)
_MASK = re.compile(r"[0#() .+/-]*0[0#() .+/-]*\Z")
_INTEGER = re.compile(r"-?\d+(?:\.0+)?\Z")
_MAX_SERIAL = 2_958_466
"""First day after 9999-12-31."""


class NumberFormats:
    """The number formats of one workbook, by a cell's style."""

    def __init__(self, styles: Element | None, *, is_1904: bool) -> None:
        self._start = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)
        codes = {
            found.get("numFmtId", ""): found.get("formatCode", "")
            for found in children(child(styles, "numFmts"), "numFmt")
        }
        self._formats = [
            (found.get("numFmtId", "0"), codes.get(found.get("numFmtId", ""), ""))
            for found in children(child(styles, "cellXfs"), "xf")
        ]

    def show(self, content: str, style: str | None) -> str:
        """Return the text of a stored number in a style."""
        number, code = self._format(style)
        units = _elapsed_units(code or _BUILT_IN_ELAPSED.get(number, ""))
        if units:
            return _elapsed(content, units)
        if _is_date(number, code):
            return self._date(content)
        bare = _LITERALS.sub(lambda match: _literal(match.group()), code.split(";")[0])
        if _MASK.match(bare) and "." not in bare and _INTEGER.match(content):
            return _masked(content.partition(".")[0], bare)
        return _plain(content)

    def _format(self, style: str | None) -> tuple[int, str]:
        position = int(style) if style and style.isdigit() else 0
        if position >= len(self._formats):
            return 0, ""
        number, code = self._formats[position]
        return int(number) if number.isdigit() else 0, code

    def _date(self, content: str) -> str:
        try:
            serial = float(content)
        except ValueError:
            return content
        if not 0 <= serial < _MAX_SERIAL:
            return _plain(content)
        moment = self._start + timedelta(seconds=round(serial * 86400))
        if serial < 1:
            return moment.strftime("%H:%M:%S")
        is_day = moment.time() == datetime.min.time()
        return moment.strftime("%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M:%S")


def _elapsed_units(code: str) -> str:
    """Return the units that a format of a duration shows: of `[h]:mm` those are `hm`.

    Brackets tell it from a time of day: `[h]` goes beyond 24 (ECMA-376 part 1, 18.8.31).
    """
    section = code.split(";")[0]
    first = next(filter(None, map(_ELAPSED.fullmatch, _LITERALS.findall(section))), None)
    if first is None:
        return ""
    largest = first.group(1)[0].lower()
    others = _LITERALS.sub("", section).lower()
    smaller = _UNITS[_UNITS.index(largest) + 1 :]
    shown = max((smaller.index(unit) + 1 for unit in smaller if unit in others), default=0)
    return largest + smaller[:shown]


def _elapsed(content: str, units: str) -> str:
    """Return a number of days as hours, minutes or seconds, the first unit without end."""
    try:
        seconds = round(abs(float(content)) * 86400)
    except (ValueError, OverflowError):
        return content
    sizes = [3600 // 60 ** _UNITS.index(unit) for unit in units]
    first, rest = divmod(seconds, sizes[0])
    pieces = [str(first)]
    for size in sizes[1:]:
        value, rest = divmod(rest, size)
        pieces.append(f"{value:02}")
    sign = "-" if content.lstrip().startswith("-") else ""
    return sign + ":".join(pieces)


def _is_date(number: int, code: str) -> bool:
    if not code:
        return number in _BUILT_IN_DATES
    bare = _LITERALS.sub("", code.split(";")[0])
    return _DATE_CODES.search(bare) is not None and "general" not in bare.lower()


def _literal(piece: str) -> str:
    if piece.startswith("\\"):
        return piece[1:]
    if piece.startswith('"'):
        return piece[1:-1]
    return ""


def _masked(digits: str, mask: str) -> str:
    """Fill a mask of digits and signs from its right end, as spreadsheets do."""
    sign = "-" if digits.startswith("-") else ""
    left = list(digits.lstrip("-"))
    shown: list[str] = []
    for place in reversed(mask):
        if place in "0#":
            if left:
                shown.append(left.pop())
            elif place == "0":
                shown.append("0")
        else:
            shown.append(place)
    return sign + "".join(left) + "".join(reversed(shown)).strip()


def _plain(content: str) -> str:
    """Return a number without the noise of binary fractions and exponents."""
    try:
        value = float(content)
    except ValueError:
        return content
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return content if re.fullmatch(r"-?\d+", content) else f"{value:.15g}"
