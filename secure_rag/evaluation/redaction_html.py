"""The report of `eval redaction` as one HTML file: no script, nothing loaded, fit for print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

from secure_rag.evaluation.redaction_text import printable, title
from secure_rag.evaluation.tables import Table, tables

_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;color:#111;background:#fff;max-width:72rem;
margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0}
caption{text-align:left;font-weight:600;font-size:1.15rem;padding:.6rem 0}
th,td{border-bottom:1px solid #999;padding:.2rem .6rem;text-align:right;white-space:nowrap}
th{border-bottom:2px solid #111;vertical-align:bottom}
.w{text-align:left;white-space:normal}
.n{color:#333;font-size:.9rem;margin:0 0 1.5rem}
figure{margin:1rem 0}
svg text{font:12px system-ui,sans-serif;fill:#111}
@media print{body{margin:0;max-width:none}table{page-break-inside:avoid}}
"""
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 320, 50, 20
_LINES: Final = (("recall", "", "○"), ("precision", "8 4", "□"), ("f2", "2 3", "△"))
"""Figure, dash pattern and marker: told apart without colour."""


def to_html(value: dict[str, Any]) -> str:
    """Return the page."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = "".join(_body(value))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        "<title>Redaction measured</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


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
        yield _table(table)


def _table(table: Table) -> str:
    def cell(tag: str, column: int, text: str) -> str:
        kind = ' class="w"' if column < table.words else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{kind}{scope}>{escape(printable(text))}</{tag}>"

    head = "".join(cell("th", column, text) for column, text in enumerate(table.header))
    rows = "".join(
        "<tr>" + "".join(cell("td", column, text) for column, text in enumerate(row)) + "</tr>\n"
        for row in table.rows
    )
    note = f'<p class="n">{escape(table.note)}</p>\n' if table.note else ""
    return (
        f"<table>\n<caption>{escape(table.title)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}</tbody>\n</table>\n{note}"
    )


def _chart(rows: Sequence[dict[str, Any]]) -> str:
    """Return recall, precision and F2 over the threshold; the table below holds the values."""
    parts = [
        f'<svg role="img" width="{_WIDTH + _LEFT + 20}" height="{_HEIGHT + _TOP + 50}" '
        'xmlns="http://www.w3.org/2000/svg"><title>Recall, precision and F2 by threshold</title>',
        *_axes(),
    ]
    for name, dashes, marker in _LINES:
        points = [(_x(one["threshold"]), _y(one[name])) for one in rows if one[name] is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="#111" stroke-width="1.5" '
            f'stroke-dasharray="{dashes or "none"}"/>'
        )
        parts += [
            f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{marker}</text>'
            for x, y in points
        ]
    legend = ", ".join(f"{marker} {'F2' if name == 'f2' else name}" for name, _, marker in _LINES)
    parts.append("</svg>")
    return f"<figure>{''.join(parts)}<figcaption>{legend}, by threshold</figcaption></figure>\n"


def _axes() -> Iterator[str]:
    for step in range(6):
        share = step / 5
        x, y = _x(share), _y(share)
        yield (
            f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#bbb"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.1f}</text>'
            f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle">{share:.1f}</text>'
        )
    yield (
        f'<text x="{_LEFT + _WIDTH / 2:.0f}" y="{_TOP + _HEIGHT + 38}" text-anchor="middle">'
        "threshold</text>"
    )


def _x(threshold: float) -> float:
    return _LEFT + _WIDTH * threshold


def _y(figure: float) -> float:
    return _TOP + _HEIGHT * (1 - figure)
