"""Run patterns only where a word with a digit begins: for long lists of number shapes.

A regular expression of its own for each of a hundred kinds of number would be tried at
every character of a text. Digits are rare in prose; here the shapes are tried at the
words that hold some, and at the one or two short words before them (`B AB 1234`).

Which patterns can begin with a figure, and one look for several of them, cost more to work
out than a short text takes without it: that waits until some values have been looked at.

A pattern that looks back (`before`) names in `needs` the words one of which it must find
there (small letters, or a single mark): words are cheaper to compare than to search.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

import regex

from secure_rag.redaction.recognizers.pattern import VALUE, Pattern
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import find_in_windows

_DIGITS: Final = re.compile(r"\d+")
_LEAD: Final = re.compile(r"(?<![\w/.@-])(?:[A-Za-zÄÖÜ]{1,3}[ -]){1,2}\Z")
_WORDS: Final = re.compile(r"[^\W\d_]+|[#№°©§]")
_REACH: Final = 9
_LOOK_BACK: Final = 80
_MARKS: Final = "(+-'."
_FIGURES: Final = "0123456789"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_JOINS: Final = "/-._"
FEW: Final = 1000
"""Places that are tried with every pattern before the patterns are sorted out."""

_Groups = list[tuple[re.Pattern[str] | None, tuple[Pattern, ...]]]
"""Patterns, with what tells at one look that none of them matches."""


class ShapeDetector:
    """Tries every shape at every word with digits; shapes say themselves what may follow."""

    is_costly = False

    def __init__(self, name: str, patterns: Sequence[Pattern]) -> None:
        self.name = name
        self.patterns = tuple(patterns)
        bare = [pattern for pattern in self.patterns if pattern.before is None]
        self._certain = [pattern for pattern in bare if not pattern.only_with_context]
        self._unsorted: _Groups = [(None, part) for part in _parts(self._certain)]
        self._tried = 0
        self._contextual = [pattern for pattern in bare if pattern.only_with_context]
        self._labelled = [
            (pattern, frozenset(pattern.needs))
            for pattern in self.patterns
            if pattern.before is not None
        ]
        self._unlabelled = [row for row in self._labelled if not row[1]]
        self._needed = frozenset().union(*(needs for _, needs in self._labelled))

    def find(self, text: str) -> list[Span]:
        """Return what the shapes match and their validators accept."""
        return find_in_windows(text, self._find)

    def signature(self) -> str:
        """Return a digest of the shapes as written."""
        parts = [
            f"{p.name}|{p.entity}|{p.expression.pattern}|{p.expression.flags}|{p.score}|"
            f"{','.join(p.needs)}|{','.join(p.context.words)}|{p.before and p.before.pattern}"
            for p in self.patterns
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def _every(self) -> _Groups:
        return [(_joined(part), part) for part in _parts(self._certain)]

    @cached_property
    def _groups(self) -> dict[str, _Groups]:
        """What may match at a place, by the character that stands there."""
        groups: dict[str, _Groups] = {}
        for characters in (_FIGURES, _LETTERS):
            fitting = [pattern for pattern in self._certain if _may_begin(pattern, characters)]
            row: _Groups = [(_joined(part), part) for part in _parts(fitting)]
            groups.update(dict.fromkeys(characters, row))
        return groups

    def _fitting(self, character: str) -> _Groups:
        """Return the patterns to try at a character: the same matches, sorted out or not."""
        if self._tried < FEW:
            self._tried += 1
            return self._unsorted
        return self._groups.get(character, self._every)

    def _find(self, text: str) -> list[Span]:
        found: list[Span] = []
        lowered = text.lower()
        if len(lowered) != len(text):
            lowered = text  # a letter whose small form is longer: offsets count more than labels
        contextual = [p for p in self._contextual if p.context.may_support(lowered)]
        for start in _starts(text):
            for any_of, part in self._fitting(text[start]):
                if any_of is None or any_of.match(text, start):
                    for pattern in part:
                        _try(pattern, text, start, found)
            for pattern in contextual:
                _try(pattern, text, start, found)
            words = frozenset(_WORDS.findall(lowered, max(0, start - _LOOK_BACK), start))
            rows = self._unlabelled if words.isdisjoint(self._needed) else self._labelled
            for pattern, needs in rows:
                if not needs or not needs.isdisjoint(words):
                    _try(pattern, text, start, found)
        return found


def _try(pattern: Pattern, text: str, start: int, found: list[Span]) -> None:
    match = pattern.regex.match(text, start)
    if match is None:
        return
    first, end = match.span(VALUE if VALUE in pattern.regex.groupindex else 0)
    if first >= end or (pattern.check and not pattern.check(text[first:end])):
        return
    before = pattern.before
    if before and not before.compiled.search(text, max(0, first - _LOOK_BACK), first):
        return
    score = pattern.score
    if pattern.context:
        score = pattern.context.raise_score(score, text, first, end)
        if pattern.only_with_context and score == pattern.score:
            return
    found.append(Span(first, end, pattern.entity, score, pattern.name))


def _parts(patterns: Sequence[Pattern]) -> Iterator[tuple[Pattern, ...]]:
    """Split patterns by their flags, and into handfuls that one look decides about."""
    for flags in sorted({pattern.expression.flags for pattern in patterns}):
        same = [pattern for pattern in patterns if pattern.expression.flags == flags]
        for first in range(0, len(same), 8):
            yield tuple(same[first : first + 8])


def _may_begin(pattern: Pattern, characters: str) -> bool:
    """Say whether a match may begin with one of some characters; in doubt it may."""
    written = pattern.expression
    if "(?<=" in written.pattern:
        return True
    partial = regex.compile(written.pattern, written.flags & ~re.UNICODE)
    return any(partial.match(character, partial=True) for character in characters)


def _joined(patterns: Sequence[Pattern]) -> re.Pattern[str]:
    parts = "|".join(f"(?:{_nameless(pattern.expression.pattern)})" for pattern in patterns)
    return re.compile(parts, patterns[0].expression.flags)


def _nameless(regex: str) -> str:
    """Return a pattern without named groups: what two of them name alike cannot be joined."""
    for name in re.findall(r"\(\?P<(\w+)>", regex):
        regex = regex.replace(f"(?P={name})", r"[ :-]").replace(f"(?P<{name}>", "(?:")
    return regex


def _starts(text: str) -> Iterator[int]:
    """Yield where a value may begin: at words with digits, marks and short words before them."""
    last = reached = -1
    for match in _DIGITS.finditer(text):
        start = match.start()
        least = max(0, start - _REACH)
        while start > least and text[start - 1].isalnum():
            start -= 1
        if start <= last or (start and text[start - 1].isalnum()):
            continue
        last = start
        before = text[start - 1 : start]
        if before in _MARKS and before:
            yield start - 1
            if (before == "(" and text[start - 2 : start - 1] == "+") or (
                before == "+" and text[start - 2 : start - 1] == "("
            ):
                yield start - 2
        if before in _JOINS and before:
            whole = start - 1
            least = max(0, start - 2 * _REACH)
            while whole > least and (text[whole - 1].isalnum() or text[whole - 1] in _JOINS):
                whole -= 1
            if whole > reached and text[whole].isalnum():
                yield whole
                reached = whole
        if before in (" ", "-"):
            lead = _LEAD.search(text, max(0, start - _REACH), start)
            if lead is not None:
                yield lead.start()
                second = lead.start() + lead.group().replace("-", " ").index(" ") + 1
                if second < start:
                    yield second
        yield start
        reached = max(reached, start)
