"""Recall against precision as the threshold moves, from one pass of detection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from secure_rag.evaluation import figures
from secure_rag.evaluation.counts import Counts, Scope, score
from secure_rag.evaluation.labelled import LabelledText
from secure_rag.evaluation.run import Found
from secure_rag.evaluation.span_match import ANY


def sweep(
    pairs: Sequence[tuple[LabelledText, Found]], thresholds: Sequence[float], scope: Scope
) -> list[dict[str, Any]]:
    """Return word and mention figures of any type at each threshold."""
    rows = []
    for index, threshold in enumerate(thresholds):
        total: Counts = Counter()
        for text, found in pairs:
            total.update(score(text, found.by_threshold[index], scope).counts)
        one = figures.words(total, ANY)
        full, gold = total["mention", ANY, "full"], total["mention", ANY, "gold"]
        rows.append(
            {
                "threshold": threshold,
                "precision": one["precision"],
                "recall": one["recall"],
                "f2": one["f2"],
                "mention_full": figures.rounded(figures.rate(full, gold)),
            }
        )
    return rows
