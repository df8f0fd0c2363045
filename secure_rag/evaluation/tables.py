"""The report of `eval redaction` as tables that text and HTML lay out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from secure_rag.evaluation.span_match import ANY

_NOTHING: Final = "–"
_SHOWN_COUNTS: Final = 15


@dataclass(frozen=True)
class Table:
    """A table: the first columns are words, the rest numbers."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    words: int = 1
    """How many columns from the left hold words."""


def tables(value: dict[str, Any]) -> Iterator[Table]:
    """Yield the tables of a report, most important first."""
    yield _words(value)
    yield _people(value)
    yield _entities(value)
    if value["tab"]:
        yield _tab(value)
    if value["slices"]:
        yield _slices(value)
    if value["sweep"]:
        yield _sweep(value)
    if value["minimums"]:
        yield _minimums(value)
    if value["errors"]["counts"]:
        yield _mistakes(value)
    if value["errors"]["places"]:
        yield _places(value)


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure, or a dash where there was nothing to count."""
    return _NOTHING if value is None else f"{value:.{digits}f}"


def between(bounds: list[float] | None) -> str:
    """Return an interval: `0.912–0.941`."""
    return f"{bounds[0]:.3f}–{bounds[1]:.3f}" if bounds else ""


def _columns(value: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the system measured and, if there is one, the baseline."""
    baseline = value.get("baseline")
    return [("", value), *([("baseline: ", baseline)] if baseline else [])]


def _words(value: dict[str, Any]) -> Table:
    kinds = (
        ("words hidden, under any type", "words", "word_f2"),
        ("words, right type (micro)", "words_typed", None),
        ("words, right type (macro)", "words_typed_macro", None),
        ("spans, any type", "spans", "span_f2"),
        ("spans, any type, no skip words", "spans_without_skip_words",
         "span_f2_without_skip_words"),
        ("spans, right type (micro)", "spans_typed", None),
        ("spans, right type, no skip words", "spans_typed_without_skip_words", None),
        ("spans, right type (macro)", "spans_typed_macro", None),
    )  # fmt: skip
    rows = []
    for prefix, system in _columns(value):
        overall = system["overall"]
        for title, name, interval in kinds:
            one = overall[name]
            counts = (
                (f"{one['found']:,}/{one['gold']:,}", f"{one['right']:,}/{one['said']:,}")
                if "gold" in one
                else (f"{one['entities']} types", "")
            )
            bounds = overall["intervals"].get(interval) if interval else None
            rows.append(
                (
                    prefix + title,
                    number(one["precision"]),
                    number(one["recall"]),
                    number(one["f2"]),
                    between(bounds),
                    *counts,
                )
            )
    return Table(
        "Overall",
        ("", "precision", "recall", "F2", "F2, 95 %", "found/marked", "right/said"),
        tuple(rows),
        "Spans match from an intersection over union of 0.5 on. Intervals: documents resampled "
        "1,000 times.",
    )


def _people(value: dict[str, Any]) -> Table:
    rows = []
    for prefix, system in _columns(value):
        overall, surface = system["overall"], system["surface"]
        person = system["entities"].get("PERSON", {}).get("mentions")
        rows.append(_share(prefix + "mentions hidden whole", overall, "mention_full"))
        if person and person["gold"]:
            rows.append(
                (
                    f"{prefix}… of persons",
                    number(person["full_recall"]),
                    between(overall["intervals"].get("person_mention_full")),
                    f"{person['full']:,} of {person['gold']:,}",
                )
            )
        leak = overall["leakage"]
        rows += [
            (
                f"{prefix}documents with a leak",
                number(leak["rate"]),
                between(overall["intervals"].get("leakage")),
                f"{leak['leaked']:,} of {leak['documents']:,} with marks",
            ),
            (f"{prefix}share of the text hidden", number(surface["density"]), "", ""),
            (
                f"{prefix}characters per second and core",
                f"{surface['speed']['characters_per_cpu_second'] or 0:,}",
                "",
                f"{surface['speed']['characters']:,} in "
                f"{surface['speed']['cpu_seconds']:.1f} s of processor time",
            ),
        ]
    return Table("Mentions and documents", ("", "figure", "95 %", "counts"), tuple(rows))


def _share(title: str, overall: dict[str, Any], interval: str) -> tuple[str, ...]:
    mentions = overall["mentions"]
    return (
        title,
        number(mentions["full_recall"]),
        between(overall["intervals"].get(interval)),
        f"{mentions['full']:,} of {mentions['gold']:,}",
    )


def _entities(value: dict[str, Any]) -> Table:
    baseline = (value.get("baseline") or {}).get("entities", {})
    rows = []
    for name, one in value["entities"].items():
        words, spans = one["words"], one["spans"]
        row = [
            name,
            f"{one['mentions']['gold']:,}",
            number(one["mentions"]["full_recall"]),
            number(one["coverage"]),
            *(number(words[figure]) for figure in ("precision", "recall", "f2")),
            *(number(spans[figure]) for figure in ("precision", "recall", "f2")),
            number(one["leakage"]["rate"]),
        ]
        if baseline:
            row.append(number(baseline.get(name, {}).get("coverage")))
        rows.append(tuple(row))
    header = (
        "entity", "mentions", "whole", "coverage", "word P", "word R", "word F2",
        "span P", "span R", "span F2", "leak",
    )  # fmt: skip
    return Table(
        "By entity",
        (*header, "baseline coverage") if baseline else header,
        tuple(rows),
        "Whole: mentions with every word hidden; coverage: words hidden; both under any type. "
        "P, R, F2: under the right type. Leak: documents with a mention not hidden whole.",
    )


def _tab(value: dict[str, Any]) -> Table:
    titles = {
        "er_direct": "direct identifiers hidden in every mention (ER_di)",
        "er_quasi": "quasi identifiers hidden in every mention (ER_qi)",
        "token_recall": "token recall, direct and quasi",
        "token_precision": "token precision, direct and quasi",
        "mention_recall": "mention recall, direct and quasi",
    }
    rows = [
        (
            prefix + title,
            number(system["tab"][name]["value"]),
            f"{system['tab'][name]['count']:,} of {system['tab'][name]['of']:,}",
        )
        for prefix, system in _columns(value)
        for name, title in titles.items()
    ]
    return Table("Measures of the Text Anonymization Benchmark", ("", "figure", "counts"),
                 tuple(rows), "Summed over annotators.")  # fmt: skip


def _slices(value: dict[str, Any]) -> Table:
    rows = tuple(
        (
            one["slice"],
            one["value"],
            "any type" if one["entity"] == ANY else one["entity"],
            f"{one['mentions']:,}",
            number(one["full_recall"]),
        )
        for one in value["slices"]
    )
    return Table("By slice", ("slice", "value", "entity", "mentions", "whole"), rows, "", 3)


def _sweep(value: dict[str, Any]) -> Table:
    rows = tuple(
        (
            number(one["threshold"], 2),
            *(number(one[name]) for name in ("precision", "recall", "f2", "mention_full")),
        )
        for one in value["sweep"]
    )
    return Table(
        "By threshold",
        ("threshold", "precision", "recall", "F2", "whole mentions"),
        rows,
        "One threshold for all entities, words under any type; without the gate's second look.",
    )


def _minimums(value: dict[str, Any]) -> Table:
    rows = tuple(
        (
            f"{one['figure']} of {'all' if one['entity'] == ANY else one['entity']}",
            number(one["demanded"]),
            number(one["reached"]),
            "reached" if one["ok"] else "MISSED",
        )
        for one in value["minimums"]
    )
    return Table("Demanded", ("", "at least", "is", ""), rows)


def _mistakes(value: dict[str, Any]) -> Table:
    counts = value["errors"]["counts"]
    rows = tuple(
        (one["kind"], one["entity"], one["found_as"] or "", f"{one['count']:,}")
        for one in counts[:_SHOWN_COUNTS]
    )
    note = f"{len(counts) - _SHOWN_COUNTS} kinds more" if len(counts) > _SHOWN_COUNTS else ""
    return Table("Mistakes by kind", ("kind", "marked", "found as", "count"), rows, note, 3)


def _places(value: dict[str, Any]) -> Table:
    errors = value["errors"]
    shows = any("text" in one for one in errors["places"])
    rows = tuple(
        (
            one["kind"],
            one["entity"],
            one["found_as"] or "",
            *((one["text"],) if shows else ()),
            str(one["document"]),
            f"{one['start']}–{one['end']}",
        )
        for one in errors["places"]
    )
    header = ("kind", "entity", "found as", *(("words",) if shows else ()), "document", "place")
    left = errors["places_left_out"]
    return Table("Mistakes", header, rows, f"{left:,} more" if left else "", 4 if shows else 3)
