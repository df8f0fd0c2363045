"""From outcomes to the figures of one condition."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from secure_rag.evaluation.answers_run import Outcome
from secure_rag.evaluation.estimates import mean, share, spread
from secure_rag.evaluation.figures import rounded
from secure_rag.evaluation.intervals import resampled


def condition_figures(outcomes: Sequence[Outcome], *, seed: int) -> dict[str, Any]:
    """Return the figures of one condition; the line that refuses everything stands beside them."""
    answerable = [one for one in outcomes if one.case.is_answerable]
    others = [one for one in outcomes if not one.case.is_answerable]
    answered = [one for one in outcomes if not one.refused]
    silence = [0.0 if one.case.is_answerable else 1.0 for one in outcomes]
    return {
        "cases": len(outcomes),
        "answered": len(answered),
        "reasons": dict(sorted(Counter(one.reason or "answered" for one in outcomes).items())),
        "overall": {
            "exact": _mean(outcomes, lambda one: one.exact, seed),
            "f1": _mean(outcomes, lambda one: one.f1, seed),
        },
        "answerable": {
            "exact": _mean(answerable, lambda one: one.exact, seed),
            "f1": _mean(answerable, lambda one: one.f1, seed),
            "refused": _share(answerable, lambda one: one.refused),
            "f1_of_answered": _mean(
                [one for one in answerable if not one.refused], lambda one: one.f1, seed
            ),
        },
        "unanswerable": {"refused": _share(others, lambda one: one.refused)},
        "refuse_everything": {
            "f1": rounded(statistics.fmean(silence)) if silence else None,
            "answerable_f1": 0.0 if answerable else None,
            "refused": 1.0,
        },
        "gain": _gain(outcomes, silence, seed),
        "citations": _citations(answerable),
        "shown": shown_figures(outcomes),
        "time": _time(outcomes),
    }


def shown_figures(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return what must hold for every answer that is shown, whatever it was asked."""
    answered = [one for one in outcomes if not one.refused]
    words = sum(one.words for one in answered)
    grounded = sum(one.grounded for one in answered)
    return {
        "answers": len(answered),
        "cited": _share(answered, lambda one: one.citations.shown > one.citations.unverified),
        "citations": sum(one.citations.shown for one in answered),
        "unverified": sum(one.citations.unverified for one in answered),
        "dropped": sum(one.citations.dropped for one in answered),
        "grounded": {"value": rounded(grounded / words if words else None), "count": grounded,
                     "of": words},
        "with_sentence": sum(one.has_sentence for one in answered),
        "leaks": {
            "answers": sum(one.leaks.any for one in answered),
            "findings": sum(one.leaks.findings for one in answered),
            "values": sum(one.leaks.values for one in answered),
            "not_issued": sum(one.leaks.not_issued for one in answered),
        },
    }  # fmt: skip


SHOWN: Final = ("cited", "grounded", "unverified", "dropped", "leaks")
MEASURED: Final = (
    "exact", "f1", "gain", "answerable_exact", "answerable_f1", "wrongly_refused", "refused",
    "citation_precision", "citation_recall", "first_s", "tokens_per_s",
)  # fmt: skip
"""What `--min` and `--max` may name, of one condition or of the first."""


def demandable(conditions: Iterable[str]) -> list[str]:
    """Return all names that can be demanded."""
    names = [*MEASURED, *SHOWN]
    return [*names, *(f"{one}.{name}" for one in (*conditions, "index") for name in names)]


def demanded(report: dict[str, Any]) -> dict[str, float | None]:
    """Return the figures of a report by name.

    Without a condition: of the main one; what holds for shown answers, of all conditions.
    """
    by_name = {
        f"{condition}.{name}": figure
        for condition, one in report["conditions"].items()
        for name, figure in _named(one).items()
    }
    main = _named(report["conditions"][report["main"]])
    return {**by_name, **main, **_named_shown(report["shown"])}


def _named(condition: dict[str, Any]) -> dict[str, float | None]:
    answerable, time = condition["answerable"], condition["time"]
    cited = condition["citations"]
    return {
        "exact": condition["overall"]["exact"]["value"],
        "f1": condition["overall"]["f1"]["value"],
        "gain": condition["gain"]["value"],
        "answerable_exact": answerable["exact"]["value"],
        "answerable_f1": answerable["f1"]["value"],
        "wrongly_refused": answerable["refused"]["value"],
        "refused": condition["unanswerable"]["refused"]["value"],
        "citation_precision": cited["precision"]["value"],
        "citation_recall": cited["recall"]["value"],
        "first_s": time["first_s"]["median"],
        "tokens_per_s": time["writer"]["tokens_per_s"],
        **_named_shown(condition["shown"]),
    }


def _named_shown(shown: dict[str, Any]) -> dict[str, float | None]:
    return {
        "cited": shown["cited"]["value"],
        "grounded": shown["grounded"]["value"],
        "unverified": float(shown["unverified"]),
        "dropped": float(shown["dropped"]),
        "leaks": float(shown["leaks"]["answers"]),
    }


def _citations(answerable: Sequence[Outcome]) -> dict[str, Any]:
    """Return precision by citation and recall by question, of the answerable ones.

    A citation is right if its quote holds an expected answer.
    """
    answered = [one for one in answerable if not one.refused]
    shown = sum(one.citations.shown for one in answered)
    right = sum(one.citations.right for one in answered)
    own = sum(one.citations.from_own for one in answered)
    return {
        "precision": share(right, shown),
        "from_own_passage": share(own, shown),
        "recall": _share(answerable, lambda one: one.citations.right > 0),
        "recall_of_answered": _share(answered, lambda one: one.citations.right > 0),
    }


def _gain(outcomes: Sequence[Outcome], silence: Sequence[float], seed: int) -> dict[str, Any]:
    """Return F1 above refusing everything, with the paired interval."""
    gains = [one.f1 - quiet for one, quiet in zip(outcomes, silence, strict=True)]
    return {
        "value": rounded(statistics.fmean(gains)) if gains else None,
        "interval": resampled(gains, [one.case.cluster for one in outcomes], seed=seed),
    }


def _time(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    written = [one for one in outcomes if one.written_tokens]
    tokens = sum(one.written_tokens for one in written)
    seconds = sum(one.write_s for one in written)
    return {
        "first_s": spread([one.first_s for one in outcomes if one.first_s is not None]),
        "answer_s": spread([one.total_s for one in outcomes if not one.refused]),
        "refusal_s": spread([one.total_s for one in outcomes if one.refused]),
        "writer": {
            "answers": len(written),
            "tokens": tokens,
            "seconds": round(seconds, 3),
            "tokens_per_s": round(tokens / seconds, 1) if seconds else None,
        },
    }


def _mean(
    outcomes: Sequence[Outcome], figure: Callable[[Outcome], float], seed: int
) -> dict[str, Any]:
    clusters = [one.case.cluster for one in outcomes]
    return mean([figure(one) for one in outcomes], clusters, seed=seed)


def _share(outcomes: Sequence[Outcome], fits: Callable[[Outcome], bool]) -> dict[str, Any]:
    return share(sum(fits(one) for one in outcomes), len(outcomes))
