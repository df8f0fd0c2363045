"""Figures of a ranking: nDCG, recall, reciprocal rank, and what chance does to a difference."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from secure_rag.index.rows import Hit
from secure_rag.retrieval.search import Ranked

DEPTHS: Final = (1, 5, 10, 100)
FIGURES: Final = ("ndcg@10", *(f"recall@{depth}" for depth in DEPTHS), "mrr@10")
_RESAMPLES: Final = 2000

Figures = dict[str, float]


def documents_of(ranked: Sequence[Ranked], names: Mapping[str, str]) -> list[str]:
    """Return the names of documents, each where its best passage stands."""
    return list(dict.fromkeys(names[one.hit.document] for one in ranked))


def figures(ranked: Sequence[str], relevant: Mapping[str, int]) -> Figures:
    """Return every figure of one question."""
    found: Figures = {"ndcg@10": ndcg(ranked, relevant)}
    for depth in DEPTHS:
        found[f"recall@{depth}"] = len(set(ranked[:depth]) & set(relevant)) / len(relevant)
    ranks = (rank for rank, name in enumerate(ranked[:10], start=1) if name in relevant)
    found["mrr@10"] = 1 / next(ranks, math.inf)
    return found


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    """Return the discounted cumulative gain of the first `depth`, by that of the ideal order."""
    ideal = sorted(relevant.values(), reverse=True)[:depth]
    return _gain([relevant.get(name, 0) for name in ranked[:depth]]) / _gain(ideal)


def _gain(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def means(
    by_question: Mapping[str, Figures], only: Collection[str] | None = None
) -> Figures | None:
    """Return the mean of each figure over all questions, or over some; None over none."""
    chosen = [one for key, one in by_question.items() if only is None or key in only]
    if not chosen:
        return None
    return {name: math.fsum(one[name] for one in chosen) / len(chosen) for name in FIGURES}


def difference(
    left: Mapping[str, Figures],
    right: Mapping[str, Figures],
    *,
    only: Collection[str] | None = None,
    figure: str = "ndcg@10",
    seed: int = 17,
) -> dict[str, float | int] | None:
    """Return the mean of left - right with its 95 % interval, questions drawn in pairs.

    The bootstrap draws the questions anew, each with both of its figures: what is hard for
    both arms does not widen the interval.
    """
    keys = [key for key in left if only is None or key in only]
    if not keys:
        return None
    values = np.array([left[key][figure] - right[key][figure] for key in keys])
    drawn = np.random.default_rng(seed).integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return {
        "mean": float(values.mean()),
        "low": float(low),
        "high": float(high),
        "questions": len(keys),
    }


class OtherVectors:
    """Chunks under other vectors than the store's, compared exactly; words stay the store's."""

    def __init__(self, words: WordSearch, hits: Sequence[Hit], vectors: np.ndarray) -> None:
        self._words, self._hits, self._vectors = words, hits, vectors
        self._places = {hit.chunk: place for place, hit in enumerate(hits)}

    def matching(self, words: str, limit: int, *, beside: np.ndarray | None = None) -> list[Hit]:
        """Search the store's full text; `beside` is no vector of the store's, so no hit has it."""
        return self._words.matching(words, limit)

    def word_scores(self, words: str, chunks: Collection[str]) -> dict[str, float]:
        """Return the scores that the store's full text gives these chunks."""
        return self._words.word_scores(words, chunks)

    def nearest(
        self,
        vector: np.ndarray,
        limit: int,
        *,
        among: Collection[str] = (),
    ) -> list[Hit]:
        """Return the nearest chunks under the other vectors."""
        return list(self._nearest(vector, limit, among))

    def _nearest(self, vector: np.ndarray, limit: int, among: Collection[str]) -> Iterator[Hit]:
        cosines = self._vectors @ vector
        places = [self._places[chunk] for chunk in among] or range(len(self._hits))
        for place in sorted(places, key=lambda one: (-cosines[one], one))[:limit]:
            yield replace(self._hits[place], score=float(cosines[place]))


class WordSearch(Protocol):
    """The half of a store that searches words."""

    def matching(self, words: str, limit: int) -> list[Hit]: ...

    def word_scores(self, words: str, chunks: Collection[str]) -> dict[str, float]: ...
