"""Hybrid search: vectors and words, fused.

Lexical search alone is a mode of its own, and the floor: on some corpora small
embedders lose to it.

1. Each search fetches its candidates; passages that hold the question's placeholders
   are fetched whatever else they say; so are those that hold what a name of it may mean,
   and words of it that no placeholder stands for are searched as they are written. Half of
   the question's vector is that of the question with its names, half of it without them.
2. Each search scores the candidates of the others as well, so that no candidate is
   judged by one search alone.
3. The scores are fused; who holds the question's placeholders gains by it.
4. Near repeats are left out, and one document does not fill the whole evidence.

The order needs no text, so only the rows of what may be kept are read.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from secure_rag.index.embedder import Embedder, Vectors
from secure_rag.index.rows import Hit, StoredChunk
from secure_rag.index.views import Views, index_word, placeholders, plain_view
from secure_rag.redaction.meant import NOTHING_MEANT, Meant
from secure_rag.retrieval.fusion import spread_over, standardised_sums, without_repeats
from secure_rag.retrieval.rerank import DEPTH, Reranker, reranked
from secure_rag.values import Passage

Mode = Literal["hybrid", "vector", "lexical"]

CANDIDATES = 100
VECTOR_WEIGHT = 0.6
"""Share of the vector search in the fusion; chosen on dev sets (docs/adr/fusion.md)."""

_NAMED = 0.12
"""What a passage gains that holds the question's placeholders; the searches give at most 1.

Chosen on a third of the questions of squad2_dev + xquad_en (docs/adr/names-in-questions.md)."""
_PERHAPS = 0.5
"""Share of it for who may be meant, where one is known to be."""

_TINY = 1e-6
"""In place of a length of 0, which two opposite vectors have together."""
_VIEWS = Views()


class Candidates(Protocol):
    """What an order of candidates needs of `secure_rag.index.store.Store`, or what is visible."""

    def nearest(
        self,
        vector: Vectors,
        limit: int,
        *,
        among: Collection[str] = (),
    ) -> list[Hit]: ...

    def matching(self, words: str, limit: int, *, beside: Vectors | None = None) -> list[Hit]: ...

    def word_scores(self, words: str, chunks: Collection[str]) -> dict[str, float]: ...


class Chunks(Candidates, Protocol):
    """What a search needs beside it: the rows of what it may keep."""

    def stored_chunks(self, chunks: Collection[str]) -> dict[str, StoredChunk]: ...


@dataclass(frozen=True)
class Ranked:
    """A candidate with its fused score."""

    hit: Hit
    score: float
    named: float = 0.0
    """The part of the score that it has for the question's placeholders."""


def search(
    store: Chunks,
    embedder: Embedder,
    question: str,
    *,
    mode: Mode = "hybrid",
    limit: int = 6,
    candidates: int = CANDIDATES,
    reranker: Reranker | None = None,
    meant: Meant = NOTHING_MEANT,
) -> list[Passage]:
    """Return the passages for a redacted question, best first.

    Args:
        store: what is searched; somebody who may not see everything brings `index.reading.Seen`.
        reranker: reads the best candidates beside the question and orders them anew.
        meant: what the question's placeholders may mean beside themselves.
    """
    ranked = rank(
        store,
        embedder,
        question,
        mode=mode,
        candidates=max(candidates, limit),
        meant=meant,
    )
    rows: dict[str, StoredChunk] = {}
    if reranker is not None:
        ranked = _read_again(store, reranker, question, ranked, rows)
    read: list[int] = []
    texts = _texts(store, ranked, rows, read, at_once=2 * limit)
    places = (read[number] for number in without_repeats(texts))
    scored = [(one.hit.document, one.score) for one in ranked]
    kept = [ranked[place] for place in spread_over(scored, limit, places=places)]
    return [_passage(rows[one.hit.chunk], one.score) for one in kept]


def rank(
    store: Candidates,
    embedder: Embedder,
    question: str,
    *,
    mode: Mode = "hybrid",
    candidates: int = CANDIDATES,
    views: Views = _VIEWS,
    meant: Meant = NOTHING_MEANT,
) -> list[Ranked]:
    """Return every candidate of a redacted question, best first, near repeats among them."""
    named = _named(question, meant) if views.names_count else ()
    own_words = " ".join(sorted({index_word(one) for name in named for one in name.all}))
    words = views.fulltext(question) if mode in ("hybrid", "lexical") else ""
    if words and (meant.perhaps or meant.words):
        words = " ".join([words, *meant.words, own_words])
    written = views.embedding(meant.written) if views.names_written else ""
    vector = None
    if mode != "lexical":
        vector = _vector(embedder, views.embedding(question), written)
    found: dict[str, Hit] = {}
    scores = [_add(found, hits) for hits in _searched(store, words, vector, candidates)]
    if own_words:
        _add(found, store.matching(own_words, candidates, beside=vector))
    if words and (missing := _unscored(found, scores[0])):
        by_words = store.word_scores(words, missing)
        scores[0] |= {chunk: by_words.get(chunk, 0.0) for chunk in missing}
    if vector is not None:
        scores[-1] |= {
            chunk: hit.cosine
            for chunk, hit in found.items()
            if hit.cosine is not None and chunk not in scores[-1]
        }
        if missing := _unscored(found, scores[-1]):
            scores[-1] |= _add({}, store.nearest(vector, len(missing), among=missing))
    return _ranked(found, scores, named)


def _vector(embedder: Embedder, question: str, written: str) -> Vectors:
    """Return the direction between a question without its names and, if it has some, with them."""
    parts = embedder.embed([question, written] if written else [question])
    total: Vectors = parts.sum(axis=0)
    return total / max(float(np.linalg.norm(total)), _TINY)


def _searched(
    store: Candidates, words: str, vector: Vectors | None, candidates: int
) -> list[list[Hit]]:
    """Return what each search finds that is wanted, words before vectors.

    Both run side by side: neither keeps all cores busy.
    """
    if vector is None:
        return [store.matching(words, candidates)] if words else []
    if not words:
        return [store.nearest(vector, candidates)]
    with ThreadPoolExecutor(1) as other:
        nearest = other.submit(store.nearest, vector, candidates)
        return [store.matching(words, candidates, beside=vector), nearest.result()]


@dataclass(frozen=True)
class _Name:
    """A placeholder of the question: whom it stands for, and who else may be meant."""

    sure: str
    """Empty if it stands in no document."""
    perhaps: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.perhaps | {self.sure} if self.sure else self.perhaps

    def share(self, held: Collection[str]) -> float:
        """Return how far a chunk that holds these placeholders is about the name, 0 to 1."""
        if self.sure in held:
            return 1.0
        if self.perhaps.isdisjoint(held):
            return 0.0
        return _PERHAPS if self.sure else 1.0


def _named(question: str, meant: Meant) -> tuple[_Name, ...]:
    sure = placeholders(question)
    names = [_Name(one, meant.perhaps.get(one, frozenset())) for one in sure]
    unsure = [others for one, others in meant.perhaps.items() if one not in sure]
    return (*names, *(_Name("", others) for others in unsure))


def _add(found: dict[str, Hit], hits: Sequence[Hit]) -> dict[Hashable, float]:
    """Enter hits that are not there yet; return the scores of all."""
    for hit in hits:
        found.setdefault(hit.chunk, hit)
    return {hit.chunk: hit.score for hit in hits}


def _unscored(found: Mapping[str, Hit], scores: Mapping[Hashable, float]) -> list[str]:
    return [chunk for chunk in found if chunk not in scores]


def _ranked(
    found: Mapping[str, Hit], scores: Sequence[Mapping[Hashable, float]], named: Sequence[_Name]
) -> list[Ranked]:
    weights = [1 - VECTOR_WEIGHT, VECTOR_WEIGHT] if len(scores) == 2 else [1.0] * len(scores)
    fused = standardised_sums(scores, weights)
    ranked = []
    for chunk, hit in found.items():
        held = frozenset(hit.placeholders)
        share = sum(name.share(held) for name in named) / len(named) if named else 0.0
        gained = _NAMED * share
        ranked.append(Ranked(hit, fused.get(chunk, 0.0) + gained, gained))
    return sorted(ranked, key=lambda one: (-one.score, one.hit.chunk))


def _texts(
    store: Chunks,
    ranked: Sequence[Ranked],
    rows: dict[str, StoredChunk],
    read: list[int],
    *,
    at_once: int,
) -> Iterator[str]:
    """Yield the texts of candidates, best first, and enter the place of each in `read`.

    Args:
        rows: what is read already, by chunk; the others are entered. One that a writer has taken
            out since it was found is passed over.
        at_once: how many candidates are looked at by one query.
    """
    step = max(1, at_once)
    for start in range(0, len(ranked), step):
        some = ranked[start : start + step]
        rows |= store.stored_chunks([one.hit.chunk for one in some if one.hit.chunk not in rows])
        for place, one in enumerate(some, start):
            if one.hit.chunk in rows:
                read.append(place)
                yield rows[one.hit.chunk].chunk.text


def _read_again(
    store: Chunks,
    reranker: Reranker,
    question: str,
    ranked: Sequence[Ranked],
    rows: dict[str, StoredChunk],
) -> list[Ranked]:
    """Order by the reranker's scores; what the placeholders of the question gave stays."""
    read: list[int] = []
    texts = [plain_view(text) for text in _texts(store, ranked[:DEPTH], rows, read, at_once=DEPTH)]
    best = [ranked[place] for place in read]
    again = [
        replace(best[place], score=score + best[place].named)
        for place, score in reranked(reranker, plain_view(question), texts)
    ]
    again += [replace(one, score=one.named) for one in ranked[DEPTH:]]
    return sorted(again, key=lambda one: -one.score)


def _passage(row: StoredChunk, score: float) -> Passage:
    chunk = row.chunk
    return Passage(
        document=chunk.document,
        chunk=chunk.chunk,
        text=chunk.text,
        score=round(score, 4),
        start=chunk.start,
        end=chunk.end,
        place=chunk.place,
        path=row.path,
    )
