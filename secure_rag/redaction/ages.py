"""Ages in every unit: `95 years 6 months`, `6-8 weeks`, `between 85 and 95`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_OLDEST: Final = 130
"""What is more than this many years is no age."""
_NUMBER: Final = re.compile(
    r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d(?!\d))?)"
    r"(?:[\s-]*(decades?|years?|yrs?|months?|mths?|mos?|weeks?|wks?|days?|hours?|minutes?)"
    r"(?![^\W\d_]))?",
    re.IGNORECASE,
)
_YEARS: Final = {
    "de": 10.0,
    "mo": 1 / 12,
    "mt": 1 / 12,
    "we": 7 / 365.25,
    "wk": 7 / 365.25,
    "da": 1 / 365.25,
    "ho": 1 / 8766,
    "mi": 1 / 525_960,
}
"""How long a unit is, by its first two letters; any other is a year."""
_RANGE: Final = re.compile(r"\s*(?:[-\u2013\u2014/]|to|or)\s*", re.IGNORECASE)
_LIST: Final = re.compile(r"\s*(?:,|and|&)\s*", re.IGNORECASE)
_FURTHER: Final = re.compile(r"[\s,]*(?:and\s*)?", re.IGNORECASE)
_IN_WORDS: Final = re.compile(
    r"(?<![^\W\d_])(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)t(?:y|ies)|hundred)(?![^\W\d_])",
    re.IGNORECASE,
)


def ages(value: str) -> list[float] | None:
    """Return every age that a value names, in years, or None where it cannot be read.

    A number takes the unit behind it, else that of the next one in a range (`6-8 weeks`), else
    years. Where either may be meant (`95 and 6 months`), both readings are returned. Months
    behind years (`95 years 6 months`) are part of one age.
    """
    numbers = list(_NUMBER.finditer(value))
    if not numbers or _IN_WORDS.search(value):
        return None
    units = _units(value, numbers)
    found: list[float] = []
    end, is_years = 0, False
    for number, possible in zip(numbers, units, strict=True):
        count = float(number.group(1).replace(",", ""))
        is_further = is_years and _FURTHER.fullmatch(value, end, number.start()) is not None
        if not (is_further and number.group(2) and count * possible[0] < 1):
            found += [count * unit for unit in possible]
            is_years = bool(number.group(2)) and possible == (1.0,)
        end = number.end()
    return found if max(found) <= _OLDEST else None


def _units(value: str, numbers: Sequence[re.Match[str]]) -> list[tuple[float, ...]]:
    """Return the units, in years, that each number may have."""
    units: list[tuple[float, ...]] = []
    behind = len(value)
    for number in reversed(numbers):
        if number.group(2):
            units.append((_YEARS.get(number.group(2)[:2].lower(), 1.0),))
        elif units and _RANGE.fullmatch(value, number.end(), behind):
            units.append(units[-1])
        elif units and _LIST.fullmatch(value, number.end(), behind):
            units.append(tuple({1.0, *units[-1]}))
        else:
            units.append((1.0,))
        behind = number.start()
    return units[::-1]
