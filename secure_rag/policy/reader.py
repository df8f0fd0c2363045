"""From nodes to a `Policy`: each key checked, each mistake with its place."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.errors import PolicyError
from secure_rag.policy.digest import digest_of, resolved_form
from secure_rag.policy.entities import ENTITIES, GENERALISATIONS, GROUPS
from secure_rag.policy.model import (
    ACTIONS,
    DEFAULT_GATE_THRESHOLD,
    DEFAULT_RULE,
    DEFAULT_THRESHOLD,
    FORMAT,
    KEEP_ALL,
    LANGUAGES,
    UNSAFE_PREFIX,
    Policy,
    Rule,
)
from secure_rag.policy.reach import check_reach
from secure_rag.policy.strict_yaml import Node, Source
from secure_rag.values import FIELDS

MAX_KEEP_LAST: Final = 4
"""As many digits of a card as may be shown on a receipt."""

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_POLICY_KEYS: Final = (
    "format",
    "name",
    "language",
    "default_action",
    "threshold",
    "gate",
    "rules",
)
_RULE_KEYS: Final = (
    "id",
    "entity",
    "group",
    "action",
    "to",
    "keep_last",
    "threshold",
    "fields",
    "reason",
)
_SEE_ENTITIES: Final = "see `secure-rag policy entities`"


class PolicyReader:
    """Reads one policy; mistakes in rules are collected, so that all show at once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._problems: list[PolicyError] = []

    def read(self, root: Node) -> tuple[Policy | None, list[PolicyError]]:
        table = self._source.mapping(
            root, "the policy", known=_POLICY_KEYS, required=("format", "name", "rules")
        )
        self._format(table["format"])
        name = self._name(table["name"])
        is_unsafe = name.startswith(UNSAFE_PREFIX)
        language = self._language(table.get("language"))
        default_action = self._default_action(table.get("default_action"), is_unsafe=is_unsafe)
        threshold = self._threshold(table.get("threshold"), DEFAULT_THRESHOLD)
        gate_threshold = self._gate(table.get("gate"))
        rules = self._rules(table["rules"], may_be_empty=name == KEEP_ALL)
        self._problems += check_reach(rules, self._source, is_unsafe=is_unsafe)
        if self._problems:
            return None, self._problems
        form = resolved_form(
            name=name,
            language=language,
            default_action=default_action,
            default_threshold=threshold,
            gate_threshold=gate_threshold,
            rules=[rule for _, rule in rules],
        )
        policy = Policy(
            name=name,
            language=language,
            default_action=default_action,
            rules=tuple(rule for _, rule in rules),
            default_threshold=threshold,
            gate_threshold=gate_threshold,
            is_unsafe=is_unsafe,
            digest=digest_of(form),
        )
        return policy, []

    # -- the policy itself ---------------------------------------------------------------

    def _format(self, node: Node) -> None:
        if isinstance(node.value, bool) or node.value != FORMAT:
            raise self._source.error(
                node,
                "this program reads policies of `format: 1` only",
                hint="write `format: 1`",
                code="format",
            )

    def _name(self, node: Node) -> str:
        name = self._source.string(node, "`name`")
        if not NAME.fullmatch(name):
            raise self._source.error(
                node,
                "`name` must be small letters, digits and hyphens, at most 64",
                code="name",
            )
        return name

    def _language(self, node: Node | None) -> str:
        if node is None:
            return LANGUAGES[0]
        return self._source.choice(
            node,
            "language",
            LANGUAGES,
            code="unknown_language",
            see="English (en) only for now",
        )

    def _default_action(self, node: Node | None, *, is_unsafe: bool) -> str:
        if node is None:
            return "pseudonymise"
        action = self._action(node)
        if action == "generalise":
            raise self._source.error(
                node,
                "`default_action` cannot be generalise: not every entity has a general form",
                hint="use pseudonymise, mask or drop",
                code="default_action",
            )
        if action == "keep" and not is_unsafe:
            raise self._source.error(
                node,
                "`default_action: keep` would let through whatever no rule names",
                hint="use pseudonymise; a policy for public text is named `unsafe-…`",
                code="unsafe",
            )
        return action

    def _gate(self, node: Node | None) -> float:
        if node is None:
            return DEFAULT_GATE_THRESHOLD
        table = self._source.mapping(node, "`gate`", known=("threshold",))
        return self._threshold(table.get("threshold"), DEFAULT_GATE_THRESHOLD)

    def _threshold(self, node: Node | None, default: float) -> float:
        return default if node is None else self._source.fraction(node, "`threshold`")

    # -- rules ---------------------------------------------------------------------------

    def _rules(self, node: Node, *, may_be_empty: bool) -> list[tuple[Node, Rule]]:
        items = self._source.sequence(node, "`rules`")
        if not items and not may_be_empty:
            raise self._source.error(
                node,
                "the policy has no rules",
                hint=f"add a rule, or name the policy `{KEEP_ALL}`",
                code="empty",
            )
        rules: list[tuple[Node, Rule]] = []
        taken: dict[str, int] = {DEFAULT_RULE: 0}
        for item in items:
            try:
                rule = self._rule(item, taken)
            except PolicyError as error:
                self._problems.append(error)
            else:
                taken[rule.id] = rule.line
                rules.append((item, rule))
        return rules

    def _rule(self, node: Node, taken: dict[str, int]) -> Rule:
        source = self._source
        table = source.mapping(node, "the rule", known=_RULE_KEYS, required=("action",))
        entity, group = self._subject(node, table)
        action = self._action(table["action"])
        keep_last, to = self._parameters(node, table, action, entity)
        reason = table.get("reason")
        return Rule(
            id=self._id(table.get("id"), entity or group or "", taken),
            entity=entity,
            group=group,
            action=action,
            threshold=source.fraction(table["threshold"], "`threshold`")
            if "threshold" in table
            else None,
            fields=self._fields(table.get("fields")),
            keep_last=keep_last,
            to=to,
            reason=source.string(reason, "`reason`") if reason else None,
            line=node.line,
        )

    def _subject(self, node: Node, table: dict[str, Node]) -> tuple[str | None, str | None]:
        """Return the entity or the group of a rule; exactly one is written."""
        if ("entity" in table) == ("group" in table):
            raise self._source.error(
                node, "a rule names either an `entity` or a `group`", code="subject"
            )
        if "entity" in table:
            return self._entity(table["entity"]), None
        group = self._source.choice(
            table["group"], "group", GROUPS, code="unknown_group", see=_SEE_ENTITIES
        )
        return None, group

    def _entity(self, node: Node) -> str:
        if isinstance(node.value, str) and node.value in GROUPS:
            raise self._source.error(
                node,
                f"{node.value} is a group, not an entity",
                hint=f"write `group: {node.value}`",
                code="unknown_entity",
            )
        return self._source.choice(
            node, "entity", ENTITIES, code="unknown_entity", see=_SEE_ENTITIES
        )

    def _action(self, node: Node) -> str:
        see = f"known: {', '.join(ACTIONS)}"
        return self._source.choice(node, "action", ACTIONS, code="unknown_action", see=see)

    def _parameters(
        self, node: Node, table: dict[str, Node], action: str, entity: str | None
    ) -> tuple[int | None, str | None]:
        """Return `keep_last` and `to`, each only with the action it belongs to."""
        for key, owner in (("keep_last", "mask"), ("to", "generalise")):
            if key in table and action != owner:
                raise self._source.error(
                    table[key],
                    f"`{key}` belongs to `action: {owner}`, not {action}",
                    code="parameter",
                )
        keep_last = None
        if "keep_last" in table:
            keep_last = self._source.integer(
                table["keep_last"], "`keep_last`", low=1, high=MAX_KEEP_LAST
            )
        if action != "generalise":
            return keep_last, None
        return None, self._generalisation(node, table.get("to"), entity)

    def _generalisation(self, node: Node, to: Node | None, entity: str | None) -> str:
        options = GENERALISATIONS.get(entity or "")
        if options is None:
            raise self._source.error(
                node,
                f"{entity or 'a group'} cannot be generalised",
                hint=f"entities that can: {', '.join(GENERALISATIONS)}",
                code="parameter",
            )
        see = f"{entity} can be generalised to: {', '.join(options)}"
        if to is None:
            raise self._source.error(node, "generalise needs `to`", hint=see, code="parameter")
        return self._source.choice(to, "general form", options, code="parameter", see=see)

    def _fields(self, node: Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        items = self._source.sequence(node, "`fields`")
        if not items:
            raise self._source.error(
                node,
                "`fields` is empty",
                hint="leave it out to mean every field",
                code="value",
            )
        see = f"known: {', '.join(FIELDS)}"
        names = [
            self._source.choice(item, "field", FIELDS, code="unknown_field", see=see)
            for item in items
        ]
        for item, name in zip(items, names, strict=True):
            if names.count(name) > 1:
                raise self._source.error(item, f"field {name} is named twice", code="value")
        return tuple(names)

    def _id(self, node: Node | None, subject: str, taken: dict[str, int]) -> str:
        """Return the written id, or one made of the subject: `credit-card`, `credit-card-2`."""
        if node is None:
            stem = subject.lower().replace("_", "-")
            names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 2))]
            return next(name for name in names if name not in taken)
        name = self._source.string(node, "`id`")
        if not NAME.fullmatch(name):
            raise self._source.error(
                node,
                "`id` must be small letters, digits and hyphens, at most 64",
                code="id",
            )
        if name in taken:
            where = f"first in line {taken[name]}" if taken[name] else "reserved"
            raise self._source.error(node, f"duplicate rule id {name} ({where})", code="duplicate")
        return name
