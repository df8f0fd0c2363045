"""`index quarantine --retry`: try quarantined documents again, from their sealed paths.

Order: `quarantine.retried` is durable; the private process opens the paths; then this
process is isolated, because its file rules must name the folders that will be read; then
the documents are added like any others.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from secure_rag.access import Right
from secure_rag.audit import events
from secure_rag.audit.log import AuditLog
from secure_rag.pipeline.ingest import AddOptions, AddReport, Progress, add
from secure_rag.pipeline.quarantine import QuarantineRecord, read_records, remove_record
from secure_rag.pipeline.restored import refuse_unsettled
from secure_rag.pipeline.rights import demand_outside
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.sources import Source, is_gone
from secure_rag.settings import load_settings
from secure_rag.vault.private import open_sources
from secure_rag.workspace import Workspace, default_key_path


def open_paths(
    workspace: Workspace, collection: str, key_file: Path | None, key_fd: int | None
) -> tuple[list[Source], int]:
    """Return where the quarantined documents of a collection came from, and how many have no path.

    What came on standard input has none and stays in quarantine, and so does what the user may
    not see, which is not counted.

    Raises:
        RefusedError: the user may not add documents (exit 6).
    """
    refuse_unsettled(workspace)
    access = demand_outside(
        workspace, "index quarantine --retry", collection=collection, needed=[Right.ADD]
    )
    seen = access.clearance(collection)
    records = [
        record
        for record in read_records(workspace.quarantine, collection=collection)
        if seen.sees(record.labels)
    ]
    if not records:
        return [], 0
    settings = load_settings(workspace.settings_file)
    ids = [record.document for record in records]
    with AuditLog.open(workspace.audit, session=secrets.token_hex(8)) as log:
        log.append(events.QuarantineRetried(documents=ids, collection=collection))
    found = open_sources(
        workspace.vault,
        key_file=key_file or default_key_path(settings.workspace_id),
        key_fd=key_fd,
        domain=collection,
        documents=ids,
    )
    sources = [
        _source(record, Path(found[record.document]))
        for record in records
        if Path(found.get(record.document, "")).is_absolute()
    ]
    return sources, len(records) - len(sources)


def retry_quarantine(
    session: Session, sources: Sequence[Source], *, progress: Progress | None = None
) -> AddReport:
    """Add the documents again; what passes leaves the quarantine.

    A file that is gone leaves it too: there is nothing any more to hold back.
    """
    gone = {str(source.path) for source in sources if is_gone(source.path)}
    report = add(
        session,
        [source for source in sources if str(source.path) not in gone],
        options=AddOptions(),
        progress=progress,
    )
    report.gone = _forget(session, gone)
    return report


def _forget(session: Session, paths: set[str]) -> int:
    """Drop the records of files that are gone; return how many."""
    digests = {session.domain.source_digest(path) for path in paths}
    records = list(read_records(session.workspace.quarantine, collection=session.collection))
    dropped = [record for record in records if record.source in digests]
    session.record_all(
        [
            events.DocumentRemoved(document_id=one.document, collection=session.collection)
            for one in dropped
        ]
    )
    session.domain.forget_sources(one.source for one in dropped)
    return sum(
        remove_record(session.workspace.quarantine, one.source, collection=session.collection)
        for one in dropped
    )


def _source(record: QuarantineRecord, path: Path) -> Source:
    return Source(path, "/".join(path.parts[-record.depth :]))
