"""Read pattern recognizers and deny lists from a Presidio recognizer-registry file.

The format is that of `presidio_analyzer`'s `RecognizerRegistryProvider`; what is read are its
custom recognizers for English. Predefined ones run here already, with our own list of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.recognizer_parts import check_value, file_beside, read_expression
from secure_rag.policy.recognizers import Expression, Recognizer
from secure_rag.policy.rule_reader import SEE_ENTITIES, read_entity
from secure_rag.policy.strict_yaml import Node, Source, nearest, parse, read_text

MAX_BYTES: Final = 256 * 1024
_LANGUAGE: Final = "en"
_DEFAULT_FLAGS: Final = 26
"""IGNORECASE, MULTILINE and DOTALL: Presidio's own default."""
_INLINE: Final = re.compile(r"\(\?([aimsx]+)\)")
_LETTERS: Final = {"m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE, "a": re.ASCII}
_TOP_KEYS: Final = (
    "supported_languages",
    "global_regex_flags",
    "recognizers",
    "supported_countries",
)
_KEYS: Final = (
    "name",
    "type",
    "class_name",
    "enabled",
    "supported_language",
    "supported_languages",
    "supported_entity",
    "supported_entities",
    "patterns",
    "deny_list",
    "deny_list_score",
    "context",
    "country_code",
)
_PATTERN_KEYS: Final = ("name", "regex", "score")


def read_registry(table: dict[str, Node], source: Source, folder: Path) -> Iterator[Recognizer]:
    """Yield the recognizers of the file that `presidio_file` names.

    Raises:
        PolicyError: the first mistake, with its place in the registry or in the policy.
    """
    path = file_beside(table["presidio_file"], "`presidio_file`", source, folder)
    renamed = _renamed(table.get("entities"), source)
    skips = "predefined" in table and (
        source.choice(
            table["predefined"], "value", ("ignore", "refuse"), code="value", see="ignore or refuse"
        )
        == "ignore"
    )
    inner = Source(str(path), source.code)
    root = parse(read_text(path, inner, max_bytes=MAX_BYTES), inner)
    top = inner.mapping(root, "the registry", known=_TOP_KEYS, required=("recognizers",))
    flags = _DEFAULT_FLAGS
    if "global_regex_flags" in top:
        flags = inner.integer(top["global_regex_flags"], "`global_regex_flags`", low=0, high=511)
    reader = _Registry(inner, renamed, flags, table["presidio_file"].line, skips=skips)
    found = False
    for item in inner.sequence(top["recognizers"], "`recognizers`"):
        for one in reader.read(item):
            found = True
            yield one
    if not found:
        raise source.error(
            table["presidio_file"], "the registry has no recognizer that is read", code="empty"
        )


def _renamed(node: Node | None, source: Source) -> dict[str, str]:
    """Return which entity of ours stands for one of the registry's."""
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        raise source.error(node, "`entities` must be a mapping", code="type")
    return {name: read_entity(item, source) for name, item in node.value.items()}


class _Registry:
    def __init__(
        self, source: Source, renamed: dict[str, str], flags: int, line: int, *, skips: bool
    ) -> None:
        self._source = source
        self._renamed = renamed
        self._flags = flags
        self._line = line
        self._skips = skips

    def read(self, node: Node) -> Iterator[Recognizer]:
        source = self._source
        if isinstance(node.value, str):
            self._predefined(node, node.value)
            return
        table = source.mapping(node, "the recognizer", known=_KEYS, required=("name",))
        name = source.string(table["name"], "`name`")
        if "enabled" in table and not source.boolean(table["enabled"], "`enabled`"):
            return
        is_custom = "patterns" in table or "deny_list" in table
        kind = source.string(table["type"], "`type`") if "type" in table else ""
        if kind == "predefined" or not is_custom:
            self._predefined(table["name"], name)
            return
        languages, context = self._languages(table)
        if languages and _LANGUAGE not in languages:
            return
        entity = self._entity(node, table)
        yield from self._recognizers(table, name, entity, context)

    def _predefined(self, node: Node, name: str) -> None:
        if not self._skips:
            raise self._source.error(
                node,
                f"{name} is predefined in Presidio: only patterns and deny lists are read",
                hint="delete it, or write `predefined: ignore` beside `presidio_file`",
                code="recognizer",
            )

    def _languages(self, table: dict[str, Node]) -> tuple[set[str], tuple[str, ...]]:
        """Return the languages of a recognizer, and its context words for English."""
        source = self._source
        languages: set[str] = set()
        context = _strings(table.get("context"), "`context`", source)
        if "supported_language" in table:
            languages.add(source.string(table["supported_language"], "`supported_language`"))
        listed = table.get("supported_languages")
        for item in source.sequence(listed, "`supported_languages`") if listed else ():
            if isinstance(item.value, str):
                languages.add(item.value)
                continue
            entry = source.mapping(
                item, "the language", known=("language", "context"), required=("language",)
            )
            language = source.string(entry["language"], "`language`")
            languages.add(language)
            if language == _LANGUAGE:
                context += _strings(entry.get("context"), "`context`", source)
        return languages, tuple(dict.fromkeys(context))

    def _entity(self, node: Node, table: dict[str, Node]) -> str:
        """Return our name of a recognizer's one entity."""
        source = self._source
        key = "supported_entity" if "supported_entity" in table else "supported_entities"
        if key not in table:
            raise source.error(node, "the recognizer has no `supported_entity`", code="missing_key")
        names = _strings(table[key], f"`{key}`", source)
        if len(names) != 1:
            raise source.error(table[key], "a pattern finds exactly one entity", code="recognizer")
        if names[0] in self._renamed:
            return self._renamed[names[0]]
        if names[0] in ENTITIES:
            return names[0]
        raise source.error(
            table[key],
            f"unknown entity {names[0]}",
            hint=nearest(
                names[0],
                ENTITIES,
                see=f"map it in the policy: `entities: {{{names[0]}: …}}`; {SEE_ENTITIES}",
            ),
            code="unknown_entity",
        )

    def _recognizers(
        self, table: dict[str, Node], name: str, entity: str, context: tuple[str, ...]
    ) -> Iterator[Recognizer]:
        """Yield one recognizer for the patterns and one for the deny list."""
        source = self._source
        patterns, listed = table.get("patterns"), table.get("deny_list")
        common = Recognizer(
            _name(name), entity, context=context, source="presidio", line=self._line
        )
        if patterns is not None:
            items = source.sequence(patterns, "`patterns`")
            expressions = tuple(self._expression(item) for item in items)
            match_case = not self._flags & re.IGNORECASE
            yield replace(common, expressions=expressions, match_case=match_case)
        if listed is None:
            return
        for item in source.sequence(listed, "`deny_list`"):
            check_value(str(item.value), item, source)
        score = table.get("deny_list_score")
        yield replace(
            common,
            name=common.name if patterns is None else f"{common.name[:58]}-words",
            words=tuple(dict.fromkeys(_strings(listed, "`deny_list`", source))),
            word_score=1.0 if score is None else source.fraction(score, "`deny_list_score`"),
        )

    def _expression(self, node: Node) -> Expression:
        source = self._source
        table = source.mapping(
            node, "the pattern", known=_PATTERN_KEYS, required=("regex", "score")
        )
        score = source.fraction(table["score"], "`score`")
        written = table["regex"]
        regex = _with_flags(source.string(written, "`regex`"), self._flags)
        flags = self._flags & int(re.IGNORECASE)
        return read_expression(Node(regex, written.line, written.column), score, flags, source)


def _with_flags(regex: str, flags: int) -> str:
    """Return an expression that says itself what our policies cannot: all but ignoring case."""
    start = _INLINE.match(regex)
    letters = set(start.group(1)) if start else set()
    letters |= {letter for letter, flag in _LETTERS.items() if flags & flag}
    body = regex[start.end() :] if start else regex
    return f"(?{''.join(sorted(letters))}:{body})" if letters else body


def _strings(node: Node | None, what: str, source: Source) -> tuple[str, ...]:
    """Return one text, or a list of texts."""
    if node is None:
        return ()
    items = node.value if isinstance(node.value, list) else [node]
    return tuple(source.string(item, what).strip() for item in items)


def _name(name: str) -> str:
    """Return a recognizer's name in our form: small letters, digits, hyphens."""
    cleaned = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    return "-".join(part for part in cleaned.split("-") if part)[:64] or "presidio"
