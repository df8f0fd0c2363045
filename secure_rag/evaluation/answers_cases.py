"""Under which conditions a question is asked: which passages come with it.

gold         its own passages (for SQuAD, the paragraph that it was written for)
mixed        its own among others of the topic, in random order
same-topic   others of the topic, without the answer
other        passages of other topics, without the answer

The others are those that share most with the question, since a search would bring these; a
passage that holds one of the answers is left out, so that *without the answer* is true. In the
last two conditions every question must be refused.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from secure_rag.answering.words import stems
from secure_rag.evaluation.answers_scores import holds
from secure_rag.evaluation.answers_set import Question, QuestionSet
from secure_rag.squad import normalise

GOLD: Final = "gold"
MIXED: Final = "mixed"
SAME_TOPIC: Final = "same-topic"
OTHER: Final = "other"
INDEX: Final = "index"
CONDITIONS: Final = (GOLD, MIXED, SAME_TOPIC, OTHER)
"""Conditions with given passages."""


@dataclass(frozen=True)
class Case:
    """A question with the passages of one condition."""

    question: Question
    condition: str
    passages: tuple[str, ...] | None = field(repr=False)
    """None: from the index."""
    own: frozenset[int] = frozenset()
    """Which of them are the question's own."""

    @property
    def is_answerable(self) -> bool:
        """Whether an answer stands in the passages; in an index, whether the set has one."""
        return bool(self.question.golds) and (bool(self.own) or self.passages is None)

    @property
    def cluster(self) -> str:
        """What questions have in common that are no independent draws: their own passage."""
        numbers = self.question.own or (self.question.id,)
        return "-".join(map(str, numbers))


class CaseMaker:
    """Makes the cases of a set."""

    def __init__(self, questions: QuestionSet, *, passages: int, seed: int) -> None:
        """Take the words of every passage.

        Args:
            passages: how many are given where others than the question's own are.
        """
        self._set = questions
        self._most = passages
        self._seed = seed
        self._stems = [frozenset(stems(one.text)) for one in questions.paragraphs]
        self._plain = [f" {normalise(one.text)} " for one in questions.paragraphs]
        seen = Counter(stem for one in self._stems for stem in one)
        count = len(self._stems)
        self._weight = {stem: math.log(1 + count / times) for stem, times in seen.items()}

    def conditions(self) -> tuple[str, ...]:
        """Return the conditions that the set allows."""
        allowed = []
        if any(question.own for question in self._set.questions):
            allowed.append(GOLD)
        topics = Counter(one.topic for one in self._set.paragraphs)
        if any(question.topic and topics[question.topic] > 1 for question in self._set.questions):
            allowed += [MIXED, SAME_TOPIC]
        if len(topics) > 1 or len(self._set.paragraphs) > self._most:
            allowed.append(OTHER)
        return tuple(allowed)

    def cases(self, conditions: Sequence[str]) -> Iterator[Case]:
        """Yield every question in every condition that fits it."""
        for condition in conditions:
            for question in self._set.questions:
                made = self._case(question, condition)
                if made is not None:
                    yield made

    def _case(self, question: Question, condition: str) -> Case | None:
        own = [self._set.paragraphs[number].text for number in question.own]
        if condition == GOLD:
            return Case(question, condition, tuple(own), _all(own)) if own else None
        is_other = condition == OTHER
        room = self._most - len(own) if condition == MIXED else self._most
        others = [self._set.paragraphs[n].text for n in self._nearest(question, room, is_other)]
        if not others or (condition == MIXED and not own):
            return None
        if condition != MIXED:
            return Case(question, condition, tuple(others))
        given = [*own, *others]
        order = list(range(len(given)))
        random.Random(_seed_of(question, self._seed)).shuffle(order)
        kept = frozenset(place for place, number in enumerate(order) if number < len(own))
        return Case(question, condition, tuple(given[number] for number in order), kept)

    def _nearest(self, question: Question, count: int, is_other: bool) -> list[int]:
        """Return the passages without the answer that share most with the question."""
        asked = stems(question.text)
        golds = [gold.text for gold in question.golds]
        rated = []
        for number, paragraph in enumerate(self._set.paragraphs):
            if number in question.own or not _fits(paragraph.topic, question.topic, is_other):
                continue
            shared = sum(self._weight[stem] for stem in asked & self._stems[number])
            rated.append((-shared, number))
        chosen: list[int] = []
        for _, number in sorted(rated):
            if len(chosen) >= count:
                break
            if not any(holds(self._plain[number], gold) for gold in golds):
                chosen.append(number)
        return chosen


def _fits(topic: str, asked: str, is_other: bool) -> bool:
    """Say whether a passage of a topic may be given; without topics all are of other ones."""
    if is_other:
        return not asked or topic != asked
    return bool(asked) and topic == asked


def _all(texts: Sequence[str]) -> frozenset[int]:
    return frozenset(range(len(texts)))


def _seed_of(question: Question, seed: int) -> int:
    """Return a seed that does not depend on which other questions are measured."""
    named = f"{seed}\n{question.text}".encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:8], "big")
