"""A small, strict YAML reader: every node knows its line and column.

Only what policies and cases need: one document, mappings, sequences and scalars. Aliases,
anchors, tags, duplicate keys and deep nesting are errors, so no file can grow in memory.
Plain scalars follow the YAML 1.2 core schema: `no`, `on` and `12:30` are text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import yaml

from secure_rag.errors import PolicyError

MAX_DEPTH: Final = 12
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,15}")
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]{1,15}(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class Node:
    """A value of the file and where it stands (from 1)."""

    value: Scalar | dict[str, Node] | list[Node]
    line: int
    column: int
    keys: dict[str, Node] | None = None
    """For a mapping: the nodes of its keys, to point at one in an error."""


@dataclass(frozen=True)
class Source:
    """One file, as named in messages, and the typed access to its nodes."""

    name: str
    code: str
    """Error code for whatever is wrong: `policy` or `cases`."""

    def error(self, node: Node, message: str, *, hint: str | None = None, code: str) -> PolicyError:
        """Return an error that starts with `file:line:column:`."""
        return PolicyError(
            f"{self.name}:{node.line}:{node.column}: {message}",
            hint=hint,
            code=f"{self.code}.{code}",
        )

    def mapping(
        self,
        node: Node,
        what: str,
        *,
        known: Sequence[str],
        required: Sequence[str] = (),
    ) -> dict[str, Node]:
        """Return a mapping whose keys are all known and of which none is missing."""
        if not isinstance(node.value, dict):
            raise self.error(node, f"{what} must be a mapping", code="type")
        for key, key_node in (node.keys or {}).items():
            if key not in known:
                raise self.error(
                    key_node,
                    f"unknown key {key} in {what}",
                    hint=nearest(key, known, see=f"known keys: {', '.join(known)}"),
                    code="unknown_key",
                )
        for key in required:
            if key not in node.value:
                raise self.error(node, f"{what} has no `{key}`", code="missing_key")
        return node.value

    def sequence(self, node: Node, what: str) -> list[Node]:
        """Return the items of a list."""
        if not isinstance(node.value, list):
            raise self.error(node, f"{what} must be a list", code="type")
        return node.value

    def string(self, node: Node, what: str) -> str:
        """Return a text that is not empty."""
        if not isinstance(node.value, str) or not node.value.strip():
            raise self.error(
                node,
                f"{what} must be text",
                hint="put it in quotes if it is",
                code="type",
            )
        return node.value

    def integer(self, node: Node, what: str, *, low: int, high: int) -> int:
        """Return a whole number within bounds."""
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(node, f"{what} must be a whole number, {low} to {high}", code="value")
        return value

    def boolean(self, node: Node, what: str) -> bool:
        """Return true or false."""
        if not isinstance(node.value, bool):
            raise self.error(node, f"{what} must be true or false", code="value")
        return node.value

    def fraction(self, node: Node, what: str) -> float:
        """Return a number from 0 to 1 with at most four decimals."""
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise self.error(node, f"{what} must be a number from 0 to 1", code="value")
        if round(value, 4) != value:
            raise self.error(node, f"{what} must have at most four decimals", code="value")
        return float(value)

    def choice(self, node: Node, what: str, options: Iterable[str], *, code: str, see: str) -> str:
        """Return one of the options; the error names the nearest."""
        names = tuple(options)
        value = node.value
        if not isinstance(value, str) or value not in names:
            shown = value if isinstance(value, str) else type(value).__name__
            raise self.error(
                node,
                f"unknown {what} {shown}",
                hint=nearest(str(value), names, see=see),
                code=code,
            )
        return value


def nearest(word: str, options: Iterable[str], *, see: str) -> str:
    """Return a hint that names the option most like `word`, if one is, and where to look."""
    by_fold = {option.casefold(): option for option in options}
    folded = word.casefold()
    close = difflib.get_close_matches(folded, by_fold, n=1, cutoff=0.6) or [
        option for option in by_fold if len(folded) > 2 and folded in option
    ]
    return f"did you mean {by_fold[close[0]]}? {see}" if close else see


def read_text(path: Path, source: Source, *, max_bytes: int) -> str:
    """Read a small UTF-8 file.

    Raises:
        PolicyError: missing, unreadable, too large or not UTF-8.
    """

    def refuse(message: str, code: str) -> PolicyError:
        return PolicyError(f"{source.name}: {message}", code=f"{source.code}.{code}")

    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise refuse("no such file", "missing") from None
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror})", "unreadable") from None
    if len(data) > max_bytes:
        raise refuse(f"larger than {max_bytes // 1024} KiB", "too_large")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("not UTF-8", "encoding") from None


def parse(text: str, source: Source) -> Node:
    """Turn the text of one YAML document into nodes.

    Raises:
        PolicyError: not YAML, or YAML beyond the subset of this module.
    """
    try:
        return _Builder(source).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        node = Node(None, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)
        raise source.error(node, f"not valid YAML: {error.problem}", code="yaml") from None
    except yaml.YAMLError:
        message = f"{source.name}: not valid YAML: a character that may not stand in it"
        raise PolicyError(message, code=f"{source.code}.yaml") from None


class _Builder:
    """Builds nodes from parser events with a stack of its own, so that depth is bounded."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: list[tuple[Node, Node | None]] = []
        """Collections that are not closed, each with the key that waits for its value."""
        self._root: Node | None = None
        self._documents = 0

    def build(self, text: str) -> Node:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise self._refuse(_at(event), "more than one document in the file")
        if self._root is None:
            raise self._refuse(Node(None, 1, 1), "the file is empty")
        return self._root

    def _node(self, event: yaml.NodeEvent) -> None:
        node = _at(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._refuse(node, "anchors and aliases are not allowed")
        if getattr(event, "tag", None) is not None:
            raise self._refuse(node, "tags are not allowed")
        if isinstance(event, yaml.ScalarEvent):
            value = scalar(event.value) if event.implicit[0] else event.value
            self._place(Node(value, node.line, node.column))
            return
        if len(self._open) >= MAX_DEPTH:
            raise self._refuse(node, f"nested deeper than {MAX_DEPTH} levels")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        opened = Node({} if is_mapping else [], node.line, node.column, {} if is_mapping else None)
        self._open.append((opened, None))

    def _close(self) -> None:
        node, _ = self._open.pop()
        self._place(node)

    def _place(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        parent, key = self._open[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif key is None:
            self._open[-1] = (parent, self._key(parent, node))
        else:
            assert isinstance(parent.value, dict) and isinstance(key.value, str)
            parent.value[key.value] = node
            self._open[-1] = (parent, None)

    def _key(self, parent: Node, node: Node) -> Node:
        """Check a mapping's key and remember where it stands."""
        if not isinstance(node.value, str):
            raise self._refuse(node, "a key must be text")
        assert parent.keys is not None
        if node.value in parent.keys:
            first = parent.keys[node.value].line
            raise self._source.error(
                node,
                f"duplicate key {node.value}, first in line {first}",
                code="duplicate_key",
            )
        parent.keys[node.value] = node
        return node

    def _refuse(self, node: Node, message: str) -> PolicyError:
        return self._source.error(node, message, code="yaml")


def _at(event: yaml.Event) -> Node:
    mark = event.start_mark
    return Node(None, mark.line + 1, mark.column + 1) if mark else Node(None, 1, 1)


def scalar(text: str) -> Scalar:
    """Resolve a plain scalar by the core schema; whatever is not listed there is text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text
