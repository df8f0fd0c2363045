"""A file's own words and those of its parent, as one policy.

The rules of the file come first, in its order, then those of its parent; the first that matches
decides, so a policy overrules its parent rule by rule. A rule of the parent that can never apply
any more is left out. A rule that spells out the `id` of one of its parent's replaces it. Every
other key is taken from the parent where the file does not write it; recognizers and lists are
added to the parent's, and replace those of the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from secure_rag.errors import PolicyError
from secure_rag.policy.digest import digest_of, resolved_form
from secure_rag.policy.model import (
    DEFAULT_GATE_THRESHOLD,
    DEFAULT_THRESHOLD,
    LANGUAGES,
    Linking,
    Policy,
    Quarantine,
    Rule,
)
from secure_rag.policy.reach import Reach, check_keep, check_reach
from secure_rag.policy.reader import Draft
from secure_rag.policy.recognizers import AllowList, Recognizer
from secure_rag.policy.strict_yaml import Source

T = TypeVar("T")
Named = TypeVar("Named", Recognizer, AllowList)


def build_policy(
    draft: Draft, parent: Policy | None, source: Source
) -> tuple[Policy, list[PolicyError]]:
    """Return the policy of a file and its parent, and what is wrong with them together."""
    rules, problems = _rules(draft, parent, source)
    base = parent or _nothing()
    action = draft.default_action or base.default_action
    if action == "keep" and not draft.is_unsafe and draft.extends is not None:
        problems.append(
            source.error(
                draft.extends,
                f"{base.name} has `default_action: keep`, which only a policy named `unsafe-…` "
                "may inherit",
                hint="write a `default_action` of your own",
                code="unsafe",
            )
        )
    linking: dict[str, Any] = dict(draft.linking)
    policy = Policy(
        name=draft.name,
        language=draft.language or base.language,
        default_action=action,
        rules=tuple(rules),
        default_threshold=_or(draft.threshold, base.default_threshold),
        gate_threshold=_or(draft.gate_threshold, base.gate_threshold),
        is_unsafe=draft.is_unsafe,
        digest="",
        extends=parent.name if parent else None,
        recognizers=_named(draft.recognizers.found, base.recognizers, base.name),
        allow_lists=_named(draft.recognizers.allowed, base.allow_lists, base.name),
        linking=replace(base.linking, **linking),
        gate_refuse=_or(draft.gate_refuse, base.gate_refuse),
        quarantine=Quarantine(
            _or(draft.quarantine_entities, base.quarantine.entities),
            _or(draft.quarantine_flags, base.quarantine.flags),
        ),
        own_keys=draft.own_keys,
    )
    return with_digest(policy), problems


def with_digest(policy: Policy) -> Policy:
    """Return the policy with the digest of what it decides."""
    return replace(policy, digest=digest_of(resolved_form(policy)))


def _nothing() -> Policy:
    """Return what holds where neither file nor parent says anything."""
    return Policy(
        name="",
        language=LANGUAGES[0],
        default_action="pseudonymise",
        rules=(),
        default_threshold=DEFAULT_THRESHOLD,
        gate_threshold=DEFAULT_GATE_THRESHOLD,
        is_unsafe=False,
        digest="",
        linking=Linking(),
    )


def _or(written: T | None, inherited: T) -> T:
    return inherited if written is None else written


def _rules(
    draft: Draft, parent: Policy | None, source: Source
) -> tuple[list[Rule], list[PolicyError]]:
    """Return the rules in order of decision."""
    reach = Reach()
    problems = check_reach(draft.rules, source, reach, is_unsafe=draft.is_unsafe)
    rules = [rule for _, rule in draft.rules]
    taken = {rule.id for rule in rules}
    if parent is None:
        return rules, problems
    assert draft.extends is not None
    for rule in parent.rules:
        if rule.id in draft.written_ids:
            continue
        open_pairs = reach.open_pairs(rule)
        if not open_pairs:
            continue
        reach.add(rule)
        inherited = replace(
            rule,
            id=_free(rule.id, parent.name, taken),
            origin=rule.origin or parent.name,
        )
        taken.add(inherited.id)
        rules.append(inherited)
        if not draft.is_unsafe and rule.action == "keep":
            problems += check_keep(draft.extends, inherited, open_pairs, source)
    return rules, problems


def _free(id_: str, parent: str, taken: set[str]) -> str:
    """Return the id of an inherited rule; one that the file has used gets the parent's name."""
    stem = id_ if id_ not in taken else f"{parent}-{id_}"[:60]
    names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _named(own: Sequence[Named], inherited: Sequence[Named], parent: str) -> tuple[Named, ...]:
    names = {one.name for one in own}
    found = list(own)
    for one in inherited:
        if one.name not in names:
            found.append(replace(one, origin=one.origin or parent))
    return tuple(found)
