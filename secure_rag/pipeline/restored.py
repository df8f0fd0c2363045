"""The mark of a restored workspace: nothing is served before its erasures are settled.

`restored.json` lies in the workspace from the moment it is put back until
`restore.settled` is durable. The log says the same (`workspace.restored`), so that taking
the file away by hand is found by `doctor`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from secure_rag.audit.recent import events_since
from secure_rag.audit.vault_events import BackupDone, RestoreSettled, WorkspaceRestored
from secure_rag.errors import RefusedError
from secure_rag.slots import sync_folder
from secure_rag.workspace import FORMAT, Workspace

FILE_NAME = "restored.json"
HINT = (
    "name the list that was kept beside the vault's key, or the workspace that was in use: "
    "`secure-rag restore --erasures PATH`; if nothing was erased since the backup: "
    "`secure-rag restore --no-erasures`"
)


def mark(root: Path, backup: str) -> None:
    """Mark a workspace as restored, durably."""
    descriptor = os.open(root / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"format": FORMAT, "backup": backup}, file)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(root)


def unmark(workspace: Workspace) -> None:
    """Take the mark away, durably."""
    (workspace.root / FILE_NAME).unlink(missing_ok=True)
    sync_folder(workspace.root)


def is_marked(workspace: Workspace) -> bool:
    """Say whether a restored workspace is not settled; cheap, asked before anything is opened."""
    return (workspace.root / FILE_NAME).exists()


def refuse_unsettled(workspace: Workspace) -> None:
    """Refuse to serve from a restored workspace that is not settled.

    Raises:
        RefusedError: exit 6, with the command that settles it.
    """
    if is_marked(workspace):
        raise RefusedError(
            "this workspace was restored from a backup, and what was erased since is not known",
            code="restore.unsettled",
            hint=HINT,
        )


def restored_from(audit: Path) -> tuple[str, str]:
    """Return the backup that a workspace comes from, and when that was made.

    Both are empty where it is none, or the log says that it is settled.
    """
    types = [WorkspaceRestored.TYPE, RestoreSettled.TYPE]
    newest = next(events_since(audit, types, ""), None)
    if newest is None or newest["type"] != WorkspaceRestored.TYPE:
        return "", ""
    return str(newest["data"]["backup"]), str(newest["data"]["made"])


def last_backup(audit: Path) -> str:
    """Return when the newest backup was done, as the log has it; empty where there is none."""
    newest = next(events_since(audit, [BackupDone.TYPE], ""), None)
    return str(newest["time"]) if newest else ""
