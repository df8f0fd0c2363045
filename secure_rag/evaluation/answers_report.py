"""The report of `eval answers` for a terminal, and as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from secure_rag.evaluation.answers_tables import tables
from secure_rag.evaluation.chart import chart
from secure_rag.evaluation.page import html_table, laid_out, page, printable

_EVERY = 4
"""A terminal gets every fourth row of the curve."""


def title(value: dict[str, Any]) -> str:
    """Return what was measured on what, in two lines."""
    of, system = value["questions"], value["system"]
    return (
        f"{printable(of['name'])} ({of['format']}): {of['count']:,} questions, "
        f"{of['answerable']:,} with an answer, {of['passages']:,} passages\n"
        f"policy {system['policy']}, digest {system['policy_digest'][:12]}; "
        f"generator {system['generator']}, writer {system['writer']}"
    )


def to_text(value: dict[str, Any]) -> str:
    """Return the whole report."""
    shown = dict(value)
    if value["curve"]:
        shown["curve"] = value["curve"][::_EVERY]
    return "\n\n".join([title(value), *(laid_out(table) for table in tables(shown))]) + "\n"


def to_html(value: dict[str, Any]) -> str:
    """Return the page."""
    return page("Answers measured", "".join(_body(value)))


def _body(value: dict[str, Any]) -> Iterator[str]:
    yield "<h1>Answers measured</h1>\n"
    for line in title(value).splitlines():
        yield f"<p>{escape(line)}</p>\n"
    yield (
        '<p class="n">A quote can be verbatim and beside the point. These figures hold for '
        "questions and passages like those of this set.</p>\n"
    )
    for table in tables(value):
        if table.title == "By threshold":
            yield _accuracy_chart(value)
            yield _refusal_chart(value)
        yield html_table(table)


def _accuracy_chart(value: dict[str, Any]) -> str:
    """Return refusal against accuracy: F1 by the share that is refused."""
    rows: Sequence[dict[str, Any]] = value["curve"]
    silent = value["conditions"][value["main"]]["refuse_everything"]["f1"]
    known = [row for row in rows if row["refused"] is not None]
    lines = [
        ("F1", [(row["refused"], row["f1"]) for row in known]),
        ("F1 of what is answered", [(row["refused"], row["f1_of_answered"]) for row in known]),
        ("refuse everything", [(0.0, silent), (1.0, silent)]),
    ]
    return chart(
        "Refusal against accuracy",
        lines,
        across="share of questions refused",
        note=f" ({value['main']})",
    )


def _refusal_chart(value: dict[str, Any]) -> str:
    """Return what is refused rightly by what is refused wrongly."""
    rows = [row for row in value["curve"] if row["wrongly_refused"] is not None]
    if not rows:
        return ""
    lines = [
        (name, [(row["wrongly_refused"], row["unanswerable_refused"][name]) for row in rows])
        for name, figure in value["curve"][0]["unanswerable_refused"].items()
        if figure is not None
    ]
    return chart("Refused rightly by refused wrongly", lines, across="share wrongly refused")
