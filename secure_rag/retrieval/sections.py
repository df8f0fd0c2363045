"""The section around a passage: what a reader sees who wants more than the chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from secure_rag.index.rows import section_ids
from secure_rag.values import Chunk, Passage


class Chunks(Protocol):
    """What this asks of `secure_rag.index.store.Store`."""

    def chunks(self, document: str) -> Sequence[Chunk]: ...


@dataclass(frozen=True)
class Section:
    """Where a passage's section stands in its stored document, half-open."""

    start: int
    end: int
    chunks: tuple[str, ...]
    """Ids of its chunks, in order."""


def section_of(store: Chunks, passage: Passage, *, neighbours: int | None = None) -> Section | None:
    """Return the section of a passage; None for a given passage, or one that is gone.

    Args:
        neighbours: at most so many chunks before and after; the whole section if None.
    """
    if passage.document is None:
        return None
    chunks = list(store.chunks(passage.document))
    place = next((n for n, chunk in enumerate(chunks) if chunk.chunk == passage.chunk), None)
    if place is None:
        return None
    ids = section_ids(passage.document, chunks)
    same = [
        chunk
        for n, chunk in enumerate(chunks)
        if ids[n] == ids[place] and (neighbours is None or abs(n - place) <= neighbours)
    ]
    return Section(same[0].start, same[-1].end, tuple(chunk.chunk for chunk in same))
