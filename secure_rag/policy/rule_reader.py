"""From nodes to rules: each key checked, each mistake with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from secure_rag.errors import PolicyError
from secure_rag.policy.entities import ENTITIES, GENERALISATIONS, GROUPS
from secure_rag.policy.model import ACTIONS, DEFAULT_RULE, Rule
from secure_rag.policy.strict_yaml import Node, Source
from secure_rag.values import FIELDS

MAX_KEEP_LAST: Final = 4
"""As many digits of a card as may be shown on a receipt."""

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
RULE_KEYS: Final = (
    "id",
    "entity",
    "group",
    "action",
    "to",
    "keep_last",
    "threshold",
    "context",
    "fields",
    "collections",
    "labels",
    "reason",
)
SEE_ENTITIES: Final = "see `secure-rag policy entities`"


class RuleReader:
    """Reads the rules of one file and remembers which ids are taken."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._taken: dict[str, int] = {DEFAULT_RULE: 0}

    def read(self, node: Node) -> Rule:
        """Return one rule.

        Raises:
            PolicyError: the first mistake in it.
        """
        source = self._source
        table = source.mapping(node, "the rule", known=RULE_KEYS, required=("action",))
        entity, group = self._subject(node, table)
        action = read_action(table["action"], source)
        keep_last, to = self._parameters(node, table, action, entity)
        reason, threshold = table.get("reason"), table.get("threshold")
        rule = Rule(
            id=self._id(table.get("id"), entity or group or ""),
            entity=entity,
            group=group,
            action=action,
            threshold=None if threshold is None else source.fraction(threshold, "`threshold`"),
            fields=self._fields(table.get("fields")),
            keep_last=keep_last,
            to=to,
            reason=source.string(reason, "`reason`") if reason else None,
            line=node.line,
            context=read_words(table.get("context"), "`context`", source),
            collections=read_words(table.get("collections"), "`collections`", source),
            labels=read_words(table.get("labels"), "`labels`", source),
        )
        self._taken[rule.id] = rule.line
        return rule

    def _subject(self, node: Node, table: dict[str, Node]) -> tuple[str | None, str | None]:
        """Return the entity or the group of a rule; exactly one is written."""
        if ("entity" in table) == ("group" in table):
            raise self._source.error(
                node, "a rule names either an `entity` or a `group`", code="subject"
            )
        if "entity" in table:
            return read_entity(table["entity"], self._source), None
        group = self._source.choice(
            table["group"], "group", GROUPS, code="unknown_group", see=SEE_ENTITIES
        )
        return None, group

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
            raise _empty(node, "`fields`", self._source)
        see = f"known: {', '.join(FIELDS)}"
        names = [
            self._source.choice(item, "field", FIELDS, code="unknown_field", see=see)
            for item in items
        ]
        for item, name in zip(items, names, strict=True):
            if names.count(name) > 1:
                raise self._source.error(item, f"field {name} is named twice", code="value")
        return tuple(names)

    def _id(self, node: Node | None, subject: str) -> str:
        """Return the written id, or one made of the subject: `credit-card`, `credit-card-2`."""
        taken = self._taken
        if node is None:
            stem = subject.lower().replace("_", "-")
            names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 2))]
            return next(name for name in names if name not in taken)
        name = read_name(node, "`id`", self._source, code="id")
        if name in taken:
            where = f"first in line {taken[name]}" if taken[name] else "reserved"
            raise self._source.error(node, f"duplicate rule id {name} ({where})", code="duplicate")
        return name


def read_name(node: Node, what: str, source: Source, *, code: str) -> str:
    """Return a name of small letters, digits and hyphens."""
    name = source.string(node, what)
    if not NAME.fullmatch(name):
        raise source.error(
            node, f"{what} must be small letters, digits and hyphens, at most 64", code=code
        )
    return name


def read_action(node: Node, source: Source) -> str:
    """Return the name of an action."""
    see = f"known: {', '.join(ACTIONS)}"
    return source.choice(node, "action", ACTIONS, code="unknown_action", see=see)


def read_entity(node: Node, source: Source) -> str:
    """Return the name of an entity; a group in its place is said to be one."""
    if isinstance(node.value, str) and node.value in GROUPS:
        raise source.error(
            node,
            f"{node.value} is a group, not an entity",
            hint=f"write `group: {node.value}`",
            code="unknown_entity",
        )
    return source.choice(node, "entity", ENTITIES, code="unknown_entity", see=SEE_ENTITIES)


def read_entities(node: Node, what: str, source: Source) -> tuple[str, ...]:
    """Return the entities that a list names, one by one or by group, in catalogue order."""
    known = (*ENTITIES, *GROUPS)
    names: set[str] = set()
    for item in source.sequence(node, what):
        name = source.choice(
            item, "entity or group", known, code="unknown_entity", see=SEE_ENTITIES
        )
        names.update(GROUPS.get(name, (name,)))
    return tuple(name for name in ENTITIES if name in names)


def read_words(node: Node | None, what: str, source: Source) -> tuple[str, ...] | None:
    """Return a list of texts, none twice; None where the key is not written."""
    if node is None:
        return None
    items = source.sequence(node, what)
    if not items:
        raise _empty(node, what, source)
    words = [source.string(item, f"each item of {what}").strip() for item in items]
    for item, word in _repeated(items, words):
        raise source.error(item, f"{word} stands twice in {what}", code="value")
    return tuple(words)


def _repeated(items: list[Node], words: list[str]) -> Iterable[tuple[Node, str]]:
    for number, word in enumerate(words):
        if word in words[:number]:
            yield items[number], word


def _empty(node: Node, what: str, source: Source) -> PolicyError:
    return source.error(
        node, f"{what} is empty", hint="leave it out to mean every one", code="value"
    )
