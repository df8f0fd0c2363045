"""Measure redaction on a labelled set: recall, precision, leaks, speed, and what was missed.

from pathlib import Path
from secure_rag.evaluation.datasets import read_set
from secure_rag.evaluation.redaction import evaluate
from secure_rag.evaluation.systems import OURS, SystemSetup
from secure_rag.policy.loader import load_policy

labelled = read_set([Path("letters.yaml")])
report = evaluate(labelled, SystemSetup(OURS, load_policy("strict")))
report["overall"]["words"]["recall"]
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from secure_rag.errors import InputError
from secure_rag.evaluation import figures
from secure_rag.evaluation.counts import (
    Counts,
    DocumentScore,
    Mistake,
    Scope,
    scope_of,
    score,
)
from secure_rag.evaluation.labelled import LabelledSet, LabelledText
from secure_rag.evaluation.run import Found, run
from secure_rag.evaluation.span_match import ANY
from secure_rag.evaluation.sweep import sweep
from secure_rag.evaluation.systems import SystemSetup
from secure_rag.evaluation.tab_scores import score_tab

SWEEP: Final = tuple(round(0.05 * step, 2) for step in range(1, 20))
MOST_ERRORS: Final = 50


def evaluate(
    labelled: LabelledSet,
    setup: SystemSetup,
    *,
    entities: Sequence[str] = (),
    workers: int = 0,
    seed: int = 17,
    show_values: bool = False,
    most_errors: int = MOST_ERRORS,
    progress: Callable[[int], None] = lambda done: None,
    found: Sequence[Found] | None = None,
) -> dict[str, Any]:
    """Run a system over a set and return all figures as plain values.

    Args:
        entities: measure these only; none is every entity that is marked.
        show_values: put missed and extra words into the list of errors. For public sets.
        found: measure this, in the order of the texts, and run nothing.

    Raises:
        UsageError: an entity that no mark has.
        InputError: the set has no marks that count, or every document failed.
    """
    scope = scope_of(labelled, entities)
    started = time.monotonic()
    if found is None:
        found = run(setup, labelled.texts, workers=workers, progress=progress)
    elapsed = time.monotonic() - started
    pairs = _paired(labelled, found)
    scores = [score(text, one.spans, scope) for text, one in pairs]
    return {
        "entities_measured": sorted(scope.entities),
        "counts_every_finding": scope.counts_all,
        "documents_failed": [one.number for one in found if one.error],
        **_figures([one.counts for one in scores], scope, seed),
        "surface": _surface(pairs, elapsed),
        "tab": _tab(pairs) if labelled.format == "tab" else None,
        "sweep": sweep(pairs, setup.thresholds, scope) if setup.thresholds else None,
        "errors": _errors(scores, most_errors, labelled if show_values else None),
    }


def _paired(labelled: LabelledSet, found: Sequence[Found]) -> list[tuple[LabelledText, Found]]:
    """Return texts with what was found in them; those that failed are left out."""
    both = zip(labelled.texts, found, strict=True)
    pairs = [(text, one) for text, one in both if not one.error]
    if not pairs:
        raise InputError("every document failed", code="dataset.failed")
    return pairs


def _figures(documents: Sequence[Counts], scope: Scope, seed: int) -> dict[str, Any]:
    total = sum(documents, Counter())
    intervals = figures.intervals(documents, seed=seed)
    return {
        "overall": {**_overall(total, scope), "intervals": intervals},
        "entities": {name: _entity(total, name) for name in _named(total, scope)},
        "slices": _slices(total),
    }


def _named(total: Counts, scope: Scope) -> list[str]:
    """Return the measured entities, and those that were said beside them."""
    said = {entity for measure, entity, what in total if measure == "word" and what == "said"}
    return [*sorted(scope.entities), *sorted(said - scope.entities - {ANY})]


def _overall(total: Counts, scope: Scope) -> dict[str, Any]:
    names = _named(total, scope)
    typed = [figures.words(total, name) for name in names]
    typed_spans = [figures.spans(total, "span", name) for name in names]
    return {
        "words": figures.words(total, ANY),
        "words_typed": figures.summed(typed),
        "words_typed_macro": figures.averaged(typed),
        "spans": figures.spans(total, "span", ANY),
        "spans_without_skip_words": figures.spans(total, "span-all", ANY),
        "spans_typed": figures.summed(typed_spans),
        "spans_typed_without_skip_words": figures.summed(
            [figures.spans(total, "span-all", name) for name in names]
        ),
        "spans_typed_macro": figures.averaged(typed_spans),
        **_mentions(total, ANY),
    }


def _entity(total: Counts, name: str) -> dict[str, Any]:
    hidden, gold = total["word", name, "masked"], total["word", name, "gold"]
    return {
        "words": figures.words(total, name),
        "coverage": figures.rounded(figures.rate(hidden, gold)),
        "spans": figures.spans(total, "span", name),
        "spans_without_skip_words": figures.spans(total, "span-all", name),
        **_mentions(total, name),
    }


def _mentions(total: Counts, name: str) -> dict[str, Any]:
    mentions = total["mention", name, "gold"]
    documents = total["document", name, "gold"]
    return {
        "mentions": {
            "gold": mentions,
            "full": total["mention", name, "full"],
            "touched": total["mention", name, "touched"],
            "full_recall": figures.rounded(figures.rate(total["mention", name, "full"], mentions)),
        },
        "leakage": {
            "documents": documents,
            "leaked": total["document", name, "leaked"],
            "rate": figures.rounded(figures.rate(total["document", name, "leaked"], documents)),
        },
    }


def _surface(pairs: Sequence[tuple[LabelledText, Found]], elapsed: float) -> dict[str, Any]:
    characters = sum(len(text.text) for text, _ in pairs)
    hidden = sum(one.end - one.start for _, found in pairs for one in found.spans)
    seconds = sum(found.seconds for _, found in pairs)
    return {
        "density": figures.rounded(figures.rate(hidden, characters)),
        "speed": {
            "characters": characters,
            "cpu_seconds": round(seconds, 3),
            "elapsed_seconds": round(elapsed, 3),
            "characters_per_cpu_second": round(characters / seconds) if seconds else None,
        },
    }


def _slices(total: Counts) -> list[dict[str, Any]]:
    rows = []
    for measure, entity, what in sorted(total):
        if what != "gold" or not measure.startswith("slice|"):
            continue
        _, kind, value = measure.split("|", 2)
        gold, full = total[measure, entity, "gold"], total[measure, entity, "full"]
        rows.append(
            {
                "slice": kind,
                "value": value,
                "entity": entity,
                "mentions": gold,
                "full": full,
                "full_recall": figures.rounded(figures.rate(full, gold)),
            }
        )
    return rows


def _tab(pairs: Sequence[tuple[LabelledText, Found]]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for text, found in pairs:
        counts.update(score_tab(text, found.spans))

    def share(part: str, whole: str) -> dict[str, Any]:
        return {
            "value": figures.rounded(figures.rate(counts[part], counts[whole])),
            "count": counts[part],
            "of": counts[whole],
        }

    return {
        "er_direct": share("direct_masked", "direct"),
        "er_quasi": share("quasi_masked", "quasi"),
        "token_recall": share("words_masked", "words"),
        "token_precision": share("right", "said"),
        "mention_recall": share("mentions_masked", "mentions"),
    }


def _errors(
    scores: Sequence[DocumentScore], most: int, shown: LabelledSet | None
) -> dict[str, Any]:
    """Return counts by kind and entity, and the first places; words only if asked for."""
    texts = {text.number: text.text for text in shown.texts} if shown else None
    mistakes = [one for score_ in scores for one in score_.mistakes]
    counted = Counter((one.kind, one.entity, one.found_as) for one in mistakes)
    return {
        "counts": [
            {"kind": kind, "entity": entity, "found_as": found_as or None, "count": count}
            for (kind, entity, found_as), count in sorted(counted.items(), key=lambda x: -x[1])
        ],
        "places": [_place(one, texts) for one in mistakes[:most]],
        "places_left_out": max(0, len(mistakes) - most),
    }


def _place(one: Mistake, texts: dict[int, str] | None) -> dict[str, Any]:
    place: dict[str, Any] = {
        "document": one.document,
        "start": one.start,
        "end": one.end,
        "kind": one.kind,
        "entity": one.entity,
        "found_as": one.found_as or None,
    }
    if texts is not None:
        place["text"] = texts[one.document][one.start : one.end]
    return place
