"""An optional second opinion on the best candidates: a model that reads question and passage.

None is shipped: `models add FILE --role reranker` pins one, the setting `[retrieval]
reranker` names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

DEPTH = 20
"""Candidates that a reranker reads: each costs as much as embedding a passage or more."""


class Reranker(Protocol):
    """Says how well a passage answers a question; any scale, higher is better."""

    @property
    def digest(self) -> str:
        """What the log records of the model."""
        ...

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return one score for each text."""
        ...


def reranked(
    reranker: Reranker, question: str, texts: Sequence[str], *, depth: int = DEPTH
) -> list[tuple[int, float]]:
    """Return every position with a score from 0 to 1, best first.

    The first `depth` texts are read, question and texts in their plain view; those behind
    keep their order behind them, with 0.
    """
    read = texts[:depth]
    scores = reranker.score(question, read) if read else []
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    reach = high - low
    scaled = [(score - low) / reach if reach else 1.0 for score in scores]
    order = sorted(range(len(read)), key=lambda place: (-scaled[place], place))
    return [(place, scaled[place]) for place in order] + [
        (place, 0.0) for place in range(len(read), len(texts))
    ]
