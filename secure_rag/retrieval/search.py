"""Hybrid search: vectors and words, fused.

Lexical search alone is a mode of its own, and the floor: on some corpora small
embedders lose to it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Literal, Protocol

from secure_rag.index.embedder import Embedder, Vectors
from secure_rag.index.rows import Hit
from secure_rag.index.views import fulltext_view, index_word, placeholders, plain_view
from secure_rag.retrieval.fusion import normalised_sums, without_repeats
from secure_rag.values import Passage

Mode = Literal["hybrid", "vector", "lexical"]

_NAMED = 0.5
"""What a passage gains that holds the question's placeholders; the searches give at most 1."""


class Candidates(Protocol):
    """What a search needs of `secure_rag.index.store.Store`."""

    def nearest(self, vector: Vectors, limit: int, labels: Sequence[str] = ()) -> list[Hit]: ...

    def matching(self, words: str, limit: int, labels: Sequence[str] = ()) -> list[Hit]: ...


def search(
    store: Candidates,
    embedder: Embedder,
    question: str,
    *,
    mode: Mode = "hybrid",
    limit: int = 6,
    candidates: int = 50,
    labels: Sequence[str] | None = None,
) -> list[Passage]:
    """Return the passages for a redacted question, best first.

    Passages that hold the question's placeholders are fetched whatever else they say,
    and gain by it: a question about a person finds that person's passages.

    Args:
        labels: only passages of documents with one of these; all if None.
    """
    wanted = tuple(labels or ())
    fetched = max(candidates, limit)
    found: list[list[Hit]] = []
    if mode in ("hybrid", "lexical"):
        found.append(store.matching(fulltext_view(question), fetched, wanted))
    if mode in ("hybrid", "vector"):
        vector = embedder.embed([plain_view(question)])[0]
        found.append(store.nearest(vector, fetched, wanted))
    named = frozenset(placeholders(question))
    holding: list[Hit] = []
    if named:
        words = " ".join(index_word(placeholder) for placeholder in sorted(named))
        holding = store.matching(words, fetched, wanted)
    return _passages(found, holding, named, limit)


def _passages(
    found: Sequence[Sequence[Hit]], holding: Sequence[Hit], named: frozenset[str], limit: int
) -> list[Passage]:
    hits = {hit.chunk.chunk: hit for hits in (*found, holding) for hit in hits}
    scores: list[Mapping[Hashable, float]] = [
        {hit.chunk.chunk: hit.score for hit in hits} for hits in found
    ]
    fused = normalised_sums(scores)
    for chunk, hit in hits.items():
        share = len(named & set(hit.chunk.placeholders)) / len(named) if named else 0.0
        fused[chunk] = fused.get(chunk, 0.0) + _NAMED * share
    ranked = sorted(hits, key=lambda chunk: (-fused[chunk], chunk))
    kept = without_repeats((hits[chunk].chunk.text for chunk in ranked), limit)
    return [_passage(hits[ranked[position]], fused[ranked[position]]) for position in kept]


def _passage(hit: Hit, score: float) -> Passage:
    chunk = hit.chunk
    return Passage(
        document=chunk.document,
        chunk=chunk.chunk,
        text=chunk.text,
        score=round(score, 4),
        start=chunk.start,
        end=chunk.end,
        place=chunk.place,
        path=hit.path,
    )
