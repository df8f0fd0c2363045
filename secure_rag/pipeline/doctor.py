"""`doctor`: one line for each thing that must be right, with the command that repairs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from secure_rag.audit.anchors import AnchorCheck
from secure_rag.audit.holds import standing_holds
from secure_rag.audit.retention import left_segments
from secure_rag.audit.verify import verify
from secure_rag.errors import SecureRagError
from secure_rag.isolation import Evidence
from secure_rag.pipeline.checks import Check
from secure_rag.pipeline.doctor_access import check_access
from secure_rag.pipeline.doctor_copies import check_copies, check_volume
from secure_rag.pipeline.prune import make_plans, make_term
from secure_rag.pipeline.quarantine import read_records
from secure_rag.pipeline.session import Session
from secure_rag.retrieval.recall import LEAST_RECALL, NEIGHBOURS, SAMPLES, vector_recall
from secure_rag.runtime.manifest import Models
from secure_rag.vault.wraps import factors_in_force, is_unfinished
from secure_rag.workspace import Workspace

_NEEDED_ROLES = ("generator", "embedder", "ner", "reader")


def check_machine(evidence: Evidence, workspace: Workspace | None) -> Iterator[Check]:
    """Check what needs no workspace: isolation and models."""
    yield from _check_isolation(evidence)
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
    yield from check_volume(session)
    yield from check_copies(session)
    yield from check_access(session)
    yield from _check_erasures(session)
    yield _guarded("vault", lambda: f"open for adding and look-up, domain {session.domain.name}")
    yield from _check_keys(session)
    yield from _check_log(session)
    yield _guarded("index", lambda: _index_words(session))
    if session.clearance.is_full:
        yield from _check_vector_index(session)
    if session.settings.retrieval.reranker:
        yield _guarded("model reranker", partial(_reranker_name, session))
    yield from _check_quarantine(session)


def _check_quarantine(session: Session) -> Iterator[Check]:
    """Say how many documents wait in quarantine, or that its records cannot be read."""
    try:
        records = list(read_records(session.workspace.quarantine, collection=session.collection))
    except SecureRagError as error:
        yield Check("fail", "quarantine", error.message, error.hint)
        return
    count = sum(session.clearance.sees(record.labels) for record in records)
    if count:
        yield Check("warn", "quarantine", f"{count} waiting", "secure-rag index quarantine")


def _check_erasures(session: Session) -> Iterator[Check]:
    """Find erasures that a restored backup undid; looking at the collection does them again."""
    try:
        owed = session.erasures().owed()
    except SecureRagError as error:
        yield Check("fail", "erasures", error.message, error.hint)
        return
    if owed:
        detail = f"{len(owed)} were cut off, or undone by a restored backup: done again just now"
        yield Check("warn", "erasures", detail)


def _check_keys(session: Session) -> Iterator[Check]:
    """Say what opens the vault, and whether a change of its keys was interrupted."""
    try:
        version = session.vault.descriptor().version
        words = " + ".join(factors_in_force(session.workspace.vault, version))
        if is_unfinished(session.workspace.vault, version):
            yield Check("warn", "vault key", "a change was interrupted", "secure-rag vault rotate")
        else:
            yield Check("ok", "vault key", f"version {version}, values open with: {words}")
    except SecureRagError as error:
        yield Check("fail", "vault key", error.message, error.hint)


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
    yield _guarded_check("retention", lambda: _check_retention(session))


def _check_retention(session: Session) -> Check:
    """Say how long records are kept, and whether older ones are there; nothing goes by itself."""
    days, folder = session.settings.audit.retention_days, session.workspace.audit
    if left := left_segments(folder):
        text = f"{len(left)} pruned segments are still there: a pruning was interrupted"
        return Check("warn", "retention", text, "secure-rag audit prune")
    if not days:
        return Check("ok", "retention", "the settings keep the log for ever")
    plans = make_plans(folder, make_term(days))
    plan, earlier = plans.segments, plans.earlier
    if plan is None and not earlier.going:
        return Check("ok", "retention", f"{days} days; no whole segment is older")
    holds = len(standing_holds(folder))
    older = [f"{len(earlier.going)} log(s) of before"] if earlier.going else []
    older += [f"{plan.records:,} records in {plan.segments} segment(s)"] if plan else []
    text = f"{days} days; {' and '.join(older)} are older"
    if holds:
        return Check("ok", "retention", f"{text}, kept by {holds} legal hold(s)")
    return Check("warn", "retention", text, "secure-rag audit prune")


def _model_name(models: Models, role: str) -> str:
    return models.locate(role).model.name


def _index_words(session: Session) -> str:
    session.check_index()
    return f"{session.seen.count_chunks():,} chunks, made by the policy and models in force"


def _check_vector_index(session: Session) -> Iterator[Check]:
    """Compare searches through the vector index, where there is one, with exact ones."""
    try:
        if not session.store.has_vector_index:
            return
        recall = vector_recall(session.store)
    except SecureRagError as error:
        yield Check("fail", "vector index", error.message, error.hint)
        return
    words = (
        f"finds {recall:.1%} of the {NEIGHBOURS} nearest passages that exact search finds "
        f"({SAMPLES} stored vectors asked)"
    )
    if recall >= LEAST_RECALL:
        yield Check("ok", "vector index", words)
    else:
        yield Check("warn", "vector index", words, "secure-rag index rebuild, or mode = lexical")


def _reranker_name(session: Session) -> str:
    located = session.models.locate("reranker", session.settings.retrieval.reranker)
    return located.model.name


def _guarded(subject: str, look: Callable[[], str]) -> Check:
    return _guarded_check(subject, lambda: Check("ok", subject, look()))


def _guarded_check(subject: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except SecureRagError as error:
        return Check("fail", subject, error.message, error.hint)
