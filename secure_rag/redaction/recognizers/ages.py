"""Ages of people."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_AGE: Final = r"(?P<value>1[01]\d|[1-9]?\d)"
_I: Final = re.IGNORECASE

SHAPES: Final = (
    Pattern(
        "age_when",
        "AGE",
        LazyRegex(
            rf"(?<![\d.,]){_AGE}(?![\w.,%]*\d|\s?%|\s(?:months?|days?|hours?|minutes?|miles?|km)"
            rf"\b)",
            _I,
        ),
        0.5,
        before=LazyRegex(
            r"\b(?:when|since|until|before|as)\s(?:he|she|they|I|we)\s(?:was|were|am|is|turned)"
            r"\s\Z", _I
        ),
        needs=("when", "since", "until", "before", "as"),
    ),
    Pattern(
        "age_aged",
        "AGE",
        LazyRegex(
            rf"(?<![\d.,]){_AGE}(?![\d.,]?\d|\s?%)", _I
        ),
        0.6,
        before=LazyRegex(r"\b(?:aged?|turn(?:ed|s|ing))\s*[:=]?\s*(?:of\s+|about\s+|around\s+)?"
                          r"\Z", _I),
        needs=("age", "aged", "turned", "turns", "turning"),
    ),
    Pattern(
        "age_years_old",
        "AGE",
        LazyRegex(
            rf"(?<![\d.,-]){_AGE}(?:[\s-]*(?:years?|yrs?)[\s-]*(?:old|of[\s-]age)\b|"
            r"\s?(?:y/o|yo|y\.o\.)(?!\w))",
            _I,
        ),
        0.7,
    ),
    Pattern(
        "age_months_old",
        "AGE",
        LazyRegex(
            r"(?<![\d.,-])(?P<value>\d{1,2}[\s-]*(?:months?|weeks?|days?))"
            r"[\s-]*old\b(?!\s+version)",
            _I,
        ),
        0.4,
    ),
    Pattern(
        "age_born_year_gap",
        "AGE",
        LazyRegex(rf"(?<=[a-z],\s){_AGE}(?=,\s(?:of|from|who|was|is|had|has|and|a|an)\b)"),
        0.5,
    ),
    Pattern(
        "age_sex",
        "AGE",
        LazyRegex(rf"(?<![\w.,]){_AGE}[\s-]?(?:M|F|male|female)\b(?![\w%])"),
        0.35,
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""
