"""Written dates, and dates with a time of day."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.pattern import Pattern

_MONTH: Final = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
_FULL_MONTH: Final = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR: Final = r"(?:1[6-9]|20|21)\d\d"
_WEEKDAY: Final = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+(?:the\s+)?)"
)
_TIME: Final = (
    r"(?:,?\s*(?:at\s+|T)?(?:[01]?\d|2[0-3])[:.][0-5]\d(?::[0-5]\d)?(?:\s?[ap]\.?m\b\.?)?"
    r"(?:\s?(?:UTC|GMT|BST|CET|CEST|EST|EDT|PST|PDT|Z|[+-]\d\d:?\d\d))?)"
)
_I: Final = re.IGNORECASE

_PARTS: Final = re.compile(r"\d+")
_DOTTED_SHORT: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d\d")
"""Rather a version or a section than a day."""


def _is_date(value: str) -> bool:
    """Say whether one of the first three numbers can be a month beside a day."""
    numbers = [int(part) for part in _PARTS.findall(value)[:3]]
    first, second, third = numbers
    if _DOTTED_SHORT.fullmatch(value):
        return False
    day_month = (second, third) if first > 31 else (first, second)
    return min(day_month) <= 12


PATTERNS: Final = (
    Pattern(
        "date_day_month",
        "DATE_TIME",
        re.compile(
            rf"\b(?:the\s+)?(?P<value>{_WEEKDAY}?{_DAY}(?:\s+day)?[\s-]+(?:of\s+)?{_MONTH}"
            rf"(?:,?[\s-]*(?:{_YEAR}|'?\d\d(?![\d:./])))?{_TIME}?)(?![\w])",
            _I,
        ),
        0.7,
    ),
    Pattern(
        "date_month_day",
        "DATE_TIME",
        re.compile(
            rf"\b(?P<value>{_WEEKDAY}?{_MONTH}\s+(?:the\s+)?{_DAY}(?:,?\s+{_YEAR}\b)?{_TIME}?)(?![\w:])",
            _I,
        ),
        0.7,
    ),
    Pattern(
        "date_month_year",
        "DATE_TIME",
        re.compile(rf"\b{_MONTH},?(?:\s+of)?[\s-]+{_YEAR}\b", _I),
        0.6,
    ),
    Pattern(
        "date_numeric_time",
        "DATE_TIME",
        re.compile(
            r"(?<![\d.])(?:\d{4}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])|"
            r"(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:\d{4}|\d\d))"
            rf"(?:{_TIME})?(?![\w.]*\d)",
            _I,
        ),
        0.6,
        check=_is_date,
    ),
    Pattern(
        "date_compact",
        "DATE_TIME",
        re.compile(rf"\b{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:T\d{{4,6}}Z?)?\b"),
        0.2,
        context=ContextWords(["date", "dated", "dob", "born", "birth", "issued", "due", "since"]),
    ),
    Pattern(
        "date_spaced",
        "DATE_TIME",
        re.compile(r"\b(?:0?[1-9]|[12]\d|3[01])\s(?:0?[1-9]|1[0-2])\s(?:19|20)\d\d\b"),
        0.2,
        context=ContextWords(["date", "dob", "born", "birth", "birthday"]),
    ),
)
