"""The report of `eval compare` as tables that text and HTML lay out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from secure_rag.evaluation.compare_arms import WORDS
from secure_rag.evaluation.compare_verdict import duration
from secure_rag.evaluation.tables import Table, number

_DASH = "–"


def tables(value: dict[str, Any]) -> Iterator[Table]:
    """Yield the tables of a report, most important first."""
    yield score_table(value)
    yield pair_table(value)
    if value["set"]["forms"].keys() - {"json"}:
        yield words_table(value)
    if "json" in value["set"]["forms"]:
        yield fields_table(value)
    yield refusal_table(value)
    if value["set"]["changed"]:
        yield fresh_table(value)
    yield safety_table(value)
    yield cost_table(value)


def points(one: dict[str, Any]) -> str:
    """Return a share in points of 100."""
    return number(None if one["value"] is None else 100 * one["value"], 1)


def bounds(interval: Sequence[float] | None, scale: float = 100) -> str:
    """Return an interval in points: `36.1 to 46.2`."""
    return f"{scale * interval[0]:.1f} to {scale * interval[1]:.1f}" if interval else ""


def score_table(value: dict[str, Any]) -> Table:
    """Return the score of each arm, and that of refusing everything."""
    rows = [
        _row(arm, lambda of: (points(of["score"]), bounds(of["score"]["interval"]),
                              points(of["over_silence"]), bounds(of["over_silence"]["interval"])),
             columns=4)
        for arm in value["arms"].values()
    ]  # fmt: skip
    silent = value["refuse_everything"]["score"]
    rows.append(("… refuse everything", points(silent), bounds(silent["interval"]), "", ""))
    return Table(
        "Score",
        ("", "points", "95 %", "over refusing everything", "95 %"),
        tuple(rows),
        "Points of 100 over all cases: F1 of words, the share of right fields, or whether it was "
        "refused where there is no answer.",
    )


def pair_table(value: dict[str, Any]) -> Table:
    """Return the difference of every two arms that ran."""
    rows = tuple(
        (
            WORDS[one["arm"]],
            WORDS[one["over"]],
            f"{one['points']:+.1f}",
            bounds(one["interval"], 1),
            one["shown"] or "not shown",
        )
        for one in value["pairs"]
    )
    return Table(
        "Differences",
        ("", "less", "points", "95 %", ""),
        rows,
        f"Paired bootstrap, 1,000 draws, seed {value['set']['seed']}; cases of one document or "
        "passage are drawn together. Not widened for the number of arms.",
        words=2,
    )


def words_table(value: dict[str, Any]) -> Table:
    """Return exact match and F1 of the cases that want words."""
    rows = tuple(
        _row(arm, lambda of: (points(of["words"]["exact"]), points(of["words"]["f1"]),
                              bounds(of["words"]["f1"]["interval"]),
                              f"{of['words']['f1']['of']:,}"), columns=4)
        for arm in value["arms"].values()
    )  # fmt: skip
    return Table(
        "Answers in words",
        ("", "EM", "F1", "F1, 95 %", "cases with an answer"),
        rows,
        "SQuAD's scoring, in points; a refusal says nothing.",
    )


def fields_table(value: dict[str, Any]) -> Table:
    """Return fields and format of the cases that want an object."""
    rows = tuple(
        _row(arm, lambda of: (points(of["fields"]["accuracy"]),
                              bounds(of["fields"]["accuracy"]["interval"]),
                              _counted(of["fields"]["accuracy"], "right", "wanted"),
                              points(of["fields"]["valid"]),
                              bounds(of["fields"]["valid"]["interval"])), columns=5)
        for arm in value["arms"].values()
    )  # fmt: skip
    return Table(
        "Objects",
        ("", "fields right", "95 %", "fields", "format valid", "95 %"),
        rows,
        "Valid: one JSON object with exactly the wanted keys and nothing around it.",
    )


def refusal_table(value: dict[str, Any]) -> Table:
    """Return right and wrong refusals."""
    rows = tuple(
        _row(arm, lambda of: tuple(
            cell for one in (of["unanswerable_refused"], of["wrongly_refused"])
            for cell in (points(one), bounds(one["interval"]), _counted(one, "count", "of"))
        ), columns=6)
        for arm in value["arms"].values()
    )  # fmt: skip
    return Table(
        "Refusals",
        ("", "refused, no answer there", "95 %", "count", "wrongly refused", "95 %", "count"),
        rows,
    )


def fresh_table(value: dict[str, Any]) -> Table:
    """Return the score of what changed after training beside the rest."""
    rows = tuple(
        _row(arm, lambda of: (points(of["fresh"]["changed"]),
                              bounds(of["fresh"]["changed"]["interval"]),
                              points(of["fresh"]["others"])), columns=3)
        for arm in value["arms"].values()
    )  # fmt: skip
    return Table(
        "Freshness",
        ("", "changed after training", "95 %", "the rest"),
        rows,
        f"Points; {value['set']['changed']} cases are marked as changed.",
    )


def safety_table(value: dict[str, Any]) -> Table:
    """Return groundedness and leaks."""
    rows = tuple(
        _row(arm, lambda of: (points(of["grounded"]), _counted(of["grounded"], "count", "of"),
                              f"{of['leaks']['values']:,}", f"{of['leaks']['findings']:,}",
                              f"{of['leaks']['not_issued']:,}"), columns=5)
        for arm in value["arms"].values()
    )  # fmt: skip
    return Table(
        "Grounds and leaks",
        ("", "words in the passages", "words", "redacted values shown", "other findings",
         "placeholders not issued"),
        rows,
        "Words of answers that stand in the passages in runs of three or more. A finding may be a "
        "name that the model made up.",
    )  # fmt: skip


def cost_table(value: dict[str, Any]) -> Table:
    """Return time, memory and training."""
    rows = tuple(
        _row(arm, lambda of, arm=arm: (
            number(of["time"]["first_s"]["median"], 2), number(of["time"]["first_s"]["p95"], 2),
            number(of["time"]["answer_s"]["median"], 2),
            number(of["time"]["tokens_per_s"], 1),
            f"{arm['memory_mib']:,}", training(arm["training"])), columns=6)
        for arm in value["arms"].values()
    )  # fmt: skip
    return Table(
        "Cost",
        ("", "first text, s", "p95", "answer, s", "tokens/s", "memory, MiB", "training"),
        rows,
        "Medians; models are loaded, and detectors have seen the texts, before. Memory: resident, "
        "of the program with the models of the arm.",
    )


def training(spent: dict[str, Any] | None) -> str:
    """Return what training cost, in words."""
    if not spent:
        return "none"
    seconds = spent["seconds"]
    return duration(seconds) if seconds is not None else "not recorded"


def _row(arm: dict[str, Any], cells: Any, *, columns: int) -> tuple[str, ...]:
    """Return the row of an arm; one that did not run says so once."""
    if arm["figures"] is None:
        return (arm["words"], "not run", *[""] * (columns - 1))
    return (arm["words"], *cells(arm["figures"]))


def _counted(one: dict[str, Any], part: str, whole: str) -> str:
    return f"{one[part]:,} of {one[whole]:,}" if one[whole] else _DASH
