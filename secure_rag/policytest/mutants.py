"""Policies that are wrong on purpose: one thing altered in each.

Only what a policy's own file says is altered; what it inherits is tested with its parent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from secure_rag.policy.entities import ENTITIES, GENERALISATIONS
from secure_rag.policy.model import (
    ACTIONS,
    DEFAULT_COLLECTION,
    DEFAULT_RULE,
    Linking,
    Policy,
    Rule,
    Scope,
)
from secure_rag.values import FIELDS

HIGH: Final = 0.99
LOW: Final = 0.05
_SETTINGS: Final = ("default_action", "threshold", "linking")
_LONG_LIST: Final = 20
"""Entries of longer allow lists are not taken out one at a time."""

Pair = tuple[str, str]
"""An entity and a field."""


@dataclass(frozen=True)
class Mutant:
    """A policy with one thing altered."""

    policy: Policy
    kind: str
    """`drop`, `swap`, `action`, `threshold`, `entity`, `fields`, `limit`, `allow`, …"""
    subject: str
    """What was altered: `rule person`, `allow list places`."""
    line: int
    change: str
    """In words, to be read after the subject."""
    needs: str
    """The case that would notice, in words; `{entity}` and `{field}` stand in it."""
    lowered: frozenset[str] = frozenset()
    """Entities for which detection must look at weaker claims than the policy's."""
    without: str | None = None
    """A recognizer whose claims do not count."""


@dataclass(frozen=True)
class Effect:
    """Which decisions differ between two policies."""

    pairs: frozenset[Pair]
    is_known: bool = True
    """False where more than decisions differs: recognizers, allow lists, linking."""

    @property
    def is_nothing(self) -> bool:
        return self.is_known and not self.pairs


def make_mutants(policy: Policy) -> Iterator[Mutant]:
    """Yield every mutant of a policy; some may decide as the policy does."""
    own = [(number, rule) for number, rule in enumerate(policy.rules) if rule.origin is None]
    for number, rule in own:
        yield _altered(policy, number, (), "drop", rule, "is gone", _MARK_IT)
        yield from _swaps(policy, number)
        for new, change in _actions(rule):
            yield _altered(policy, number, (new,), "action", rule, change, _SAY_ACTION)
        yield from _thresholds(policy, number)
        yield from _entities(policy, number)
        yield from _limits(policy, number)
    says = {key for key in _SETTINGS if policy.extends is None or key in policy.own_keys}
    yield from _default_actions(policy) if "default_action" in says else ()
    yield from _default_thresholds(policy) if "threshold" in says else ()
    yield from _linking(policy) if "linking" in says else ()
    yield from _allow_lists(policy)
    yield from _recognizers(policy)


def effect(policy: Policy, mutant: Mutant, scopes: Iterable[Scope]) -> Effect:
    """Return the decisions in which a mutant differs, over entities, fields and scopes."""
    changed = policy, mutant.policy
    pairs = frozenset(
        (entity, field)
        for scope in scopes
        for is_near in (False, True)
        for before, after in [[one.for_scope(scope) for one in changed]]
        for entity in ENTITIES
        for field in FIELDS
        if _decision(before, entity, field, is_near) != _decision(after, entity, field, is_near)
    )
    return Effect(pairs, is_known=mutant.kind not in ("allow", "recognizer", "linking"))


_MARK_IT: Final = "mark {entity} in field {field}, with the action: [words]({entity}:{action})"
_SAY_ACTION: Final = (
    "say what happens to {entity} in field {field}: [words]({entity}:{action}), or `redacted:`"
)
_WEAK: Final = "a text in which something looks like {entity} and must not be found (field {field})"
_STRONG: Final = "mark {entity} in field {field} where the evidence is weaker than {high}"


def _decision(policy: Policy, entity: str, field: str, is_near: bool) -> tuple[object, ...]:
    rule = policy.decide(entity, field, lambda _: is_near)
    return rule.action, rule.to, rule.keep_last or 0, policy.threshold_of(rule)


def _altered(
    policy: Policy,
    number: int,
    instead: Sequence[Rule],
    kind: str,
    rule: Rule,
    change: str,
    needs: str,
    *,
    lowered: frozenset[str] = frozenset(),
) -> Mutant:
    """Return a mutant with other rules in the place of one."""
    rules = (*policy.rules[:number], *instead, *policy.rules[number + 1 :])
    changed = replace(policy, rules=rules)
    return Mutant(changed, kind, f"rule {rule.id}", rule.line, change, needs, lowered)


def _swaps(policy: Policy, number: int) -> Iterator[Mutant]:
    """Yield the policy with a rule after the next one that it shares an entity with."""
    rule = policy.rules[number]
    for later in range(number + 1, len(policy.rules)):
        other = policy.rules[later]
        if set(rule.entities).isdisjoint(other.entities):
            continue
        rules = list(policy.rules)
        rules.insert(later, rules.pop(number))
        yield Mutant(
            replace(policy, rules=tuple(rules)),
            "swap",
            f"rule {rule.id}",
            rule.line,
            f"stands after rule {other.id}",
            _MARK_IT,
        )
        return


def _actions(rule: Rule) -> Iterator[tuple[Rule, str]]:
    """Yield a rule with the next weaker and the next stronger action, and other parameters."""
    rank = ACTIONS.index(rule.action)
    weaker = next((a for a in reversed(ACTIONS[:rank]) if _can(rule, a)), None)
    stronger = next((a for a in ACTIONS[rank + 1 :] if _can(rule, a)), None)
    for action in (weaker, stronger):
        if action is not None:
            to = GENERALISATIONS[rule.entity or ""][0] if action == "generalise" else None
            yield (
                replace(rule, action=action, to=to, keep_last=None),
                f"has the action {action} instead of {rule.action}",
            )
    if rule.action == "generalise" and rule.entity is not None:
        for to in GENERALISATIONS[rule.entity]:
            if to != rule.to:
                yield replace(rule, to=to), f"generalises to {to} instead of {rule.to}"
    if rule.action == "mask":
        kept = 0 if rule.keep_last else 4
        yield replace(rule, keep_last=kept or None), f"keeps the last {kept}"


def _can(rule: Rule, action: str) -> bool:
    return action != "generalise" or rule.entity in GENERALISATIONS


def _thresholds(policy: Policy, number: int) -> Iterator[Mutant]:
    rule = policy.rules[number]
    before = policy.threshold_of(rule)
    if before < HIGH:
        new = replace(rule, threshold=HIGH)
        change = f"has the threshold {HIGH} instead of {before:g}"
        yield _altered(policy, number, (new,), "threshold", rule, change, _STRONG)
    if before > LOW:
        new = replace(rule, threshold=LOW)
        change = f"has the threshold {LOW} instead of {before:g}"
        lowered = frozenset(rule.entities)
        yield _altered(policy, number, (new,), "threshold", rule, change, _WEAK, lowered=lowered)


def _entities(policy: Policy, number: int) -> Iterator[Mutant]:
    """Yield a group rule without one of its entities."""
    rule = policy.rules[number]
    if rule.group is None:
        return
    for dropped in rule.entities:
        rest = tuple(
            replace(rule, entity=entity, group=None)
            for entity in rule.entities
            if entity != dropped
        )
        yield _altered(policy, number, rest, "entity", rule, f"leaves {dropped} out", _MARK_IT)


def _limits(policy: Policy, number: int) -> Iterator[Mutant]:
    """Yield a rule with wider or narrower limits."""
    rule = policy.rules[number]
    if rule.fields is not None:
        wide = replace(rule, fields=None)
        yield _altered(policy, number, (wide,), "fields", rule, "holds for every field", _MARK_IT)
        for dropped in rule.fields if len(rule.fields) > 1 else ():
            fields = tuple(field for field in rule.fields if field != dropped)
            change = f"does not hold for field {dropped}"
            narrow = replace(rule, fields=fields)
            yield _altered(policy, number, (narrow,), "fields", rule, change, _MARK_IT)
    free = (
        ("context", rule.context, replace(rule, context=None)),
        ("collections", rule.collections, replace(rule, collections=None)),
        ("labels", rule.labels, replace(rule, labels=None)),
    )
    for name, value, new in free:
        if value is not None:
            change = f"holds without its limit to {name}"
            yield _altered(policy, number, (new,), "limit", rule, change, _MARK_IT)


def scopes_of(policy: Policy) -> Iterator[Scope]:
    """Yield a scope for each collection and label that a rule of the policy is limited to."""
    for rule in policy.rules:
        for collection in rule.collections or (DEFAULT_COLLECTION,):
            for label in rule.labels or (None,):
                yield Scope(collection, () if label is None else (label,))


def _default_actions(policy: Policy) -> Iterator[Mutant]:
    """Yield other actions for whatever no rule names."""
    rule = policy.default_rule
    for new, change in _actions(rule):
        changed = replace(policy, default_action=new.action)
        yield Mutant(changed, "action", f"rule {DEFAULT_RULE}", 0, change, _SAY_ACTION)


def _default_thresholds(policy: Policy) -> Iterator[Mutant]:
    """Yield other thresholds for rules that say none."""
    before = policy.default_threshold
    for least, needs in ((HIGH, _STRONG), (LOW, _WEAK)):
        changed = replace(policy, default_threshold=least)
        change = f"is {least} instead of {before:g}"
        lowered = frozenset(ENTITIES) if least == LOW else frozenset[str]()
        if least != before:
            yield Mutant(changed, "threshold", "`threshold`", 0, change, needs, lowered)


def _allow_lists(policy: Policy) -> Iterator[Mutant]:
    """Yield the policy without an entry of an allow list; of a long list, without all."""
    for number, allowed in enumerate(policy.allow_lists):
        if allowed.origin is not None:
            continue
        size = len(allowed.values)
        shorter = [(allowed.values[:n] + allowed.values[n + 1 :], n + 1) for n in range(size)]
        for values, entry in shorter if size <= _LONG_LIST else [((), 0)]:
            lists = list(policy.allow_lists)
            lists[number] = replace(allowed, values=values)
            yield Mutant(
                replace(policy, allow_lists=tuple(lists)),
                "allow",
                f"allow list {allowed.name}",
                allowed.line,
                f"lacks entry {entry} of {size} (sorted)" if entry else "is empty",
                "a text that holds an entry of the list and must not be touched",
            )


def _recognizers(policy: Policy) -> Iterator[Mutant]:
    """Yield the policy without one of its own recognizers."""
    for recognizer in policy.recognizers:
        if recognizer.origin is None:
            rest = tuple(one for one in policy.recognizers if one is not recognizer)
            yield Mutant(
                replace(policy, recognizers=rest),
                "recognizer",
                f"recognizer {recognizer.name}",
                recognizer.line,
                "is gone",
                f"mark {recognizer.entity} that only this recognizer finds",
                without=recognizer.name,
            )


def _linking(policy: Policy) -> Iterator[Mutant]:
    """Yield the usual choice for each switch of `linking` that the policy sets otherwise."""
    usual, own = Linking(), policy.linking
    switches = (
        ("short_names", own.short_names, replace(own, short_names=usual.short_names)),
        ("nicknames", own.nicknames, replace(own, nicknames=usual.nicknames)),
    )
    for name, is_on, linking in switches:
        if linking == own:
            continue
        changed = replace(policy, linking=linking)
        change = f"{name} is {'off' if is_on else 'on'}"
        needs = "must_link" if is_on else "must_not_link"
        yield Mutant(changed, "linking", "linking", 0, change, f"a case with `{needs}` for it")
