"""The first event of a session, and what is no longer as it was when the last one started."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secure_rag import __version__
from secure_rag.access import rights_digest
from secure_rag.audit import events
from secure_rag.audit.recent import last_event
from secure_rag.audit.vault_events import RightsChanged
from secure_rag.isolation import Evidence
from secure_rag.policy.model import Policy
from secure_rag.settings import Settings, load_settings
from secure_rag.workspace import Workspace, check_collection

if TYPE_CHECKING:
    from secure_rag.pipeline.session import Session


def record_start(session: Session, command: str, evidence: Evidence) -> None:
    """Record the start, and what is no longer as it was when the last session started."""
    before = last_event(session.workspace.audit, events.SessionStart.TYPE)
    policy = session.policy
    unsafe = ["no-isolation"] if evidence.seccomp != "enforced" else []
    named = {"generator": session.settings.generator}
    if session.settings.retrieval.reranker:
        named["reranker"] = session.settings.retrieval.reranker
    if session.settings.adapter:
        named["adapter"] = session.settings.adapter
    rights = rights_digest(session.settings)
    models = session.models.pinned_digests(named)
    session.record(
        events.SessionStart(
            command=command,
            version=__version__,
            code_digest=code_digest(),
            collection=session.collection,
            policy=policy.name,
            policy_digest=policy.digest,
            rights_digest=rights,
            model_digests=models,
            isolation=evidence.to_dict(),
            unsafe=[*unsafe, *([policy.name] if policy.is_unsafe else [])],
        )
    )
    if unsafe:
        session.record(events.UnsafeUsed(option="no-isolation"))
    if before is not None:
        session.record_all(list(_changes(before, policy, rights, models)))


def _changes(
    before: Mapping[str, Any], policy: Policy, rights: str, models: Mapping[str, str]
) -> Iterator[events.Event]:
    """Yield what is otherwise than in the first event of the session before."""
    if before["policy_digest"] != policy.digest:
        yield events.PolicyChanged(
            policy=policy.name, old_digest=before["policy_digest"], new_digest=policy.digest
        )
    if (old_rights := before.get("rights_digest", "")) != rights:
        yield RightsChanged(old_digest=old_rights, new_digest=rights)
    for role, digest in models.items():
        old = before["model_digests"].get(role, "")
        if old != digest:
            yield events.ModelChanged(role=role, old_digest=old, new_digest=digest)


def settings_of(workspace: Workspace, *, collection: str, adapter: str | None) -> Settings:
    """Return the workspace's settings under what the command line says.

    Raises:
        UsageError: a collection cannot have this name.
    """
    check_collection(collection)
    settings = load_settings(workspace.settings_file)
    return settings if adapter is None else settings.model_copy(update={"adapter": adapter})


def code_digest() -> str:
    """Return SHA-256 over this program's own source files, by name and content."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(os.fsencode(path.relative_to(package).as_posix()) + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
