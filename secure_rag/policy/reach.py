"""Checks that need all rules at once: what can never apply, and what would uncover too much."""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.errors import PolicyError
from secure_rag.policy.entities import GROUPS, PROTECTED_GROUPS
from secure_rag.policy.model import UNSAFE_PREFIX, Rule
from secure_rag.policy.strict_yaml import Node, Source
from secure_rag.values import FIELDS

_PROTECTED = frozenset(name for group in PROTECTED_GROUPS for name in GROUPS[group])

Pair = tuple[str, str]
"""An entity and a field."""


class Reach:
    """Takes rules in order and says what each still decides."""

    def __init__(self) -> None:
        self._deciding: dict[Pair, list[Rule]] = {}

    def open_pairs(self, rule: Rule) -> list[Pair]:
        """Return the entities and fields that no earlier rule takes from this one."""
        return [pair for pair in _pairs(rule) if self._covering(pair, rule) is None]

    def first(self, rule: Rule) -> Rule:
        """Return an earlier rule that decides before a rule that can never apply."""
        found = self._covering(_pairs(rule)[0], rule)
        assert found is not None
        return found

    def add(self, rule: Rule) -> None:
        """Let a rule decide before all that follow."""
        for pair in _pairs(rule):
            self._deciding.setdefault(pair, []).append(rule)

    def _covering(self, pair: Pair, rule: Rule) -> Rule | None:
        earlier = self._deciding.get(pair, ())
        return next((one for one in earlier if _is_wider(one, rule)), None)


def check_reach(
    rules: Sequence[tuple[Node, Rule]], source: Source, reach: Reach, *, is_unsafe: bool
) -> list[PolicyError]:
    """Return an error for each rule that can never decide, or keeps what must not be kept."""
    problems: list[PolicyError] = []
    for node, rule in rules:
        open_pairs = reach.open_pairs(rule)
        if not open_pairs:
            earlier = reach.first(rule)
            problems.append(
                source.error(
                    node,
                    f"rule {rule.id} can never apply: rule {earlier.id} in line {earlier.line} "
                    "decides first",
                    hint="put the narrower rule before the wider one, or delete it",
                    code="unreachable",
                )
            )
        reach.add(rule)
        if not is_unsafe and rule.action == "keep":
            problems += check_keep(node, rule, open_pairs, source)
    return problems


def check_keep(node: Node, rule: Rule, pairs: Sequence[Pair], source: Source) -> list[PolicyError]:
    """Refuse to keep secrets, government ids and account numbers in the text itself."""
    uncovered = sorted({entity for entity, field in pairs if field == "body"} & _PROTECTED)
    if not uncovered:
        return []
    return [
        source.error(
            node,
            f"rule {rule.id} would keep {uncovered[0]} in the text",
            hint=f"redact it; only a policy named `{UNSAFE_PREFIX}…` may keep secrets, "
            "government ids and account numbers",
            code="unsafe",
        )
    ]


def _pairs(rule: Rule) -> list[Pair]:
    return [(entity, field) for entity in rule.entities for field in rule.fields or FIELDS]


def _is_wider(one: Rule, other: Rule) -> bool:
    """Say whether a rule applies wherever the other does, as far as its limits tell."""
    limits = (
        (one.context, other.context),
        (one.collections, other.collections),
        (one.labels, other.labels),
    )
    return all(
        mine is None or (theirs is not None and set(mine) >= set(theirs)) for mine, theirs in limits
    )
