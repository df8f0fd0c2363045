"""95 % intervals: Wilson for shares, resampling whole clusters for means and differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

RESAMPLES: Final = 1000
_Z: Final = 1.959964
"""The 97.5 % point of the normal distribution."""


def wilson(part: int, whole: int) -> list[float] | None:
    """Return Wilson's score interval of a share (Wilson 1927)."""
    if not whole:
        return None
    share, z2 = part / whole, _Z * _Z
    middle = share + z2 / (2 * whole)
    spread = _Z * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    scale = 1 + z2 / whole
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return [round(max(0.0, low), 4), round(min(1.0, high), 4)]


def resampled(values: Sequence[float], clusters: Sequence[str], *, seed: int) -> list[float] | None:
    """Return the interval of a mean, clusters drawn anew a thousand times.

    Of a difference, value by value, it is the paired bootstrap.

    Args:
        clusters: of each value; questions about one passage are no independent draws.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    if len(names) < 2:
        return None
    sums, counts = np.zeros(len(names)), np.zeros(len(names))
    for value, cluster in zip(values, clusters, strict=True):
        sums[names[cluster]] += value
        counts[names[cluster]] += 1
    weights = np.random.default_rng(seed).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES
    )
    means = (weights @ sums) / (weights @ counts)
    low, high = np.percentile(means, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]
