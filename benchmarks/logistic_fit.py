"""Fit logistic functions, and put them into the calibration that the program reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secure_rag.answering.calibration import FILE, FORMAT, Logistic

Array = NDArray[np.float64]


def fit(
    names: Sequence[str],
    rows: Array,
    labels: Array,
    weights: Array | None = None,
    *,
    shrinkage: float = 1.0,
) -> Logistic:
    """Fit by Newton's method.

    Args:
        shrinkage: against a weight of one standard deviation; cases count one each.
    """
    weights = np.ones(len(labels)) if weights is None else weights
    weights = weights * (len(labels) / weights.sum())
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    x = np.hstack([(rows - mean) / scale, np.ones((len(rows), 1))])
    penalty = np.diag([*[shrinkage] * len(names), 0.0])
    w = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weights * (p - labels)) + penalty @ w
        curvature = (x * (weights * p * (1 - p))[:, None]).T @ x + penalty
        w -= np.linalg.solve(curvature, gradient)
    plain = w[:-1] / scale
    bias = float(w[-1] - plain @ mean)
    return Logistic(tuple(names), tuple(round(float(v), 5) for v in plain), round(bias, 5))


def balanced(conditions: Sequence[str], answerable: Sequence[str]) -> Array:
    """Weigh cases so that each condition counts the same on its side, and both sides the same."""
    positive = {name for name in conditions if name in answerable}
    negative = set(conditions) - positive
    share = {
        name: 1 / conditions.count(name) / len(positive if name in positive else negative)
        for name in set(conditions)
    }
    return np.array([share[name] for name in conditions])


def store(parts: dict[str, Logistic], provenance: dict[str, Any], **values: float) -> None:
    """Put fitted functions into the calibration in place of those that stand there."""
    table = json.loads(FILE.read_text("utf-8"))
    table["format"] = FORMAT
    for name, logistic in parts.items():
        weights = dict(zip(logistic.names, logistic.weights, strict=True))
        table[name] = {"bias": logistic.bias, "weights": weights}
    table.update(values)
    table["provenance"] = {**table.get("provenance", {}), **provenance}
    FILE.write_text(json.dumps(table, indent=2) + "\n", "utf-8")
