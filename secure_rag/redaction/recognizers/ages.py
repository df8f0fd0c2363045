"""Ages of people."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.pattern import Pattern

_AGE: Final = r"(?P<value>1[01]\d|[1-9]?\d)"
_I: Final = re.IGNORECASE

PATTERNS: Final = (
    Pattern(
        "age_years_old",
        "AGE",
        re.compile(
            rf"(?<![\d.,-]){_AGE}(?:[\s-]*(?:years?|yrs?)[\s-]*(?:old|of[\s-]age)\b|"
            r"\s?(?:y/o|yo|y\.o\.)(?!\w))",
            _I,
        ),
        0.7,
    ),
    Pattern(
        "age_months_old",
        "AGE",
        re.compile(
            r"(?<![\d.,-])(?P<value>\d{1,2}[\s-]*(?:months?|weeks?|days?))[\s-]*old\b(?!\s+version)",
            _I,
        ),
        0.4,
    ),
    Pattern(
        "age_aged",
        "AGE",
        re.compile(
            rf"\b(?:aged?|turn(?:ed|s|ing))\s*[:=]?\s*(?:of\s+)?{_AGE}(?![\d.,]?\d|\s?%)", _I
        ),
        0.6,
    ),
    Pattern(
        "age_born_year_gap",
        "AGE",
        re.compile(rf"(?<=[a-z],\s){_AGE}(?=,\s(?:of|from|who|was|is|had|has|and|a|an)\b)"),
        0.5,
    ),
    Pattern(
        "age_when",
        "AGE",
        re.compile(
            r"\b(?:when|since|until|before|as)\s(?:he|she|they|I|we)\s(?:was|were|am|is|turned)\s"
            rf"{_AGE}(?![\w.,%]*\d|\s?%|\s(?:months?|days?|hours?|minutes?|miles?|km)\b)",
            _I,
        ),
        0.5,
    ),
    Pattern(
        "age_sex",
        "AGE",
        re.compile(rf"(?<![\w.,]){_AGE}[\s-]?(?:M|F|male|female)\b(?![\w%])"),
        0.35,
    ),
)
