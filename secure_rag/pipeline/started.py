"""The first event of a session, and what is no longer as it was when the last one started."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from secure_rag import __version__
from secure_rag.access import rights_digest
from secure_rag.audit import events
from secure_rag.audit.recent import last_event
from secure_rag.audit.vault_events import RightsChanged
from secure_rag.isolation import Evidence

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
    if before is None:
        return
    if before["policy_digest"] != policy.digest:
        session.record(
            events.PolicyChanged(
                policy=policy.name,
                old_digest=before["policy_digest"],
                new_digest=policy.digest,
            )
        )
    if (old_rights := before.get("rights_digest", "")) != rights:
        session.record(RightsChanged(old_digest=old_rights, new_digest=rights))
    for role, digest in models.items():
        old = before["model_digests"].get(role, "")
        if old != digest:
            session.record(events.ModelChanged(role=role, old_digest=old, new_digest=digest))


def code_digest() -> str:
    """Return SHA-256 over this program's own source files, by name and content."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(os.fsencode(path.relative_to(package).as_posix()) + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
