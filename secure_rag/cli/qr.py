"""A small text as a QR code: for the terminal, and as SVG to be printed."""

from __future__ import annotations

import io

_BORDER = 4
_BLOCKS = {(1, 1): "█", (1, 0): "▀", (0, 1): "▄", (0, 0): " "}
_BLACK_ON_WHITE, _RESET = "\x1b[30;47m", "\x1b[0m"


def terminal_code(text: str) -> str:
    """Return the code in half blocks, black on white whatever the terminal's colours."""
    rows = [list(row) for row in _code(text).matrix_iter(border=_BORDER)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        line = "".join(_BLOCKS[bool(a), bool(b)] for a, b in zip(upper, lower, strict=True))
        lines.append(f"{_BLACK_ON_WHITE}{line}{_RESET}")
    return "\n".join(lines)


def svg_code(text: str, title: str) -> str:
    """Return the code as one SVG file; the text itself is in its description."""
    buffer = io.BytesIO()
    _code(text).save(
        buffer, kind="svg", scale=6, border=_BORDER, light="#fff", title=title, desc=text
    )
    return buffer.getvalue().decode("utf-8")


# segno has no types
def _code(text: str):  # type: ignore[no-untyped-def]
    import segno

    # 300 bytes at level M make 69 modules a side: with its border it fits 80 columns.
    return segno.make(text.encode(), mode="byte", error="m", boost_error=False, micro=False)
