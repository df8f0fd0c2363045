"""`index rebuild`: redact and embed again what another policy, recognizer or model produced.

Order without PATH: a child lists what is stale (this process may not load the index before it is
isolated, and its file rules must name the folders that will be read); `index.rebuilt` is durable;
the private process opens the sealed paths; then this process is isolated and the documents are
added like any others. Their old rows are replaced with every byte.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from secure_rag.access import Right
from secure_rag.audit import events
from secure_rag.audit.log import AuditLog
from secure_rag.pipeline.ingest import AddOptions, AddReport, Progress, add
from secure_rag.pipeline.rights import demand_outside
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.sources import Source, is_readable
from secure_rag.settings import load_settings
from secure_rag.vault.private import open_sources
from secure_rag.workspace import Workspace, default_key_path

POLICY: Final = "policy"
RECOGNIZERS: Final = "recognizers or names model"
EMBEDDER: Final = "embedder"


@dataclass(frozen=True)
class Stale:
    """A document whose rows were made by something that is not in force any more."""

    document: str
    path: str
    """Its redacted name."""
    reasons: tuple[str, ...]
    source: str
    """Keyed digest of its path."""


def find_stale(session: Session) -> list[Stale]:
    """Return what would be rebuilt of what the user may see, by redacted path."""
    redaction = session.redaction_digest(session.policy)
    found: list[Stale] = []
    for one in session.seen.documents():
        reasons = []
        if one.policy_digest != session.policy.digest:
            reasons.append(POLICY)
        elif one.redaction_digest != redaction:
            reasons.append(RECOGNIZERS)
        if one.embedder_digest != session.embedder_digest:
            reasons.append(EMBEDDER)
        if reasons:
            found.append(Stale(one.document, one.path, tuple(reasons), one.source))
    return sorted(found, key=lambda one: (one.path, one.document))


def open_stale(
    workspace: Workspace,
    stale: Sequence[dict[str, Any]],
    *,
    collection: str,
    key_file: Path | None,
    key_fd: int | None,
) -> list[Source]:
    """Return where stale documents came from; what came on standard input has no path."""
    demand_outside(workspace, "index rebuild", collection=collection, needed=[Right.ADD])
    ids = [str(one["document"]) for one in stale]
    if not ids:
        return []
    settings = load_settings(workspace.settings_file)
    with AuditLog.open(workspace.audit, session=secrets.token_hex(8)) as log:
        log.append(events.IndexRebuilt(documents=len(ids), collection=collection))
    found = open_sources(
        workspace.vault,
        key_file=key_file or default_key_path(settings.workspace_id),
        key_fd=key_fd,
        domain=collection,
        documents=ids,
    )
    sources = []
    for one in stale:
        path = Path(found.get(one["document"], ""))
        if path.is_absolute():
            depth = str(one["path"]).count("/") + 1
            sources.append(Source(path, "/".join(path.parts[-depth:])))
    return sources


def rebuild(
    session: Session, sources: Iterable[Source], *, progress: Progress | None = None
) -> AddReport:
    """Add documents again of which the index holds stale rows; others are left alone."""
    stale = {one.source for one in find_stale(session)}
    wanted = [
        source
        for source in sources
        if session.domain.source_digest(str(source.path)) in stale and is_readable(source.path)
    ]
    session.record(
        events.IndexRebuilt(
            documents=len(wanted),
            collection=session.collection,
            redaction_digest=session.redaction_digest(session.policy),
            embedder_digest=session.embedder_digest,
        )
    )
    return add(session, wanted, options=AddOptions(), progress=progress)
