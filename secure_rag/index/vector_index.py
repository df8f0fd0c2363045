"""The one kind of vector index that keeps recall, and how far it is refined.

What was measured: docs/adr/vector-index.md.
"""

from __future__ import annotations

import math

from secure_rag.index import lance

_ROWS_PER_GRAPH = 100_000
_NEIGHBOURS = 20
_BUILD_CANDIDATES = 150
_COMPARED = 300
_REFINED = 3


def vector_index(rows: int) -> lance.HnswSq:
    """Return what an index over so many rows is made with."""
    return lance.HnswSq(
        distance_type="dot",
        num_partitions=max(1, round(rows / _ROWS_PER_GRAPH)),
        m=_NEIGHBOURS,
        ef_construction=_BUILD_CANDIDATES,
    )


def refine_factor(limit: int) -> int:
    """Return how many times `limit` vectors are compared in full.

    The index holds eight bits a number. At least 300 are, and three times what is wanted.
    """
    return max(_REFINED, math.ceil(_COMPARED / max(1, limit)))
