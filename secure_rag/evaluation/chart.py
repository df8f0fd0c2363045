"""Lines over a range as inline SVG, told apart without colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

WIDTH, HEIGHT, LEFT, TOP = 640, 320, 50, 20
MARKERS: Final = "○□△◇●■"
DASHES: Final = ("none", "8 4", "2 3", "10 3 2 3", "4 4", "1 4")
"""Lines are told apart without colour."""


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
        f'<svg role="img" viewBox="0 0 {WIDTH + LEFT + 20} {HEIGHT + TOP + 50}" '
        f'width="{WIDTH + LEFT + 20}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>",
        *_axes(across),
    ]
    for number, (_, points) in enumerate(lines):
        known = [(_x(x), _y(y)) for x, y in points if y is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in known)
        parts.append(
            f'<polyline points="{path}" fill="none" class="line" stroke-width="1.5" '
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
            f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
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
