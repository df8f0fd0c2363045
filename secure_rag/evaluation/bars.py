"""Bars with error bars as inline SVG: no script, colours from the page's style, words for all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH, _BAR, _GAP, _LEFT, _RIGHT, _TOP = 460, 18, 10, 190, 90, 8
_STEPS: Final = 5


@dataclass(frozen=True)
class Bar:
    """One bar; without a value its note stands in its place."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    """Stands behind the bar: the figure, or why there is none."""
    is_pale: bool = False
    """Only an outline: told from the others without colour."""


def bars(
    title: str,
    rows: Sequence[Bar],
    *,
    whole: float,
    unit: str,
    note: str = "",
    reach: str = "95 %",
) -> str:
    """Return a figure; a table with the same values should stand below.

    Args:
        whole: what the axis reaches.
        unit: what the axis counts.
        note: stands behind the title below the bars.
        reach: what the error bars are.
    """
    height = _TOP + len(rows) * (_BAR + _GAP)
    name = hashlib.sha256(title.encode()).hexdigest()[:8]
    described = "; ".join(f"{row.label}: {_in_words(row, reach)}" for row in rows)
    parts = [
        f'<svg role="img" aria-labelledby="t{name} d{name}" '
        f'viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {height + 40}" '
        f'width="{_LEFT + _WIDTH + _RIGHT}" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="t{name}">{escape(title)}</title>'
        f'<desc id="d{name}">{escape(described)}</desc>',
        *_axis(whole, height, unit),
    ]
    for place, row in enumerate(rows):
        parts += _row(row, _TOP + place * (_BAR + _GAP), whole)
    parts.append("</svg>")
    caption = escape(f"{title}{note}")
    return f"<figure>{''.join(parts)}<figcaption>{caption}</figcaption></figure>\n"


def _axis(whole: float, height: int, unit: str) -> Iterator[str]:
    for step in range(_STEPS + 1):
        figure = whole * step / _STEPS
        x = _x(figure, whole)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}" class="grid"/>'
            f'<text x="{x:.1f}" y="{height + 16}" text-anchor="middle">{figure:g}</text>'
        )
    middle = _LEFT + _WIDTH / 2
    yield f'<text x="{middle:.0f}" y="{height + 34}" text-anchor="middle">{escape(unit)}</text>'


def _row(row: Bar, y: int, whole: float) -> Iterator[str]:
    middle = y + _BAR / 2
    yield (
        f'<text x="{_LEFT - 8}" y="{middle + 4:.1f}" text-anchor="end">{escape(row.label)}</text>'
    )
    end = float(_LEFT)
    if row.value is not None:
        end = _x(row.value, whole)
        kind = "pale" if row.is_pale else "bar"
        yield (
            f'<rect x="{_LEFT}" y="{y}" width="{end - _LEFT:.1f}" height="{_BAR}" class="{kind}"/>'
        )
        if row.low is not None and row.high is not None:
            low, high = _x(row.low, whole), _x(row.high, whole)
            end = max(end, high)
            yield _whisker(low, high, middle)
    yield f'<text x="{end + 8:.1f}" y="{middle + 4:.1f}">{escape(row.note)}</text>'


def _whisker(low: float, high: float, middle: float) -> str:
    lines = (
        (low, high, middle, middle),
        (low, low, middle - 5, middle + 5),
        (high, high, middle - 5, middle + 5),
    )
    return "".join(
        f'<line x1="{a:.1f}" x2="{b:.1f}" y1="{c:.1f}" y2="{d:.1f}" class="whisker"/>'
        for a, b, c, d in lines
    )


def _x(figure: float, whole: float) -> float:
    share = figure / whole if whole else 0.0
    return _LEFT + _WIDTH * min(1.0, max(0.0, share))


def _in_words(row: Bar, reach: str) -> str:
    if row.value is None or row.low is None or row.high is None:
        return row.note or "no figure"
    return f"{row.note}, {reach} {row.low:.3g} to {row.high:.3g}"
