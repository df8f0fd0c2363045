"""What stands around a name says who it is: `Mrs` before, `Jr.` behind, a declared short form.

The span of a mention holds neither, so both are read from the text again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.names import parse_name
from secure_rag.redaction.organizations import is_acronym, is_short_for, parse_organization

_TITLE_BEFORE: Final = re.compile(
    r"(?:(?<![^\W_])(?:Mrs?|MRS?|Ms|MS|Miss|MISS|Mx|Dr|DR|Prof(?:essor)?|Sir|Dame|Lord|Lady|Herr|"
    r"Frau|Mme|Madame|Monsieur|Rev|Sr|Señora?|Judge|Justice)\b\.?\s{1,2}(?:(?:and|&)\s)?)+$"
)
_GENERATION_BEHIND: Final = re.compile(
    r",?[ \t]{1,2}(Jr|JR|Sr|SR|Junior|Senior|I{2,3}|IV)\b(?!\.\w)"
)
_FURTHEST: Final = 40
_MAIDEN_GAP: Final = re.compile(
    r"[\s,(]+(?:née|nee|né|geb\.|formerly|previously|born|maiden name:?)\s+(?:Miss\s+|Ms\s+)?",
    re.IGNORECASE,
)
_KNOWN_AS_GAP: Final = re.compile(
    r"[\s,(]+(?:(?:also|formerly|previously|now|better|otherwise)\s+known\s+as|a\.?k\.?a\.?|alias)"
    r"\s+[\"'“]?",
    re.IGNORECASE,
)
_DEFINED_GAP: Final = re.compile(
    r"\s{0,2}\(\s?(?:hereinafter|hereafter|the|or|in short)?[\s,]*[\"'“‘]?(?:the\s)?", re.IGNORECASE
)
_OPENED: Final = re.compile(
    r"\(\s?(?:hereinafter|hereafter|or|in short)?[\s,]*[\"'“‘]", re.IGNORECASE
)


class Stretch(Protocol):
    """A span of a text that was found to be an entity."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def entity(self) -> str: ...


def mention(text: str, start: int, end: int) -> str:
    """Return a person's name with the form of address before it and `Jr.` behind it."""
    value = text[start:end]
    before = _TITLE_BEFORE.search(text, max(0, start - _FURTHEST), start)
    behind = _GENERATION_BEHIND.match(text, end)
    title = before.group() if before else ""
    return f"{title}{value}{behind.group() if behind else ''}"


def declared(text: str, spans: Sequence[Stretch], values: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of spans of one type of which the text says that they are one.

    `Anna Novak (née Kowalski)`, `Peter Hall, also known as Piet Halle`, `John Smith (JS)`,
    `Meridian Housing Trust ("MHT")`. What follows a name in any other way declares nothing.
    """
    pairs = []
    for index in range(len(spans) - 1):
        one, other = spans[index], spans[index + 1]
        gap = text[one.end : other.start]
        if one.entity != other.entity or len(gap) > _FURTHEST:
            continue
        if (
            _is_declared_person(gap, values[index], values[index + 1])
            if one.entity == "PERSON"
            else _is_declared_organization(gap, values[index], values[index + 1])
        ):
            pairs.append((index, index + 1))
    return pairs


def _is_declared_person(gap: str, value: str, other: str) -> bool:
    if _KNOWN_AS_GAP.fullmatch(gap):
        return True
    one, two = parse_name(value), parse_name(other)
    if _MAIDEN_GAP.fullmatch(gap):
        return one.is_full and bool(two.tokens) and (two.is_bare or two.given == one.given)
    return (
        _DEFINED_GAP.fullmatch(gap) is not None
        and bool(two.initials)
        and two.initials == "".join(token[0] for token in one.tokens)
    )


def _is_declared_organization(gap: str, value: str, other: str) -> bool:
    if not _DEFINED_GAP.fullmatch(gap):
        return _KNOWN_AS_GAP.fullmatch(gap) is not None
    if is_acronym(other, value):
        return True
    words, _ = parse_organization(other)
    is_telling = any(word not in COMMON_WORDS for word in words)
    return _OPENED.search(gap) is not None and is_telling and is_short_for(other, value)
