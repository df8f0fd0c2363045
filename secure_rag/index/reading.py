"""Reading a collection's rows: all of them, or those that somebody may see.

`Seen` is what every question and every listing is given. Its rows are chosen before anything is
ranked, cut off or counted, so that a document which is hidden leaves no trace in what comes back
but one: how rare a word is, is counted over the whole collection (`Store.matching`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

from secure_rag.access import Clearance
from secure_rag.index.embedder import Vectors
from secure_rag.index.faults import whole
from secure_rag.index.predicates import both, is_opaque, one_of
from secure_rag.index.rows import (
    CHUNK_COLUMNS,
    KNOWN_COLUMNS,
    RECORD_COLUMNS,
    Digests,
    Hit,
    Known,
    StoredChunk,
    StoredDocument,
    StoredText,
    audience,
    stored_chunk,
    stored_document,
    stored_text,
)
from secure_rag.index.views import index_word
from secure_rag.values import Chunk

_FIRST = "ordinal = 0"


class Rows(ABC):
    """What can be read of documents and chunks."""

    @abstractmethod
    def scan(self, columns: Sequence[str], predicate: str) -> Iterator[dict[str, Any]]:
        """Yield the columns of the rows that a predicate names, in pieces of one version.

        A writer that drops old files ends it with an error of the library: who reads more
        than one row gathers them in `whole`.
        """

    @abstractmethod
    def nearest(
        self,
        vector: Vectors,
        limit: int,
        *,
        among: Collection[str] = (),
        is_exact: bool = False,
    ) -> list[Hit]: ...

    @abstractmethod
    def matching(self, words: str, limit: int, *, beside: Vectors | None = None) -> list[Hit]: ...

    @abstractmethod
    def word_scores(self, words: str, chunks: Collection[str]) -> dict[str, float]: ...

    @abstractmethod
    def count_chunks(self) -> int: ...

    def contents(self) -> dict[str, Known]:
        """Return what is stored of each source, by the keyed digest of its path."""
        return whole(
            lambda: {
                row["source"]: Known(
                    document=row["document"],
                    content=row["content"],
                    redaction=row["redaction_digest"],
                    embedder=row["embedder_digest"],
                    labels=tuple(row["labels"] or ()),
                )
                for row in self.scan(KNOWN_COLUMNS, _FIRST)
            }
        )

    def documents(self) -> Iterator[StoredDocument]:
        """Yield the record of each document, without its text; all are read before the first."""
        yield from whole(
            lambda: [stored_document(row) for row in self.scan(RECORD_COLUMNS, _FIRST)]
        )

    def document(self, document: str) -> StoredText | None:
        """Return one document with its stored text."""
        if not is_opaque(document):
            return None
        predicate = both(one_of("document", [document]), _FIRST)
        row = whole(lambda: next(self.scan([*RECORD_COLUMNS, "document_text"], predicate), None))
        return stored_text(row) if row else None

    def holding(self, text: str) -> list[str]:
        """Return the ids of the documents whose stored text holds a text, such as a placeholder."""
        columns = ["document", "document_text"]
        return whole(
            lambda: sorted(
                row["document"]
                for row in self.scan(columns, _FIRST)
                if text in row["document_text"]
            )
        )

    def chunks(self, document: str) -> list[Chunk]:
        """Return the chunks of one document in order."""
        if not is_opaque(document):
            return []
        found = self._stored(one_of("document", [document]))
        return sorted((one.chunk for one in found), key=lambda chunk: chunk.ordinal)

    def stored_chunks(self, chunks: Collection[str]) -> dict[str, StoredChunk]:
        """Return chunks by id; one that is gone, or may not be seen, is not among them."""
        if not chunks:
            return {}
        return {one.chunk.chunk: one for one in self._stored(one_of("chunk", chunks))}

    def _stored(self, predicate: str) -> list[StoredChunk]:
        return whole(lambda: [stored_chunk(row) for row in self.scan(CHUNK_COLUMNS, predicate)])

    def digests(self) -> Digests:
        """Return which policies, redactions and embedders made what is stored."""
        columns = ["policy_digest", "redaction_digest", "embedder_digest"]
        found = whole(lambda: {tuple(row.values()) for row in self.scan(columns, _FIRST)})
        return Digests(*(frozenset(row[i] for row in found) for i in range(3)))

    def label_sets(self) -> frozenset[tuple[str, ...]]:
        """Return every set of labels that a document has."""
        return whole(
            lambda: frozenset(tuple(row["labels"] or ()) for row in self.scan(["labels"], _FIRST))
        )

    def mentions(self, placeholder: str) -> bool:
        """Say whether a chunk holds a placeholder, by the full-text index."""
        return bool(self.matching(index_word(placeholder), 1))


class SearchableRows(Protocol):
    """What `Seen` asks of a store: all of `Rows`, and searches below a predicate."""

    def scan(self, columns: Sequence[str], predicate: str) -> Iterator[dict[str, Any]]: ...

    def label_sets(self) -> frozenset[tuple[str, ...]]: ...

    def count_chunks(self, where: str = "") -> int: ...

    def nearest(
        self,
        vector: Vectors,
        limit: int,
        *,
        among: Collection[str] = (),
        is_exact: bool = False,
        where: str = "",
    ) -> list[Hit]: ...

    def matching(
        self, words: str, limit: int, *, beside: Vectors | None = None, where: str = ""
    ) -> list[Hit]: ...

    def word_scores(
        self, words: str, chunks: Collection[str], *, where: str = ""
    ) -> dict[str, float]: ...


class Seen(Rows):
    """The rows of a store that somebody may see; nothing else can be had of it."""

    def __init__(self, store: SearchableRows, clearance: Clearance) -> None:
        self._store = store
        self._clearance = clearance

    def scan(self, columns: Sequence[str], predicate: str) -> Iterator[dict[str, Any]]:
        """Yield the columns of the visible rows that a predicate names."""
        where = self._where()
        if where is not None:
            yield from self._store.scan(columns, both(predicate, where))

    def nearest(
        self,
        vector: Vectors,
        limit: int,
        *,
        among: Collection[str] = (),
        is_exact: bool = False,
    ) -> list[Hit]:
        """Return the nearest of the visible chunks, as `Store.nearest` does."""
        where = self._where()
        if where is None:
            return []
        return self._store.nearest(vector, limit, among=among, is_exact=is_exact, where=where)

    def matching(self, words: str, limit: int, *, beside: Vectors | None = None) -> list[Hit]:
        """Return the visible chunks that hold any of the words, as `Store.matching` does."""
        where = self._where()
        if where is None:
            return []
        return self._store.matching(words, limit, beside=beside, where=where)

    def word_scores(self, words: str, chunks: Collection[str]) -> dict[str, float]:
        """Return the scores of those of the chunks that are visible, as `Store.word_scores`."""
        where = self._where()
        return {} if where is None else self._store.word_scores(words, chunks, where=where)

    def count_chunks(self) -> int:
        """Return how many chunks are visible."""
        where = self._where()
        return 0 if where is None else self._store.count_chunks(where)

    def _where(self) -> str | None:
        """Return the predicate of what may be seen: empty for all, None if there is nothing.

        It names the sets of labels that are there now. One that comes later is not among them.
        """
        if self._clearance.is_full:
            return ""
        sets = self._store.label_sets()
        visible = sorted(audience(labels) for labels in sets if self._clearance.sees(labels))
        return one_of("audience", visible) if visible else None
