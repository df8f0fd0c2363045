"""The report of `eval retrieval`: tables, text, and one HTML file with a bar chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from secure_rag.evaluation.bars import Bar, bars
from secure_rag.evaluation.page import html_table, laid_out, page, printable
from secure_rag.evaluation.retrieval_scores import FIGURES
from secure_rag.evaluation.tables import Table, number

_NAMES: Final = {"ndcg@10": "nDCG@10", "mrr@10": "MRR@10"}
_SLICES: Final = {"all": "all", "naming": "name a person or place", "others": "name nobody"}


def to_text(value: dict[str, Any]) -> str:
    """Return the whole report for a terminal."""
    parts = [title(value), *(laid_out(table) for table in tables(value))]
    return "\n\n".join(parts) + "\n"


def to_html(value: dict[str, Any]) -> str:
    """Return the page."""
    head = "".join(f"<p>{escape(line)}</p>\n" for line in title(value).splitlines())
    shown = "".join(html_table(table) for table in tables(value))
    return page("Retrieval measured", f"<h1>Retrieval measured</h1>\n{head}{_chart(value)}{shown}")


def title(value: dict[str, Any]) -> str:
    """Return what was measured on what."""
    of, policy = value["set"], value["policy"]
    lines = [
        f"{printable(of['name'])} ({of['format']}): {of['documents']:,} documents, "
        f"{value['questions']:,} questions, {value['naming_questions']:,} of them name a person "
        "or place"
    ]
    if policy:
        lines.append(f"policy {policy['name']}, digest {policy['digest'][:12]}")
    for arm in value["arms"]:
        failed = ", ".join(f"{code} {count}" for code, count in sorted(arm["failed"].items()))
        if failed:
            lines.append(f"{arm['name']}: not indexed, as ingest would refuse them: {failed}")
    return "\n".join(lines)


def tables(value: dict[str, Any]) -> Iterator[Table]:
    """Yield the tables of a report, most important first."""
    yield _figures(value, "all", "All questions")
    if value["naming_questions"]:
        yield _figures(value, "naming", "Questions that name a person or place")
    if value["losses"]:
        yield _losses(value)
    if value["views"]:
        yield _views(value)
    if value["minimums"]:
        yield _minimums(value)


def _figures(value: dict[str, Any], of: str, caption: str) -> Table:
    rows = tuple(
        (arm["name"], mode, *(number(figure) for figure in _in_order(modes[of])))
        for arm in value["arms"]
        for mode, modes in arm["modes"].items()
    )
    header = ("text", "search", *(_NAMES.get(name, name) for name in FIGURES))
    return Table(caption, header, rows, words=2)


def _in_order(figures: Mapping[str, float] | None) -> list[float | None]:
    return [figures[name] if figures else None for name in FIGURES]


def _losses(value: dict[str, Any]) -> Table:
    rows = []
    for loss in value["losses"]:
        found = loss["ndcg@10"]
        shown = ("–", "–", "0")
        if found:
            shown = (
                f"{100 * found['mean']:+.2f}",
                f"{100 * found['low']:+.2f} to {100 * found['high']:+.2f}",
                f"{found['questions']:,}",
            )
        rows.append((loss["mode"], _SLICES[loss["of"]], *shown))
    return Table(
        "What redaction costs, raw - redacted, points of nDCG@10",
        ("search", "questions that", "lost", "95 %", "questions"),
        tuple(rows),
        "paired bootstrap over questions; a minus means that redaction gains",
        words=2,
    )


def _views(value: dict[str, Any]) -> Table:
    rows = []
    for one in value["views"]:
        cells = [one["view"]]
        for mode in ("lexical", "vector", "hybrid"):
            shown = one["modes"].get(mode, {})
            cells += [number(shown.get("all")), number(shown.get("naming"))]
        rows.append(tuple(cells))
    header = ["view of placeholders"]
    for mode in ("lexical", "vector", "hybrid"):
        header += [mode, "… naming"]
    return Table(
        "Views of placeholders, nDCG@10 on redacted text",
        tuple(header),
        tuple(rows),
        "naming: questions that name a person or place; a dash is not affected by the view",
    )


def _minimums(value: dict[str, Any]) -> Table:
    rows = tuple(
        (
            one["what"],
            number(one["demanded"]),
            number(one["reached"]),
            "ok" if one["ok"] else "MISSED",
        )
        for one in value["minimums"]
    )
    return Table("Demanded", ("figure", "demanded", "reached", ""), rows)


def _chart(value: dict[str, Any]) -> str:
    """Return nDCG@10 as bars, a pair for each search; the tables hold the values."""
    rows = [
        Bar(f"{mode}, {arm['name']}", figure, note=f"{figure:.3f}", is_pale=arm["name"] == "raw")
        for mode in ("lexical", "vector", "hybrid")
        for arm in value["arms"]
        if mode in arm["modes"]
        for figure in (arm["modes"][mode]["all"]["ndcg@10"],)
    ]
    return bars("nDCG@10 by search and text", rows, whole=1.0, unit="nDCG@10")
