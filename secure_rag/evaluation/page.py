"""Reports as one HTML file: no script, nothing loaded, fit for print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from secure_rag.evaluation.redaction_text import printable
from secure_rag.evaluation.tables import Table

STYLE: Final = """
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
WIDTH, HEIGHT, LEFT, TOP = 640, 320, 50, 20
MARKERS: Final = "○□△◇●■"
DASHES: Final = ("none", "8 4", "2 3", "10 3 2 3", "4 4", "1 4")
"""Lines are told apart without colour."""


def page(title: str, body: str) -> str:
    """Return a page; its policy lets it load nothing and run nothing."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def table_html(table: Table) -> str:
    """Return a table with its title above and its note below."""

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


def chart(
    title: str,
    lines: Sequence[tuple[str, Sequence[tuple[float, float | None]]]],
    *,
    across: str,
    note: str = "",
) -> str:
    """Return lines over x from 0 to 1; a table with the same values should stand below.

    Args:
        lines: name and points of each; a point without a value is left out.
        across: what x is.
    """
    parts = [
        f'<svg role="img" width="{WIDTH + LEFT + 20}" height="{HEIGHT + TOP + 50}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>',
        *_axes(across),
    ]
    for number, (_, points) in enumerate(lines):
        known = [(_x(x), _y(y)) for x, y in points if y is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in known)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="#111" stroke-width="1.5" '
            f'stroke-dasharray="{DASHES[number % len(DASHES)]}"/>'
        )
        marker = MARKERS[number % len(MARKERS)]
        parts += [
            f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{marker}</text>'
            for x, y in known
        ]
    parts.append("</svg>")
    legend = ", ".join(
        f"{MARKERS[number % len(MARKERS)]} {name}" for number, (name, _) in enumerate(lines)
    )
    words = escape(f"{legend}, by {across}{note}")
    return f"<figure>{''.join(parts)}<figcaption>{words}</figcaption></figure>\n"


def _axes(across: str) -> Iterator[str]:
    for step in range(6):
        share = step / 5
        x, y = _x(share), _y(share)
        yield (
            f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#bbb"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.1f}</text>'
            f'<text x="{x:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{share:.1f}</text>'
        )
    yield (
        f'<text x="{LEFT + WIDTH / 2:.0f}" y="{TOP + HEIGHT + 38}" text-anchor="middle">'
        f"{escape(across)}</text>"
    )


def _x(share: float) -> float:
    return LEFT + WIDTH * share


def _y(figure: float) -> float:
    return TOP + HEIGHT * (1 - figure)
