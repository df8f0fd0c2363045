"""What two policies make of the same text: what becomes visible, what becomes hidden.

Offsets, entities and places only: the words are never kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from secure_rag.policy.case_model import Case
from secure_rag.policy.compare import hides
from secure_rag.policy.model import Policy, Rule, Scope
from secure_rag.policytest.compare import RedactedText
from secure_rag.policytest.real import Bench
from secure_rag.redaction.fields import Fields
from secure_rag.values import Block, Finding, RawDocument

VISIBLE: Final = "visible"
HIDDEN: Final = "hidden"
OTHERWISE: Final = "otherwise"
"""Hidden before and after, but replaced or named in another way."""

_HIDDEN_RANK: Final = (3,)
_MOST_PLACES: Final = 20


@dataclass(frozen=True)
class Shift:
    """One value that two policies treat differently."""

    verdict: str
    entity: str
    start: int
    end: int
    place: str
    """Field and page, row or slide, in words."""


@dataclass(frozen=True)
class Changed:
    """A text or document whose redaction differs."""

    name: str
    """`file:line  id` of a case, or id and redacted path of a document."""
    shifts: tuple[Shift, ...]

    @property
    def counts(self) -> dict[str, Counter[str]]:
        """How many values, by verdict and entity."""
        found: dict[str, Counter[str]] = {}
        for shift in self.shifts:
            found.setdefault(shift.verdict, Counter())[shift.entity] += 1
        return found

    @property
    def places(self) -> list[str]:
        """Where values become visible, each place once."""
        seen = (shift.place for shift in self.shifts if shift.verdict == VISIBLE)
        return list(dict.fromkeys(seen))[:_MOST_PLACES]


class Comparer:
    """Runs texts under two policies."""

    def __init__(self, old: Policy, new: Policy, bench: Bench) -> None:
        self._old, self._new = old, new
        self._equipment = bench.equip(old), bench.equip(new)

    def case(self, case: Case, name: str) -> Changed | None:
        """Return what differs in the texts, or the document, of a case."""
        if case.document is not None:
            raw = self._equipment[0].read(case.document.path)
            return self.document(raw, name, scope=case.scope)
        shifts = [
            shift
            for text in case.texts
            for shift in self._shifts(
                text.text, (Block(0, len(text.text), text.field),), case.scope
            )
        ]
        return Changed(name, tuple(shifts)) if shifts else None

    def document(self, raw: RawDocument, name: str, *, scope: Scope) -> Changed | None:
        """Return what differs in a document."""
        shifts = tuple(self._shifts(raw.text, raw.blocks, scope))
        return Changed(name, shifts) if shifts else None

    def _shifts(self, text: str, blocks: Sequence[Block], scope: Scope) -> Iterator[Shift]:
        results: list[RedactedText] = [
            one.redactor(scope).redact_fields(text, blocks, pseudonyms=one.pseudonyms())
            for one in self._equipment
        ]
        before = _Findings(self._old.for_scope(scope), results[0].findings)
        after = _Findings(self._new.for_scope(scope), results[1].findings)
        fields = Fields(blocks)
        for verdict, entity, start, end in _segments(before, after):
            piece = next(fields.pieces(text, start, end), None)
            block = blocks[piece.block] if piece and piece.block >= 0 else None
            yield Shift(verdict, entity, start, end, _place(block))


class _Findings:
    """Findings of one result, with how much each hides."""

    def __init__(self, policy: Policy, findings: Sequence[Finding]) -> None:
        self._rules = {rule.id: rule for rule in (*policy.rules, policy.default_rule)}
        self.items = [one for one in findings if one.start < one.end]

    def rank(self, finding: Finding | None) -> tuple[int, ...]:
        if finding is None:
            return (0,)
        rule: Rule | None = self._rules.get(finding.rule)
        if rule is None or rule.action != finding.action:
            return hides(finding.action, finding.entity)
        return hides(rule.action, finding.entity, rule.to, rule.keep_last)


def _segments(before: _Findings, after: _Findings) -> Iterator[tuple[str, str, int, int]]:
    """Yield each value that differs once, with its verdict."""
    seen: set[tuple[str, int, int]] = set()
    for start, end, old, new in _overlaid(before.items, after.items):
        was, now = before.rank(old), after.rank(new)
        level, new_level = min(was, _HIDDEN_RANK), min(now, _HIDDEN_RANK)
        if level != new_level:
            verdict = VISIBLE if new_level < level else HIDDEN
        elif was != now or (old and new and level != (0,) and old.entity != new.entity):
            verdict = OTHERWISE
        else:
            continue
        value = (old or new) if verdict == VISIBLE else (new or old)
        assert value is not None
        key = (verdict, value.start, value.end)
        if key not in seen:
            seen.add(key)
            yield verdict, value.entity, start, end


def _overlaid(
    one: Sequence[Finding], other: Sequence[Finding]
) -> Iterator[tuple[int, int, Finding | None, Finding | None]]:
    """Yield stretches within which neither list changes; findings of a list do not overlap."""
    cuts = sorted({edge for item in (*one, *other) for edge in (item.start, item.end)})
    first = second = 0
    for start, end in pairwise(cuts):
        while first < len(one) and one[first].end <= start:
            first += 1
        while second < len(other) and other[second].end <= start:
            second += 1
        old = one[first] if first < len(one) and one[first].start <= start else None
        new = other[second] if second < len(other) and other[second].start <= start else None
        if old or new:
            yield start, end, old, new


def _place(block: Block | None) -> str:
    if block is None:
        return "body"
    parts = [block.field]
    parts += [
        f"{name} {number}"
        for name, number in (("page", block.page), ("slide", block.slide), ("row", block.row))
        if number is not None
    ]
    return ", ".join(parts)
