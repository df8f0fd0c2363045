"""The rows of the table: one a chunk, the record of the document in its first row.

A document's rows are written in one commit, so a document whose first row is there
is there as a whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from secure_rag.index.chunks import chunk_contexts, title
from secure_rag.index.embedder import WIDTH, Vectors
from secure_rag.index.views import fulltext_view
from secure_rag.values import Block, Chunk, Place, RedactedDocument

FORMAT = 2

_TEXT_COLUMNS = [
    "chunk",
    "document",
    "text",
    "fulltext",
    "sheet",
    "heading",
    "path",
    "parent",
    "source",
    "content",
    "policy_digest",
    "redaction_digest",
    "embedder_digest",
    "media_type",
    "record",
    "document_text",
    "audience",
]
_NUMBER_COLUMNS = ("ordinal", "start", "end", "page", "slide", "row")
_LIST_COLUMNS = ("labels", "placeholders")

SCHEMA = pa.schema(
    [pa.field(name, pa.string()) for name in _TEXT_COLUMNS]
    + [pa.field(name, pa.int32()) for name in _NUMBER_COLUMNS]
    + [pa.field(name, pa.list_(pa.string())) for name in _LIST_COLUMNS]
    + [pa.field("vector", pa.list_(pa.float32(), WIDTH))],
    metadata={"format": str(FORMAT)},
)

CHUNK_COLUMNS = [
    "chunk",
    "document",
    "ordinal",
    "start",
    "end",
    "text",
    "page",
    "sheet",
    "slide",
    "row",
    "heading",
    "path",
    "placeholders",
]
"""What a passage needs of its row."""

HIT_COLUMNS = ["chunk", "document", "placeholders"]
"""What an order of candidates needs of a row: each column is read at a hundred places."""

RECORD_COLUMNS = [
    "document",
    "path",
    "media_type",
    "labels",
    "source",
    "content",
    "policy_digest",
    "redaction_digest",
    "embedder_digest",
    "record",
]
"""What a listing of documents needs of a first row; the text is not among it."""

KNOWN_COLUMNS = [
    "source",
    "document",
    "content",
    "redaction_digest",
    "embedder_digest",
    "labels",
]
"""What `Known` needs of a first row."""


@dataclass(frozen=True)
class DocumentRows:
    """One document with all that its rows say."""

    document: RedactedDocument
    chunks: Sequence[Chunk]
    vectors: Vectors = field(repr=False)
    """One unit vector for each chunk, of its embedding view."""
    source: str
    """Keyed digest of the source's path, hex: one source is one document."""
    content: str
    """Keyed digest of the source's bytes, hex."""
    embedder_digest: str
    labels: tuple[str, ...] = ()
    added: str = field(default_factory=lambda: _now())
    """When, RFC 3339 in UTC."""


@dataclass(frozen=True)
class StoredDocument:
    """What the index knows of a document, without its text."""

    document: str
    path: str
    title: str
    media_type: str
    added: str
    chunks: int
    characters: int
    counts: Mapping[str, int]
    flags: tuple[str, ...]
    labels: tuple[str, ...]
    source: str
    content: str
    policy_digest: str
    redaction_digest: str
    embedder_digest: str


@dataclass(frozen=True)
class StoredText(StoredDocument):
    """A document with its redacted text."""

    text: str = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)


@dataclass(frozen=True)
class Hit:
    """A chunk that a search found, with the score of that search; its text is not read yet."""

    chunk: str
    document: str
    placeholders: tuple[str, ...]
    score: float
    cosine: float | None = None
    """Of its vector to the one that a search of words was given; None where it was given none."""


@dataclass(frozen=True)
class StoredChunk:
    """A chunk as it is stored."""

    chunk: Chunk
    path: str
    """Of its document."""


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


def entry_table(entries: Sequence[DocumentRows]) -> pa.Table:
    """Return the rows of several documents, in order."""
    return pa.Table.from_pylist([row for entry in entries for row in _rows(entry)], schema=SCHEMA)


def audience(labels: Collection[str]) -> str:
    """Return the id of a set of labels, hex: rows with the same labels are found by it.

    A search names the sets that may be seen. So no label ever stands in a predicate, and a set
    that is new since it was asked is not found.
    """
    text = json.dumps(sorted(set(labels)), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def hit(row: Mapping[str, Any], score: float) -> Hit:
    """Read a search result; `row` has `HIT_COLUMNS`."""
    return Hit(row["chunk"], row["document"], tuple(row["placeholders"] or ()), score)


def stored_chunk(row: Mapping[str, Any]) -> StoredChunk:
    """Read a chunk; `row` has `CHUNK_COLUMNS`."""
    place = Place(row["page"], row["sheet"], row["slide"], row["row"], row["heading"])
    chunk = Chunk(
        chunk=row["chunk"],
        document=row["document"],
        ordinal=row["ordinal"],
        start=row["start"],
        end=row["end"],
        text=row["text"],
        place=place,
        placeholders=tuple(row["placeholders"] or ()),
    )
    return StoredChunk(chunk, row["path"])


def stored_document(row: Mapping[str, Any]) -> StoredDocument:
    """Read a document's record; `row` has `RECORD_COLUMNS`."""
    return StoredDocument(**_fields(row))


def stored_text(row: Mapping[str, Any]) -> StoredText:
    """Read a document with its text; `row` has `RECORD_COLUMNS` and `document_text`."""
    blocks = tuple(_block(block) for block in json.loads(row["record"])["blocks"])
    return StoredText(**_fields(row), text=row["document_text"], blocks=blocks)


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    record = json.loads(row["record"])
    columns = {name: row[name] for name in RECORD_COLUMNS if name != "record"}
    return {
        **columns,
        **{name: record[name] for name in ("title", "added", "chunks", "characters", "counts")},
        "flags": tuple(record["flags"]),
        "labels": tuple(row["labels"] or ()),
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rows(entry: DocumentRows) -> Iterable[dict[str, Any]]:
    document = entry.document
    shared = {
        "document": document.document,
        "path": document.path,
        "source": entry.source,
        "content": entry.content,
        "policy_digest": document.policy_digest,
        "redaction_digest": document.redaction_digest,
        "embedder_digest": entry.embedder_digest,
        "media_type": document.media_type,
        "labels": list(entry.labels),
        "audience": audience(entry.labels),
    }
    contexts = chunk_contexts(document, entry.chunks)
    sections = section_ids(document.document, entry.chunks)
    for chunk, context, parent, vector in zip(
        entry.chunks, contexts, sections, entry.vectors, strict=True
    ):
        row = shared | _chunk_columns(chunk, context) | {"parent": parent, "vector": vector}
        if chunk.ordinal == 0:
            row |= {"record": _record(entry), "document_text": document.text}
        yield row


def _chunk_columns(chunk: Chunk, context: str) -> dict[str, Any]:
    return {
        "chunk": chunk.chunk,
        "ordinal": chunk.ordinal,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "fulltext": fulltext_view(f"{context}\n{chunk.text}" if context else chunk.text),
        "placeholders": list(chunk.placeholders),
        **chunk.place.to_dict(),
    }


def section_ids(document: str, chunks: Sequence[Chunk]) -> list[str]:
    """Return the id of each chunk's section: chunks that follow each other in one place."""
    ids: list[str] = []
    section = 0
    for last, chunk in zip([None, *chunks], chunks, strict=False):
        if last is not None and _where(last) != _where(chunk):
            section += 1
        ids.append(f"{document}-s{section}")
    return ids


def _where(chunk: Chunk) -> tuple[object, ...]:
    place = chunk.place
    return (
        place.heading,
        place.sheet,
        place.slide,
        place.page if not place.heading else None,
    )


def _record(entry: DocumentRows) -> str:
    document = entry.document
    record = {
        "title": title(document),
        "added": entry.added,
        "chunks": len(entry.chunks),
        "characters": len(document.text),
        "counts": document.counts,
        "flags": list(document.flags),
        "blocks": [asdict(block) for block in document.blocks],
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _block(values: Mapping[str, Any]) -> Block:
    sheet = values["sheet"]
    return Block(
        **{
            **values,
            "sheet": tuple(sheet) if sheet else None,
            "headings": tuple(tuple(span) for span in values["headings"]),
        }
    )
