"""Why a text is redacted as it is: what decided each finding, and what lost.

For people who write policies, with a text that they give. Everything here holds offsets
and names only; the words are read from the text by whoever shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Final

from secure_rag.policy.model import Policy, Rule
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.fields import Fields
from secure_rag.redaction.pseudonyms import Pseudonyms
from secure_rag.redaction.spans import Span
from secure_rag.values import Block, Finding

_LEAST: Final = 0.05
"""Weaker candidates say nothing about a text."""
_BEFORE: Final = 160
_AFTER: Final = 80
_MOST: Final = 300
"""So many findings get their context words; every one costs some looks at its neighbourhood."""
_WORD: Final = re.compile(r"[^\W_]+")
_NO_CONTEXT: Final = frozenset({"ner", "propagation"})
"""Recognizers that read sentences, or that repeat what others found."""


@dataclass(frozen=True)
class Candidate:
    """A claim that did not become a finding of its own, and why."""

    span: Span
    why: str


@dataclass(frozen=True)
class Explained:
    """One finding with everything that led to it."""

    finding: Finding
    rule: Rule
    threshold: float
    field: str
    result: str = attribute(repr=False)
    """What stands in its place now."""
    context: tuple[tuple[int, int], ...] = ()
    """Spans of the words beside it without which it would score less."""
    candidates: tuple[Candidate, ...] = ()
    """What lost against it."""


@dataclass(frozen=True)
class Explanation:
    """A text, what is made of it, and why."""

    text: str = attribute(repr=False)
    """The input; look-alikes of placeholders are escaped, and offsets are those of this text."""
    redacted: str = attribute(repr=False)
    findings: tuple[Explained, ...] = ()
    dropped: tuple[Candidate, ...] = ()
    """What was claimed where nothing was found in the end."""
    is_clean: bool = True
    """Whether the second look at ingest would let the text pass."""


def explain(
    redactor: Redactor,
    probe: Redactor,
    text: str,
    blocks: Sequence[Block],
    *,
    pseudonyms: Pseudonyms,
) -> Explanation:
    """Redact a text as `Redactor.redact_fields` does, and say what decided.

    Args:
        probe: a redactor whose thresholds are all zero, to see what was too weak.
    """
    draft = redactor._draft(text, blocks)
    redacted, findings, moved = redactor._finish(draft, pseudonyms)
    claims = _distinct([*redactor.find(draft.text), *probe.find(draft.text)])
    fields = _FieldsOf(draft.text, blocks)
    beside: dict[int, list[Candidate]] = {number: [] for number in range(len(findings))}
    dropped: list[Candidate] = []
    for span in claims:
        number = _number_of(findings, span)
        if number is None:
            dropped.append(_candidate(redactor.policy, draft.text, span, None, fields.at(span)))
        elif not _is_winner(findings[number], span):
            why = _candidate(redactor.policy, draft.text, span, findings[number], fields.at(span))
            beside[number].append(why)
    edits = {edit.start: redacted[edit.new_start : edit.new_end] for edit in moved.edits}
    explained = tuple(
        Explained(
            finding,
            rule := rule_of(redactor.policy, finding),
            redactor.policy.threshold_of(rule),
            fields.name_at(finding.start),
            edits.get(finding.start, draft.text[finding.start : finding.end]),
            _context(redactor, draft.text, finding) if number < _MOST else (),
            tuple(beside[number]),
        )
        for number, finding in enumerate(findings)
    )
    return Explanation(draft.text, redacted, explained, tuple(dropped), draft.is_clean)


def rule_of(policy: Policy, finding: Finding) -> Rule:
    """Return the rule that decided a finding."""
    return next((rule for rule in policy.rules if rule.id == finding.rule), policy.default_rule)


class _FieldsOf:
    """The field in which a span begins."""

    def __init__(self, text: str, blocks: Sequence[Block]) -> None:
        self._text = text
        self._fields = Fields(blocks)

    def at(self, span: Span) -> str:
        return self.name_at(span.start)

    def name_at(self, start: int) -> str:
        pieces = self._fields.pieces(self._text, start, start + 1)
        return next((piece.field for piece in pieces), "body")


def _distinct(spans: Iterable[Span]) -> list[Span]:
    """Return each claim once, with its best score, in the order of the text."""
    best: dict[tuple[int, int, str, str], Span] = {}
    for span in spans:
        key = span.start, span.end, span.entity, span.recognizer
        if span.score >= _LEAST and (key not in best or span.score > best[key].score):
            best[key] = span
    return [best[key] for key in sorted(best)]


def _number_of(findings: Sequence[Finding], span: Span) -> int | None:
    """Return the finding that a claim overlaps."""
    for number, finding in enumerate(findings):
        if span.start < finding.end and finding.start < span.end:
            return number
    return None


def _is_winner(finding: Finding, span: Span) -> bool:
    """Say whether a claim is what the finding was made of."""
    return (
        span.entity == finding.entity
        and span.recognizer == finding.recognizer
        and abs(span.score - finding.score) < 0.001
        and finding.start <= span.end
        and span.start <= finding.end
    )


def _candidate(
    policy: Policy, text: str, span: Span, instead: Finding | None, field: str
) -> Candidate:
    """Say why a claim is no finding: too weak, allowed, or part of something stricter."""
    threshold = policy.threshold_of(policy.decide(span.entity, field))
    if span.score < threshold:
        return Candidate(span, f"below the threshold {threshold:.2f}")
    if policy.allows(span.entity, text[span.start : span.end]):
        return Candidate(span, "on an allow list")
    if instead is None:
        return Candidate(span, "discarded: nothing but marks, or a condition is not met")
    if instead.entity == span.entity:
        return Candidate(span, "says the same as what was chosen")
    if instead.action == "keep":
        return Candidate(span, f"{instead.entity} was chosen")
    return Candidate(span, f"{instead.entity} is more specific, or its action stricter")


# -- context -----------------------------------------------------------------------------


def _context(redactor: Redactor, text: str, finding: Finding) -> tuple[tuple[int, int], ...]:
    """Return the words beside a finding that raised its score, found by covering them.

    Whatever a recognizer does with words around a match, it does less without them: no
    recognizer has to say so itself.
    """
    if finding.recognizer in _NO_CONTEXT:
        return ()
    begin = max(0, finding.start - _BEFORE)
    end = min(len(text), finding.end + _AFTER)
    near = text[begin:end]
    own = finding.start - begin, finding.end - begin
    words = [word.span() for word in _WORD.finditer(near) if not _overlap(word.span(), own)]

    def score(shown: Sequence[tuple[int, int]]) -> float:
        covered = _cover(near, [word for word in words if word not in shown])
        return max(_scores(redactor, covered, finding, own), default=0.0)

    whole, bare = score(words), score(())
    if whole <= bare:
        return ()
    alone = [word for word in words if score([word]) > bare]
    found = alone or [
        word for word in words if score([other for other in words if other != word]) < whole
    ]
    return tuple((start + begin, stop + begin) for start, stop in found)


def _scores(
    redactor: Redactor, near: str, finding: Finding, own: tuple[int, int]
) -> Iterator[float]:
    for span in redactor._find_cheap(near):
        is_same = span.entity == finding.entity and span.recognizer == finding.recognizer
        if is_same and _overlap((span.start, span.end), own):
            yield span.score


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _cover(text: str, words: Sequence[tuple[int, int]]) -> str:
    """Return the text with words replaced by as many letters that mean nothing."""
    characters = list(text)
    for start, end in words:
        characters[start:end] = "x" * (end - start)
    return "".join(characters)
