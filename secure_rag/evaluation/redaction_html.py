"""The report of `eval redaction` as one HTML file: no script, nothing loaded, fit for print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

from secure_rag.evaluation.page import html_table, page
from secure_rag.evaluation.redaction_text import title
from secure_rag.evaluation.tables import tables

_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 320, 50, 20
_LINES: Final = (("recall", "", "○"), ("precision", "8 4", "□"), ("f2", "2 3", "△"))
"""Figure, dash pattern and marker: told apart without colour."""


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
