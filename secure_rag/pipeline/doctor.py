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
    if evidence.seccomp == "enforced":
        files = (
            f"files by Landlock {evidence.landlock_abi}" if evidence.landlock_abi else "files open"
        )
        yield Check("ok", "isolation", f"no socket can be made (self-test passed), {files}")
    else:
        yield Check("fail", "isolation", "not enforced", "run without --unsafe-no-isolation")
    if evidence.seccomp == "enforced" and not evidence.landlock_abi:
        yield Check("warn", "isolation", "this kernel has no Landlock: files are not restricted")
    models = Models(workspace)
    for role in _NEEDED_ROLES:
        yield _guarded(f"model {role}", partial(_model_name, models, role))


def check_writer(session: Session) -> Check:
    """Show how the writer is run here, and how fast it was when it was measured."""
    from secure_rag.runtime.tuning import recall, recorded

    try:
        digest = session.generator_digest
    except SecureRagError as error:
        return Check("fail", "writer", error.message, error.hint)
    tuning = recall(digest, threads=session.settings.answering.threads)
    words = (
        f"threads {tuning.threads}, batch {tuning.batch}, "
        f"flash attention {'on' if tuning.is_flash else 'off'}"
    )
    found = recorded(digest)
    if found is None:
        return Check("ok", "writer", f"{words}; not measured here", "secure-rag doctor --tune")
    rates = f"{found.prompt_per_s:.0f} prompt and {found.answer_per_s:.0f} answer tokens/s"
    return Check("ok", "writer", f"{words}; measured here: {rates}")


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
