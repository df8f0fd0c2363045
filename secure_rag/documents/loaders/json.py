"""JSON and JSON Lines: each record a block of `path: value` lines, nothing left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from secure_rag.documents.formats import format_of
from secure_rag.documents.loaders.plain import decoded
from secure_rag.documents.reasons import refusal
from secure_rag.documents.text import TextBuilder

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ -]*\Z")


class _Pairs(list[tuple[str, Any]]):
    """An object's members; a dict would drop all but the last of equal keys."""


def load(file: BinaryIO, name: str, text: TextBuilder) -> None:
    """Add the records of a file; in JSON Lines a record's row is its line."""
    content = decoded(file.read(), text)
    if format_of(name) == "jsonl":
        for number, line in enumerate(content.split("\n"), start=1):
            if line.strip():
                _add_record(_parse(line), text, row=number)
        return
    value = _parse(content)
    if isinstance(value, list) and not isinstance(value, _Pairs):
        for number, record in enumerate(value, start=1):
            _add_record(record, text, row=number)
        return
    _add_record(value, text, row=None)


def _parse(content: str) -> Any:
    try:
        return json.loads(
            content,
            object_pairs_hook=_Pairs,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
        )
    except (ValueError, RecursionError):
        raise refusal("document.unreadable") from None


def _add_record(value: Any, text: TextBuilder, *, row: int | None) -> None:
    """Add a record; parts of it that are records in a list become blocks of their own."""
    lines: list[str] = []
    current: tuple[str, ...] = ()
    for path, part, leaf in _leaves(value, text.limits.depth):
        if part != current and lines:
            text.add("\n".join(lines), kind="row", row=row)
            lines = []
        current = part
        lines.append(f"{path}: {leaf}" if path else leaf)
    text.add("\n".join(lines), kind="row", row=row)


def _leaves(value: Any, depth: int) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield path, list element it lies in, and text of each leaf, in order, without recursion."""
    stack: list[tuple[str, tuple[str, ...], int, Any]] = [("", (), 0, value)]
    while stack:
        path, part, level, node = stack.pop()
        if level > depth:
            raise refusal("document.unreadable")
        if not isinstance(node, list):
            yield path, part, _leaf(node)
        elif not node:
            yield path, part, "{}" if isinstance(node, _Pairs) else "[]"
        elif isinstance(node, _Pairs):
            for key, inner in reversed(node):
                stack.append((_step(path, key), part, level + 1, inner))
        else:
            for number, inner in reversed(list(enumerate(node))):
                step = f"{path}[{number}]"
                is_record = isinstance(inner, _Pairs) and not part
                stack.append((step, (step,) if is_record else part, level + 1, inner))


def _step(path: str, key: str) -> str:
    if _NAME.match(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def _leaf(node: Any) -> str:
    if node is None:
        return "null"
    if isinstance(node, bool):
        return "true" if node else "false"
    return str(node)
