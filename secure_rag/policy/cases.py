"""Cases of a policy: texts whose personal values are marked inline, `[Anna Novak](PERSON)`.

A mark demands that exactly this span is found as this entity and not kept; with an action,
`[Acme Ltd](ORGANIZATION:keep)`, that this action is taken. What is not marked must stay as
it is. Lower-case link targets and `\\[` are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from secure_rag.errors import PolicyError
from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.loader import SUFFIXES, find_policy
from secure_rag.policy.model import ACTIONS
from secure_rag.policy.strict_yaml import Node, Source, parse, read_text
from secure_rag.values import FIELDS

FORMAT: Final = 1
MAX_BYTES: Final = 4 * 1024 * 1024

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_MARK: Final = re.compile(
    r"""
      (?<!\\) \[ (?P<value> (?: \\[\[\]] | [^\[\]] )+ ) \]
      \( (?P<entity> [A-Z][A-Z0-9_]* ) (?: : (?P<action> [a-z]+ ) )? \)
    | \\ (?P<bracket> [\[\]] )
    """,
    re.VERBOSE,
)
_FILE_KEYS: Final = ("format", "policy", "cases")
_CASE_KEYS: Final = (
    "id",
    "text",
    "field",
    "redacted",
    "allow",
    "known_gap",
    "tags",
    "must_link",
    "must_not_link",
)


@dataclass(frozen=True)
class Mark:
    """A span of a case's text that must be found."""

    start: int
    end: int
    entity: str
    action: str | None = None
    """The action that must be taken; None is any but `keep`."""


@dataclass(frozen=True)
class Case:
    """One text with what must, and must not, be found in it."""

    id: str
    text: str
    """Without the marks."""
    marks: tuple[Mark, ...]
    line: int
    redacted: str | None = None
    """The whole expected result, with run-local placeholders such as `<PERSON_1>`."""
    allow: tuple[str, ...] = ()
    """Entities that may be found beside the marks."""
    known_gap: str | None = None
    """Why the case is known to fail."""
    tags: tuple[str, ...] = ()
    field: str = "body"
    must_link: tuple[tuple[str, ...], ...] = ()
    """Sets of marked values that must get one placeholder."""
    must_not_link: tuple[tuple[str, ...], ...] = ()
    """Sets of marked values that must get different placeholders."""

    def value(self, mark: Mark) -> str:
        """Return the marked words; case files are test data and may be shown."""
        return self.text[mark.start : mark.end]


@dataclass(frozen=True)
class CaseFile:
    """The cases of one file, and the policy they test."""

    path: Path
    policy: Path
    cases: tuple[Case, ...]


def load_cases(path: Path, *, folders: Sequence[Path] = ()) -> CaseFile:
    """Read a case file; its policy is looked for beside it, then by name as everywhere.

    Raises:
        PolicyError: `file:line:column: …`, the first mistake.
    """
    source = Source(name=str(path), code="cases")
    root = parse(read_text(path, source, max_bytes=MAX_BYTES), source)
    table = source.mapping(root, "the case file", known=_FILE_KEYS, required=("policy", "cases"))
    if "format" in table and (
        isinstance(table["format"].value, bool) or table["format"].value != FORMAT
    ):
        raise source.error(table["format"], "only case files of `format: 1`", code="format")
    policy = _policy_path(table["policy"], source, path, folders)
    items = source.sequence(table["cases"], "`cases`")
    if not items:
        raise source.error(table["cases"], "the file has no cases", code="empty")
    taken: dict[str, int] = {}
    cases: list[Case] = []
    for item in items:
        case = _case(item, source)
        if case.id in taken:
            first = taken[case.id]
            raise source.error(
                item,
                f"duplicate case id {case.id}, first in line {first}",
                code="duplicate",
            )
        taken[case.id] = case.line
        cases.append(case)
    return CaseFile(path=path, policy=policy, cases=tuple(cases))


def _policy_path(node: Node, source: Source, path: Path, folders: Sequence[Path]) -> Path:
    name = source.string(node, "`policy`")
    if Path(name).name != name:
        raise source.error(
            node,
            "`policy` must lie beside its cases, or be the name of a policy",
            code="policy",
        )
    beside = path.parent / name
    if beside.is_file():
        return beside
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    try:
        return find_policy(name, folders=[path.parent, *folders])
    except PolicyError as error:
        raise source.error(node, error.message, hint=error.hint, code="policy") from None


def _case(node: Node, source: Source) -> Case:
    table = source.mapping(node, "the case", known=_CASE_KEYS, required=("id", "text"))
    id_ = source.string(table["id"], "`id`")
    if not _ID.fullmatch(id_):
        raise source.error(
            table["id"],
            "`id` must be small letters, digits and hyphens, at most 100",
            code="id",
        )
    text, marks = parse_marks(source.string(table["text"], "`text`"), table["text"], source)
    values = {text[mark.start : mark.end] for mark in marks}
    return Case(
        id=id_,
        text=text,
        marks=marks,
        line=node.line,
        redacted=_optional(table.get("redacted"), "`redacted`", source),
        allow=_names(table.get("allow"), "`allow`", source, entities=True),
        known_gap=_optional(table.get("known_gap"), "`known_gap`", source),
        tags=_names(table.get("tags"), "`tags`", source, entities=False),
        field=_field(table.get("field"), source),
        must_link=_links(table.get("must_link"), "`must_link`", values, source),
        must_not_link=_links(table.get("must_not_link"), "`must_not_link`", values, source),
    )


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
    return Mark(start=start, end=end, entity=entity, action=action)


def _optional(node: Node | None, what: str, source: Source) -> str | None:
    return None if node is None else source.string(node, what)


def _field(node: Node | None, source: Source) -> str:
    if node is None:
        return "body"
    return source.choice(
        node, "field", FIELDS, code="unknown_field", see=f"known: {', '.join(FIELDS)}"
    )


def _names(node: Node | None, what: str, source: Source, *, entities: bool) -> tuple[str, ...]:
    if node is None:
        return ()
    items = source.sequence(node, what)
    if entities:
        see = "see `secure-rag policy entities`"
        return tuple(
            source.choice(item, "entity", ENTITIES, code="unknown_entity", see=see)
            for item in items
        )
    return tuple(source.string(item, what) for item in items)


def _links(
    node: Node | None, what: str, values: set[str], source: Source
) -> tuple[tuple[str, ...], ...]:
    """Return sets of two or more marked values."""
    if node is None:
        return ()
    sets: list[tuple[str, ...]] = []
    for item in source.sequence(node, what):
        members = source.sequence(item, f"each item of {what}")
        if len(members) < 2:
            raise source.error(item, f"each item of {what} lists two or more values", code="value")
        for member in members:
            if source.string(member, what) not in values:
                raise source.error(
                    member,
                    f"{what} names words that this case does not mark",
                    code="link",
                )
        sets.append(tuple(str(member.value) for member in members))
    return tuple(sets)
