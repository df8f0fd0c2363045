"""The table of one collection, in LanceDB.

One commit stores the rows of one or several documents, so that a document is there
whole or not at all, whenever the process dies. Predicates hold opaque ids only: Lance
keeps the predicate of a delete in clear.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from secure_rag.access import Clearance
from secure_rag.errors import FormatError, UsageError
from secure_rag.index import lance
from secure_rag.index.embedder import WIDTH, Vectors
from secure_rag.index.faults import again, translated, whole
from secure_rag.index.predicates import both, one_of
from secure_rag.index.reading import Rows, Seen
from secure_rag.index.rows import (
    FORMAT,
    HIT_COLUMNS,
    SCHEMA,
    DocumentRows,
    Hit,
    Removal,
    entry_table,
    hit,
)
from secure_rag.index.vector_index import refine_factor, vector_index
from secure_rag.index.writer_lock import lock_for_writing
from secure_rag.modes import made_as_in, open_made

VECTOR_INDEX_FROM = 50_000
"""Rows from which on vectors are searched through an index; below, exact search takes no longer
than people notice."""

_TABLE = "chunks"
_PENDING = "purge.pending"


class Store(Rows):
    """A collection's documents, chunks and vectors.

    Reading needs no lock. The first write takes the writer's lock and holds it until `close`.
    """

    def __init__(self, folder: Path | None, *, vector_index_from: int = VECTOR_INDEX_FROM) -> None:
        """Open the store of a folder, or without one a store that lives in memory only.

        Args:
            vector_index_from: rows from which on `finish` makes an index of the vectors.
        """
        self._folder = folder.resolve() if folder else None
        self._vector_index_from = vector_index_from
        self._lock: IO[bytes] | None = None
        self._sources: set[str] | None = None
        self._label_sets: tuple[int, frozenset[tuple[str, ...]]] = (-1, frozenset())
        self._table: lance.Table | None = None
        with translated():
            # A reader must follow at once: old versions do not outlive a command.
            self._database = lance.connect(
                str(self._folder or "memory://"), read_consistency_interval=timedelta(0)
            )
            self._find_table()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the writer's lock back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # Writing

    def replace(self, entries: Sequence[DocumentRows]) -> None:
        """Store documents in one commit, in the place of what their sources held before."""
        if not entries:
            return
        sources = [entry.source for entry in entries]
        if len(set(sources)) != len(sources):
            raise UsageError("one commit cannot hold two documents of one source")
        self.begin_writing()
        rows = entry_table(entries)
        with translated(), made_as_in(self._folder):
            table = self._create_table() if self._table is None else self._table
            if self._known_sources().isdisjoint(sources):
                table.add(rows)
            else:
                (
                    table.merge_insert("chunk")
                    .when_matched_update_all()
                    .when_not_matched_insert_all()
                    .when_not_matched_by_source_delete(one_of("source", sources))
                    .execute(rows)
                )
        self._known_sources().update(sources)

    @property
    def is_purge_owed(self) -> bool:
        """Whether bytes of rows that were replaced or removed must still go."""
        return self._pending is not None and self._pending.exists()

    def owe_purge(self) -> None:
        """Mark that no byte of what is replaced next may stay; `finish` or the next writer acts."""
        self.begin_writing()
        if self._pending is not None:
            os.close(open_made(self._pending, os.O_RDWR | os.O_CREAT))

    def finish(self) -> None:
        """Bring indices up to date, join small files, drop old versions, purge what is owed."""
        if self._table is None:
            return
        self.begin_writing()
        with translated(), made_as_in(self._folder):
            if self.is_purge_owed:
                self._purge()
                return
            self._ensure_indices()
            self._optimize()

    def remove(self, documents: Collection[str]) -> Removal:
        """Take documents out, and every byte of theirs out of the table's files.

        Lance keeps deleted rows in their files while they are under a tenth of them, so
        the rows that stay are written anew. A process killed in between leaves a mark,
        and the next writer ends the work.
        """
        if self._table is None or not documents:
            return Removal((), 0)
        self.begin_writing()
        predicate = one_of("document", documents)
        with translated(), made_as_in(self._folder):
            found = [row["document"] for row in self.scan(["document"], predicate)]
            if found:
                self.owe_purge()
                self._table.delete(predicate)
                self._purge()
        self._sources = None
        return Removal(tuple(dict.fromkeys(found)), len(found))

    # Reading, beside what `Rows` does

    def seen_by(self, clearance: Clearance) -> Rows:
        """Return the rows that somebody may see."""
        return self if clearance.is_full else Seen(self, clearance)

    def label_sets(self) -> frozenset[tuple[str, ...]]:
        """Return every set of labels that a document has, read once for each version."""
        if self._table is None:
            return frozenset()
        with translated():
            version = int(self._table.version)
        if self._label_sets[0] != version:
            self._label_sets = (version, super().label_sets())
        return self._label_sets[1]

    def nearest(
        self,
        vector: Vectors,
        limit: int,
        *,
        among: Collection[str] = (),
        is_exact: bool = False,
        where: str = "",
    ) -> list[Hit]:
        """Return the chunks whose vectors are nearest, best first; the score is the cosine.

        Args:
            where: predicate for the rows that are looked at; it holds before any ranking.
            among: only these chunks, which are compared exactly.
            is_exact: compare with every vector, whether or not there is an index of them.
        """
        if self._table is None:
            return []
        with translated():
            query: Any = self._table.search(vector, vector_column_name="vector")
            query = query.distance_type("dot").select([*HIT_COLUMNS, "_distance"]).limit(limit)
            if is_exact or among:
                query = query.bypass_vector_index()
            else:
                query = query.refine_factor(refine_factor(limit))
            rows = again(_filtered(query, where, among).to_list)
        # Lance's dot distance of unit vectors is one less the cosine.
        return [hit(row, 1.0 - row["_distance"]) for row in rows]

    def matching(
        self,
        words: str,
        limit: int,
        *,
        beside: Vectors | None = None,
        where: str = "",
    ) -> list[Hit]:
        """Return the chunks that hold any of the words, by BM25, best first.

        `words` is plain text in the full-text view, never a query in a syntax.

        Args:
            where: predicate for the rows that are looked at. What is rare is counted over all
                rows of the collection nevertheless, those that it leaves out among them.
            beside: a vector; each hit has its cosine to it, which spares a search by vectors.
        """
        if self._table is None or not words.strip():
            return []
        columns = [*HIT_COLUMNS, "_score", *(["vector"] if beside is not None else [])]
        with translated():
            query: Any = self._table.search(_match(words), query_type="fts")
            found = again(_filtered(query.select(columns).limit(limit), where).to_arrow)
        rows = found.select([*HIT_COLUMNS, "_score"]).to_pylist()
        hits = [hit(row, row["_score"]) for row in rows]
        if beside is None or not hits:
            return hits
        cosines = _matrix(found["vector"]) @ beside
        return [
            replace(one, cosine=float(cosine)) for one, cosine in zip(hits, cosines, strict=True)
        ]

    def word_scores(
        self, words: str, chunks: Collection[str], *, where: str = ""
    ) -> dict[str, float]:
        """Return the score that `matching` gives each of the chunks that holds any of the words.

        Nothing but ids and scores is read of them.

        Args:
            where: predicate for the rows that are looked at, as for `matching`.
        """
        if self._table is None or not words.strip() or not chunks:
            return {}
        with translated():
            query: Any = self._table.search(_match(words), query_type="fts")
            query = query.select(["chunk", "_score"]).limit(len(chunks))
            rows = again(_filtered(query, where, chunks).to_list)
        return {row["chunk"]: row["_score"] for row in rows}

    @property
    def has_vector_index(self) -> bool:
        """Whether vectors are searched through an index, and no longer exactly."""
        if self._table is None:
            return False
        with translated():
            return any(index.name == "vector" for index in self._table.list_indices())

    def sample_vectors(self, count: int) -> Vectors:
        """Return up to `count` stored vectors, evenly spread over the rows."""
        rows = self.count_chunks()
        if self._table is None or rows == 0:
            return np.empty((0, WIDTH), np.float32)
        offsets = [rows * number // min(count, rows) for number in range(min(count, rows))]
        with translated():
            taken = self._table.take_offsets(offsets).select(["vector"]).to_arrow()
        return _matrix(taken["vector"])

    def count_chunks(self, where: str = "") -> int:
        """Return how many chunks the collection has, or those of them that a predicate names."""
        if self._table is None:
            return 0
        with translated():
            return int(self._table.count_rows(where or None))

    # Below: the parts of the above

    @property
    def _pending(self) -> Path | None:
        """The mark of a purge that is owed; memory keeps no old bytes worth one."""
        return self._folder / _PENDING if self._folder else None

    def _find_table(self) -> None:
        if self._folder and _was_made(self._folder / f"{_TABLE}.lance"):
            self._table = self._open_table()

    def _open_table(self) -> lance.Table:
        table = self._database.open_table(_TABLE)
        found = (table.schema.metadata or {}).get(b"format", b"").decode()
        if found != str(FORMAT):
            raise FormatError(
                f"index format {found or 'unknown'} is not format {FORMAT} of this program",
                hint="make a new workspace and add the documents again",
            )
        return table

    def _create_table(self) -> lance.Table:
        self._table = self._database.create_table(_TABLE, schema=SCHEMA)
        self._ensure_indices()
        return self._table

    def _ensure_indices(self) -> None:
        assert self._table is not None
        present = {index.name for index in self._table.list_indices()}
        wanted: dict[str, tuple[str, Any]] = {
            "fulltext": ("fulltext", lance.FTS(with_position=False, stem=True, ascii_folding=True)),
            "document": ("document", lance.BTree()),
            "source": ("source", lance.BTree()),
            "chunk": ("chunk", lance.BTree()),
            "audience": ("audience", lance.BTree()),
        }
        rows = self._table.count_rows()
        if rows >= self._vector_index_from:
            wanted["vector"] = ("vector", vector_index(rows))
        for name, (column, config) in wanted.items():
            if name not in present:
                self._table.create_index(column, config=config, name=name)

    def _optimize(self) -> None:
        assert self._table is not None
        with warnings.catch_warnings():
            # It warns of other writers; the writer's lock keeps them out.
            warnings.simplefilter("ignore", UserWarning)
            # Old files go before indices are renewed: what that replaces needs a second turn.
            for _ in range(2):
                self._table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)

    def _purge(self) -> None:
        """Write the remaining rows anew, in one commit, and drop everything older."""
        assert self._table is not None
        kept = self._table.search().to_batches()
        self._table = self._database.create_table(
            _TABLE, data=kept, schema=SCHEMA, mode="overwrite"
        )
        self._ensure_indices()
        self._optimize()
        if self._pending is not None:
            self._pending.unlink(missing_ok=True)

    def begin_writing(self) -> None:
        """Take the writer's lock, waiting for whoever has it; end a purge that was cut off."""
        if self._lock is not None or self._folder is None:
            return
        self._lock = lock_for_writing(self._folder)
        if self._table is None:
            with translated():
                self._find_table()
        if self.is_purge_owed and self._table is not None:
            with translated(), made_as_in(self._folder):
                self._purge()

    def _known_sources(self) -> set[str]:
        if self._sources is None:
            self._sources = whole(
                lambda: {row["source"] for row in self.scan(["source"], "ordinal = 0")}
            )
        return self._sources

    def scan(self, columns: Sequence[str], predicate: str) -> Iterator[dict[str, Any]]:
        if self._table is None:
            return
        query = self._table.search().where(predicate).select(list(columns))
        for batch in query.to_batches():
            yield from batch.to_pylist()


def _was_made(table: Path) -> bool:
    """Say whether a table has a version, or rows that lost theirs, which is damage.

    A writer that is killed before the first version leaves a folder with neither.
    """
    return any(table.glob("_versions/*.manifest")) or any(table.glob("data/*"))


def _matrix(column: Any) -> Vectors:
    """Return a column of vectors as [rows, WIDTH]."""
    flat = column.combine_chunks().flatten().to_numpy()
    return np.asarray(flat, np.float32).reshape(-1, WIDTH)


def _filtered(query: Any, where: str, among: Collection[str] = ()) -> Any:
    predicate = both(where, one_of("chunk", among) if among else "")
    return query.where(predicate, prefilter=True) if predicate else query


def _match(words: str) -> lance.MatchQuery:
    """Return a query for any of the words; the column's own tokenizer splits and stems them."""
    exact: dict[str, Any] = {"fuzziness": 0, "operator": lance.FullTextOperator.OR}
    return lance.MatchQuery(words, "fulltext", **exact)
