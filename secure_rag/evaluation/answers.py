"""Measure answers and refusals on questions with known answers.

from pathlib import Path
from secure_rag.evaluation.answers import evaluate
from secure_rag.evaluation.answers_set import read_questions
from secure_rag.pipeline.unrecorded import UnrecordedSession
from secure_rag.policy.loader import load_policy

questions = read_questions([Path("dev-v2.0.json")], limit=200)
policy = load_policy("unsafe-keep-all")
report = evaluate(questions, UnrecordedSession(policy), policy)
report["conditions"]["gold"]["overall"]["f1"]["value"]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from secure_rag.answering.calibration import load_calibration
from secure_rag.errors import UsageError
from secure_rag.evaluation.answers_cases import CONDITIONS, GOLD, INDEX, Case, CaseMaker
from secure_rag.evaluation.answers_curve import GATED, curve
from secure_rag.evaluation.answers_figures import condition_figures, shown_figures
from secure_rag.evaluation.answers_run import Measurement, Outcome
from secure_rag.evaluation.answers_set import Question, QuestionSet
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.unrecorded import UnrecordedSession
from secure_rag.policy.model import Policy

PASSAGES: Final = 6
DEFAULT: Final = ("gold", "same-topic", "other")
"""Conditions that are measured where the set allows them."""
_FAR: Final = 0.3
"""An answer of a lower F1, without a citation that holds the answer, is a wrong one."""

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def evaluate(
    questions: QuestionSet,
    session: Session,
    policy: Policy,
    *,
    conditions: Sequence[str] = (),
    passages: int = PASSAGES,
    seed: int = 17,
    with_curve: bool = True,
    most_mistakes: int = 20,
    show_texts: bool = False,
    progress: Progress = lambda label, total: nullcontext(lambda done: None),
) -> dict[str, Any]:
    """Ask every question under every condition and return all figures as plain values.

    Args:
        session: an `UnrecordedSession` for given passages, a recorded one for its index.
        conditions: of `CONDITIONS`, or `index`; none is those of `DEFAULT` that the set allows.
        with_curve: also ask what the gate refuses again without it, quotes only.
        show_texts: put questions and answers into the list of mistakes. For public sets.

    Raises:
        UsageError: a condition that the set does not allow.
    """
    cases = make_cases(questions, conditions, passages=passages, seed=seed)
    by_condition = _asked(cases, Measurement(session, policy), progress)
    everything = [one for outcomes in by_condition.values() for one in outcomes]
    rows = None
    if with_curve and isinstance(session, UnrecordedSession):
        rows = curve(_without_gate(by_condition, session, policy, progress))
    return {
        "questions": {**_about(questions), "passages_given": passages, "seed": seed},
        "system": _system(session, policy),
        "main": next(iter(by_condition)),
        "conditions": {n: condition_figures(o, seed=seed) for n, o in by_condition.items()},
        "shown": shown_figures(everything),
        "curve": rows,
        "mistakes": _mistakes(everything, most_mistakes, show_texts=show_texts),
    }


def _asked(
    cases: Sequence[Case], measurement: Measurement, progress: Progress
) -> dict[str, list[Outcome]]:
    by_condition: dict[str, list[Outcome]] = {}
    with progress("questions", len(cases)) as bar:
        for outcome in measurement.run(cases, progress=bar):
            by_condition.setdefault(outcome.case.condition, []).append(outcome)
    return by_condition


def make_cases(
    questions: QuestionSet, conditions: Sequence[str], *, passages: int = PASSAGES, seed: int = 17
) -> list[Case]:
    """Return the cases of a measurement, condition by condition.

    Raises:
        UsageError: a condition that the set does not allow, or none at all.
    """
    if INDEX in conditions:
        return [Case(question, INDEX, None) for question in questions.questions]
    maker = CaseMaker(questions, passages=passages, seed=seed)
    allowed = maker.conditions()
    for condition in conditions:
        if condition not in allowed:
            raise UsageError(
                f"the set does not allow the condition {condition}",
                hint=f"it allows: {', '.join(allowed) or 'none; ask an index with --index'}",
            )
    wanted = conditions or [one for one in CONDITIONS if one in allowed and one in DEFAULT]
    made = list(maker.cases([one for one in CONDITIONS if one in wanted]))
    if not made:
        raise UsageError(
            "no question has passages", hint="ask an index with --index, or put passages in"
        )
    return made


def _without_gate(
    by_condition: dict[str, list[Outcome]],
    session: UnrecordedSession,
    policy: Policy,
    progress: Progress,
) -> dict[str, list[Outcome]]:
    """Return the outcomes as they are with the threshold 0; the writer is left out of them."""
    settings = session.settings.answering
    lenient = settings.model_copy(update={"evidence_threshold": 0.0, "writer": "quotes"})
    again = Measurement(session.under(lenient), policy)
    gated = sum(one.reason == GATED for each in by_condition.values() for one in each)
    done = 0
    opened: dict[str, list[Outcome]] = {}
    with progress("without the gate", gated) as bar:
        for name, outcomes in by_condition.items():
            opened[name] = []
            for one in outcomes:
                if one.reason == GATED:
                    one = again.ask(one.case)
                    done += 1
                    bar(done)
                opened[name].append(one)
    return opened


def _about(questions: QuestionSet) -> dict[str, Any]:
    answerable = sum(bool(question.golds) for question in questions.questions)
    return {
        "name": questions.name,
        "format": questions.format,
        "count": len(questions.questions),
        "answerable": answerable,
        "unanswerable": len(questions.questions) - answerable,
        "passages": len(questions.paragraphs),
        "topics": len({question.topic for question in questions.questions}),
    }


def _system(session: Session, policy: Policy) -> dict[str, Any]:
    settings = session.settings.answering
    threshold = settings.evidence_threshold
    return {
        "policy": policy.name,
        "policy_digest": policy.digest,
        "models": session.models.pinned_digests({"generator": session.settings.generator}),
        "generator": session.settings.generator,
        "adapter": session.settings.adapter or None,
        "adapter_digest": session.adapter_digest or None,
        "writer": settings.writer,
        "threshold": load_calibration().threshold if threshold is None else threshold,
    }


def _mistakes(outcomes: Sequence[Outcome], most: int, *, show_texts: bool) -> dict[str, Any]:
    """Return counts by condition and kind, and the first of each by the id of its question."""
    found = [(kind, one) for one in outcomes for kind in _kinds(one)]
    counts = Counter((one.case.condition, kind) for kind, one in found)
    listed: Counter[tuple[str, str]] = Counter()
    places = []
    for kind, one in found:
        listed[one.case.condition, kind] += 1
        if listed[one.case.condition, kind] <= most:
            places.append(_place(kind, one, show_texts=show_texts))
    return {
        "counts": [
            {"condition": condition, "kind": kind, "count": count}
            for (condition, kind), count in counts.items()
        ],
        "places": places,
    }


def _kinds(one: Outcome) -> Iterator[str]:
    if one.leaks.any:
        yield "leak"
    if one.citations.unverified:
        yield "unverified"
    if one.case.is_answerable:
        if one.refused:
            yield "wrongly refused"
        elif one.f1 < _FAR and not one.citations.right:
            yield "wrong answer"
    elif not one.refused:
        yield "answered without an answer"


def _place(kind: str, one: Outcome, *, show_texts: bool) -> dict[str, Any]:
    question: Question = one.case.question
    place: dict[str, Any] = {
        "id": question.id,
        "condition": one.case.condition,
        "kind": kind,
        "f1": round(one.f1, 3),
        "evidence": None if one.evidence is None else round(one.evidence, 4),
    }
    if show_texts:
        place |= {"question": question.text, "expected": list(one.golds), "said": one.text}
    return place


__all__ = ["CONDITIONS", "DEFAULT", "GOLD", "INDEX", "PASSAGES", "evaluate", "make_cases"]
