"""How a mention is written and where it stands: the slices of the error analysis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_INITIAL: Final = re.compile(r"\b[^\W\d_]\b\.?")
_REVERSED: Final = re.compile(r"[^\W\d_][\w'’\-]+, ?[^\W\d_][\w.'’\-]*(?: [\w.'’\-]+)*")
_ALPHANUMERIC: Final = re.compile(r"[^\W_]")

NAME_LIKE: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP", "TITLE"})


def slices_of(text: str, start: int, end: int, entity: str) -> Iterator[tuple[str, str]]:
    """Yield slice and value of a mention: (`form`, `all capitals`), (`position`, `first word`)."""
    value = text[start:end]
    yield from (("form", form) for form in _forms(value, entity))
    if not _ALPHANUMERIC.search(text, 0, start):
        yield "position", "first word of the text"
    elif not _ALPHANUMERIC.search(text, end):
        yield "position", "last word of the text"
    else:
        yield "position", "inside"


def _forms(value: str, entity: str) -> Iterator[str]:
    if any(ord(character) > 127 for character in value):
        yield "non-ASCII"
    if "\n" in value.strip():
        yield "broken over lines"
    if entity not in NAME_LIKE:
        return
    letters = [character for character in value if character.isalpha()]
    if len(letters) > 2 and all(map(str.isupper, letters)):
        yield "all capitals"
    elif len(letters) > 2 and all(map(str.islower, letters)):
        yield "lower case"
    else:
        yield "other case"
    if entity != "PERSON":
        return
    if _INITIAL.search(value) and len(value.split()) > 1:
        yield "with initials"
    if _REVERSED.fullmatch(value):
        yield "Surname, Given"
    if len(value.split()) == 1:
        yield "one word"
