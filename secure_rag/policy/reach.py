"""Checks that need all rules at once: what can never apply, and what would uncover too much."""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.errors import PolicyError
from secure_rag.policy.entities import GROUPS, PROTECTED_GROUPS
from secure_rag.policy.model import UNSAFE_PREFIX, Rule
from secure_rag.policy.strict_yaml import Node, Source
from secure_rag.values import FIELDS

_PROTECTED = frozenset(name for group in PROTECTED_GROUPS for name in GROUPS[group])


def check_reach(
    rules: Sequence[tuple[Node, Rule]], source: Source, *, is_unsafe: bool
) -> list[PolicyError]:
    """Return an error for each rule that can never decide, or keeps what must not be kept."""
    problems: list[PolicyError] = []
    decided: dict[tuple[str, str], Rule] = {}
    for node, rule in rules:
        pairs = [(entity, field) for entity in rule.entities for field in rule.fields or FIELDS]
        open_pairs = [pair for pair in pairs if pair not in decided]
        if not open_pairs:
            earlier = decided[pairs[0]]
            problems.append(
                source.error(
                    node,
                    f"rule {rule.id} can never apply: rule {earlier.id} in line {earlier.line} "
                    "decides first",
                    hint="put the narrower rule before the wider one, or delete it",
                    code="unreachable",
                )
            )
        decided.update(dict.fromkeys(open_pairs, rule))
        if not is_unsafe and rule.action == "keep":
            problems += _check_keep(node, rule, open_pairs, source)
    return problems


def _check_keep(
    node: Node, rule: Rule, pairs: Sequence[tuple[str, str]], source: Source
) -> list[PolicyError]:
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
