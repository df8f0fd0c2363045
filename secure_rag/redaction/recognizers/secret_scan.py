"""The form of a secret recognizer, and the detector that runs them from literal to literal.

A pattern names the literals ("anchors") at one of which every match starts. They are
looked for with plain string search, and the regular expression is tried only where one
stands. A text without any of them costs a few searches, and nothing is ever cut by the
border of a window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.spans import Span

if TYPE_CHECKING:
    import re

VALUE: Final = "value"
"""Name of the group that holds the secret; without it the whole match does."""


@dataclass(frozen=True)
class Secret:
    """One recognizer as data."""

    name: str
    entity: str
    anchors: tuple[str, ...]
    """Literals (small ASCII letters) at which a match starts, in capitals or not."""
    expression: LazyRegex
    """Tried at an anchor; may look back with `(?<!…)`."""
    score: float
    check: Callable[[re.Match[str]], bool] | None = None
    """Validator of the whole match; False discards it."""
    source: str = ""
    """Who published the format."""
    lead: LazyRegex | None = None
    """What may stand before the anchor and belongs to the match; ends in `$`."""
    lead_length: int = 0

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The expression, compiled when one of its anchors is first met."""
        return self.expression.compiled


class SecretDetector:
    """Runs secret recognizers over a whole text."""

    is_costly = False

    def __init__(self, name: str, patterns: tuple[Secret, ...]) -> None:
        self.name = name
        self.patterns = patterns
        by_anchor: dict[str, list[Secret]] = {}
        for pattern in patterns:
            for anchor in pattern.anchors:
                by_anchor.setdefault(anchor, []).append(pattern)
        self._anchors = tuple(
            (anchor, frozenset(anchor), tuple(users)) for anchor, users in by_anchor.items()
        )

    def find(self, text: str) -> list[Span]:
        """Return what the patterns match and their validators accept."""
        lowered = _lowered(text)
        present = frozenset(lowered)
        found: dict[tuple[int, int, str], Span] = {}
        for anchor, letters, users in self._anchors:
            if not letters <= present:
                continue
            position = lowered.find(anchor)
            if position < 0:
                continue
            places = tuple(_places(lowered, anchor, position))
            for pattern in users:
                for span in _matches(pattern, text, places):
                    found.setdefault((span.start, span.end, span.entity), span)
        return list(found.values())

    def signature(self) -> str:
        """Return a digest of the patterns as written."""
        parts = [
            f"{p.name}|{p.entity}|{p.expression.pattern}|{p.expression.flags}|{p.score}|"
            f"{','.join(p.anchors)}|{p.lead and p.lead.pattern}"
            for p in self.patterns
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _lowered(text: str) -> str:
    """Return small letters, each at the place of its capital."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _places(lowered: str, anchor: str, position: int) -> Iterator[int]:
    while position >= 0:
        yield position
        position = lowered.find(anchor, position + 1)


def _matches(pattern: Secret, text: str, places: tuple[int, ...]) -> Iterator[Span]:
    group: str | int = VALUE if VALUE in pattern.regex.groupindex else 0
    done = 0
    for place in places:
        if place < done:
            continue
        if pattern.lead:
            lead = pattern.lead.compiled.search(text, max(done, place - pattern.lead_length), place)
            if not lead:
                continue
            place = lead.start()
        match = pattern.regex.match(text, place)
        if not match:
            continue
        start, end = match.span(group)
        if start >= end or (pattern.check and not pattern.check(match)):
            continue
        done = end
        yield Span(start, end, pattern.entity, pattern.score, pattern.name)
