"""Make a case of a passage: its personal values become surrogates, what was found marks.

What detectors do not find they cannot replace: whoever captures reads the result before
it is kept. Words outside the findings that look like a part of one are replaced as well.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Protocol

from secure_rag.errors import InputError, PolicyError
from secure_rag.policy.cases import load_cases
from secure_rag.policy.loader import is_case_file
from secure_rag.policy.marks import escape_brackets, write_mark
from secure_rag.policy.strict_yaml import scalar
from secure_rag.policytest.collect import load_paired_cases
from secure_rag.policytest.compare import RedactedText
from secure_rag.policytest.surrogate_numbers import shape
from secure_rag.policytest.surrogates import Surrogates, is_nobodys
from secure_rag.values import Finding

_WORD: Final = re.compile(r"\S+")
_ROUNDS: Final = 4
_ATTEMPTS: Final = 5
"""So often other surrogates are tried, until all are found as the values were."""


class TextRedactor(Protocol):
    """What finds the values of a passage."""

    def redact_text(self, text: str, *, pseudonyms: Any, field: str = "body") -> RedactedText: ...


@dataclass(frozen=True)
class Captured:
    """A case made of a passage: no value of the passage is in it."""

    id: str
    text: str = field(repr=False)
    """With marks, as a case file holds it."""
    field: str = "body"
    count: int = 0
    """How many findings were replaced."""
    lost: tuple[str, ...] = ()
    """Entities whose surrogate is not found as the value was: to be mended by hand."""


def capture(
    redactor: TextRedactor,
    text: str,
    *,
    pseudonyms: Any,
    field: str = "body",
    id_: str | None = None,
    chance: random.Random | None = None,
) -> Captured:
    """Return a case that says what the policy makes of a passage today.

    Raises:
        InputError: nothing in the passage is personal, or it cannot be told apart from it.
    """
    findings = redactor.redact_text(text, pseudonyms=pseudonyms, field=field).findings
    values = [value for f in findings if not is_nobodys(f.entity, value := text[f.start : f.end])]
    if not findings:
        raise InputError(
            "no recognizer finds anything personal in the passage",
            code="capture.nothing",
            hint="write the case by hand, with invented values",
        )
    chance = chance or random.SystemRandom()
    best: tuple[str, str, tuple[str, ...]] | None = None
    for _ in range(_ATTEMPTS):
        parts = _replaced(text, findings, Surrogates(values, chance=chance), chance)
        plain = "".join(part.text for part in parts)
        seen = redactor.redact_text(plain, pseudonyms=pseudonyms, field=field).findings
        written, lost = _marked(plain, parts, seen)
        if best is None or len(lost) < len(best[2]):
            best = plain, written, lost
        if not lost:
            break
    assert best is not None
    digest = hashlib.sha256(best[0].encode()).hexdigest()[:8]
    return Captured(id_ or f"captured-{digest}", best[1], field, len(findings), best[2])


def case_yaml(captured: Captured, *, indent: int = 2) -> str:
    """Return the case as an item of `cases:`, ready to paste."""
    id_ = captured.id if isinstance(scalar(captured.id), str) else f'"{captured.id}"'
    lines = [f"- id: {id_}", *_text_lines(captured.text)]
    if captured.field != "body":
        lines.append(f"  field: {captured.field}")
    lines.append("  tags: [captured]")
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in lines)


def append_case(path: Path, captured: Captured, *, policy: str, folders: Sequence[Path]) -> None:
    """Write the case at the end of a case file, or begin a new one for a policy of this name.

    Args:
        folders: where `policy test` will look for the policy, beside the file's own.

    Raises:
        PolicyError: the file cannot be used, or does not end with its cases; it is as it was.
    """
    if not is_case_file(path):
        raise PolicyError(
            f"{path}: not the name of a case file",
            hint="cases of NAME.yaml stand in NAME.test.yaml",
            code="cases.name",
        )
    try:
        before = path.read_text("utf-8") if path.exists() else None
        _append(path, before, captured, policy=policy, folders=folders)
    except UnicodeDecodeError:
        raise PolicyError(f"{path}: not UTF-8", code="cases.encoding") from None
    except OSError as error:
        raise PolicyError(
            f"cannot write {path}: {error.strerror}", code="cases.unwritable"
        ) from None


def _append(
    path: Path, before: str | None, captured: Captured, *, policy: str, folders: Sequence[Path]
) -> None:
    known: set[str] = set()
    text = f"policy: {policy}\ncases:\n{case_yaml(captured)}"
    if before is not None:
        known = {case.id for case in load_cases(path, folders=folders).cases}
        if captured.id in known:
            raise PolicyError(
                f"{path}: there is a case {captured.id} already", code="cases.duplicate"
            )
        match = re.search(r"^( *)- ", before, re.MULTILINE)
        item = case_yaml(captured, indent=len(match[1]) if match else 2)
        text = f"{before.rstrip()}\n{item}"
    path.write_text(text, "utf-8")
    try:
        written = {case.id for case in load_paired_cases(path, folders=folders).cases}
    except PolicyError as error:
        _restore(path, before)
        if before is None:
            raise
        raise _not_at_the_end(path) from error
    if written != known | {captured.id}:
        _restore(path, before)
        raise _not_at_the_end(path)


def _restore(path: Path, before: str | None) -> None:
    if before is None:
        path.unlink()
    else:
        path.write_text(before, "utf-8")


def _not_at_the_end(path: Path) -> PolicyError:
    return PolicyError(
        f"{path}: a case cannot be added at its end",
        hint="let `cases:` be the last key, one case a `- id: …` below it",
        code="cases.append",
    )


@dataclass(frozen=True)
class _Part:
    """A stretch of the new text: a surrogate, or what stood between findings."""

    text: str
    finding: Finding | None


def _replaced(
    text: str, findings: Sequence[Finding], surrogates: Surrogates, chance: random.Random
) -> list[_Part]:
    for finding in sorted(findings, key=lambda one: one.start - one.end):
        # the longest first: whole names say which of their words is the surname
        surrogates.of(finding.entity, text[finding.start : finding.end])
    parts: list[_Part] = []
    position = 0
    for finding in findings:
        parts.append(_Part(_neutral(text[position : finding.start], surrogates, chance), None))
        value = text[finding.start : finding.end]
        parts.append(_Part(surrogates.of(finding.entity, value), finding))
        position = finding.end
    parts.append(_Part(_neutral(text[position:], surrogates, chance), None))
    return _apart(parts, surrogates, chance)


def _neutral(between: str, surrogates: Surrogates, chance: random.Random) -> str:
    """Replace words that hold a value, or a run of one, by others of the same shape."""
    return _WORD.sub(
        lambda match: (
            match.group()
            if surrogates.is_apart(match.group())
            else _shape_apart(match.group(), surrogates, chance)
        ),
        between,
    )


def _apart(parts: list[_Part], surrogates: Surrogates, chance: random.Random) -> list[_Part]:
    """Replace what only together, over the borders of words and parts, shows a run of a value."""
    for _ in range(_ROUNDS):
        whole = "".join(part.text for part in parts if part.finding is None)
        if surrogates.is_apart(whole):
            break
        parts = [
            part
            if part.finding is not None or surrogates.is_apart(part.text)
            else _Part(_break_up(part.text, surrogates, chance), None)
            for part in parts
        ]
    return parts


def _break_up(text: str, surrogates: Surrogates, chance: random.Random) -> str:
    """Replace each pair of neighbouring words that shares a run with a value."""
    words = list(_WORD.finditer(text))
    for first, second in pairwise(words):
        if not surrogates.is_apart(text[first.start() : second.end()]):
            new = shape(second.group(), chance)
            text = text[: second.start()] + new + text[second.end() :]
    return text


def _shape_apart(word: str, surrogates: Surrogates, chance: random.Random) -> str:
    for _ in range(20):
        made = shape(word, chance)
        if surrogates.is_apart(made):
            return made
    return "x" * len(word)


def _marked(
    plain: str, parts: Sequence[_Part], seen: Sequence[Finding]
) -> tuple[str, tuple[str, ...]]:
    """Return the text with marks, and the entities that are not found so, or found beside."""
    by_span = {(found.start, found.end, found.entity): found for found in seen}
    written: list[str] = []
    lost: list[str] = []
    position = 0
    for part in parts:
        end = position + len(part.text)
        if part.finding is None:
            written.append(escape_brackets(part.text))
        else:
            if by_span.pop((position, end, part.finding.entity), None) is None:
                lost.append(part.finding.entity)
            action = None if part.finding.action == "pseudonymise" else part.finding.action
            written.append(write_mark(part.text, part.finding.entity, action))
        position = end
    lost += [found.entity for found in by_span.values() if found.action != "keep"]
    return "".join(written), tuple(sorted(set(lost)))


def _text_lines(text: str) -> list[str]:
    """Return the `text:` of a case, as a block where that keeps every character."""
    lines = text.split("\n")
    is_block = (
        len(lines) > 1
        and all(line == line.rstrip() and line.isprintable() for line in lines)
        and not lines[0].startswith(" ")
        and bool(lines[0])
    )
    if not is_block:
        return [f"  text: {json.dumps(text, ensure_ascii=False)}"]
    ending = len(lines) - len(list(_without_last_empty(lines)))
    style = {0: "|-", 1: "|"}.get(ending)
    if style is None:
        return [f"  text: {json.dumps(text, ensure_ascii=False)}"]
    return [
        f"  text: {style}",
        *(f"    {line}" if line else "" for line in lines[: len(lines) - ending]),
    ]


def _without_last_empty(lines: Sequence[str]) -> Sequence[str]:
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end]
