"""Forms of address, and names that a form of address or a label announces."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.pattern import Pattern

TITLES: Final = (
    r"(?:Mrs|Mr|Ms|Miss|Mx|Messrs|Dr|Prof(?:essor)?|Sir|Dame|Lord|Lady|Rev(?:erend)?|Fr|Sr|Herr|Frau|"
    r"Mme|Monsieur|Madame|Señora?|Doctor|Capt(?:ain)?|Sgt|Lt|Col|Judge|Justice)"
)
_NAME: Final = (
    r"(?:[A-Z]\.?\s?){0,3}(?:(?:van|von|de|der|den|del|della|di|da|dos|la|le|al|el|bin|ibn|ter|ten|"
    r"O'|Mc|Mac)[\s]?){0,3}[A-Z][\w'-]+"
)
_NAMES: Final = rf"{_NAME}(?:[ \t]+(?:{_NAME}|[A-Z]\.)){{0,3}}"

_NO_NAMES: Final = frozenset(
    "all both colleagues colleague customer team everyone everybody sir madam sirs there folks "
    "friends client customers hiring support applicant tenant member members parents".split()
)
_FIRMS: Final = re.compile(
    r"\b(?:Ltd|Limited|LLP|LLC|Inc|plc|GmbH|AG|SA|BV|Corp|Company|Co|Group|Trust|Council|Bank|Properties|"
    r"University|Hospital|Services|Holdings|Partners)\b"
)


def _is_personal(value: str) -> bool:
    return value[:1].isupper() and _FIRMS.search(value) is None


PATTERNS: Final = (
    Pattern(
        "form_of_address",
        "TITLE",
        re.compile(rf"\b{TITLES}\b\.?(?=\s+[A-Z])"),
        0.6,
        digits=False,
    ),
    Pattern(
        "name_after_title",
        "PERSON",
        re.compile(
            rf"\b(?:Mrs|Mr|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Herr|Frau|Mme)\b\.?[ \t]+"
            rf"(?P<value>{_NAMES})"
        ),
        0.75,
        digits=False,
    ),
    Pattern(
        "name_after_label",
        "PERSON",
        re.compile(
            r"(?:^|[\n;|,\t])[ \t]*(?:(?:full|first|last|given|family|patient|customer|client|"
            r"employee|contact|maiden|middle|account|tenant|policy\s?holder|insured|applicant|"
            r"claimant)[ \t_-]*(?:name|holder)|name|surname|forename|patient|claimant|tenant|"
            r"employee|landlord|line\s+manager|attn|attention)[ \t]*[:=][ \t]*"
            rf"(?P<value>{_NAMES}(?:,[ \t]+{_NAME})?)(?=[ \t]*(?:$|[\n;|,\t(]|<))",
            re.I,
        ),
        0.5,
        check=_is_personal,
        digits=False,
        needs=(":", "="),
    ),
    Pattern(
        "name_after_greeting",
        "PERSON",
        re.compile(
            rf"(?:^|\n)[ \t]*(?:Dear|Hi|Hello|Hey)[ \t]+(?P<value>{_NAMES})(?=[ \t]*[,!:\n])"
        ),
        0.55,
        check=lambda value: value.lower() not in _NO_NAMES,
        digits=False,
        needs=("dear", "hi", "hello", "hey"),
    ),
)
