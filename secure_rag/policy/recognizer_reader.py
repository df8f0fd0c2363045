"""From nodes to a policy's own recognizers, deny lists and allow lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from secure_rag.errors import PolicyError
from secure_rag.policy.presidio_registry import read_registry
from secure_rag.policy.recognizer_parts import (
    check_value,
    file_beside,
    read_expression,
    read_list,
)
from secure_rag.policy.recognizers import (
    DEFAULT_DENY_SCORE,
    DEFAULT_SCORE,
    DIRECT_ENTITIES,
    VALIDATORS,
    AllowList,
    Expression,
    Recognizer,
    fold_value,
)
from secure_rag.policy.rule_reader import read_entity, read_name, read_words
from secure_rag.policy.strict_yaml import Node, Source

KINDS: Final = ("regex", "deny_list", "allow_list", "unsafe_allow_list", "presidio_file")
_KEYS: Final = {
    "regex": ("name", "entity", "regex", "score", "context", "needs_context", "validator",
              "match_case"),
    "deny_list": ("name", "entity", "deny_list", "score", "context", "needs_context",
                  "match_case"),
    "allow_list": ("name", "entity", "allow_list"),
    "unsafe_allow_list": ("name", "entity", "unsafe_allow_list"),
    "presidio_file": ("presidio_file", "entities", "predefined"),
}  # fmt: skip
ALL_KEYS: Final = tuple(dict.fromkeys(key for keys in _KEYS.values() for key in keys))


@dataclass
class Recognizers:
    """What the `recognizers` of one file say."""

    found: list[Recognizer] = field(default_factory=list)
    allowed: list[AllowList] = field(default_factory=list)
    problems: list[PolicyError] = field(default_factory=list)


class RecognizerReader:
    """Reads the recognizers of one policy file; lists and registries lie beside it."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self._taken: dict[str, int] = {}

    def read(self, node: Node) -> Recognizers:
        """Return every recognizer and list; mistakes are collected."""
        result = Recognizers()
        for item in self._source.sequence(node, "`recognizers`"):
            try:
                for one in self._read_item(item):
                    if isinstance(one, AllowList):
                        result.allowed.append(one)
                    else:
                        result.found.append(one)
            except PolicyError as error:
                result.problems.append(error)
        return result

    def _read_item(self, node: Node) -> Iterator[Recognizer | AllowList]:
        source = self._source
        table = source.mapping(node, "the recognizer", known=ALL_KEYS)
        kinds = [key for key in KINDS if key in table]
        if len(kinds) != 1:
            raise source.error(
                node, f"a recognizer has exactly one of {', '.join(KINDS)}", code="recognizer"
            )
        kind = kinds[0]
        for key in table:
            if key not in _KEYS[kind]:
                raise source.error(
                    (node.keys or {}).get(key, node),
                    f"`{key}` does not belong to a recognizer with `{kind}`",
                    hint=f"keys of such a one: {', '.join(_KEYS[kind])}",
                    code="unknown_key",
                )
        if kind == "presidio_file":
            for one in read_registry(table, source, self._folder):
                self._take(one.name, table["presidio_file"])
                yield one
            return
        source.mapping(node, "the recognizer", known=ALL_KEYS, required=("name", "entity"))
        name = read_name(table["name"], "`name`", source, code="recognizer")
        self._take(name, table["name"])
        entity = read_entity(table["entity"], source)
        if kind == "regex":
            yield self._pattern(node, table, name, entity)
        elif kind == "deny_list":
            yield self._deny_list(node, table, name, entity)
        else:
            yield self._allow_list(node, table[kind], name, entity, is_unsafe="unsafe" in kind)

    def _take(self, name: str, node: Node) -> None:
        if name in self._taken:
            raise self._source.error(
                node,
                f"duplicate recognizer name {name} (first in line {self._taken[name]})",
                code="duplicate",
            )
        self._taken[name] = node.line

    def _pattern(self, node: Node, table: dict[str, Node], name: str, entity: str) -> Recognizer:
        source, regex = self._source, table["regex"]
        listed = regex.value if isinstance(regex.value, list) else [regex]
        score = self._score(table.get("score"), DEFAULT_SCORE)
        match_case = self._flag(table.get("match_case"), "`match_case`")
        flags = 0 if match_case else int(re.IGNORECASE)
        expressions = tuple(self._expression(one, score, flags) for one in listed)
        if not expressions:
            raise source.error(regex, "`regex` is empty", code="recognizer")
        validator = table.get("validator")
        return Recognizer(
            name,
            entity,
            expressions,
            match_case=match_case,
            context=read_words(table.get("context"), "`context`", source) or (),
            only_with_context=self._needs_context(table),
            validator=None
            if validator is None
            else source.choice(
                validator, "validator", VALIDATORS, code="recognizer",
                see=f"known: {', '.join(VALIDATORS)}",
            ),
            line=node.line,
        )  # fmt: skip

    def _expression(self, node: Node, score: float, flags: int) -> Expression:
        """Read one expression, with a score of its own if it is written as a mapping."""
        if not isinstance(node.value, dict):
            return read_expression(node, score, flags, self._source)
        table = self._source.mapping(
            node, "the expression", known=("regex", "score"), required=("regex", "score")
        )
        own = self._source.fraction(table["score"], "`score`")
        return read_expression(table["regex"], own, flags, self._source)

    def _deny_list(self, node: Node, table: dict[str, Node], name: str, entity: str) -> Recognizer:
        return Recognizer(
            name,
            entity,
            words=tuple(self._list(table["deny_list"], "`deny_list`")),
            word_score=self._score(table.get("score"), DEFAULT_DENY_SCORE),
            match_case=self._flag(table.get("match_case"), "`match_case`"),
            context=read_words(table.get("context"), "`context`", self._source) or (),
            only_with_context=self._needs_context(table),
            line=node.line,
        )

    def _allow_list(
        self, node: Node, values: Node, name: str, entity: str, *, is_unsafe: bool
    ) -> AllowList:
        if (entity in DIRECT_ENTITIES) != is_unsafe:
            raise self._source.error(
                (node.keys or {})["unsafe_allow_list" if is_unsafe else "allow_list"],
                f"{entity} {'is' if not is_unsafe else 'is not'} a direct identifier",
                hint="write `unsafe_allow_list` if these values may stay in every document"
                if not is_unsafe
                else "write `allow_list`",
                code="unsafe",
            )
        listed = self._list(values, "`unsafe_allow_list`" if is_unsafe else "`allow_list`")
        return AllowList(
            name, entity, tuple(sorted({fold_value(one) for one in listed})), is_unsafe, node.line
        )

    # -- parts ---------------------------------------------------------------------------

    def _list(self, node: Node, what: str) -> list[str]:
        """Return a written list, or that of the named file beside the policy."""
        if isinstance(node.value, str):
            path = file_beside(node, what, self._source, self._folder)
            return read_list(path, Source(str(path), self._source.code))
        words = list(read_words(node, what, self._source) or ())
        for word, item in zip(words, self._source.sequence(node, what), strict=True):
            check_value(word, item, self._source)
        return words

    def _score(self, node: Node | None, default: float) -> float:
        return default if node is None else self._source.fraction(node, "`score`")

    def _flag(self, node: Node | None, what: str) -> bool:
        return node is not None and self._source.boolean(node, what)

    def _needs_context(self, table: dict[str, Node]) -> bool:
        needs = self._flag(table.get("needs_context"), "`needs_context`")
        if needs and "context" not in table:
            raise self._source.error(
                table["needs_context"], "`needs_context` needs `context`", code="recognizer"
            )
        return needs
