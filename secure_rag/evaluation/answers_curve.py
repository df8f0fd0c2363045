"""Refusal against accuracy: what another threshold of the evidence gate would give."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from secure_rag.evaluation.answers_run import Outcome
from secure_rag.evaluation.figures import rounded

THRESHOLDS: Final = tuple(round(0.025 * step, 3) for step in range(41))
GATED: Final = "low_evidence"
"""The reason of a refusal that another threshold may undo."""


def curve(by_condition: Mapping[str, Sequence[Outcome]]) -> list[dict[str, Any]]:
    """Return a row for each threshold.

    Args:
        by_condition: outcomes as they are with no threshold: nothing refused by the gate. The
            first condition is the one whose accuracy is shown.
    """
    return [_row(threshold, by_condition) for threshold in THRESHOLDS]


def best_below(rows: Sequence[dict[str, Any]], wrongly_refused: float) -> dict[str, Any] | None:
    """Return the strictest row that wrongly refuses no more than that."""
    known = [
        row
        for row in rows
        if row["wrongly_refused"] is not None and row["wrongly_refused"] <= wrongly_refused
    ]
    return max(known, key=lambda row: float(row["threshold"]), default=None)


def _row(threshold: float, by_condition: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    at = {name: list(_at(threshold, outcomes)) for name, outcomes in by_condition.items()}
    main = next(iter(at.values()))
    answerable = [one for one in main if one.case.is_answerable]
    return {
        "threshold": threshold,
        "refused": _mean([one.refused for one in main]),
        "f1": _mean([one.f1 for one in main]),
        "answerable_f1": _mean([one.f1 for one in answerable]),
        "f1_of_answered": _mean([one.f1 for one in main if not one.refused]),
        "wrongly_refused": _mean([one.refused for one in answerable]),
        "unanswerable_refused": {
            name: _mean([one.refused for one in outcomes if not one.case.is_answerable])
            for name, outcomes in at.items()
        },
    }


def _at(threshold: float, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    for one in outcomes:
        if not one.refused and (one.evidence is None or one.evidence < threshold):
            silence = 0.0 if one.case.is_answerable else 1.0
            yield replace(one, refused=True, reason=GATED, exact=silence, f1=silence)
        else:
            yield one


def _mean(values: Sequence[float]) -> float | None:
    return rounded(statistics.fmean(values)) if values else None
