"""How differences between policies are printed, by `policy check` and `policy diff`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from secure_rag.policy.compare import Change


def change_values(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return differences for JSON."""
    return [
        {
            "verdict": change.verdict,
            "subject": change.subject,
            "where": change.where or None,
            "before": change.before or None,
            "after": change.after or None,
            "line": change.line or None,
        }
        for change in changes
    ]


def change_lines(changes: Sequence[Change]) -> list[str]:
    """Return a line for each difference; entities that differ alike share one."""
    grouped: dict[tuple[str, str, str, str, int], list[str]] = {}
    for change in changes:
        key = (change.verdict, change.where, change.before, change.after, change.line)
        grouped.setdefault(key, []).append(change.subject)
    lines = []
    for (verdict, where, before, after, line), subjects in grouped.items():
        place = f" (line {line})" if line else ""
        said = f"{before} → {after}" if before else after
        names = ", ".join(subjects)
        lines.append(f"{verdict:<8}  {names}{f' in {where}' if where else ''}: {said}{place}")
    return lines
