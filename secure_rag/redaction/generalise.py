"""Coarser values that stay readable: a month for a date, a band for an age."""

from __future__ import annotations

import itertools
import re
from functools import cache
from importlib.resources import files
from typing import Final

from secure_rag.policy.entities import ENTITIES
from secure_rag.redaction.ages import ages
from secure_rag.redaction.recognizers.cities import AMBIGUOUS, PLACES, WIDER
from secure_rag.redaction.recognizers.countries import COUNTRIES
from secure_rag.redaction.recognizers.schedules import names_no_day

MONTHS: Final = (
    "January February March April May June July August September October November December"
).split()
_MONTH_OF: Final = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}
_MONTH_WORD: Final = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|"
    r"(?<=[-\d])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?=[-\d])",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?<!\d)(1[5-9]\d\d|2[01]\d\d)(?!\d)")
_SHORT_YEAR: Final = re.compile(r"(?:'|[-/\s.])(\d\d)$")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?(?!\d)")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)")
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})/(\d{4})$")
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)\d\d(?:T\d+Z?)?$")
_DECADE: Final = re.compile(r"(?:(?:early|mid|late)[\s-])?((?:1[5-9]|20)\d0)'?s", re.IGNORECASE)
_NUMERIC: Final = re.compile(r"(?<!\d)\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?!\d)")
_DATED: Final = re.compile(f"{_MONTH_WORD.pattern}|{_NUMERIC.pattern}", re.IGNORECASE)
_BETWEEN: Final = re.compile(
    r"\s+(?:to|until|till|through|and|or|-)\s+|\s*[\u2013\u2014]\s*|(?<=\d)[-/](?=\d{4}\b)",
    re.IGNORECASE,
)
"""What stands between two dates that are one value."""
_COUNTED_FROM_TODAY: Final = re.compile(
    r"(?:the\s+)?(?:next|last|past|coming|current|this|same|previous|preceding|prior|following)\s+"
    r"(?:(?:calendar|financial|fiscal|tax|accounting|academic|school)\s+)?"
    r"(?P<unit>decade|year|quarter|month)s?",
    re.IGNORECASE,
)
"""`next year`: as coarse as a year, and less is known by it than by its number."""
_COARSE_UNITS: Final = {
    "month": frozenset(("decade", "year", "quarter", "month")),
    "year": frozenset(("decade", "year")),
    "decade": frozenset(("decade",)),
}
_PLACE_WORD: Final = re.compile(r"[^\W\d_][\w.'-]*")
_LONGEST: Final = 5
_ZIP: Final = re.compile(r"(?<![\w-])(\d{3})\d\d(?:-\d{4})?(?![\w-])")
_EITHER_CENTURY: Final = range(30, 60)
"""Short years that are births of the last century as well as terms of this one."""
_OLDEST: Final = 89
"""The highest age that 45 CFR 164.514(b)(2)(i)(C) lets stand."""


def generalise(entity: str, value: str, to: str | None) -> str | None:
    """Return a coarser value, or None where the value cannot be read with certainty."""
    if entity == "DATE_TIME":
        return _date(value, to or "month")
    if entity == "AGE":
        return _capped_age(value) if to == "cap" else _age(value)
    if entity == "POSTCODE":
        return _zip3(value)
    if entity in ("LOCATION", "STREET_ADDRESS"):
        return _region(value) or ENTITIES[entity].type_word
    return None


def _region(value: str) -> str | None:
    """Return the country of the last place in a value that one is known for."""
    words = _PLACE_WORD.findall(value)
    for last in range(len(words), 0, -1):
        for first in range(max(0, last - _LONGEST), last):
            name = " ".join(words[first:last]).rstrip(".").casefold()
            if name in WIDER:
                return " ".join(words[first:last])
            country = COUNTRIES.get(name) or (None if name in AMBIGUOUS else PLACES.get(name))
            if country:
                return country
    return None


def _capped_age(value: str) -> str | None:
    """Return what names ages up to 89 only, and one word if any is above."""
    named = ages(value)
    if named is None:
        return None
    return value if max(named) < _OLDEST + 1 else "90 or older"


@cache
def small_zip_areas() -> frozenset[str]:
    """Return the ZIP code beginnings that stand for too few people to be shown."""
    text = files("secure_rag.redaction").joinpath("zip_areas.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(number for line in lines for number in line.split())


def _zip3(value: str) -> str | None:
    """Return the first three digits of a US ZIP code; other postcodes are hidden."""
    match = _ZIP.search(value)
    if not match:
        return None
    start = match.group(1)
    return "000" if start in small_zip_areas() else start


def _date(value: str, to: str) -> str | None:
    """Return a date coarser; of a range both ends, or one where they are the same."""
    if names_no_day(value):
        return value
    counted = _COUNTED_FROM_TODAY.fullmatch(value)
    if counted and counted["unit"].lower() in _COARSE_UNITS[to]:
        return value
    ends, words = _ends(value.strip())
    coarse = [None if _holds_several(end) else _one_date(end, to) for end in ends]
    if to != "month":
        # `June to August 2026`: the year stands at the last alone
        known = [one for end, one in zip(ends[:-1], coarse, strict=False) if one or _has_year(end)]
        coarse = [*known, coarse[-1]]
    if len(set(coarse)) == 1:
        return coarse[0]
    months = [one for one in coarse if one and _MONTH_WORD.search(one)]
    if len(months) < len(coarse):
        return None
    parts = months[:1]
    for word, (before, one) in zip(words, itertools.pairwise(months), strict=True):
        parts += [word, one] if one != before else []
    return " ".join(parts)


def _ends(value: str) -> tuple[list[str], list[str]]:
    """Cut a value between its dates; return them, and the words that stood between."""
    ends, words, start = [], [], 0
    for one, other in itertools.pairwise(_DATED.finditer(value)):
        between = _BETWEEN.search(value, one.end(), other.end())
        if between and between.end() <= other.start():
            ends.append(value[start : between.start()])
            words.append("to" if between.group() == "/" else between.group().strip())
            start = between.end()
    return [*ends, value[start:]], words


def _has_year(value: str) -> bool:
    return _YEAR.search(value) is not None


def _holds_several(value: str) -> bool:
    """Say whether a value names more than one month or year: no single one would be true."""
    months = {(word.group(1) or word.group(2)).lower() for word in _MONTH_WORD.finditer(value)}
    return len(months) > 1 or len(set(_YEAR.findall(value))) > 1 or len(_NUMERIC.findall(value)) > 1


def _one_date(value: str, to: str) -> str | None:
    if decade := _DECADE.fullmatch(value):
        return f"{decade.group(1)}s"
    year, month = _read_date(value)
    if to == "decade":
        return f"{year // 10 * 10}s" if year else None
    if to == "year" or not month:
        return str(year) if year else None
    name = MONTHS[month - 1]
    return f"{name} {year}" if year else name


def _read_date(value: str) -> tuple[int | None, int | None]:
    word = _MONTH_WORD.search(value)
    if word:
        month = _MONTH_OF[(word.group(1) or word.group(2)).lower()]
        found = _YEAR.search(value)
        if found:
            return int(found.group(1)), month
        short = _SHORT_YEAR.search(value)
        day_first = re.search(r"\d", value[: word.start()])
        if short and day_first and short.start() >= word.end() - 1:
            year = _whole_year(short.group(1))
            return (year, month) if year else (None, None)
        return None, month
    return _read_numbers(value)


def _read_numbers(value: str) -> tuple[int | None, int | None]:
    if match := _YEAR_FIRST.match(value) or _COMPACT.match(value):
        return _checked(int(match.group(1)), int(match.group(2)))
    if match := _MONTH_YEAR.match(value):
        return _checked(int(match.group(2)), int(match.group(1)))
    if match := _YEAR_LAST.match(value):
        first, separator, second = int(match.group(1)), match.group(2), int(match.group(3))
        year = _whole_year(match.group(4))
        if year is None:
            return None, None
        if first > 12 or separator == "." or first == second:
            return _checked(year, second)
        # Day and month cannot be told apart: only the year is certain.
        return _checked(year, first if second > 12 else None)
    years = set(_YEAR.findall(value))
    return (int(years.pop()), None) if len(years) == 1 else (None, None)


def _checked(year: int, month: int | None) -> tuple[int | None, int | None]:
    return year, month if month and 1 <= month <= 12 else None


def _whole_year(digits: str) -> int | None:
    """Return a year, also of its last two digits; None where these may be of either century."""
    year = int(digits)
    if len(digits) == 4:
        return year
    if year in _EITHER_CENTURY:
        return None
    return 2000 + year if year < _EITHER_CENTURY.start else 1900 + year


def _age(value: str) -> str | None:
    """Return the band of the ages that a value names, if it is one."""
    bands = {min(int(age) // 10, 9) for age in ages(value) or ()}
    if len(bands) != 1:
        return None
    band = bands.pop()
    return "90+" if band == 9 else f"{band * 10}-{band * 10 + 9}"
