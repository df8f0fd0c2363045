"""`doctor`: one line for each thing that must be right, with the command that repairs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from secure_rag.audit.anchors import AnchorCheck
from secure_rag.audit.verify import verify
from secure_rag.errors import SecureRagError
from secure_rag.isolation import Evidence
from secure_rag.pipeline.quarantine import read_records
from secure_rag.pipeline.session import Session
from secure_rag.runtime.manifest import Models
from secure_rag.workspace import Workspace

_NEEDED_ROLES = ("generator", "embedder", "ner")


@dataclass(frozen=True)
class Check:
    """One line: `ok`, `warn` or `fail`, what was looked at, what was seen."""

    state: str
    subject: str
    detail: str
    hint: str | None = None


def check_machine(evidence: Evidence, workspace: Workspace | None) -> Iterator[Check]:
    """Check what needs no workspace: isolation and models."""
    yield from _check_isolation(evidence)
    models = Models(workspace)
    for role in _NEEDED_ROLES:
        yield _guarded(f"model {role}", partial(_model_name, models, role))


def _check_isolation(evidence: Evidence) -> Iterator[Check]:
    """Say what the kernel enforces in this very process, as it was measured at its start."""
    if evidence.seccomp != "enforced":
        yield Check("fail", "isolation", "not enforced", "run without --unsafe-no-isolation")
        return
    tried = f"{len(evidence.probes)} ways out tried, all denied"
    threads = f"{evidence.threads} of {evidence.threads} threads filtered"
    yield Check("ok", "isolation", f"no socket can be made: {tried}; {threads}")
    if evidence.landlock_abi:
        words = "the system, the interpreter and what a command names"
        yield Check("ok", "isolation files", f"by Landlock {evidence.landlock_abi}: {words}")
    else:
        words = "this kernel has no Landlock: files are not restricted"
        yield Check("warn", "isolation files", words, "use a kernel from 5.13 on, with Landlock")
    own = evidence.network == "empty"
    words = "a namespace without any address, behind the filter" if own else evidence.network
    yield Check("ok", "isolation net", words if own else f"{words}; the filter alone")


def check_workspace(session: Session) -> Iterator[Check]:
    """Check policy, vault, log, index and quarantine of a workspace."""
    yield _guarded("policy", lambda: f"{session.policy.name}, {len(session.policy.rules)} rules")
    yield _guarded("vault", lambda: f"open for adding and look-up, domain {session.domain.name}")
    yield from _check_log(session)
    yield _guarded("index", lambda: _index_words(session))
    count = sum(
        1 for _ in read_records(session.workspace.quarantine, collection=session.collection)
    )
    if count:
        yield Check("warn", "quarantine", f"{count} waiting", "secure-rag index quarantine")


def _check_log(session: Session) -> Iterator[Check]:
    """Check the log, and the age of its last anchor where one is demanded or known."""
    settings, folder = session.settings.audit, session.workspace.audit
    try:
        stored = AnchorCheck.of(folder, settings.witnesses, settings.anchor_max_age_days)
    except SecureRagError as error:
        yield Check("fail", "anchor", error.message, error.hint)
        stored = AnchorCheck(max_age_days=settings.anchor_max_age_days)
    report = verify(folder, stored=stored)
    if report.ok:
        yield Check("ok", "audit log", f"{report.events:,} events, nothing failed")
    else:
        yield Check(
            "fail", "audit log", f"{len(report.failed)} checks failed", "secure-rag audit verify"
        )
    words = f"the last one is {stored.age_text()} old" if stored.newest else "there is none"
    if not stored.is_fresh:
        demand = f"{settings.anchor_max_age_days} days are allowed"
        yield Check("fail", "anchor", f"{words}, {demand}", "secure-rag audit checkpoint")
    elif stored.newest:
        yield Check("ok", "anchor", words)


def _model_name(models: Models, role: str) -> str:
    return models.locate(role).model.name


def _index_words(session: Session) -> str:
    session.check_index()
    return f"{session.store.count_chunks():,} chunks, made by the policy and models in force"


def _guarded(subject: str, look: Callable[[], str]) -> Check:
    try:
        return Check("ok", subject, look())
    except SecureRagError as error:
        return Check("fail", subject, error.message, error.hint)
