"""The report of `eval compare` for a terminal, and as one HTML file with bar charts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from secure_rag.evaluation import compare_tables as tables
from secure_rag.evaluation.bars import Bar, bars
from secure_rag.evaluation.page import html_table, laid_out, page, printable
from secure_rag.evaluation.tables import Table

Figure = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes a share with its interval out of the figures of an arm."""


def title(value: dict[str, Any]) -> str:
    """Return what was compared on what, in two lines."""
    of, system = value["set"], value["system"]
    forms = ", ".join(f"{count} {form}" for form, count in of["forms"].items())
    adapter = f", adapter {printable(system['adapter'])}" if system["adapter"] else ""
    return (
        f"{printable(of['name'])}: {of['cases']:,} cases ({forms}), {of['unanswerable']:,} without "
        f"an answer, {of['independent']:,} independent\n"
        f"policy {system['policy']}, digest {system['policy_digest'][:12]}; generator "
        f"{system['generator']}, writer {system['writer']}{adapter}"
    )


def to_text(value: dict[str, Any]) -> str:
    """Return the whole report: the verdict first, then what it rests on."""
    told = value["verdict"]
    lines = [f"VERDICT: {told['words']}"]
    lines += [f"  because {reason}" for reason in told["reasons"][1 if told["use"] else 0 :]]
    lines += [f"  but {caution}" for caution in told["cautions"]]
    bad = value["set"]["bad_lines"]
    if bad:
        lines.append("LEFT OUT: " + "; ".join(f"line {o['line']}: {o['error']}" for o in bad))
    parts = [title(value), "\n".join(lines), *(laid_out(one) for one in tables.tables(value))]
    return "\n\n".join(parts) + "\n"


def to_html(value: dict[str, Any]) -> str:
    """Return the page."""
    return page("RAG, fine-tuning, or both", "".join(_body(value)))


def _body(value: dict[str, Any]) -> Iterator[str]:
    yield "<h1>RAG, fine-tuning, or both</h1>\n"
    for line in title(value).splitlines():
        yield f"<p>{escape(line)}</p>\n"
    yield _verdict(value)
    for table in tables.tables(value):
        yield from _charts(value, table)
        yield html_table(table)


def _verdict(value: dict[str, Any]) -> str:
    told = value["verdict"]
    items = [
        *told["reasons"][1 if told["use"] else 0 :],
        *(f"But {caution}." for caution in told["cautions"]),
    ]
    bad = value["set"]["bad_lines"]
    items += [f"Left out: line {one['line']}, {one['error']}." for one in bad]
    listed = "".join(f"<li>{escape(printable(item))}</li>\n" for item in items)
    words = escape(printable(told["words"]))
    return (
        f'<div class="v">\n<p><strong>Verdict: {words}.</strong></p>\n<ul>\n{listed}</ul>\n</div>\n'
    )


def _charts(value: dict[str, Any], table: Table) -> Iterator[str]:
    """Yield the bars that stand above a table; the table holds the values."""
    if table.title == "Score":
        yield _shares(value, "Score", lambda of: of["score"])
    elif table.title == "Answers in words":
        yield _shares(value, "F1 of answers in words", lambda of: of["words"]["f1"])
    elif table.title == "Objects":
        yield _shares(value, "Fields right", lambda of: of["fields"]["accuracy"])
        yield _shares(value, "Format valid", lambda of: of["fields"]["valid"])
    elif table.title == "Refusals" and value["set"]["unanswerable"]:
        yield _shares(
            value, "Refused where there is no answer", lambda of: of["unanswerable_refused"]
        )
    elif table.title == "Freshness":
        yield _shares(
            value, "Score of what changed after training", lambda of: of["fresh"]["changed"]
        )
    elif table.title == "Cost":
        yield _first(value)


def _shares(value: dict[str, Any], heading: str, figure: Figure) -> str:
    rows = []
    for arm in value["arms"].values():
        if arm["figures"] is None:
            rows.append(Bar(arm["words"], None, note="not run"))
            continue
        one = figure(arm["figures"])
        rows.append(_bar(arm["words"], one))
    if heading == "Score":
        silent = value["refuse_everything"]["score"]
        rows.append(_bar("refuse everything", silent, is_pale=True))
    return bars(heading, rows, whole=100, unit="points", note="; error bars: 95 %")


def _bar(label: str, one: dict[str, Any], *, is_pale: bool = False) -> Bar:
    if one["value"] is None:
        return Bar(label, None, note="nothing to count")
    low, high = (100 * bound for bound in one["interval"]) if one["interval"] else (None, None)
    return Bar(label, 100 * one["value"], low, high, tables.points(one), is_pale)


def _first(value: dict[str, Any]) -> str:
    """Return the time to the first text; its error bar reaches from the median to p95."""
    shown = [arm for arm in value["arms"].values() if arm["figures"]]
    times = [arm["figures"]["time"]["first_s"] for arm in shown]
    longest = max((one["p95"] for one in times if one["p95"] is not None), default=1.0)
    rows = [
        Bar(arm["words"], one["median"], one["median"], one["p95"], f"{one['median']:.2f}")
        if one["median"] is not None
        else Bar(arm["words"], None, note="showed nothing")
        for arm, one in zip(shown, times, strict=True)
    ]
    whole = _round_up(longest)
    return bars("Time to the first text", rows, whole=whole, unit="seconds", note="; line: to p95",
                reach="p95")  # fmt: skip


def _round_up(longest: float) -> float:
    """Return an even end of an axis."""
    return next((end for end in (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50) if longest <= end), longest)
