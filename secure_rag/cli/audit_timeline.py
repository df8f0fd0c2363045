"""The timeline of an audit report: one bar a day, as inline SVG, readable without colour.

Kinds differ by hatching. Styles stand in the page's one style element: the page's policy
forbids style attributes and scripts.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

GROUPS = ("questions", "documents", "reveals", "other")
"""Kinds of bars, from the axis up."""
_OF: Mapping[str, str] = {
    "query": "questions",
    "passages": "questions",
    "answer": "questions",
    "redact": "questions",
    "document": "documents",
    "quarantine": "documents",
    "index": "documents",
    "sources": "documents",
    "reveal.requested": "reveals",
    "reveal.granted": "reveals",
    "reveal.denied": "reveals",
    "audit.searched": "reveals",
}
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 900, 240, 52, 12, 28
_MAX_BARS = 60
_PATTERNS = (
    '<pattern id="p-questions" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" class="hatch"/></pattern>'
    '<pattern id="p-documents" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<circle cx="2" cy="2" r="1" class="dot"/></pattern>'
)


def timeline(day_kinds: Mapping[tuple[str, str], int], flagged: Mapping[str, int]) -> str:
    """Return the picture: events a day by group, and a mark above days with flags."""
    bars = _bars(day_kinds)
    if not bars:
        return "<p>No events.</p>"
    top = max(max(counts.total() for counts in bars.values()), 1)
    marks = Counter[str]()
    for day, count in flagged.items():
        if day:
            marks[_bar_of(day, bars)] += count
    parts = [*_axis(top), *_bar_parts(bars, top, marks)]
    first, last = min(bars), max(bars)
    label = f"Events a day from {first} to {last}, at most {top:,}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.escape(label)}">'
        f"<title>{html.escape(label)}</title><defs>{_PATTERNS}</defs>{''.join(parts)}</svg>"
    )


def legend() -> str:
    """Return the key of the hatchings, in words and samples."""
    samples = [
        f'<svg class="key" viewBox="0 0 14 14" aria-hidden="true"><rect x="1" y="1" width="12" '
        f'height="12" class="bar {group}"/></svg> {group}'
        for group in GROUPS
    ]
    return f'<p class="legend">{" &#160; ".join(samples)} &#160; &#9650; flagged</p>'


def _bars(day_kinds: Mapping[tuple[str, str], int]) -> dict[str, Counter[str]]:
    """Return the groups' counts by first day of each bar; long times get several days a bar."""
    days = sorted({day for day, _ in day_kinds if _is_day(day)})
    if not days:
        return {}
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    width = (last - first).days // _MAX_BARS + 1
    bars: dict[str, Counter[str]] = {}
    for number in range((last - first).days // width + 1):
        bars[(first + timedelta(days=number * width)).isoformat()] = Counter()
    for (day, kind), count in day_kinds.items():
        if _is_day(day):
            bars[_bar_of(day, bars)][_OF.get(kind, "other")] += count
    return bars


def _bar_of(day: str, bars: Mapping[str, Counter[str]]) -> str:
    earlier = [first for first in bars if first <= day]
    return max(earlier) if earlier else min(bars)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _axis(top: int) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        y = _y(top * share, top)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH}" class="grid"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" class="end">{top * share:,.0f}</text>'


def _bar_parts(
    bars: Mapping[str, Counter[str]], top: int, marks: Mapping[str, int]
) -> Iterator[str]:
    step = (_WIDTH - _LEFT) / len(bars)
    every = len(bars) // 8 + 1
    for number, (day, counts) in enumerate(sorted(bars.items())):
        left = _LEFT + number * step + step * 0.12
        low = 0
        for group in GROUPS:
            count = counts[group]
            if not count:
                continue
            y, end = _y(low + count, top), _y(low, top)
            low += count
            yield (
                f'<rect x="{left:.1f}" y="{y:.1f}" width="{step * 0.76:.1f}" '
                f'height="{end - y:.1f}" class="bar {group}"><title>{day}: {count:,} {group}'
                "</title></rect>"
            )
        if marks.get(day):
            x, y = left + step * 0.38, max(_y(low, top) - 3, 9)
            yield f'<path d="M{x - 4:.1f} {y:.1f}h8l-4 -7z" class="flag"/>'
        if number % every == 0:
            yield f'<text x="{left:.1f}" y="{_HEIGHT - 8}">{day[5:]}</text>'


def _y(value: float, top: int) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / top)
