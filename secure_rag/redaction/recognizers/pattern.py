"""The form every one of our recognizers has: a pattern, a score, a validator, context words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import find_in_windows

VALUE: Final = "value"
"""Name of the group that holds the value; without it the whole match does."""

_BEFORE: Final = 80
_DIGIT: Final = re.compile(r"\d")
_NO_CONTEXT: Final = ContextWords(())


@dataclass(frozen=True)
class Pattern:
    """One recognizer as data."""

    name: str
    entity: str
    expression: LazyRegex
    score: float
    """What a match scores; None of the checks below may lower it but to nothing."""
    check: Callable[[str], bool] | None = None
    """Plain validator of the matched value; False discards the match."""
    context: ContextWords = _NO_CONTEXT
    only_with_context: bool = False
    """Discard a match without a supporting word."""
    digits: bool = True
    """Skip texts without any digit."""
    needs: tuple[str, ...] = ()
    """Skip texts that hold none of these (lower case)."""
    before: LazyRegex | None = None
    """What must stand right before the value: searched for in the text that ends there.

    Values with digits are rarer than words, so looking back from them is cheaper.
    """

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The expression, compiled when it is first tried."""
        return self.expression.compiled


class PatternDetector:
    """Runs a family of patterns over windows of a text."""

    is_costly = False

    def __init__(self, name: str, patterns: Sequence[Pattern], *, is_windowed: bool = True) -> None:
        self.name = name
        self.patterns = tuple(patterns)
        self._is_windowed = is_windowed

    def find(self, text: str) -> list[Span]:
        """Return what the patterns match and their validators accept."""
        if self._is_windowed:
            return find_in_windows(text, self._find)
        return self._find(text)

    def _find(self, text: str) -> list[Span]:
        lowered = text.lower()
        has_digit = _DIGIT.search(text) is not None
        found: list[Span] = []
        for pattern in self.patterns:
            if pattern.digits and not has_digit:
                continue
            if pattern.only_with_context and not pattern.context.may_support(lowered):
                continue
            if pattern.needs and not any(word in lowered for word in pattern.needs):
                continue
            found.extend(matches(pattern, text, 0, len(text)))
        return found

    def signature(self) -> str:
        """Return a digest of the patterns as written."""
        parts = [
            f"{p.name}|{p.entity}|{p.expression.pattern}|{p.expression.flags}|{p.score}|"
            f"{p.only_with_context}|{','.join(p.context.words)}|{p.before and p.before.pattern}"
            for p in self.patterns
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def matches(pattern: Pattern, text: str, first: int, last: int) -> Iterator[Span]:
    """Yield what a pattern finds in `text[first:last]` and its validators accept."""
    group: str | int = VALUE if VALUE in pattern.regex.groupindex else 0
    for match in pattern.regex.finditer(text, first, last):
        start, end = match.span(group)
        if start >= end or (pattern.check and not pattern.check(text[start:end])):
            continue
        before = pattern.before
        if before and not before.compiled.search(text, max(0, start - _BEFORE), start):
            continue
        score = pattern.score
        if pattern.context:
            score = pattern.context.raise_score(score, text, start, end)
            if pattern.only_with_context and score == pattern.score:
                continue
        yield Span(start, end, pattern.entity, score, pattern.name)
