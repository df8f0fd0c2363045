"""The files that documents of the index or in quarantine came from, to be read again.

Order: a child lists the documents, because this process may not load the index before it is
isolated; `sources.opened` is durable; the private process opens the sealed paths. The caller is
isolated afterwards, with these files in its rules.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from secure_rag.access import Right
from secure_rag.audit import events
from secure_rag.audit.log import AuditLog
from secure_rag.pipeline.rights import demand_outside
from secure_rag.settings import load_settings
from secure_rag.vault.private import open_sources
from secure_rag.workspace import Workspace, default_key_path


@dataclass(frozen=True)
class Original:
    """A document and its file."""

    document: str
    shown: str
    """Its redacted name."""
    path: Path | None = field(repr=False)
    """None if it came on standard input, or the file is gone."""


def open_originals(
    workspace: Workspace,
    documents: Sequence[tuple[str, str]],
    *,
    purpose: str,
    collection: str,
    key_file: Path | None,
    key_fd: int | None,
) -> list[Original]:
    """Return the files of documents, given as ids with redacted names.

    Raises:
        VaultError: the vault is locked or damaged (exit 6).
        RefusedError: the user may not add documents, so may not read their files here (exit 6).
    """
    demand_outside(workspace, purpose, collection=collection, needed=[Right.ADD])
    if not documents:
        return []
    ids = [document for document, _ in documents]
    settings = load_settings(workspace.settings_file)
    with AuditLog.open(workspace.audit, session=secrets.token_hex(8)) as log:
        log.append(events.SourcesOpened(documents=ids, purpose=purpose, collection=collection))
    found = open_sources(
        workspace.vault,
        key_file=key_file or default_key_path(settings.workspace_id),
        key_fd=key_fd,
        domain=collection,
        documents=ids,
    )
    return [
        Original(document, shown, _existing(found.get(document, "")))
        for document, shown in documents
    ]


def _existing(path: str) -> Path | None:
    found = Path(path)
    return found if found.is_absolute() and found.is_file() else None
