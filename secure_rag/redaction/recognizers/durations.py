"""Lengths of time: `three years and six months`, `72 hours`, and days they fix: `two weeks ago`.

A length of time names no day, so it identifies nobody by itself, and it is what contracts and
rules are asked about; one that is counted from today is a date like any other.
"""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_ONES: Final = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen"
)
_TENS: Final = r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_COUNT: Final = (
    rf"(?:\d{{1,4}}(?:[.,]\d{{1,2}})?|(?:{_TENS})(?:[\s-](?:{_ONES}))?|{_ONES}|an?|several|"
    rf"(?:a\s)?few|"
    r"(?:one|two|three|four)\sand\sa\shalf|half\sa|a\s(?:couple|number)\sof|(?:one|a)\shundred)"
)
_UNIT: Final = (
    r"(?:calendar\s|working\s|business\s|consecutive\s)?(?:years?|months?|weeks?|days?"
    r"|hours?|minutes?)"
)
_I: Final = re.IGNORECASE
_NEEDS: Final = tuple(
    "year years month months week weeks day days hour hours minute minutes".split()
)

_NUMBER: Final = rf"(?:\d{{1,3}}(?:[.,]\d)?|(?:{_TENS})(?:[\s-](?:{_ONES}))?|{_ONES})"
_EXACT: Final = rf"(?:{_NUMBER}|an?)"

PATTERNS: Final = (
    # Any length of time, where it is nobody's.
    Pattern(
        "duration",
        "DURATION",
        LazyRegex(
            rf"(?<![\w.,$€£/-])(?P<value>{_COUNT}(?:\s\(\d{{1,4}}\))?(?:\s(?:or|to|and)\s{_COUNT})?"
            rf"[\s-]{_UNIT}(?:'|\b))(?![\s-](?:old|of[\s-]age)\b|\w)",
            _I,
        ),
        0.3,
        digits=False,
        needs=_NEEDS,
    ),
    # What happened to somebody: a sentence, a stay, a time that is over.
    Pattern(
        "duration_compound",
        "DURATION",
        LazyRegex(
            rf"(?<![\w.,$€£/-])(?P<value>{_EXACT}\s{_UNIT}'?(?:,?\s(?:and\s)?{_NUMBER}\s{_UNIT}'?"
            rf"){{1,3}})"
            r"(?![\s-](?:old|of[\s-]age)\b|\w)",
            _I,
        ),
        0.5,
        digits=False,
        needs=_NEEDS,
    ),
    Pattern(
        "duration_of_somebody",
        "DURATION",
        LazyRegex(
            rf"(?<![\w.,$€£/-])(?P<value>{_EXACT}(?:\sand\sa\shalf)?[\s-]{_UNIT}'?)"
            r"(?=\s(?:of\s)?(?:imprisonment|detention|prison|jail|custody|probation|"
            r"suspended|solitary|arrest|sick|maternity|parental|unemployment|suspension|"
            r"earlier|before|later|after)\b)",
            _I,
        ),
        0.5,
        digits=False,
        needs=_NEEDS,
    ),
    Pattern(
        "time_ago",
        "DATE_TIME",
        LazyRegex(
            rf"(?<![\w.,$€£/-])(?P<value>{_EXACT}(?:\sand\sa\shalf)?[\s-]{_UNIT}\sago)\b", _I
        ),
        0.5,
        digits=False,
        needs=_NEEDS,
    ),
)

_WORD: Final = re.compile(r"[^\W_]+")
_UNIT_WORDS: Final = frozenset(
    f"{' '.join(_NEEDS)} decade decades quarter quarters fortnight fortnights night nights "
    "second seconds hrs mins yr yrs".split()
)
_COUNT_WORDS: Final = frozenset(
    f"{_ONES}|{_TENS}|a|an|hundred|several|few|many|couple|half|each|every|per".split("|")
)
_RATES: Final = frozenset(
    "daily weekly fortnightly monthly quarterly yearly annually hourly overnight".split()
)
_BESIDE: Final = frozenset(
    "how and or to of for the in at within than least most more less about around over under up "
    "calendar working business consecutive clear full successive whole prior written notice "
    "period periods time times term terms long s initial minimum maximum another nearly almost "
    "approximately only once twice number after before from later earlier following".split()
)
_PLAIN_COUNT: Final = re.compile(r"\d{1,3}")


def is_duration(text: str) -> bool:
    """Say whether words are nothing but a length of time or a rate: no month, year, clock, `ago`.

    `the day` or `this week` have no count: they may point at a day.
    """
    words = [match.group() for match in _WORD.finditer(text.lower())]
    counted = unit = False
    for word in words:
        if word in _RATES:
            counted = unit = True
        elif word in _UNIT_WORDS:
            unit = True
        elif word in _COUNT_WORDS or _PLAIN_COUNT.fullmatch(word):
            counted = True
        elif word not in _BESIDE:
            return False
    return counted and unit
