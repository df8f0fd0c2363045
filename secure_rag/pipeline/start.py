"""Create a workspace: folders, settings, a tested starter policy, vault and log."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit import events
from secure_rag.audit.log import AuditLog
from secure_rag.policy.cases import load_cases
from secure_rag.policy.loader import load_policy
from secure_rag.resources import resource
from secure_rag.settings import starter_settings
from secure_rag.vault.store import Vault
from secure_rag.workspace import (
    Workspace,
    check_key_place,
    create_folders,
    default_key_path,
    new_workspace_id,
)

STARTER_POLICY = "default"


@dataclass(frozen=True)
class NewWorkspace:
    """What `init` made."""

    workspace: Workspace
    key_file: Path
    genesis: str
    """Verifier of the first epoch; shown once, kept nowhere."""
    rules: int
    cases: int


def create_workspace(
    root: Path, *, workspace_id: str | None = None, key_file: Path | None = None
) -> NewWorkspace:
    """Create an empty workspace at `root`; the key is written outside it.

    Raises:
        ConfigError: the folder is in use, or the key would lie in it; nothing was made.
    """
    workspace_id = workspace_id or new_workspace_id()
    key_file = key_file or default_key_path(workspace_id)
    check_key_place(root, key_file)
    workspace = create_folders(root)
    for suffix in (".yaml", ".test.yaml"):
        target = workspace.policies / f"{STARTER_POLICY}{suffix}"
        shutil.copyfile(resource("policies") / target.name, target)
        target.chmod(0o600)
    policy = load_policy(STARTER_POLICY, folders=(workspace.policies,))
    cases = load_cases(workspace.policies / f"{STARTER_POLICY}.test.yaml")
    genesis = AuditLog.create(workspace.audit, origin=f"secure-rag/{workspace_id}")
    with AuditLog.open(workspace.audit, session=workspace_id) as log:
        log.append(
            events.WorkspaceCreated(
                workspace_id=workspace_id, policy=policy.name, policy_digest=policy.digest
            )
        )
        Vault.create(workspace.vault, vault_id=workspace_id, key_file=key_file)
        _write_private(workspace.settings_file, starter_settings(workspace_id))
    return NewWorkspace(workspace, key_file, genesis, len(policy.rules), len(cases.cases))


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
