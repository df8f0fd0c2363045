"""What comes again: `every Monday`, `Mon-Fri 9:00 to 17:00`, `the first Thursday of each month`.

Opening hours and turns are what rules and notices are asked about. They name no day, and
neither does a time of day by itself: a policy that lets months stay lets them stay as well.
"""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_FULL: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)"
_DAY: Final = rf"(?:{_FULL}days?\b|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?)"
_DAYS: Final = rf"(?:{_FULL}days|weekdays|weekends)\b"
_PART: Final = r"(?:\s(?:mornings?|afternoons?|evenings?|nights?)\b)?"
_CLOCK: Final = (
    r"(?:(?:[01]?\d|2[0-3]):[0-5]\d(?![:\d])(?:\s?[ap]\.?m\b\.?|\s?h(?:rs?)?\b)?"
    r"|(?:1[0-2]|0?[1-9])(?:\.[0-5]\d)?\s?[ap]\.?m\b\.?|\b(?:noon|midday|midnight)\b)"
    r"(?:\s?(?:UTC|GMT|BST|CET|CEST)\b)?"
)
_TO: Final = r"\s?(?:-|\N{EN DASH}|to|until|till|through|and)\s?"
_CLOCKS: Final = rf"{_CLOCK}(?:{_TO}{_CLOCK})*"
_AT: Final = rf"(?:,?\s(?:at\s|from\s|between\s|by\s)?{_CLOCKS})"
_LIST: Final = r"(?:,\s|,?\s(?:and|or)\s)"
_RANGE: Final = rf"{_DAY}\s?(?:-|\N{{EN DASH}}|to|through|until|till)\s?{_DAY}"
_OPEN: Final = (
    r"(?:mon(?:day\b|\b\.?)\s?(?:-|\N{EN DASH}|to|through)\s?(?:fri|satur|sat|sun)(?:day)?\b\.?"
    rf"|{_RANGE}(?={_AT}))"
)
"""A whole week, or days in a row that have hours; others may be those of one stay."""
_SCHEDULE: Final = (
    rf"(?:(?:every|each)\s(?:other\s|second\s)?{_DAY}(?:{_LIST}{_DAY})*{_PART}{_AT}?"
    rf"|{_DAYS}(?:{_LIST}(?:on\s)?{_DAYS})*{_PART}{_AT}?"
    rf"|{_OPEN}{_AT}?(?:{_LIST}(?:{_RANGE}|{_DAY}){_AT})*"
    rf"|(?:the\s)?(?:first|second|third|fourth|last)\s{_DAY}\s(?:of|in)\s"
    rf"(?:every|each)\s(?:month|quarter)\b(?:{_AT})?)"
)
"""The last Friday of *the* month is one day, where that month is named beside it."""
_I: Final = re.IGNORECASE
_NAMES_NO_DAY: Final = re.compile(rf"{_SCHEDULE}|{_CLOCKS}", _I)

PATTERNS: Final = (
    Pattern(
        "schedule",
        "DATE_TIME",
        LazyRegex(rf"(?<![\w-])(?P<value>{_SCHEDULE})(?![\w-])", _I),
        0.45,
        digits=False,
        needs=tuple(
            "every each weekdays weekends mondays tuesdays wednesdays thursdays fridays saturdays "
            "sundays monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri "
            "saturday sat sunday sun".split()
        ),
    ),
)


def names_no_day(text: str) -> bool:
    """Say whether words are nothing but a time of day, or days and times that come again.

    A day of the week alone may be one day, and a time with its seconds is a record's.
    """
    return _NAMES_NO_DAY.fullmatch(text.strip()) is not None
