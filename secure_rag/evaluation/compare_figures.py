"""From the outcomes of a comparison to the figures of each arm and of each pair of arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from secure_rag.evaluation.compare_arms import ARMS
from secure_rag.evaluation.compare_run import CompareOutcome
from secure_rag.evaluation.estimates import mean, share, spread
from secure_rag.evaluation.figures import rounded
from secure_rag.evaluation.intervals import resampled

Outcomes = Sequence[CompareOutcome]


def arm_figures(outcomes: Outcomes, *, seed: int) -> dict[str, Any]:
    """Return what an arm reached."""
    answerable = [one for one in outcomes if one.case.is_answerable]
    others = [one for one in outcomes if not one.case.is_answerable]
    in_words = [one for one in answerable if one.case.form != "json"]
    objects = [one for one in answerable if one.case.form == "json"]
    return {
        "cases": len(outcomes),
        "score": _mean(outcomes, lambda one: one.score.value, seed),
        "over_silence": _mean(outcomes, lambda one: one.score.value - silence(one), seed),
        "words": {
            "exact": _mean(in_words, lambda one: one.score.exact, seed),
            "f1": _mean(in_words, lambda one: one.score.value, seed),
        },
        "fields": _fields(objects, seed),
        "unanswerable_refused": _share(others, lambda one: one.refused),
        "wrongly_refused": _share(answerable, lambda one: one.refused),
        "grounded": _grounded(outcomes),
        "leaks": _leaks(outcomes),
        "fresh": _fresh(outcomes, seed),
        "time": _time(outcomes),
    }


def silence(one: CompareOutcome) -> float:
    """Return the score of refusing a case."""
    return float(not one.case.is_answerable)


def pairs(by_arm: Mapping[str, Outcomes], *, seed: int) -> list[dict[str, Any]]:
    """Return the difference of every two arms, the one that needs more less the other.

    In points of 100, with the paired bootstrap: cases that have a passage or a document in common
    are drawn together.
    """
    ran = [name for name in ARMS if name in by_arm]
    return [
        _pair(more, by_arm[more], less, by_arm[less], seed)
        for place, more in enumerate(ran)
        for less in ran[:place]
    ]


def _pair(more: str, of: Outcomes, less: str, over: Outcomes, seed: int) -> dict[str, Any]:
    gained = [
        100 * (one.score.value - other.score.value) for one, other in zip(of, over, strict=True)
    ]
    bounds = resampled(gained, [one.case.cluster for one in of], seed=seed)
    return {
        "arm": more,
        "over": less,
        "points": round(sum(gained) / len(gained), 2),
        "interval": [round(bound, 2) for bound in bounds] if bounds else None,
        "shown": _shown(bounds),
    }


def _shown(bounds: Sequence[float] | None) -> str | None:
    """Say what an interval shows: `better`, `worse`, or nothing if it holds 0."""
    if not bounds or bounds[0] <= 0 <= bounds[1]:
        return None
    return "better" if bounds[0] > 0 else "worse"


def _fields(objects: Outcomes, seed: int) -> dict[str, Any]:
    right = sum(one.score.right for one in objects)
    wanted = sum(len(one.case.fields) for one in objects)
    return {
        # of objects: those with many fields do not weigh more
        "accuracy": {**_mean(objects, lambda one: one.score.value, seed), "right": right,
                     "wanted": wanted},
        "valid": _share(objects, lambda one: one.score.is_valid),
    }  # fmt: skip


def _grounded(outcomes: Outcomes) -> dict[str, Any]:
    words = sum(one.words for one in outcomes)
    grounded = sum(one.grounded for one in outcomes)
    value = rounded(grounded / words if words else None)
    return {"value": value, "count": grounded, "of": words}


def _leaks(outcomes: Outcomes) -> dict[str, int]:
    return {
        "answers": sum(one.leaks.any for one in outcomes),
        "findings": sum(one.leaks.findings for one in outcomes),
        "values": sum(one.leaks.values for one in outcomes),
        "not_issued": sum(one.leaks.not_issued for one in outcomes),
    }


def _fresh(outcomes: Outcomes, seed: int) -> dict[str, Any] | None:
    """Return the score of what changed after training, and of the rest; None if nothing did."""
    changed = [one for one in outcomes if one.case.is_changed]
    if not changed:
        return None
    others = [one for one in outcomes if not one.case.is_changed]
    return {
        "changed": _mean(changed, lambda one: one.score.value, seed),
        "others": _mean(others, lambda one: one.score.value, seed),
    }


def _time(outcomes: Outcomes) -> dict[str, Any]:
    written = [one.written for one in outcomes if one.written.tokens]
    tokens = sum(one.tokens for one in written)
    seconds = sum(one.seconds for one in written)
    return {
        "first_s": spread([one.first_s for one in outcomes if one.first_s is not None]),
        "answer_s": spread([one.total_s for one in outcomes]),
        "tokens": tokens,
        "tokens_per_s": round(tokens / seconds, 1) if seconds else None,
    }


def _mean(
    outcomes: Outcomes, figure: Callable[[CompareOutcome], float], seed: int
) -> dict[str, Any]:
    clusters = [one.case.cluster for one in outcomes]
    return mean([figure(one) for one in outcomes], clusters, seed=seed)


def _share(outcomes: Outcomes, fits: Callable[[CompareOutcome], bool]) -> dict[str, Any]:
    return share(sum(fits(one) for one in outcomes), len(outcomes))
