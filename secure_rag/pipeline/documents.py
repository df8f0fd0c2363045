"""What an index holds: list, show and remove its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit import events
from secure_rag.errors import InputError
from secure_rag.index.rows import StoredDocument, StoredText
from secure_rag.pipeline.erase import Erased, erase_documents
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.worker import source_digest
from secure_rag.values import Chunk


@dataclass(frozen=True)
class ShownDocument:
    """A stored document with its chunks."""

    document: StoredText
    chunks: tuple[Chunk, ...]


def list_documents(session: Session) -> list[StoredDocument]:
    """Return the documents of the collection, by redacted path."""
    return sorted(session.store.documents(), key=lambda one: (one.path, one.document))


def show_document(session: Session, document: str) -> ShownDocument:
    """Return one document as it is stored.

    Raises:
        InputError: if there is no such document.
    """
    found = session.store.document(document)
    if found is None:
        raise _unknown(document)
    return ShownDocument(found, tuple(session.store.chunks(document)))


def find_document(session: Session, path: Path) -> StoredText:
    """Return what is stored of the file at `path`.

    Raises:
        InputError: if it was not added, or is in quarantine.
    """
    known = session.store.contents().get(source_digest(session.domain, str(path.resolve())))
    found = session.store.document(known.document) if known else None
    if found is None:
        raise InputError("that file is not in this collection", code="document.unknown")
    return found


def remove_documents(session: Session, documents: Sequence[str]) -> Erased:
    """Remove documents, their vectors, old versions and sealed paths.

    Raises:
        InputError: if one of them is not there; nothing is removed then.
    """
    chunks = 0
    for document in documents:
        if session.store.document(document) is None:
            raise _unknown(document)
        chunks += len(list(session.store.chunks(document)))
    session.record_all(
        [
            events.DocumentRemoved(document_id=one, collection=session.collection)
            for one in documents
        ]
    )
    return erase_documents(session, documents, chunks=chunks)


def _unknown(document: str) -> InputError:
    shown = document if document.isalnum() and len(document) <= 32 else "of that id"
    return InputError(
        f"no document {shown} in this collection",
        code="document.unknown",
        hint="`secure-rag index list` shows the ids",
    )
