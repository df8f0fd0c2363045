"""`index quarantine --retry`: try quarantined documents again, from their sealed paths.

The paths are opened by the private process before this one is isolated, because the
file rules of isolation must name the folders that will be read.
"""

from __future__ import annotations

from pathlib import Path

from secure_rag.audit import events
from secure_rag.pipeline.ingest import AddOptions, AddReport, Progress, add
from secure_rag.pipeline.quarantine import read_records
from secure_rag.pipeline.session import Session
from secure_rag.settings import load_settings
from secure_rag.vault.private import open_sources
from secure_rag.workspace import Workspace, default_key_path


def sealed_paths(
    workspace: Workspace, collection: str, key_file: Path | None, key_fd: int | None
) -> list[Path]:
    """Return where the quarantined documents of a collection lie."""
    records = list(read_records(workspace.quarantine, collection=collection))
    if not records:
        return []
    settings = load_settings(workspace.settings_file)
    found = open_sources(
        workspace.vault,
        key_file=key_file or default_key_path(settings.workspace_id),
        key_fd=key_fd,
        domain=collection,
        documents=[record.document for record in records],
    )
    return sorted({Path(path) for path in found.values() if Path(path).is_absolute()})


def retry_quarantine(
    session: Session, paths: list[Path], *, progress: Progress | None = None
) -> AddReport:
    """Add the documents again; what passes leaves the quarantine.

    Files that are gone stay in quarantine: their record is all that is left of them.
    """
    records = list(read_records(session.workspace.quarantine, collection=session.collection))
    session.record(
        events.QuarantineRetried(
            documents=[record.document for record in records], collection=session.collection
        )
    )
    here = [path for path in paths if path.exists()]
    return add(session, here, options=AddOptions(), progress=progress)
