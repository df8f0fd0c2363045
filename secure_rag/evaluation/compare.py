"""Compare base model, RAG, adapter, and RAG with adapter on the same cases, under one policy.

from pathlib import Path
from secure_rag.evaluation.compare import compare
from secure_rag.evaluation.compare_cases import read_cases
from secure_rag.pipeline.unrecorded import UnrecordedSession
from secure_rag.policy.loader import load_policy

policy = load_policy("default")
report = compare(read_cases(Path("ours.jsonl")), UnrecordedSession(policy), policy)
report["verdict"]["words"]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from secure_rag.errors import UsageError
from secure_rag.evaluation.answers_shown import Beside
from secure_rag.evaluation.compare_arms import ARMS, WORDS, Adapter, Parts, make_arm, why_not
from secure_rag.evaluation.compare_cases import CompareSet
from secure_rag.evaluation.compare_figures import arm_figures, pairs
from secure_rag.evaluation.compare_run import CompareOutcome, ask
from secure_rag.evaluation.compare_verdict import verdict
from secure_rag.evaluation.estimates import mean
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy

SEED: Final = 17

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def compare(
    cases: CompareSet,
    session: Session,
    policy: Policy,
    *,
    arms: Sequence[str] = ARMS,
    adapter: Adapter | None = None,
    has_index: bool = False,
    seed: int = SEED,
    limit: int | None = None,
    progress: Progress = lambda label, total: nullcontext(lambda done: None),
) -> dict[str, Any]:
    """Ask every case of every arm and return all figures as plain values.

    Args:
        session: recorded if cases are asked of its index, else one that records nothing.
        arms: of `ARMS`.
        has_index: the session has an index that holds documents.

    Raises:
        UsageError: an unknown arm.
    """
    wanted = _in_order(arms)
    wants_index = cases.wants_index and not has_index
    reasons = {name: why_not(name, adapter=adapter, wants_index=wants_index) for name in wanted}
    parts = Parts(session, policy, adapter)
    ran = _run(cases, [name for name in wanted if reasons[name] is None], parts, progress)
    figures = {
        name: _arm(name, reasons[name], ran.get(name), parts, adapter, seed) for name in wanted
    }
    differences = pairs(ran, seed=seed)
    independent = len({one.cluster for one in cases.cases})
    return {
        "set": _about(cases, independent, limit, seed),
        "system": _system(session, policy, adapter),
        "arms": figures,
        "refuse_everything": _silence(cases, seed),
        "pairs": differences,
        "verdict": verdict(figures, differences, independent=independent),
    }


def _run(
    cases: CompareSet, names: Sequence[str], parts: Parts, progress: Progress
) -> dict[str, list[CompareOutcome]]:
    """Ask every case of one arm after the other."""
    beside = Beside(parts.session, parts.policy)
    ran: dict[str, list[CompareOutcome]] = {}
    done = 0
    with progress("cases", len(cases.cases) * len(names)) as bar:
        for name in names:
            arm = make_arm(name, parts)
            ran[name] = []
            for case in cases.cases:
                ran[name].append(ask(arm, case, beside))
                done += 1
                bar(done)
    return ran


def _in_order(arms: Sequence[str]) -> list[str]:
    unknown = [name for name in arms if name not in ARMS]
    if unknown:
        raise UsageError(f"there is no arm {unknown[0]}", hint=f"arms: {', '.join(ARMS)}")
    return [name for name in ARMS if name in arms]


def _arm(
    name: str,
    reason: str | None,
    outcomes: list[CompareOutcome] | None,
    parts: Parts,
    adapter: Adapter | None,
    seed: int,
) -> dict[str, Any]:
    trained = adapter if name.endswith("adapter") else None
    return {
        "words": WORDS[name],
        "not_run": reason,
        "figures": arm_figures(outcomes, seed=seed) if outcomes else None,
        "memory_mib": parts.memory_mib(name) if outcomes else None,
        "training": {"adapter": trained.name, "digest": trained.digest, "seconds": trained.train_s}
        if trained
        else None,
    }


def _about(cases: CompareSet, independent: int, limit: int | None, seed: int) -> dict[str, Any]:
    listed = cases.cases
    return {
        "name": cases.name,
        "format": cases.format,
        "cases": len(listed),
        "independent": independent,
        "answerable": sum(one.is_answerable for one in listed),
        "unanswerable": sum(not one.is_answerable for one in listed),
        "forms": {
            form: count
            for form in ("answer", "text", "json")
            if (count := sum(one.form == form for one in listed))
        },
        "changed": sum(one.is_changed for one in listed),
        "from_index": sum(one.case.passages is None for one in listed),
        "bad_lines": [{"line": line, "error": error} for line, error in cases.bad_lines],
        "limit": limit,
        "seed": seed,
    }


def _system(session: Session, policy: Policy, adapter: Adapter | None) -> dict[str, Any]:
    return {
        "policy": policy.name,
        "policy_digest": policy.digest,
        "models": session.models.pinned_digests({"generator": session.settings.generator}),
        "generator": session.settings.generator,
        "writer": session.settings.answering.writer,
        "adapter": adapter.name if adapter else None,
    }


def _silence(cases: CompareSet, seed: int) -> dict[str, Any]:
    """Return what a program reaches that refuses everything."""
    scores = [float(not one.is_answerable) for one in cases.cases]
    return {"score": mean(scores, [one.cluster for one in cases.cases], seed=seed)}


__all__ = ["ARMS", "SEED", "compare"]
