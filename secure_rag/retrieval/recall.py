"""How much of exact search a vector index finds."""

from __future__ import annotations

import math
from typing import Final, Protocol

from secure_rag.index.embedder import Vectors
from secure_rag.index.rows import Hit

SAMPLES: Final = 20
NEIGHBOURS: Final = 10
LEAST_RECALL: Final = 0.95


class VectorSearch(Protocol):
    """What this asks of a store."""

    def sample_vectors(self, count: int) -> Vectors: ...

    def nearest(self, vector: Vectors, limit: int, *, is_exact: bool = False) -> list[Hit]: ...


def vector_recall(
    store: VectorSearch, *, samples: int = SAMPLES, neighbours: int = NEIGHBOURS
) -> float:
    """Return the share of the exact nearest that the index finds, for vectors of the store.

    A passage as good as the last exact one counts as well: equal scores have no order.
    """
    shares = []
    for vector in store.sample_vectors(samples):
        exact = store.nearest(vector, neighbours, is_exact=True)
        found = store.nearest(vector, neighbours)
        least = min((hit.score for hit in exact), default=math.inf) - 1e-6
        shares.append(sum(hit.score >= least for hit in found) / max(1, len(exact)))
    return math.fsum(shares) / len(shares) if shares else 1.0
