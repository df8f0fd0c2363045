"""What the vault knows already, looked for in a question or an answer.

Every run of one to four words is looked up in the blind index: a keyed hash each, so
nothing is learnt from a miss. It finds `Okafor` where the names model does not, because
a document said `Chidi Okafor`. A name that several people bear is found too; which of
them is meant stays open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Protocol

from secure_rag.policy.entities import GROUPS
from secure_rag.redaction.common_words import COMMON_WORDS
from secure_rag.redaction.forms import value_form
from secure_rag.redaction.names import TITLES, fold, parse_name
from secure_rag.redaction.organizations import resolve_organizations
from secure_rag.redaction.recognizers.not_names import NOT_NAMES
from secure_rag.redaction.spans import Span

KNOWN_SCORE: Final = 1.0

_LONGEST: Final = 4
_WORD: Final = re.compile(r"\+?[^\W_]+(?:['’./@+_-][^\W_]+)*")
_GAP: Final = re.compile(r"[ \t]{1,2}|\.? ?\n?|, |[ \t]?[&/-][ \t]?")
_SENTENCE_END: Final = re.compile(r"(?:^|[.!?:]\s|\n)[\s\"'“(]*$")
_POSSESSIVE: Final = re.compile(r"['’][sS]$")
_NUMBERS: Final = (
    *(e for group in ("REFERENCE", "FINANCIAL", "GOVERNMENT_ID", "CONTACT") for e in GROUPS[group]),
    "USERNAME",
)


class BlindIndex(Protocol):
    """Says which placeholders a form leads to; `secure_rag.vault.store.Domain` is the real one."""

    def lookup(self, entity: str, form: str) -> tuple[str, ...]: ...

    def aliases(self, entity: str, form: str) -> tuple[str, ...]: ...


class KnownValues:
    """A detector of what a collection's vault holds; for short texts only."""

    name = "vault"
    is_costly = False

    def __init__(self, index: BlindIndex, *, strict: bool = False) -> None:
        """Look into one collection's index.

        Args:
            strict: never take a single everyday word for a name, however it is written: for
                answers, whose words stood in redacted text before.
        """
        self._index = index
        self._strict = strict

    def signature(self) -> str:
        """Return its name: what it finds depends on the vault, not on the program."""
        return self.name

    def find(self, text: str) -> list[Span]:
        """Return the longest known value at each place."""
        words = [_without_possessive(match) for match in _WORD.finditer(text)]
        found: list[Span] = []
        index = 0
        while index < len(words):
            span = self._longest(text, words, index)
            if span is None:
                index += 1
                continue
            found.append(span)
            while index < len(words) and words[index][0] < span.end:
                index += 1
        return found

    def _longest(self, text: str, words: Sequence[tuple[int, int]], index: int) -> Span | None:
        for last in range(min(index + _LONGEST, len(words)) - 1, index - 1, -1):
            if not _hang_together(text, words[index : last + 1]):
                continue
            start, end = words[index][0], words[last][1]
            entity = self._entity(text, start, end, last - index + 1)
            if entity:
                return Span(start, end, entity, KNOWN_SCORE, self.name)
        return None

    def _entity(self, text: str, start: int, end: int, size: int) -> str:
        """Return the type under which the vault knows a stretch, or nothing."""
        value = text[start:end]
        if any(character.isdigit() for character in value):
            return next((e for e in _NUMBERS if self._holds(e, value_form(e, value))), "")
        if not self._may_be_name(text, start, end, size):
            return ""
        if any(self._holds("PERSON", form) for form in _person_forms(value)):
            return "PERSON"
        if size == 1 and not value[0].isupper():
            return "USERNAME" if "." in value and self._holds("USERNAME", fold(value)) else ""
        (firm,) = resolve_organizations([value])
        if any(self._holds("ORGANIZATION", form) for form in (*firm.forms, *firm.weaker)):
            return "ORGANIZATION"
        return "LOCATION" if self._holds("LOCATION", value_form("LOCATION", value)) else ""

    def _may_be_name(self, text: str, start: int, end: int, size: int) -> bool:
        """Keep everyday words out, unless they are written as a name within a sentence."""
        words = [fold(word) for word in re.findall(r"[^\W\d_]+", text[start:end])]
        if words[0] in TITLES:
            return False  # what follows it is looked up alone
        doubtful = [word for word in words if word in COMMON_WORDS or word in NOT_NAMES]
        if len(doubtful) < len(words):
            return True
        if size == 1 and self._strict:
            return False
        is_capital = all(word[0].isupper() for word in re.findall(r"[^\W\d_]+", text[start:end]))
        begins = _SENTENCE_END.search(text, max(0, start - 8), start) is not None
        return is_capital and (size > 1 or not begins) and not set(words) <= _CALENDAR

    def _holds(self, entity: str, form: str) -> bool:
        return bool(form) and bool(
            self._index.lookup(entity, form) or self._index.aliases(entity, form)
        )


_CALENDAR: Final = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday i".split()
)


def _person_forms(value: str) -> Iterator[str]:
    name = parse_name(value)
    if not name.initials:
        yield from name.forms


def _without_possessive(match: re.Match[str]) -> tuple[int, int]:
    start, end = match.span()
    cut = _POSSESSIVE.search(match.group())
    return start, end - 2 if cut else end


def _hang_together(text: str, words: Sequence[tuple[int, int]]) -> bool:
    return all(_GAP.fullmatch(text, one[1], other[0]) for one, other in pairwise(words))
