"""How `policy explain` shows a text: findings as marks, and below what decided each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from secure_rag.policy.marks import escape_brackets, write_mark
from secure_rag.policy.model import Policy
from secure_rag.policytest.outcome import quoted
from secure_rag.redaction.explain import Candidate, Explained, Explanation
from secure_rag.values import Block

_WIDEST: Final = 60


def marked_text(explanation: Explanation, blocks: Sequence[Block]) -> str:
    """Return the text with every finding as a mark, as cases write it; one part per field.

    Kept findings say `:keep`, so that what stays and what goes can be told without colour.
    """
    parts: list[str] = []
    field = "body"
    for block in blocks or (Block(0, len(explanation.text), "body"),):
        if block.field != field:
            parts.append(f"-- {block.field} --\n")
            field = block.field
        parts.append(_marked(explanation, block.start, block.end).rstrip("\n") + "\n")
    return "".join(parts)


def _marked(explanation: Explanation, start: int, end: int) -> str:
    text = explanation.text
    parts: list[str] = []
    position = start
    for one in explanation.findings:
        finding = one.finding
        if finding.end <= start or finding.start >= end:
            continue
        first, last = max(finding.start, start), min(finding.end, end)
        action = "keep" if finding.action == "keep" else None
        parts += [
            escape_brackets(text[position:first]),
            write_mark(text[first:last], finding.entity, action),
        ]
        position = last
    parts.append(escape_brackets(text[position:end]))
    return "".join(parts)


def findings_text(
    explanation: Explanation, policy: Policy, policy_path: Path | None, *, verbose: bool
) -> str:
    """Return a paragraph for each finding: place, action, result, rule, score, context."""
    places = Places(explanation.text)
    lines: list[str] = []
    for number, one in enumerate(explanation.findings, start=1):
        lines += _paragraph(explanation, one, number, places, policy_path, verbose=verbose)
    if verbose and explanation.dropped:
        lines += ["not used"]
        lines += [f"      {_lost(explanation, one, places)}" for one in explanation.dropped]
    if not explanation.is_clean:
        lines.append("index add would refuse this: the second look still sees personal data")
    kept = sum(one.finding.action == "keep" for one in explanation.findings)
    count = len(explanation.findings)
    lines.append(
        f"{count} {'finding' if count == 1 else 'findings'}, {kept} of them kept; "
        f"policy {policy.name}"
    )
    return "\n".join(lines)


def to_json(explanation: Explanation, policy: Policy) -> dict[str, Any]:
    """Return everything as plain values; the text is in it, offsets point into it."""
    return {
        "text": explanation.text,
        "redacted": explanation.redacted,
        "policy": policy.name,
        "policy_digest": policy.digest,
        "is_clean": explanation.is_clean,
        "findings": [_finding(one) for one in explanation.findings],
        "not_used": [_candidate(one) for one in explanation.dropped],
    }


class Places:
    """Line and column of offsets, from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        self._starts += [index + 1 for index, char in enumerate(text) if char == "\n"]

    def at(self, offset: int) -> str:
        line = bisect_right(self._starts, offset)
        return f"{line}:{offset - self._starts[line - 1] + 1}"


def _paragraph(
    explanation: Explanation,
    one: Explained,
    number: int,
    places: Places,
    policy_path: Path | None,
    *,
    verbose: bool,
) -> list[str]:
    finding, rule = one.finding, one.rule
    field = "" if one.field == "body" else f" in {one.field}"
    words = quoted(_short(explanation.text[finding.start : finding.end]))
    result = "stays" if finding.action == "keep" else f"-> {quoted(_short(one.result))}"
    if finding.action == "drop":
        result = "-> nothing"
    where = f" ({policy_path}:{rule.line})" if policy_path and rule.line and not rule.origin else ""
    inherited = f" (inherited from {rule.origin})" if rule.origin else ""
    lines = [
        f"{number:>3}.  {finding.entity:<15} {places.at(finding.start):<7} {words} {result}{field}",
        f"      {finding.action} by rule {rule.id}{where}{inherited}; "
        f"{finding.recognizer}, score {finding.score:.2f}, threshold {one.threshold:.2f}",
    ]
    if rule.reason:
        lines.append(f"      reason: {rule.reason}")
    if one.context:
        context = ", ".join(quoted(explanation.text[start:end]) for start, end in one.context)
        lines.append(f"      raised by: {context}")
    if verbose:
        lines += [f"      lost: {_lost(explanation, lost, places)}" for lost in one.candidates]
    return lines


def _lost(explanation: Explanation, lost: Candidate, places: Places) -> str:
    span = lost.span
    words = quoted(_short(explanation.text[span.start : span.end]))
    return (
        f"{span.entity} {places.at(span.start)} {words}, {span.recognizer}, "
        f"score {span.score:.2f}: {lost.why}"
    )


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _finding(one: Explained) -> dict[str, Any]:
    finding, rule = one.finding, one.rule
    return {
        "entity": finding.entity,
        "start": finding.start,
        "end": finding.end,
        "field": one.field,
        "score": finding.score,
        "threshold": one.threshold,
        "recognizer": finding.recognizer,
        "rule": rule.id,
        "rule_line": rule.line or None,
        "rule_origin": rule.origin,
        "reason": rule.reason,
        "action": finding.action,
        "result": one.result,
        "placeholder": finding.placeholder,
        "context": [{"start": start, "end": end} for start, end in one.context],
        "candidates": [_candidate(lost) for lost in one.candidates],
    }


def _candidate(lost: Candidate) -> dict[str, Any]:
    span = lost.span
    return {
        "entity": span.entity,
        "start": span.start,
        "end": span.end,
        "score": round(span.score, 4),
        "recognizer": span.recognizer,
        "why": lost.why,
    }
