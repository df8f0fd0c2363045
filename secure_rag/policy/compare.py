"""Two policies side by side: what the newer one uncovers, and what it covers.

Decisions are compared for every entity and field, under the conditions that rules about this
entity name in either policy: words of context beside the finding, a named collection or another
one, labels of the document. Words or labels that the same rules name are tried as one; of more
than `_ALL_OF` that differ, every one, every two and all together are tried. Nothing is run: what
texts this changes, `policytest.changes` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations
from typing import Final

from secure_rag.policy.entities import ENTITIES, GENERALISATIONS
from secure_rag.policy.model import Policy, Rule, Scope
from secure_rag.policy.recognizers import Recognizer
from secure_rag.values import FIELDS

WEAKER: Final = "weaker"
STRONGER: Final = "stronger"
OTHER: Final = "changed"
"""Different, and neither shows more nor less in itself."""

_NEVER: Final = "\x00"
"""Stands for a collection or label that no rule names."""
_ALL_OF: Final = 6
"""Of so many conditions of one kind every set is tried."""


@dataclass(frozen=True)
class Change:
    """One difference between two policies."""

    verdict: str
    subject: str
    """An entity, or what else was changed: `recognizer matter`, `gate`, …"""
    where: str
    """Fields and conditions, in words."""
    before: str
    after: str
    line: int = 0
    """Where the newer policy says so; 0 if nowhere."""


@dataclass(frozen=True)
class _World:
    """Conditions that hold together: which rules apply in it is certain."""

    words: frozenset[str]
    scope: Scope

    @property
    def text(self) -> str:
        parts = []
        if self.scope.collection != _NEVER:
            parts.append(f"collection {self.scope.collection}")
        parts += [f"label {label}" for label in self.scope.labels]
        parts += [f"beside “{word}”" for word in sorted(self.words)]
        return ", ".join(parts)


def compare_policies(old: Policy, new: Policy) -> list[Change]:
    """Return every difference, what is weaker first."""
    changes = [
        *_decisions(old, new),
        *_gate(old, new),
        *_quarantine(old, new),
        *_recognizers(old, new),
        *_allow_lists(old, new),
    ]
    for name, one, other in (
        ("language", old.language, new.language),
        ("linking", old.linking, new.linking),
    ):
        if one != other:
            changes.append(Change(OTHER, name, "", "", "set otherwise"))
    order = (WEAKER, STRONGER, OTHER)
    return sorted(changes, key=lambda change: order.index(change.verdict))


# -- decisions ---------------------------------------------------------------------------


def _decisions(old: Policy, new: Policy) -> Iterator[Change]:
    """Yield one change for all fields and conditions that differ in the same way."""
    scoped = cache(lambda scope: (old.for_scope(scope), new.for_scope(scope)))
    for entity in ENTITIES:
        found: dict[tuple[str, str, str], tuple[list[str], list[str], int]] = {}
        rules = [rule for rule in (*old.rules, *new.rules) if entity in rule.entities]
        for world in _worlds(rules):
            before, after = scoped(world.scope)
            for field in FIELDS:
                one, other = (
                    _decide(before, entity, field, world),
                    _decide(after, entity, field, world),
                )
                said = _shown(before, one), _shown(after, other)
                if said[0] == said[1]:
                    continue
                verdict = _verdict(before, one, after, other, entity)
                fields, places, _ = found.setdefault((verdict, *said), ([], [], other.line))
                if field not in fields:
                    fields.append(field)
                if world.text not in places:
                    places.append(world.text)
        for (verdict, said_before, said_after), (fields, places, line) in found.items():
            yield Change(verdict, entity, _where(fields, places), said_before, said_after, line)


def _decide(policy: Policy, entity: str, field: str, world: _World) -> Rule:
    return policy.decide(entity, field, lambda words: not world.words.isdisjoint(words))


def _shown(policy: Policy, rule: Rule) -> str:
    detail = f" to {rule.to}" if rule.to else ""
    detail += f" but the last {rule.keep_last}" if rule.keep_last else ""
    return f"{rule.action}{detail}, from score {policy.threshold_of(rule):g}"


def _verdict(old: Policy, one: Rule, new: Policy, other: Rule, entity: str) -> str:
    before, after = (hides(rule.action, entity, rule.to, rule.keep_last) for rule in (one, other))
    if one.action == other.action == "keep":
        return OTHER
    thresholds = new.threshold_of(other) - old.threshold_of(one)
    if after < before or (after > (0,) and one.action != "keep" and thresholds > 0):
        return WEAKER
    return STRONGER


def hides(
    action: str, entity: str, to: str | None = None, keep_last: int | None = None
) -> tuple[int, ...]:
    """Order what can be done by how much of a value stays to be seen, then to be revealed."""
    if action == "generalise":
        forms = GENERALISATIONS.get(entity, ())  # from fine to coarse, but for ages as they are
        return (1, -1 if to == "cap" or to not in forms else forms.index(to))
    if action == "mask" and keep_last:
        return (2, -keep_last)
    return ({"keep": 0, "pseudonymise": 3, "mask": 4, "drop": 5}[action],)


def _where(fields: list[str], places: list[str]) -> str:
    text = "every field" if len(fields) == len(FIELDS) else ", ".join(fields)
    if "" in places:
        return text  # also where no condition holds: the conditions say nothing
    parts = [set(place.split(", ")) for place in places]
    least = [p for p, own in zip(places, parts, strict=True) if not any(o < own for o in parts)]
    return f"{text} ({'; '.join(least[:3])}{'; …' if len(least) > 3 else ''})"


def _worlds(rules: Sequence[Rule]) -> Iterator[_World]:
    near = list(_sets(rule.context for rule in rules))
    labels = list(_sets(rule.labels for rule in rules))
    collections = dict.fromkeys(chain.from_iterable(rule.collections or () for rule in rules))
    for collection in (_NEVER, *collections):
        for marked in labels:
            for words in near:
                yield _World(frozenset(words), Scope(collection, marked))


def _sets(conditions: Iterable[tuple[str, ...] | None]) -> Iterator[tuple[str, ...]]:
    """Yield the sets of words or labels that may hold together, the empty one first."""
    named_by: dict[str, set[int]] = {}
    for number, named in enumerate(conditions):
        for name in named or ():
            named_by.setdefault(name, set()).add(number)
    first = {frozenset(rules): name for name, rules in reversed(named_by.items())}
    names = list(reversed(first.values()))
    sizes = range(len(names) + 1) if len(names) <= _ALL_OF else (0, 1, 2, len(names))
    for size in sizes:
        yield from combinations(names, size)


# -- the rest ----------------------------------------------------------------------------


def _gate(old: Policy, new: Policy) -> Iterator[Change]:
    if old.gate_threshold != new.gate_threshold:
        verdict = WEAKER if new.gate_threshold > old.gate_threshold else STRONGER
        before, after = f"from score {old.gate_threshold:g}", f"from score {new.gate_threshold:g}"
        yield Change(verdict, "gate", "", before, after)
    refused = [entity for entity in ENTITIES if old.refuses(entity)]
    refuses = [entity for entity in ENTITIES if new.refuses(entity)]
    yield from _lists("gate", "refuses", refused, refuses)


def _quarantine(old: Policy, new: Policy) -> Iterator[Change]:
    one, other = old.quarantine, new.quarantine
    yield from _lists("quarantine", "entities", one.entities, other.entities)
    yield from _lists("quarantine", "flags", one.flags, other.flags)


def _lists(
    subject: str, where: str, before: Iterable[str], after: Iterable[str], *, more: str = STRONGER
) -> Iterator[Change]:
    """Compare two lists of which longer is `more`."""
    less = WEAKER if more == STRONGER else STRONGER
    gone, added = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    if gone:
        yield Change(less, subject, where, _some(gone), "no more")
    if added:
        yield Change(more, subject, where, "not before", _some(added))


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _allow_lists(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare by entity; entries are counted, not shown: a list may hold names."""
    for entity in ENTITIES:
        before = {v for one in old.allow_lists if one.entity == entity for v in one.values}
        after = {v for one in new.allow_lists if one.entity == entity for v in one.values}
        line = max((one.line for one in new.allow_lists if one.entity == entity), default=0)
        counts = f"{len(before)} values", f"{len(after)} values"
        if after - before:
            yield Change(WEAKER, entity, "allow list", *counts, line)
        elif before - after:
            yield Change(STRONGER, entity, "allow list", *counts, line)


def _recognizers(old: Policy, new: Policy) -> Iterator[Change]:
    before = {one.name: one for one in old.recognizers}
    after = {one.name: one for one in new.recognizers}
    for name in before:
        if name not in after:
            yield Change(WEAKER, f"recognizer {name}", "", f"finds {before[name].entity}", "gone")
    for name, one in after.items():
        if name not in before:
            added = f"finds {one.entity}"
            yield Change(STRONGER, f"recognizer {name}", "", "not before", added, one.line)
        else:
            yield from _recognizer(before[name], one)


def _recognizer(one: Recognizer, other: Recognizer) -> Iterator[Change]:
    """Compare two recognizers of one name; whatever may find less counts as weaker."""
    scores = {e.regex: e.score for e in one.expressions}
    now = {e.regex: e.score for e in other.expressions}
    is_weaker = {
        "finds another entity": one.entity != other.entity,
        "has fewer or other patterns": not scores.keys() <= now.keys(),
        "scores less": any(now[regex] < score for regex, score in scores.items() if regex in now)
        or (bool(one.words) and other.word_score < one.word_score),
        "has fewer words": not set(one.words) <= set(other.words),
        "has fewer words of context": not set(one.context) <= set(other.context),
        "needs context": other.only_with_context and not one.only_with_context,
        "is validated otherwise": other.validator is not None and other.validator != one.validator,
        "minds capitals": other.match_case and not one.match_case,
    }
    said = [text for text, is_so in is_weaker.items() if is_so]
    subject = f"recognizer {other.name}"
    if said:
        yield Change(WEAKER, subject, "", "", ", ".join(said), other.line)
    if not said and _finding(one) != _finding(other):
        yield Change(STRONGER, subject, "", "", "finds more", other.line)


def _finding(one: Recognizer) -> object:
    """Return what decides what a recognizer finds."""
    expressions = sorted((e.regex, e.score, e.flags) for e in one.expressions)
    words = sorted(one.words), one.word_score, one.match_case
    context = sorted(one.context), one.only_with_context
    return one.entity, expressions, words, context, one.validator
