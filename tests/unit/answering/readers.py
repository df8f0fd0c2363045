"""A reader for tests of what comes after reading, and an encoder for tests of reading itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from secure_rag.answering.reader import Matrix, Reading, Span
from secure_rag.runtime.encoder import Tokens
from secure_rag.values import Passage, Place


@dataclass
class Knowing:
    """A reader that finds what it is told to find, and nothing elsewhere."""

    answers: Sequence[str]
    margin: float = 8.0
    digest: str = "0" * 64
    questions: list[str] = field(default_factory=list)

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        self.questions.append(question)
        return [self._reading(passage.text) for passage in passages]

    def _reading(self, text: str) -> Reading:
        found = [(text.find(answer), answer) for answer in self.answers if answer in text]
        if not found:
            return Reading()
        spans = [
            Span(start, start + len(answer), self.margin - number, 0.9 / 2**number)
            for number, (start, answer) in enumerate(found)
        ]
        return Reading(tuple(spans), answerable=self.margin)


@dataclass
class WordEncoder:
    """Reads words for numbers: the answer's first and last words stand out, all else is even."""

    answer: str
    none: float = 0.0
    digest: str = "0" * 64
    pairs: list[tuple[list[int], list[int]]] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)

    def tokenize(self, text: str) -> Tokens:
        found = list(re.finditer(r"\w{1,4}|[^\w\s]", text))
        ids = [self.words.setdefault(one.group(), len(self.words)) for one in found]
        return Tokens(ids, [one.span() for one in found])

    def run_pairs(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Matrix]:
        wanted = self.tokenize(self.answer).ids
        outputs = []
        for asked, ids in pairs:
            self.pairs.append((list(asked), list(ids)))
            logits = np.zeros((1 + len(ids), 3), np.float32)
            logits[0, :2] = self.none
            for place in range(len(ids) - len(wanted) + 1):
                if list(ids[place : place + len(wanted)]) == wanted:
                    logits[1 + place, 0] = logits[place + len(wanted), 1] = 10
                    logits[0, 2] = 5
            outputs.append(logits)
        return outputs


def passages(*texts: str, heading: str | None = None) -> list[Passage]:
    """Return texts as given passages."""
    place = Place(heading=heading)
    return [Passage(None, str(n), text, 1.0, 0, len(text), place) for n, text in enumerate(texts)]
