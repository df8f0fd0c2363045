"""From counts to figures: rates, F2, means over entities, intervals by bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from secure_rag.evaluation.counts import Counts, Key
from secure_rag.evaluation.span_match import ANY

RESAMPLES: Final = 1000
BETA: Final = 2.0

Array = npt.NDArray[np.float64]
Count = Callable[[str, str, str], Array]
"""Returns a count: one number, or one per resample."""


def rate(part: float, whole: float) -> float | None:
    """Return part of whole, None where there is nothing to count."""
    return part / whole if whole else None


def f_beta(precision: float | None, recall: float | None, beta: float = BETA) -> float | None:
    """Return F with recall weighing `beta` times as much; None where recall has no meaning."""
    if recall is None:
        return None
    if precision is None or precision + recall == 0:
        return 0.0
    square = beta * beta
    return (1 + square) * precision * recall / (square * precision + recall)


def triple(right: float, said: float, found: float, gold: float) -> dict[str, Any]:
    """Return precision, recall and F2 with the counts they rest on."""
    precision, recall = rate(right, said), rate(found, gold)
    return {
        "precision": rounded(precision),
        "recall": rounded(recall),
        "f2": rounded(f_beta(precision, recall)),
        "right": int(right),
        "said": int(said),
        "found": int(found),
        "gold": int(gold),
    }


def words(counts: Counts, entity: str) -> dict[str, Any]:
    """Return word figures: hidden by anything for `*`, under the right type otherwise."""
    found = counts["word", entity, "masked" if entity == ANY else "found"]
    return triple(
        counts["word", entity, "right"],
        counts["word", entity, "said"],
        found,
        counts["word", entity, "gold"],
    )


def spans(counts: Counts, measure: str, entity: str) -> dict[str, Any]:
    """Return span figures of one entity."""
    return triple(*(counts[measure, entity, what] for what in ("right", "said", "found", "gold")))


def summed(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the micro average over entities."""
    return triple(*(sum(one[what] for one in each) for what in ("right", "said", "found", "gold")))


def averaged(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the macro average over entities that occur in the marks."""
    occurring = [one for one in each if one["gold"]]
    means: dict[str, Any] = {}
    for name in ("precision", "recall", "f2"):
        # a type that was never said has no precision; it counts as none
        values = [one[name] or 0.0 for one in occurring]
        means[name] = rounded(sum(values) / len(values)) if values else None
    return {**means, "entities": len(occurring)}


def rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def intervals(documents: Sequence[Counts], *, seed: int) -> dict[str, list[float] | None]:
    """Return 95 % intervals of the headline figures, by resampling documents."""
    if len(documents) < 2:
        return {}
    keys = sorted({key for key in _headline_keys() if any(key in one for one in documents)})
    table = np.array([[one[key] for key in keys] for one in documents], np.float64)
    weights = np.random.default_rng(seed).multinomial(
        len(documents), np.full(len(documents), 1 / len(documents)), size=RESAMPLES
    )
    sums = weights @ table
    columns = {key: sums[:, index] for index, key in enumerate(keys)}
    nothing = np.zeros(RESAMPLES)
    found = {
        name: figure(lambda *key: columns.get(key, nothing)) for name, figure in HEADLINES.items()
    }
    return {name: _bounds(values) for name, values in found.items()}


def _bounds(values: Array) -> list[float] | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def _ratio(part: Array, whole: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan), np.float64)


def _f2(count: Count, measure: str, found: str) -> Array:
    precision = np.nan_to_num(_ratio(count(measure, ANY, "right"), count(measure, ANY, "said")))
    recall = _ratio(count(measure, ANY, found), count(measure, ANY, "gold"))
    return _ratio(5 * precision * recall, 4 * precision + recall)


def _share(measure: str, entity: str, part: str, whole: str) -> Callable[[Count], Array]:
    return lambda count: _ratio(count(measure, entity, part), count(measure, entity, whole))


HEADLINES: Final[dict[str, Callable[[Count], Array]]] = {
    "word_precision": _share("word", ANY, "right", "said"),
    "word_recall": _share("word", ANY, "masked", "gold"),
    "word_f2": lambda count: _f2(count, "word", "masked"),
    "span_f2": lambda count: _f2(count, "span", "found"),
    "span_f2_without_skip_words": lambda count: _f2(count, "span-all", "found"),
    "mention_full": _share("mention", ANY, "full", "gold"),
    "person_mention_full": _share("mention", "PERSON", "full", "gold"),
    "leakage": _share("document", ANY, "leaked", "gold"),
}
"""Figures that get an interval; all of any type."""


def _headline_keys() -> list[Key]:
    listed: list[Key] = []

    def note(measure: str, entity: str, what: str) -> Array:
        listed.append((measure, entity, what))
        return np.zeros(1)

    for figure in HEADLINES.values():
        figure(note)
    return listed
