"""Words beside a match that make it likelier (`passport`, `date of birth`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

BOOST: Final = 0.35
FLOOR: Final = 0.4
"""A match with a supporting word scores `BOOST` more, and at least `FLOOR`."""

_BEFORE: Final = 96
_AFTER: Final = 40
_WORDS_BEFORE: Final = 7
_WORDS_AFTER: Final = 2
_WORD: Final = re.compile(r"[^\W_]+")


class ContextWords:
    """Whole words and phrases, matched without regard to case."""

    def __init__(self, words: Iterable[str]) -> None:
        cleaned = sorted({" ".join(_WORD.findall(word.lower())) for word in words} - {""})
        self.words: Final = tuple(cleaned)
        self._single = frozenset(word for word in cleaned if " " not in word)
        self._phrases = tuple(f" {word} " for word in cleaned if " " in word)

    def __bool__(self) -> bool:
        return bool(self.words)

    def may_support(self, lowered: str) -> bool:
        """Say whether any of the words may stand in a text at all; for skipping early."""
        return any(word.partition(" ")[0] in lowered for word in self.words)

    def support(self, text: str, start: int, end: int) -> bool:
        """Say whether one of the words stands shortly before or right after a match."""
        before = text[max(0, start - _BEFORE) : start].lower()
        before = before[before.rfind("\n\n") + 1 :]
        near = _WORD.findall(before)[-_WORDS_BEFORE:]
        after = text[end : end + _AFTER].lower().partition("\n")[0]
        near_after = _WORD.findall(after)[:_WORDS_AFTER]
        if not self._single.isdisjoint(near) or not self._single.isdisjoint(near_after):
            return True
        if not self._phrases:
            return False
        joined = f" {' '.join(near)} | {' '.join(near_after)} "
        return any(phrase in joined for phrase in self._phrases)

    def raise_score(self, score: float, text: str, start: int, end: int) -> float:
        """Return the score of a match, higher where a word supports it."""
        if score >= 1.0 or not self.words or not self.support(text, start, end):
            return score
        return min(1.0, max(score + BOOST, FLOOR))
