"""Marks in the texts of cases: `[Anna Novak](PERSON)`, instead of offsets that rot.

A mark demands that exactly this span is found as this entity and not kept; with an action,
`[Acme Ltd](ORGANIZATION:keep)`, that this action is taken; with a name,
`[Carter](PERSON#father)`, that links can speak of it. Lower-case link targets and `\\[` are
plain text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.model import ACTIONS
from secure_rag.policy.strict_yaml import Node, Source

_MARK: Final = re.compile(
    r"""
      (?<!\\) \[ (?P<value> (?: \\[\[\]] | [^\[\]] )+ ) \]
      \( (?P<entity> [A-Z][A-Z0-9_]* ) (?: : (?P<action> [a-z]+ ) )?
         (?: \# (?P<name> [a-z0-9][a-z0-9-]{0,31} ) )? \)
    | \\ (?P<bracket> [\[\]] )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Mark:
    """A span of a case's text that must be found."""

    start: int
    end: int
    entity: str
    action: str | None = None
    """The action that must be taken; None is any but `keep`."""
    name: str | None = None
    """What links call it by; its words if None."""


def parse_marks(text: str, node: Node, source: Source) -> tuple[str, tuple[Mark, ...]]:
    """Return a text without its marks, and the marks with offsets into it.

    Raises:
        PolicyError: a mark of an unknown entity or action.
    """
    plain: list[str] = []
    marks: list[Mark] = []
    length = position = 0
    for match in _MARK.finditer(text):
        before = text[position : match.start()]
        inside = match["bracket"] or re.sub(r"\\([\[\]])", r"\1", match["value"])
        plain += (before, inside)
        start = length + len(before)
        length = start + len(inside)
        position = match.end()
        if match["entity"] is not None:
            marks.append(_mark(match, start, length, node, source))
    plain.append(text[position:])
    return "".join(plain), tuple(marks)


def write_mark(words: str, entity: str, action: str | None = None) -> str:
    """Return words as a mark, brackets in them escaped."""
    escaped = escape_brackets(words)
    return f"[{escaped}]({entity}:{action})" if action else f"[{escaped}]({entity})"


def escape_brackets(text: str) -> str:
    """Return a text in which no bracket can begin or end a mark."""
    return re.sub(r"([\[\]])", r"\\\1", text)


def _mark(match: re.Match[str], start: int, end: int, node: Node, source: Source) -> Mark:
    entity = source.choice(
        Node(match["entity"], node.line, node.column),
        "entity",
        ENTITIES,
        code="unknown_entity",
        see="a mark is [words](ENTITY); write \\[ for a plain bracket",
    )
    action = match["action"]
    if action is not None:
        source.choice(
            Node(action, node.line, node.column),
            "action",
            ACTIONS,
            code="unknown_action",
            see=f"known: {', '.join(ACTIONS)}",
        )
    return Mark(start=start, end=end, entity=entity, action=action, name=match["name"])
