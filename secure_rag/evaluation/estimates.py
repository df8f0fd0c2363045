"""Figures with what they rest on: means and shares with 95 % intervals, the spread of times."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from secure_rag.evaluation.figures import rounded
from secure_rag.evaluation.intervals import resampled, wilson


def mean(values: Sequence[float], clusters: Sequence[str], *, seed: int) -> dict[str, Any]:
    """Return a mean; its interval comes from drawing clusters anew."""
    return {
        "value": rounded(statistics.fmean(values)) if values else None,
        "interval": resampled(values, clusters, seed=seed),
        "of": len(values),
    }


def share(count: int, whole: int) -> dict[str, Any]:
    """Return a share with Wilson's interval; None of nothing."""
    return {
        "value": rounded(count / whole if whole else None),
        "interval": wilson(count, whole),
        "count": count,
        "of": whole,
    }


def spread(values: Sequence[float]) -> dict[str, float | None]:
    """Return the median and the 95th percentile, in the unit of the values."""
    if not values:
        return {"median": None, "p95": None}
    ordered = sorted(values)
    last = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"median": round(statistics.median(ordered), 4), "p95": round(last, 4)}
