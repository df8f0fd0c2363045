"""Run patterns only near the words that every match of theirs holds.

`needs` of a pattern are its anchors. One of letters alone is a whole word: in small letters
it stands for any case, with a capital for exactly that. Any other is looked for as it is,
whatever the case. A text without the words of a pattern never meets its regular expression.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from secure_rag.redaction.recognizers.pattern import Pattern, matches
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import find_in_windows

_WORD: Final = re.compile(r"[^\W\d_]+")
_BEFORE: Final = 130
_AFTER: Final = 130


class AnchoredDetector:
    """Tries each pattern around its anchors; patterns without any are tried everywhere."""

    is_costly = False

    def __init__(self, name: str, patterns: Sequence[Pattern]) -> None:
        self.name = name
        self.patterns = tuple(patterns)
        self._everywhere = [i for i, pattern in enumerate(self.patterns) if not pattern.needs]
        exact: dict[str, list[int]] = defaultdict(list)
        folded: dict[str, list[int]] = defaultdict(list)
        literals: dict[str, list[int]] = defaultdict(list)
        for index, pattern in enumerate(self.patterns):
            for need in pattern.needs:
                is_word = _WORD.fullmatch(need) is not None
                (literals if not is_word else folded if need.islower() else exact)[need].append(
                    index
                )
        self._exact, self._folded, self._literals = dict(exact), dict(folded), dict(literals)

    def find(self, text: str) -> list[Span]:
        """Return what the patterns match and their validators accept."""
        return find_in_windows(text, self._find)

    def signature(self) -> str:
        """Return a digest of the patterns as written."""
        parts = [
            f"{p.name}|{p.entity}|{p.expression.pattern}|{p.expression.flags}|{p.score}|"
            f"{','.join(p.needs)}|{p.only_with_context}|{','.join(p.context.words)}|"
            f"{p.before and p.before.pattern}"
            for p in self.patterns
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _find(self, text: str) -> list[Span]:
        found: list[Span] = []
        for index, places in self._anchors(text).items():
            pattern = self.patterns[index]
            for first, last in _stretches(places, len(text)):
                found.extend(matches(pattern, text, first, last))
        for index in self._everywhere:
            found.extend(matches(self.patterns[index], text, 0, len(text)))
        return found

    def _anchors(self, text: str) -> dict[int, list[int]]:
        """Return pattern -> where its anchors stand, in order."""
        places: dict[int, list[int]] = defaultdict(list)
        exact, folded = self._exact, self._folded
        for match in _WORD.finditer(text):
            word = match.group()
            for index in exact.get(word, ()):
                places[index].append(match.start())
            for index in folded.get(word.lower(), ()):
                places[index].append(match.start())
        lowered = text.lower()
        if len(lowered) != len(text):
            lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        for literal, indices in self._literals.items():
            position = lowered.find(literal)
            while position >= 0:
                for index in indices:
                    places[index].append(position)
                position = lowered.find(literal, position + 1)
        return places


def _stretches(places: list[int], size: int) -> Iterator[tuple[int, int]]:
    """Join the neighbourhoods of anchors that touch."""
    places.sort()
    first, last = max(0, places[0] - _BEFORE), places[0] + _AFTER
    for place in places[1:]:
        if place - _BEFORE > last:
            yield first, min(last, size)
            first = place - _BEFORE
        last = place + _AFTER
    yield first, min(last, size)
