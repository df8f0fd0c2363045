"""The report of `eval redaction` as one HTML file: no script, nothing loaded, fit for print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from secure_rag.evaluation.chart import chart
from secure_rag.evaluation.page import html_table, page
from secure_rag.evaluation.redaction_text import title
from secure_rag.evaluation.tables import tables


def to_html(value: dict[str, Any]) -> str:
    """Return the page."""
    return page("Redaction measured", "".join(_body(value)))


def _body(value: dict[str, Any]) -> Iterator[str]:
    yield "<h1>Redaction measured</h1>\n"
    for line in title(value).splitlines():
        yield f"<p>{escape(line)}</p>\n"
    yield (
        '<p class="n">A mention that is not hidden is a leak. These figures hold for texts like '
        "those of this set; redaction lowers exposure, it is not anonymisation.</p>\n"
    )
    for table in tables(value):
        if table.title == "By threshold":
            yield _chart(value["sweep"])
        yield html_table(table)


def _chart(rows: Sequence[dict[str, Any]]) -> str:
    """Return recall, precision and F2 over the threshold; the table below holds the values."""
    lines = [
        ("F2" if name == "f2" else name, [(one["threshold"], one[name]) for one in rows])
        for name in ("recall", "precision", "f2")
    ]
    return chart("Recall, precision and F2 by threshold", lines, across="threshold")
