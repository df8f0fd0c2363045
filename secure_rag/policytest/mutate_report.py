"""What mutation testing says: the score, and the case that each survivor lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from secure_rag.policytest.mutate import Mutation, Survivor


def mutation_text(mutations: Sequence[Mutation], *, verbose: bool) -> str:
    """Return survivors with the missing case each names, and a line of sums per policy."""
    lines: list[str] = []
    for mutation in mutations:
        for survivor in mutation.survivors:
            lines += _lines(mutation, survivor, "alive")
        for survivor in mutation.equivalent if verbose else ():
            lines += _lines(mutation, survivor, "same ")
        counted = mutation.killed + len(mutation.survivors)
        line = (
            f"mutation {mutation.policy}: {mutation.killed} of {counted} changes noticed, "
            f"score {mutation.score:.2f}"
        )
        if mutation.equivalent:
            line += f"; {len(mutation.equivalent)} more change no text that was tried"
        lines.append(line)
    return "\n".join(lines)


def mutations_json(mutations: Sequence[Mutation]) -> list[dict[str, Any]]:
    """Return the result as plain values."""
    return [
        {
            "policy": mutation.policy,
            "file": str(mutation.path),
            "killed": mutation.killed,
            "survived": len(mutation.survivors),
            "equivalent": len(mutation.equivalent),
            "score": round(mutation.score, 4),
            "survivors": [_plain(mutation, survivor) for survivor in mutation.survivors],
        }
        for mutation in mutations
    ]


def _lines(mutation: Mutation, survivor: Survivor, label: str) -> list[str]:
    mutant = survivor.mutant
    where = f"{mutation.policy_path}:{mutant.line}" if mutant.line else str(mutation.policy_path)
    lines = [
        f"{label} {where}  {mutant.subject} {mutant.change}",
        f"      missing case: {survivor.needs}",
    ]
    if survivor.witness is not None:
        lines.append(f"      as in {survivor.witness.place}")
    return lines


def _plain(mutation: Mutation, survivor: Survivor) -> dict[str, Any]:
    witness = survivor.witness
    return {
        "kind": survivor.mutant.kind,
        "subject": survivor.mutant.subject,
        "change": survivor.mutant.change,
        "policy_file": str(mutation.policy_path),
        "line": survivor.mutant.line or None,
        "missing": survivor.needs,
        "entity": witness.entity if witness else None,
        "field": witness.field if witness else None,
        "as_in": witness.place if witness else None,
    }
