"""Years, decades, centuries, quarters and seasons, where a word or their form makes them one."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_YEAR: Final = r"(?:1[5-9]|20|21)\d\d"
_I: Final = re.IGNORECASE
_PARTS: Final = re.compile(r"\d+")


def _year(name: str, score: float, lead: str, words: str) -> Pattern:
    return Pattern(
        name,
        "DATE_TIME",
        LazyRegex(rf"(?<![\w.,/:$€£§#-]){_YEAR}(?![\w:%/]|[.,-]\d|\s?(?:%|euro|EUR|USD|GBP))"),
        score,
        before=LazyRegex(rf"(?:{lead})\s*\Z", _I),
        needs=tuple(words.split()),
    )


def _rises(value: str) -> bool:
    first, second = _PARTS.findall(value)
    later = int(second) if len(second) == 4 else int(first[:2] + second)
    return int(first) < later <= int(first) + 120


PATTERNS: Final = (
    Pattern(
        "century",
        "DATE_TIME",
        LazyRegex(
            r"\b(?:(?:early|mid|late)[\s-])?(?:\d{1,2}(?:st|nd|rd|th)|(?:tenth|eleventh|twelfth|"
            r"thirteenth|"
            r"fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|"
            r"twenty-first))"
            r"[\s-]century\b",
            _I,
        ),
        0.4,
        digits=False,
        needs=tuple(
            "century".split()
        ),
    ),
    Pattern(
        "quarter_or_season",
        "DATE_TIME",
        LazyRegex(
            rf"\b(?:(?:Q[1-4]|H[12])(?:[\s/-]?(?:FY)?\s?(?:{_YEAR}|'?\d\d\b))|"
            rf"(?:FY|MY)\s?(?:{_YEAR}|\d\d)(?:/\d\d)?|{_YEAR}[\s-]?Q[1-4]|"
            rf"(?:(?:early|mid|late)[\s-])?(?:spring|summer|autumn|winter|fall|easter|christmas|"
            rf"(?:first|second|third|fourth)\s(?:quarter|half))(?:\sof)?,?\s{_YEAR})\b",
            _I,
        ),
        0.55,
        needs=tuple(
            "q h fy my spring summer autumn winter fall easter christmas quarter half".split()
        ),
    ),
)  # fmt: skip

SHAPES: Final = (
    _year(
        "year_after_word",
        0.5,
        r"\b(?:in|since|until|till|by|from|during|around|circa|ca\.|year|years|early|mid|late|"
        r"before|"
        r"after|of|between|summer|winter|spring|autumn|fall|end|beginning|born|founded|established|"
        r"class|season|edition|to|copyright|©|\(c\)|calendar|fiscal|tax|FY|for|the|a|an|season|"
        r"olympics|"
        r"versus|v\.|cup|election|elections|census|act|law|convention|protocol|treaty|budget|"
        r"report)"
        r"(?:\s(?:the\s)?(?:year|end\sof|beginning\sof|start\sof|middle\sof|summer\sof))?[,:]?",
        "in since until till by from during around circa ca year years early mid late before "
        "after of "
        "between summer winter spring autumn fall end beginning born founded established class "
        "season "
        "edition to copyright © c calendar fiscal tax fy for the a an olympics versus v cup "
        "election "
        "elections census act law convention protocol treaty budget report",
    ),
    _year(
        "year_after_year",
        0.5,
        rf"\b{_YEAR}\s?(?:and|or|to|until|,|/|&|-)(?:\s(?:and|or))?",
        "and or to until",
    ),
    _year("year_after_comma_or_dash", 0.45, rf"\b{_YEAR}\s?[,/&-]", ""),
    Pattern(
        "year_alone_in_brackets",
        "DATE_TIME",
        LazyRegex(rf"(?<=[(\[]){_YEAR}(?=[)\]])"),
        0.4,
    ),
    Pattern(
        "year_ending_clause",
        "DATE_TIME",
        LazyRegex(r"(?<=,\s)(?:19|20)\d\d(?=[,;]\s)"),
        0.4,
    ),
    Pattern(
        "year_range",
        "DATE_TIME",
        LazyRegex(
            r"(?<![\w.,/:$€£§#-])(?P<value>(?:1[5-9]|20)\d\d\s?(?:-|/|to|until)\s?"
            r"(?:(?:1[5-9]|20)\d\d|\d\d))(?![\w%]|[/.,:-]\d)"
        ),
        0.45,
        check=_rises,
    ),
    Pattern(
        "decade",
        "DATE_TIME",
        LazyRegex(
            r"(?<![\w.])(?:(?:early|mid|late)[\s-])?(?:(?:1[5-9]|20)\d0'?s|'?[2-9]0s)"
            r"\b(?!\s(?:of|percent))",
            _I,
        ),
        0.45,
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""
