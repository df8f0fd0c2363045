"""The report of `eval redaction` for a terminal: plain tables, curves as small bars."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from secure_rag.evaluation.tables import Table, tables

_BARS: Final = "▁▂▃▄▅▆▇█"


def to_text(value: dict[str, Any]) -> str:
    """Return the whole report."""
    parts = [title(value)]
    parts += [laid_out(table) for table in tables(value)]
    if value["sweep"]:
        parts.append(_curves(value["sweep"]))
    return "\n\n".join(parts) + "\n"


def title(value: dict[str, Any]) -> str:
    """Return what was measured on what, in two lines."""
    of, system = value["set"], value["system"]
    head = (
        f"{printable(of['name'])} ({of['format']}): {of['documents']:,} documents, "
        f"{of['characters']:,} characters, {of['mentions']:,} mentions of "
        f"{len(value['entities_measured'])} entities"
    )
    measured = (
        f"policy {system['policy']}, digest {system['policy_digest'][:12]}"
        if system["policy"]
        else f"marks of {printable(system['name'])}"
    )
    alarms = (
        "every other finding is a false alarm"
        if value["counts_every_finding"]
        else "findings of other entities are not judged"
    )
    failed = value["documents_failed"]
    note = f"\ndocuments that failed and are not counted: {len(failed)}" if failed else ""
    return f"{head}\n{measured}; {alarms}{note}"


def printable(text: str) -> str:
    """Return text without control and format characters, on one line."""
    return "".join(
        character if unicodedata.category(character)[0] != "C" else " " for character in text
    )


def laid_out(table: Table) -> str:
    """Return a table in columns, its title above."""
    rows = [table.header, *[tuple(printable(cell) for cell in row) for row in table.rows]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]
    lines = [table.title.upper()]
    lines += [_line(row, widths, table.words) for row in rows]
    if table.note:
        lines.append(f"({table.note})")
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int], words: int) -> str:
    cells = [
        cell.ljust(width) if column < words else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _curves(rows: Sequence[dict[str, Any]]) -> str:
    first, last = rows[0]["threshold"], rows[-1]["threshold"]
    lines = [f"THRESHOLD {first:.2f} TO {last:.2f} (bars from 0 to 1)"]
    for name in ("recall", "precision", "f2"):
        bars = "".join(
            " " if one[name] is None else _BARS[min(7, int(one[name] * 8))] for one in rows
        )
        lines.append(f"{name:<10} {bars}")
    return "\n".join(lines)
