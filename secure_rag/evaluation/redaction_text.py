"""The report of `eval redaction` for a terminal: plain tables, curves as small bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from secure_rag.evaluation.page import laid_out, printable
from secure_rag.evaluation.tables import tables

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


def _curves(rows: Sequence[dict[str, Any]]) -> str:
    first, last = rows[0]["threshold"], rows[-1]["threshold"]
    lines = [f"THRESHOLD {first:.2f} TO {last:.2f} (bars from 0 to 1)"]
    for name in ("recall", "precision", "f2"):
        bars = "".join(
            " " if one[name] is None else _BARS[min(7, int(one[name] * 8))] for one in rows
        )
        lines.append(f"{name:<10} {bars}")
    return "\n".join(lines)
