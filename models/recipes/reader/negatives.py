"""Draw passages that do not answer a question: its article's most similar ones, or any others."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from questions import Question, passages_of

_WORD = re.compile(r"\w+")
_NEAR = 4
"""Among how many of the most similar passages the hard ones are drawn."""


class Negatives:
    """Passages by article, ranked by the words that they share with a question."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self._passages = passages_of(questions)
        self._articles = list(self._passages)
        words = {p: frozenset(_words(p)) for own in self._passages.values() for p in own}
        counts = Counter(word for own in words.values() for word in own)
        self._words = words
        self._weight = {word: math.log(1 + len(words) / n) for word, n in counts.items()}
        self._ranked: dict[Question, list[str]] = {}

    def same_article(
        self, question: Question, draw: random.Random, *, hard: float
    ) -> Question | None:
        """Return the question beside another passage of its article, without any gold answer.

        Args:
            question: an answerable question.
            draw: the source of chance.
            hard: share drawn among the few most similar passages; the others are drawn from all.
        """
        ranked = self._rank(question)
        if not ranked:
            return None
        chosen = draw.choice(ranked[:_NEAR] if draw.random() < hard else ranked)
        return replace(question, passage=chosen, spans=())

    def other_article(self, question: Question, draw: random.Random) -> Question:
        """Return the question beside a passage of another article."""
        article = question.article
        while article == question.article:
            article = draw.choice(self._articles)
        return replace(question, passage=draw.choice(self._passages[article]), spans=())

    def _rank(self, question: Question) -> list[str]:
        known = self._ranked.get(question)
        if known is None:
            answers = {answer.lower() for answer in question.answers}
            asked = set(_words(question.text))
            scored = [
                (-sum(self._weight.get(w, 0.0) for w in asked & self._words[passage]), passage)
                for passage in self._passages[question.article]
                if passage != question.passage and not _holds(passage, answers)
            ]
            known = self._ranked[question] = [passage for _, passage in sorted(scored)]
        return known


def _words(text: str) -> Iterable[str]:
    return (word.lower() for word in _WORD.findall(text))


def _holds(passage: str, answers: set[str]) -> bool:
    low = passage.lower()
    return any(answer in low for answer in answers)
