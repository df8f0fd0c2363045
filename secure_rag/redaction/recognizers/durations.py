"""Lengths of time: `three years and six months`, `6 months' imprisonment`, `two weeks ago`."""

from __future__ import annotations

import re
from typing import Final

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
    # Any length of time: what a contract is asked about, so below the usual threshold.
    Pattern(
        "duration",
        "DATE_TIME",
        re.compile(
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
        "DATE_TIME",
        re.compile(
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
        "DATE_TIME",
        re.compile(
            rf"(?<![\w.,$€£/-])(?P<value>{_EXACT}(?:\sand\sa\shalf)?[\s-]{_UNIT}'?(?:\sago\b)?)"
            r"(?:(?<=ago)|(?=\s(?:of\s)?(?:imprisonment|detention|prison|jail|custody|probation|"
            r"suspended|solitary|arrest|sick|maternity|parental|unemployment|suspension|"
            r"earlier|before|later|after)\b))",
            _I,
        ),
        0.5,
        digits=False,
        needs=_NEEDS,
    ),
)
