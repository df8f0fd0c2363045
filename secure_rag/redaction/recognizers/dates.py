"""Written and numeric dates, times, ranges, weekdays, and years where a word makes them one."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_FULL_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|"
    r"januar|februar|märz|mai|juni|juli|oktober|dezember)"
)
_MONTH: Final = (
    r"(?:(?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december)\b|"
    rf"{_FULL_MONTH}\b\.?)"
)
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.(?=\s[a-zä]))?"
_YEAR: Final = r"(?:1[5-9]|20|21)\d\d"
_DAYS: Final = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_WEEKDAY: Final = rf"(?:\b{_DAYS}\b\.?,?\s+(?:the\s+)?)"
_ZONE: Final = (
    r"(?:\s?(?:UTC|GMT|BST|CET|CEST|EST|EDT|CST|CDT|MST|MDT|PST|PDT|IST|JST|AEST|Z\b|"
    r"[+-]\d\d:?\d\d))"
)
_CLOCK: Final = (
    rf"(?:(?:[01]?\d|2[0-3])[:.][0-5]\d(?::[0-5]\d(?:[.,]\d{{1,9}})?)?(?:\s?[ap]\.?m\b\.?|\s?"
    rf"h(?:rs?)?\b)?"
    rf"{_ZONE}?|(?:1[0-2]|0?[1-9])\s?[ap]\.?m\b\.?)"
)
_TIME: Final = rf"(?:,?\s*(?:at\s+|T|um\s)?{_CLOCK})"
_TO: Final = r"\s*(?:-|to|until|till|and|through|or)\s*"
_OLD: Final = (
    r"(?:,?[\s-]*(?:of\s+)?(?:\b(?:1[5-9]|20|21)\d\d\b|'\d\d(?![\d:./])|"
    r"\b\d\d(?![\d:./'\w%]|\s\w)))"
)
_I: Final = re.IGNORECASE
_MONTHS: Final = tuple(
    "january february march april may june july august september october november december jan feb "
    "mar apr jun jul aug sep sept oct nov dec januar februar märz mai juni juli oktober "
    "dezember".split()
)
_DAY_WORDS: Final = tuple(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays "
    "thursdays "
    "fridays saturdays sundays mon tue tues wed thu thur thurs fri sat sun".split()
)

_PARTS: Final = re.compile(r"\d+")
_DOTTED_SHORT: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d\d")
"""Rather a version or a section than a day."""
_WORDED: Final = ContextWords(
    "date dated day on today since until by born dob birth birthday due issued expires valid from "
    "yesterday tomorrow deadline received sent signed".split()
)
_SHORT_WORDS: Final = ContextWords(
    "date dated today birthday dob born due expires expiry exp yesterday".split()
)


def is_date(value: str) -> bool:
    """Say whether one of the first three numbers can be a month beside a day."""
    numbers = [int(part) for part in _PARTS.findall(value)[:3]]
    first, second, third = numbers
    if _DOTTED_SHORT.fullmatch(value):
        return False
    day_month = (second, third) if first > 31 else (first, second)
    return min(day_month) <= 12 and max(day_month) <= 31


def _is_short_date(value: str) -> bool:
    day, month, _ = (int(part) for part in _PARTS.findall(value)[:3])
    return 1 <= min(day, month) <= 12 and max(day, month) <= 31


def _is_no_verb(value: str) -> bool:
    """Refuse `may 2` and `march 12` in small letters: they are verbs more often."""
    return not re.match(r"(?:may|march|mar)\s\d{1,2}(?!\d|st|nd|rd|th|,)", value)


_UNNUMBERED: Final = "".join(
    rf"(?<!\b{word}\s)"
    for word in "session section item part page visit meeting version step phase".split()
)
"""`Session 1, 10 February` is one day."""


PATTERNS: Final = (
    Pattern(
        "date_month_day",
        "DATE_TIME",
        LazyRegex(
            rf"\b(?P<value>(?:(?:early|mid|late)[\s-])?{_MONTH}\s+(?:the\s+)?{_DAY}"
            rf"(?:\s*(?:-|to|and|&)\s*{_DAY})?(?:(?:,\s*|\s+){_YEAR}\b)?(?:{_TIME})?"
            rf"(?:{_TO}{_MONTH}\s+{_DAY}(?:,?\s+{_YEAR})?)?)(?![\w:]|/\d|\.\d)",
            _I,
        ),
        0.7,
        check=_is_no_verb,
        needs=_MONTHS,
    ),
    Pattern(
        "date_month_year",
        "DATE_TIME",
        LazyRegex(
            rf"\b(?:(?:early|mid|late|end(?:\s+of)?)[\s-])?{_MONTH}(?:{_TO}{_MONTH})?,?"
            rf"(?:\s+of)?(?:\s+the\s+year)?[\s/-]+(?:{_YEAR}\b|'\d\d\b)"
            rf"(?:{_TO}{_MONTH}\s+{_YEAR}\b)?",
            _I,
        ),
        0.65,
        needs=_MONTHS,
    ),
    Pattern(
        "date_month_alone",
        "DATE_TIME",
        LazyRegex(
            r"\b(?:in|since|until|till|by|during|from|before|after|between|of|last|next|this|"
            r"early|mid|"
            r"late|every|to|and)[\s-](?P<value>(?:January|February|March|April|May|June|July|"
            r"August|"
            r"September|October|November|December)(?:\s+(?:and|or|to)\s+(?:January|February|March|"
            r"April|May|June|July|August|September|October|November|December))?)\b(?!\s+[A-Z]|"
            r"\s+\d)"
        ),
        0.45,
        digits=False,
        needs=_MONTHS,
    ),
    Pattern(
        "date_month_name_dashed",
        "DATE_TIME",
        LazyRegex(
            rf"\b(?:{_YEAR}[-/]{_FULL_MONTH}[-/]\d\d?|{_FULL_MONTH}[-/]\d\d?[-/]{_YEAR})\b", _I
        ),
        0.7,
        needs=_MONTHS,
    ),
    Pattern(
        "weekday",
        "DATE_TIME",
        LazyRegex(
            r"\b(?:(?:last|next|this|every|on|each)\s)?(?P<value>(?:Mon|Tues|Wednes|Thurs|Fri|"
            r"Satur|Sun)"
            r"days?(?:\s(?:morning|afternoon|evening|night))?(?:,?\s(?:at\s)?"
            rf"{_CLOCK})?)\b(?!\s(?:[A-Z][a-z]+\s)?(?:Times|Telegraph|Post|Mail|Herald|Club|"
            rf"League))"
        ),
        0.45,
        digits=False,
        needs=_DAY_WORDS,
    ),
    Pattern(
        "weekday_before_date",
        "DATE_TIME",
        LazyRegex(
            rf"(?P<value>{_WEEKDAY}(?:{_DAY}(?:\s+of)?[\s-]+{_MONTH}|{_MONTH}\s+{_DAY}|"
            rf"\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}})(?:,?[\s-]*{_YEAR}\b)?(?:{_TIME})?)(?!\w)",
            _I,
        ),
        0.7,
        needs=_DAY_WORDS,
    ),
)


SHAPES: Final = (
    Pattern(
        "clock_dotted",
        "DATE_TIME",
        LazyRegex(
            r"(?<![\w.,])(?:[01]?\d|2[0-3])\.[0-5]\d\s?(?:[ap]\.?m\b\.?|hours|hrs|h\b)?(?!\w|[.,"
            r"]\d|\s?%)"
        ),
        0.35,
        before=LazyRegex(r"\b(?:at|from|until|till|around)\s(?:approximately\s|about\s)?\Z", re.I),
        needs=("at", "from", "until", "till", "around"),
    ),
    Pattern(
        "date_day_month",
        "DATE_TIME",
        LazyRegex(
            rf"(?<![\d.,/:-]){_UNNUMBERED}"
            rf"(?P<value>{_DAY}(?:\s*(?:-|to|and|or|&|,|/)\s*{_DAY})?(?:\s+day)?"
            rf"[\s-]*"
            rf"(?:of\s+)?\b(?<!\d[a-z]){_MONTH}{_OLD}?(?:{_TIME})?"
            rf"(?:{_TO}{_DAY}[\s-]+{_MONTH}{_OLD}?)?)(?!\w)",
            _I,
        ),
        0.7,
        needs=_MONTHS,
    ),
    Pattern(
        "date_numeric_time",
        "DATE_TIME",
        LazyRegex(
            r"(?<![\d./-])(?<!\d )(?:\d{4}\s?[-/.]\s?(?:0?[1-9]|1[0-2])\s?[-/.]\s?(?:3[01]|"
            r"[12]\d|0?[1-9])|"
            r"(?:3[01]|[12]\d|0?[1-9])\s?[-/.]\s?(?:3[01]|[12]\d|0?[1-9])\s?[-/.]\s?(?:\d{4}|\d\d))"
            rf"(?:{_TIME})?(?![\w.]*\d|-\d)",
            _I,
        ),
        0.6,
        check=is_date,
    ),
    Pattern(
        "date_dotted_short",
        "DATE_TIME",
        LazyRegex(r"(?<![\w.])\d{1,2}\.\d{1,2}\.\d\d(?![\w]|\.\d)"),
        0.1,
        check=_is_short_date,
        context=_WORDED,
    ),
    Pattern(
        "date_month_slash_year",
        "DATE_TIME",
        LazyRegex(r"(?<![\w./-])(?:0?[1-9]|1[0-2])\s?[/]\s?(?:19|20)\d\d(?![\w/-]|\.\d)"),
        0.4,
    ),
    Pattern(
        "date_day_slash_month",
        "DATE_TIME",
        LazyRegex(
            r"(?<![\w./-])(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|[12]\d|3[01])(?![\w/%-]|\.\d)"
        ),
        0.05,
        check=lambda value: min(int(part) for part in _PARTS.findall(value)) <= 12,
        context=_SHORT_WORDS,
        only_with_context=True,
    ),
    Pattern(
        "date_compact",
        "DATE_TIME",
        LazyRegex(
            rf"(?<![\w-])(?:{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
            r"(?:[T_-]?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?Z?)?)\b"
        ),
        0.2,
        context=ContextWords("date dated dob born birth issued due since expires".split()),
    ),
    Pattern(
        "date_spaced",
        "DATE_TIME",
        LazyRegex(r"\b(?:0?[1-9]|[12]\d|3[01])\s(?:0?[1-9]|1[0-2])\s(?:19|20)\d\d\b"),
        0.2,
        context=ContextWords(["date", "dob", "born", "birth", "birthday"]),
    ),
    Pattern(
        "clock",
        "DATE_TIME",
        LazyRegex(
            r"(?<![\w.:,$€£/-])(?P<value>(?:(?:1[0-2]|0?[1-9])(?:[:.][0-5]\d)?\s?[ap]\.?m\b\.?|"
            r"(?:1[0-2]|[1-9])\s?o'clock|(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,6})?)?"
            rf"(?:\s?(?:hours|hrs|h)\b)?{_ZONE}?)"
            r"(?:\s*(?:-|to|and)\s*(?:[01]?\d|2[0-3])[:.]?(?:[0-5]\d)?(?:\s?[ap]\.?m\b\.?))?)"
            r"(?![\w:]|[.,]\d|\s?[-/]\s?\d)",
            _I,
        ),
        0.4,
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""
