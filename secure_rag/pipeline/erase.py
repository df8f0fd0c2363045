"""Erase a person or documents, prove it, and do again what was cut off or undone.

Order of an erasure:

0. the writer's lock of the collection is taken: what is found from here on is what is erased; a
   receipt can be written;
1. `erasure.started` is durable; adapters that were trained on it are marked, each after an event;
2. it is entered in the list of erasures (secure_rag/vault/erasures.py), in both copies;
3. a person: sealed paths that may bear the name are destroyed, the subject's secret is overwritten,
   value and look-up entries go, and with `purge` the placeholder from rows and quarantine;
   documents: rows, old versions and indices go, the sealed paths and the quarantine records of
   their sources, under every id that these have or had;
4. the bytes on the disk are searched for what was to go;
5. `erasure.done` is durable, with the digest of the receipt; the receipt is written;
6. the list says that it is done.

Killed after 2, the next command that opens the collection goes on from 3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from secure_rag.audit.vault_events import ErasureDone, ErasureReplayed, ErasureStarted
from secure_rag.errors import VaultError
from secure_rag.index.chunks import chunk_document, embedding_texts
from secure_rag.index.rows import DocumentRows
from secure_rag.index.views import index_word
from secure_rag.pipeline.adapters import mark_seen
from secure_rag.pipeline.bytesearch import Searched, search_bytes
from secure_rag.pipeline.quarantine import read_records, remove_record, write_record
from secure_rag.pipeline.receipt import Facts, Receipt, check_receipts, make_receipt, store_receipt
from secure_rag.pipeline.session import Session
from secure_rag.redaction.erasing import erased_mark, without_placeholder
from secure_rag.vault.erasures import Erasure
from secure_rag.vault.placeholders import is_well_formed

_NAMED = 500
"""Ids that an event holds at most: a line of the log has its limit."""
_WINDOW = 48
"""Characters of each chunk that are searched for."""


@dataclass(frozen=True)
class Erased:
    """What was erased, and the proof."""

    names: tuple[str, ...]
    documents: tuple[str, ...]
    chunks: int
    receipt: Receipt
    receipt_file: Path
    is_clean: bool
    """Whether the search of the bytes found nothing that should be gone."""
    adapters: tuple[str, ...] = ()
    """Adapters that were trained on it, marked to be trained again."""


def erase_subject(session: Session, placeholder: str, *, purge: bool) -> Erased:
    """Destroy a person's value, aliases and look-up entries; see the module's order.

    Raises:
        VaultError: this vault did not issue the placeholder.
    """
    name = placeholder if placeholder.startswith("<") else f"<{placeholder}>"
    if not is_well_formed(name) or not session.domain.is_issued(name):
        raise VaultError(
            "this vault did not issue that placeholder",
            code="vault.unknown_placeholder",
            hint="`secure-rag subject find` shows whom a name stands for",
        )
    session.store.begin_writing()
    check_receipts(session)
    holding = session.store.holding(name)
    _record_start(session, "subject", subject=name, documents=holding, purge=purge)
    listed, is_outside = session.erasures().begin("subject", [name], purge=purge)
    paths = session.domain.source_traces(_naming(session, name))
    in_vault = [*session.domain.traces(name), *paths]
    in_rows = [name.strip("<>").encode(), index_word(name).encode()] if purge else []
    before = _search_subject(session, in_vault, in_rows)
    adapters = mark_seen(session, "subject", [name], holding)
    _do_subject(session, name, purge=purge)
    after = _search_subject(session, in_vault, in_rows)
    traces = len({*in_vault, *in_rows})
    facts = Facts(
        "subject", (name,), len(holding), purge, traces, before, after, is_outside, tuple(adapters)
    )
    return _finish(session, facts, listed, holding, 0)


def erase_documents(session: Session, documents: Mapping[str, str], *, chunks: int) -> Erased:
    """Remove documents that are there, with every byte; the caller recorded `document.removed`.

    Args:
        documents: the source of each, by id; the caller holds the writer's lock.
        chunks: how many they have.
    """
    ids, sources = tuple(documents), set(documents.values())
    traces = [*_document_traces(session, ids), *session.domain.source_traces(sources)]
    _record_start(session, "document", documents=ids)
    listed, is_outside = session.erasures().begin("document", ids, purge=False, sources=documents)
    folders = [
        session.workspace.index(session.collection),
        session.workspace.vault / session.collection,
    ]
    before = search_bytes(folders, traces)
    adapters = mark_seen(session, "document", ids, ids)
    _do_documents(session, ids, sources)
    after = search_bytes(folders, traces)
    facts = Facts(
        "document", ids, len(ids), False, len(set(traces)), before, after,
        is_outside, tuple(adapters), documents,
    )  # fmt: skip
    return _finish(session, facts, listed, ids, chunks)


def replay(session: Session, owed: Sequence[Erasure]) -> None:
    """Do again what was cut off, or what a restored backup brought back."""
    session.store.begin_writing()
    for one in owed:
        session.record(
            ErasureReplayed(kind=one.kind, subject=one.name, collection=session.collection)
        )
        if one.kind == "document":
            source = one.source or session.domain.source_of(one.name)
            sources = {source} if source else set()
            documents = [one.name, *_under_other_ids(session, [one.name], sources)]
            mark_seen(session, one.kind, [one.name], documents)
            _do_documents(session, [one.name], sources)
        else:
            mark_seen(session, one.kind, [one.name], session.store.holding(one.name))
            if session.domain.is_issued(one.name):
                _do_subject(session, one.name, purge=one.purge)
        session.erasures().end([one])


def _do_subject(session: Session, placeholder: str, *, purge: bool) -> None:
    # Paths first: cut off between the two, the entries still tell which ones they are.
    session.domain.forget_sources(_naming(session, placeholder))
    session.domain.erase(placeholder)
    if not purge:
        return
    folder = session.workspace.quarantine
    for record in read_records(folder, collection=session.collection):
        if placeholder in record.path:
            shown = record.path.replace(placeholder, erased_mark(placeholder))
            write_record(folder, replace(record, path=shown))
    _purge_rows(session, placeholder)


def _naming(session: Session, placeholder: str) -> set[str]:
    """Return the sources whose path, its folders included, may bear a person's name."""
    found = set(session.domain.sources_naming(placeholder))
    found |= {one.source for one in session.store.documents() if placeholder in one.path}
    records = read_records(session.workspace.quarantine, collection=session.collection)
    return found | {one.source for one in records if placeholder in one.path}


def _purge_rows(session: Session, placeholder: str) -> None:
    """Write the rows of every document that holds the placeholder anew, without it."""
    store = session.store
    holding = set(store.holding(placeholder))
    holding |= {one.document for one in store.documents() if placeholder in one.path}
    if not holding:
        if store.is_purge_owed:
            store.finish()
        return
    store.owe_purge()
    for document in sorted(holding):
        stored = store.document(document)
        if stored is None:
            continue
        redacted = without_placeholder(stored, placeholder)
        chunks = chunk_document(redacted, count_tokens=session.embedder.count_tokens)
        vectors = session.embedder.embed(embedding_texts(redacted, chunks))
        store.replace(
            [
                DocumentRows(
                    document=redacted,
                    chunks=chunks,
                    vectors=vectors,
                    source=stored.source,
                    content=stored.content,
                    embedder_digest=session.embedder_digest,
                    labels=stored.labels,
                    added=stored.added,
                )
            ]
        )
    store.finish()


def _do_documents(session: Session, documents: Sequence[str], sources: Collection[str]) -> None:
    others = _under_other_ids(session, documents, sources)
    session.store.remove([*documents, *others])
    for document in documents:
        session.domain.forget_source(document)
    session.domain.forget_sources(sources)
    for source in sources:
        remove_record(session.workspace.quarantine, source, collection=session.collection)


def _under_other_ids(
    session: Session, documents: Collection[str], sources: Collection[str]
) -> list[str]:
    """Return the ids that sources have in the index beside those that are named."""
    stored = {one.document for source, one in session.store.contents().items() if source in sources}
    return sorted(stored - set(documents))


def _document_traces(session: Session, documents: Sequence[str]) -> list[bytes]:
    """Return ids and pieces of text that only these documents hold."""
    store = session.store
    traces, pieces = [], []
    for document in documents:
        for chunk in store.chunks(document):
            traces.append(chunk.chunk.encode())
            middle = max(0, len(chunk.text) // 2 - _WINDOW // 2)
            pieces.append(chunk.text[middle : middle + _WINDOW])
    kept = {one.document for one in store.documents()} - set(documents)
    for other in kept:
        stored = store.document(other)
        pieces = [piece for piece in pieces if stored is None or piece not in stored.text]
    return traces + [piece.encode() for piece in pieces if len(piece) == _WINDOW]


def _search_subject(
    session: Session, in_vault: Sequence[bytes], in_rows: Sequence[bytes]
) -> Searched:
    """Search the vault, and for a purge the rows and the quarantine.

    The vault keeps the placeholder itself, so that it is never issued to somebody else.
    """
    first = search_bytes([session.workspace.vault / session.collection], in_vault)
    if not in_rows:
        return first
    quarantine = session.workspace.quarantine / session.collection
    folders = [session.workspace.index(session.collection), quarantine]
    second = search_bytes(folders, in_rows)
    return Searched(
        first.files + second.files,
        first.size_bytes + second.size_bytes,
        first.found | second.found,
    )


def _record_start(
    session: Session,
    kind: str,
    *,
    documents: Sequence[str],
    subject: str = "",
    purge: bool = False,
) -> None:
    session.record(
        ErasureStarted(
            kind=kind,
            subject=subject,
            documents=list(documents)[:_NAMED],
            documents_count=len(documents),
            purge=purge,
            collection=session.collection,
        )
    )


def _finish(
    session: Session,
    facts: Facts,
    listed: Sequence[Erasure],
    documents: Sequence[str],
    chunks: int,
) -> Erased:
    receipt = make_receipt(session, facts)
    session.record(
        ErasureDone(
            kind=facts.kind,
            names=list(facts.names)[:_NAMED],
            found=len(facts.after.found),
            receipt_digest=receipt.digest,
            verifier=receipt.verifier,
            collection=session.collection,
        )
    )
    path = store_receipt(session, receipt)
    session.erasures().end(listed)
    return Erased(
        facts.names, tuple(documents), chunks, receipt, path, facts.is_clean, facts.adapters
    )
