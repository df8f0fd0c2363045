"""What an index holds: list, show and remove its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit import events
from secure_rag.errors import InputError
from secure_rag.index.rows import StoredDocument, StoredText
from secure_rag.pipeline.erase import Erased, erase_documents
from secure_rag.pipeline.quarantine import read_records
from secure_rag.pipeline.receipt import check_receipts
from secure_rag.pipeline.rights import record_hidden
from secure_rag.pipeline.session import Session
from secure_rag.values import Chunk


@dataclass(frozen=True)
class ShownDocument:
    """A stored document with its chunks."""

    document: StoredText
    chunks: tuple[Chunk, ...]


def list_documents(session: Session) -> list[StoredDocument]:
    """Return the documents of the collection that the user may see, by redacted path."""
    return sorted(session.seen.documents(), key=lambda one: (one.path, one.document))


def show_document(session: Session, document: str) -> ShownDocument:
    """Return one document as it is stored.

    Raises:
        InputError: if there is no such document, or the user may not see it: both look the same.
    """
    found = session.seen.document(document)
    if found is None:
        _record_hidden(session, "index show", [document])
        raise _unknown(document)
    return ShownDocument(found, tuple(session.seen.chunks(document)))


def find_document(session: Session, path: Path) -> StoredText:
    """Return what is stored of the file at `path`.

    Raises:
        InputError: if it was not added, or is in quarantine.
    """
    known = session.seen.contents().get(session.domain.source_digest(str(path.resolve())))
    found = session.seen.document(known.document) if known else None
    if found is None:
        raise InputError("that file is not in this collection", code="document.unknown")
    return found


def remove_documents(session: Session, documents: Sequence[str]) -> Erased:
    """Remove documents, their vectors, old versions and sealed paths; also from quarantine.

    Raises:
        InputError: if one of them is not there, or hidden; nothing is removed then.
    """
    _find_all(session, documents)
    session.store.begin_writing()
    # Again: who wrote until now may have changed them.
    found = _find_all(session, documents)
    check_receipts(session)
    session.record_all(
        [
            events.DocumentRemoved(document_id=one, collection=session.collection)
            for one in documents
        ]
    )
    chunks = sum(one.chunks for one in found)
    return erase_documents(session, {one.document: one.source for one in found}, chunks=chunks)


@dataclass(frozen=True)
class _Found:
    """A document that can be removed: one that is stored, or one in quarantine."""

    document: str
    source: str
    chunks: int


def _find_all(session: Session, documents: Sequence[str]) -> list[_Found]:
    records = read_records(session.workspace.quarantine, collection=session.collection)
    waiting = {
        record.document: _Found(record.document, record.source, 0)
        for record in records
        if session.clearance.sees(record.labels)
    }
    found = []
    for document in documents:
        stored = session.seen.document(document)
        if stored is not None:
            found.append(_Found(document, stored.source, stored.chunks))
        elif document in waiting:
            found.append(waiting[document])
        else:
            _record_hidden(session, "index remove", documents)
            raise _unknown(document)
    return found


def _record_hidden(session: Session, command: str, documents: Sequence[str]) -> None:
    """Record which of the documents are there and hidden; the answer does not tell."""
    hidden = [
        one
        for one in documents
        if session.seen.document(one) is None and session.store.document(one) is not None
    ]
    if hidden:
        record_hidden(session, command, hidden)


def _unknown(document: str) -> InputError:
    shown = document if document.isalnum() and len(document) <= 32 else "of that id"
    return InputError(
        f"no document {shown} in this collection",
        code="document.unknown",
        hint="`secure-rag index list` shows the ids",
    )
