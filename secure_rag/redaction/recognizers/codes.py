"""What looks like a code and nothing else explains: the last net under all other numbers."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.checksums import passes_luhn
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_UNITS: Final = re.compile(
    r"\d+(?:km|kg|mg|ml|ms|kb|mb|gb|tb|px|usd|eur|gbp|rpm|kwh|mwh|hz|khz|mhz|ghz|bps|mbps|m|k|b|"
    r"bn|mn|"
    r"st|nd|rd|th|s|x|v|w|kw|mah|gsm|cm|mm|ft|lbs|oz|cc|pp|am|pm|h|hrs|mins?|secs?|days?|years?|"
    r"e\d+)\Z",
    re.IGNORECASE,
)
_SEPARATOR: Final = re.compile(r"[ ._-]+")


def _is_code(value: str) -> bool:
    """Accept letters and digits together, enough of both, that are no measure."""
    digits = sum(map(str.isdigit, value))
    letters = len(value) - digits
    if not letters or _UNITS.match(value):
        return False
    if value.isupper():
        return digits >= 5 or (digits == 4 and len(value) >= 9)
    return digits >= 6 and letters <= 8


_DAY: Final = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)")


def _is_group(value: str) -> bool:
    """Accept nine digits or more in groups that are no amount, no years and no date."""
    groups = _SEPARATOR.split(value)
    digits = "".join(groups)
    if len(digits) < 9 or len(set(digits)) < 3 or _DAY.match(value):
        return False
    if "-" not in value and all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3:
        return passes_luhn(value) and " " in value
    if all(len(group) == 4 and group[:2] in ("19", "20") for group in groups):
        return False
    return not ("." in value and min(map(len, groups)) < 2)


def _is_long(value: str) -> bool:
    return len(set(value)) > 2


SHAPES: Final = (
    Pattern(
        "code_of_letters_and_digits",
        "LONG_NUMBER",
        LazyRegex(r"(?<!_)[A-Za-z]{0,6}\d[A-Za-z0-9]{5,24}(?![\w@%]|[/:=]\w|\.\w)"),
        0.4,
        check=_is_code,
    ),
    Pattern(
        "grouped_digits",
        "LONG_NUMBER",
        LazyRegex(r"\d{1,8}(?:[ ._-]\d{1,8}){1,6}(?!\w|[.,/]\d|-\w|[ ]?[%€$£])"),
        0.37,
        check=_is_group,
    ),
    Pattern(
        "long_number",
        "LONG_NUMBER",
        LazyRegex(r"\d{9,30}(?![\w]|[.,]\d)"),
        0.4,
        check=_is_long,
    ),
)
"""Tried at words with digits only (`shapes`)."""
