"""Marks in the texts of cases: `[Anna Novak](PERSON)`, instead of offsets that rot.

A mark demands that exactly this span is found as this entity and not kept; with an action,
`[Acme Ltd](ORGANIZATION:keep)`, that this action is taken; with a name,
`[Carter](PERSON#father)`, that links can speak of it. Lower-case link targets and `\\[` are
plain text; what is nearly a mark is refused.
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

_SLIP: Final = re.compile(r"(?<!\\)\][ \t]?\([ \t]*(?P<entity>[A-Za-z][A-Za-z0-9_]*)\b")
"""What looks like the end of a mark; it is one slip away if an entity stands in it."""


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
        PolicyError: a mark of an unknown entity or action, or nearly a mark: as plain text it
            would demand nothing, and its case could not fail.
    """
    plain: list[str] = []
    marks: list[Mark] = []
    length = position = 0
    for match in _MARK.finditer(text):
        before = text[position : match.start()]
        _refuse_slips(text, position, match.start(), node, source)
        inside = match["bracket"] or re.sub(r"\\([\[\]])", r"\1", match["value"])
        plain += (before, inside)
        start = length + len(before)
        length = start + len(inside)
        position = match.end()
        if match["entity"] is not None:
            marks.append(_mark(match, start, length, node, source))
    _refuse_slips(text, position, len(text), node, source)
    plain.append(text[position:])
    return "".join(plain), tuple(marks)


def _refuse_slips(text: str, start: int, end: int, node: Node, source: Source) -> None:
    for match in _SLIP.finditer(text, start, end):
        name = match["entity"]
        opened = text.rfind("[", 0, match.start())
        is_escaped = opened > 0 and text[opened - 1] == "\\"
        if not is_escaped and not name.islower() and name.upper() in ENTITIES:
            raise source.error(
                node,
                f"nearly a mark of {name.upper()}, which would be plain text",
                hint="a mark is [words](ENTITY:action#name), without blanks, no bracket in the "
                "words; write \\[ and \\] for plain brackets",
                code="mark",
            )


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
