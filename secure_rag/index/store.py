"""The table of one collection; the only module that imports lancedb.

One commit stores the rows of one or several documents, so that a document is there
whole or not at all, whenever the process dies. Predicates hold opaque ids only: Lance
keeps the predicate of a delete in clear.
"""

from __future__ import annotations

import fcntl
import os
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

# The Rust side reads it once, at import; its warnings and debug lines may quote a query.
os.environ["LANCE_LOG"] = "error"

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import FTS, BTree, LabelList
from lancedb.query import FullTextOperator, MatchQuery
from lancedb.table import Table
from numpy.typing import NDArray

from secure_rag.errors import ArtifactError, FormatError, UsageError
from secure_rag.index.rows import (
    CHUNK_COLUMNS,
    FORMAT,
    RECORD_COLUMNS,
    SCHEMA,
    DocumentRows,
    Hit,
    StoredDocument,
    StoredText,
    entry_table,
    hit,
    stored_document,
    stored_text,
)
from secure_rag.values import Chunk

_TABLE = "chunks"
_LOCK = "writer.lock"
_PENDING = "purge.pending"
_OPAQUE = re.compile(r"[0-9A-Za-z-]{1,128}")


@dataclass(frozen=True)
class Known:
    """What an incremental ingest compares a source with."""

    document: str
    content: str
    redaction: str
    embedder: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Digests:
    """Everything that made rows of a collection."""

    policies: frozenset[str]
    redactions: frozenset[str]
    embedders: frozenset[str]


@dataclass(frozen=True)
class Removal:
    """What was taken out; absent documents are not counted."""

    documents: tuple[str, ...]
    chunks: int


class Store:
    """A collection's documents, chunks and vectors.

    Reading needs no lock. The first write takes the writer's lock of the folder and
    holds it until `close`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._lock: IO[bytes] | None = None
        self._sources: set[str] | None = None
        with _translated():
            # A reader must follow at once: old versions do not outlive a command.
            self._database = lancedb.connect(
                str(self._folder), read_consistency_interval=timedelta(0)
            )
            self._table = (
                self._open_table() if (self._folder / f"{_TABLE}.lance").is_dir() else None
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
        self._begin_writing()
        rows = entry_table(entries)
        with _translated():
            table = self._create_table() if self._table is None else self._table
            if self._known_sources().isdisjoint(sources):
                table.add(rows)
            else:
                (
                    table.merge_insert("chunk")
                    .when_matched_update_all()
                    .when_not_matched_insert_all()
                    .when_not_matched_by_source_delete(_one_of("source", sources))
                    .execute(rows)
                )
        self._known_sources().update(sources)

    @property
    def is_purge_owed(self) -> bool:
        """Whether bytes of rows that were replaced or removed must still go."""
        return (self._folder / _PENDING).exists()

    def owe_purge(self) -> None:
        """Mark that no byte of what is replaced next may stay; `finish` or the next writer acts."""
        self._begin_writing()
        (self._folder / _PENDING).touch(mode=0o600)

    def finish(self) -> None:
        """Bring indices up to date, join small files, drop old versions, purge what is owed."""
        if self._table is None:
            return
        self._begin_writing()
        with _translated():
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
        self._begin_writing()
        predicate = _one_of("document", documents)
        with _translated():
            found = [row["document"] for row in self._scan(["document"], predicate)]
            if found:
                self.owe_purge()
                self._table.delete(predicate)
                self._purge()
        self._sources = None
        return Removal(tuple(dict.fromkeys(found)), len(found))

    # Reading

    def contents(self) -> dict[str, Known]:
        """Return what is stored of each source, by the keyed digest of its path."""
        columns = [
            "source",
            "document",
            "content",
            "redaction_digest",
            "embedder_digest",
            "labels",
        ]
        return {
            row["source"]: Known(
                document=row["document"],
                content=row["content"],
                redaction=row["redaction_digest"],
                embedder=row["embedder_digest"],
                labels=tuple(row["labels"] or ()),
            )
            for row in self._scan(columns, "ordinal = 0")
        }

    def documents(self) -> Iterator[StoredDocument]:
        """Yield the record of each document, without its text."""
        for row in self._scan(RECORD_COLUMNS, "ordinal = 0"):
            yield stored_document(row)

    def document(self, document: str) -> StoredText | None:
        """Return one document with its stored text."""
        if not _OPAQUE.fullmatch(document):
            return None
        predicate = f"{_one_of('document', [document])} AND ordinal = 0"
        rows = self._scan([*RECORD_COLUMNS, "document_text"], predicate)
        row = next(rows, None)
        return stored_text(row) if row else None

    def holding(self, text: str) -> list[str]:
        """Return the ids of the documents whose stored text holds a text, such as a placeholder."""
        rows = self._scan(["document", "document_text"], "ordinal = 0")
        return sorted(row["document"] for row in rows if text in row["document_text"])

    def chunks(self, document: str) -> list[Chunk]:
        """Return the chunks of one document in order."""
        if not _OPAQUE.fullmatch(document):
            return []
        rows = self._scan(CHUNK_COLUMNS, _one_of("document", [document]))
        return sorted((hit(row).chunk for row in rows), key=lambda chunk: chunk.ordinal)

    def digests(self) -> Digests:
        """Return which policies, redactions and embedders made what is stored."""
        columns = ["policy_digest", "redaction_digest", "embedder_digest"]
        found = {tuple(row.values()) for row in self._scan(columns, "ordinal = 0")}
        return Digests(*(frozenset(row[i] for row in found) for i in range(3)))

    def nearest(
        self, vector: NDArray[np.float32], limit: int, labels: Sequence[str] = ()
    ) -> list[Hit]:
        """Return the chunks whose vectors are nearest, best first; the score is the cosine."""
        if self._table is None:
            return []
        with _translated():
            query: Any = self._table.search(vector, vector_column_name="vector")
            query = query.distance_type("dot").select([*CHUNK_COLUMNS, "_distance"]).limit(limit)
            rows = _filtered(query, labels).to_list()
        # Lance's dot distance of unit vectors is one less the cosine.
        return [hit(row, 1.0 - row["_distance"]) for row in rows]

    def matching(self, words: str, limit: int, labels: Sequence[str] = ()) -> list[Hit]:
        """Return the chunks that hold any of the words, by BM25, best first.

        `words` is plain text in the full-text view, never a query in a syntax.
        """
        if self._table is None or not words.strip():
            return []
        with _translated():
            query: Any = self._table.search(_match(words), query_type="fts")
            query = query.select([*CHUNK_COLUMNS, "_score"]).limit(limit)
            rows = _filtered(query, labels).to_list()
        return [hit(row, row["_score"]) for row in rows]

    def count_chunks(self) -> int:
        """Return how many chunks the collection has."""
        if self._table is None:
            return 0
        with _translated():
            return int(self._table.count_rows())

    # Below: the parts of the above

    def _open_table(self) -> Table:
        table = self._database.open_table(_TABLE)
        found = (table.schema.metadata or {}).get(b"format", b"").decode()
        if found != str(FORMAT):
            raise FormatError(
                f"index format {found or 'unknown'} is not format {FORMAT} of this program",
                hint="make a new workspace and add the documents again",
            )
        return table

    def _create_table(self) -> Table:
        self._table = self._database.create_table(_TABLE, schema=SCHEMA)
        self._ensure_indices()
        return self._table

    def _ensure_indices(self) -> None:
        assert self._table is not None
        present = {index.name for index in self._table.list_indices()}
        wanted: dict[str, tuple[str, Any]] = {
            "fulltext": (
                "fulltext",
                FTS(with_position=False, stem=True, ascii_folding=True),
            ),
            "document": ("document", BTree()),
            "source": ("source", BTree()),
            "chunk": ("chunk", BTree()),
            "labels": ("labels", LabelList()),
        }
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
        (self._folder / _PENDING).unlink(missing_ok=True)

    def _begin_writing(self) -> None:
        if self._lock is not None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.fdopen(os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise ArtifactError(
                "another process is writing to this collection",
                hint="wait until it is done, then try again",
                code="index.busy",
            ) from None
        self._lock = lock
        if self.is_purge_owed and self._table is not None:
            with _translated():
                self._purge()

    def _known_sources(self) -> set[str]:
        if self._sources is None:
            self._sources = {row["source"] for row in self._scan(["source"], "ordinal = 0")}
        return self._sources

    def _scan(self, columns: Sequence[str], predicate: str) -> Iterator[dict[str, Any]]:
        if self._table is None:
            return
        with _translated():
            batches = self._table.search().where(predicate).select(list(columns)).to_batches()
            for batch in batches:
                yield from batch.to_pylist()


def _filtered(query: Any, labels: Sequence[str]) -> Any:
    if not labels:
        return query
    quoted = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
    return query.where(f"array_has_any(labels, [{quoted}])", prefilter=True)


def _match(words: str) -> MatchQuery:
    """Return a query for any of the words; the column's own tokenizer splits and stems them."""
    return MatchQuery(
        words,
        "fulltext",
        boost=1.0,
        fuzziness=0,
        max_expansions=50,
        operator=FullTextOperator.OR,
        prefix_length=0,
        document_granularity=None,
    )


def _one_of(column: str, ids: Collection[str]) -> str:
    if not all(_OPAQUE.fullmatch(value) for value in ids):
        raise UsageError("an id may hold letters, digits and hyphens only")
    return f"{column} IN ({', '.join(repr(value) for value in ids)})"


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what lancedb raises into our error, without its message: it may quote text."""
    try:
        yield
    except (RuntimeError, ValueError, OSError, pa.ArrowException):
        raise ArtifactError(
            "the index of this collection cannot be read or written",
            hint="check free space and `secure-rag doctor`, then add the documents again",
            code="index.unusable",
        ) from None
