"""From nodes to cases: each key checked, each mistake with its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from secure_rag.policy.case_model import (
    Case,
    CaseDocument,
    CaseText,
    Dataset,
    ExpectedWords,
)
from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.marks import Mark, parse_marks
from secure_rag.policy.model import DEFAULT_COLLECTION, Scope
from secure_rag.policy.strict_yaml import Node, Source
from secure_rag.values import FIELDS

CASE_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_COMMON_KEYS: Final = (
    "id",
    "allow",
    "known_gap",
    "tags",
    "collection",
    "labels",
    "must_link",
    "must_not_link",
)
_TEXT_KEYS: Final = ("text", "field", "redacted")
_KINDS: Final = {
    "text": _TEXT_KEYS,
    "texts": ("texts",),
    "file": ("file", "marks", "refused"),
}
"""What a case runs, and the keys that go with it."""
_ALL_KEYS: Final = (*_COMMON_KEYS, *dict.fromkeys(key for keys in _KINDS.values() for key in keys))


class CaseReader:
    """Reads the cases of one file; paths in it are relative to `folder`."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source = source
        self._folder = folder

    def case(self, node: Node) -> Case:
        """Return one case.

        Raises:
            PolicyError: `file:line:column: …`, the first mistake.
        """
        source = self._source
        table = source.mapping(node, "the case", known=_ALL_KEYS, required=("id",))
        kind = self._kind(node, table)
        texts = self._texts(table) if kind != "file" else ()
        document = self._document(table) if kind == "file" else None
        known = _names_of(texts, document)
        return Case(
            id=self._id(table["id"]),
            line=node.line,
            texts=texts,
            document=document,
            allow=self._entities(table.get("allow")),
            known_gap=self._optional(table.get("known_gap"), "`known_gap`"),
            tags=self._words(table.get("tags"), "`tags`"),
            scope=Scope(
                self._optional(table.get("collection"), "`collection`") or DEFAULT_COLLECTION,
                self._words(table.get("labels"), "`labels`"),
            ),
            must_link=self._links(table.get("must_link"), "`must_link`", known),
            must_not_link=self._links(table.get("must_not_link"), "`must_not_link`", known),
        )

    def datasets(self, node: Node | None) -> tuple[Dataset, ...]:
        """Return the labelled sets of a file: paths, or paths with their format."""
        if node is None:
            return ()
        found: list[Dataset] = []
        for item in self._source.sequence(node, "`datasets`"):
            if isinstance(item.value, str):
                found.append(Dataset(self._path(item, "a data set"), None, item.line))
                continue
            table = self._source.mapping(
                item, "the data set", known=("path", "format"), required=("path",)
            )
            path = self._path(table["path"], "`path`")
            form = self._optional(table.get("format"), "`format`")
            found.append(Dataset(path, form, item.line))
        return tuple(found)

    # -- what a case runs ----------------------------------------------------------------

    def _kind(self, node: Node, table: dict[str, Node]) -> str:
        """Return which of text, texts and file a case has; keys of the others are errors."""
        kinds = [kind for kind in _KINDS if kind in table]
        if len(kinds) != 1:
            code = "missing_key" if not kinds else "kind"
            message = "the case has no `text`, `texts` or `file`"
            if kinds:
                message = f"a case has one of `text`, `texts` and `file`, not {len(kinds)} of them"
            raise self._source.error(node, message, code=code)
        allowed = (*_COMMON_KEYS, *_KINDS[kinds[0]])
        for key, key_node in (node.keys or {}).items():
            if key not in allowed:
                raise self._source.error(
                    key_node, f"`{key}` does not go with `{kinds[0]}`", code="kind"
                )
        return kinds[0]

    def _texts(self, table: dict[str, Node]) -> tuple[CaseText, ...]:
        if "text" in table:
            return (self._text(table),)
        items = self._source.sequence(table["texts"], "`texts`")
        if len(items) < 2:
            raise self._source.error(
                table["texts"], "`texts` lists two or more texts", hint="use `text`", code="value"
            )
        return tuple(
            self._text({"text": item})
            if isinstance(item.value, str)
            else self._text(
                self._source.mapping(item, "the text", known=_TEXT_KEYS, required=("text",))
            )
            for item in items
        )

    def _text(self, table: dict[str, Node]) -> CaseText:
        node = table["text"]
        text, marks = parse_marks(self._source.string(node, "`text`"), node, self._source)
        redacted = self._optional(table.get("redacted"), "`redacted`")
        return CaseText(text, marks, self._field(table.get("field")) or "body", redacted)

    def _document(self, table: dict[str, Node]) -> CaseDocument:
        refused = self._optional(table.get("refused"), "`refused`")
        if refused is not None and "marks" in table:
            raise self._source.error(
                table["marks"], "a document that is refused has no marks", code="kind"
            )
        expected: list[ExpectedWords] = []
        if "marks" in table:
            for item in self._source.sequence(table["marks"], "`marks`"):
                expected += self._expected(item)
        path = self._path(table["file"], "`file`")
        return CaseDocument(path, tuple(expected), refused)

    def _expected(self, node: Node) -> list[ExpectedWords]:
        """Return the marks of one item: a string with marks, or one limited to a field."""
        field: str | None = None
        if not isinstance(node.value, str):
            table = self._source.mapping(
                node, "the mark", known=("mark", "field"), required=("mark",)
            )
            field = self._field(table.get("field"))
            node = table["mark"]
        text, marks = parse_marks(self._source.string(node, "a mark"), node, self._source)
        if not marks:
            raise self._source.error(
                node, "no mark in here", hint="write [words](ENTITY)", code="mark"
            )
        return [
            ExpectedWords(
                text[mark.start : mark.end],
                mark.entity,
                mark.action,
                mark.name,
                field,
                node.line,
            )
            for mark in marks
        ]

    def _path(self, node: Node, what: str) -> Path:
        """Return a file named relative to the case file."""
        name = self._source.string(node, what)
        if Path(name).is_absolute():
            raise self._source.error(node, f"{what} must be relative to the case file", code="file")
        path = self._folder / name
        if not path.is_file():
            raise self._source.error(node, f"{what}: no such file", code="file")
        return path

    # -- keys of all kinds ---------------------------------------------------------------

    def _id(self, node: Node) -> str:
        id_ = self._source.string(node, "`id`")
        if not CASE_ID.fullmatch(id_):
            raise self._source.error(
                node,
                "`id` must be small letters, digits and hyphens, at most 100",
                code="id",
            )
        return id_

    def _optional(self, node: Node | None, what: str) -> str | None:
        return None if node is None else self._source.string(node, what)

    def _field(self, node: Node | None) -> str | None:
        if node is None:
            return None
        return self._source.choice(
            node, "field", FIELDS, code="unknown_field", see=f"known: {', '.join(FIELDS)}"
        )

    def _entities(self, node: Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        return tuple(
            self._source.choice(
                item,
                "entity",
                ENTITIES,
                code="unknown_entity",
                see="see `secure-rag policy entities`",
            )
            for item in self._source.sequence(node, "`allow`")
        )

    def _words(self, node: Node | None, what: str) -> tuple[str, ...]:
        if node is None:
            return ()
        return tuple(self._source.string(item, what) for item in self._source.sequence(node, what))

    def _links(self, node: Node | None, what: str, known: set[str]) -> tuple[tuple[str, ...], ...]:
        """Return sets of two or more marks, each by its name or its words."""
        if node is None:
            return ()
        sets: list[tuple[str, ...]] = []
        for item in self._source.sequence(node, what):
            members = self._source.sequence(item, f"each item of {what}")
            if len(members) < 2:
                raise self._source.error(
                    item, f"each item of {what} lists two or more values", code="value"
                )
            for member in members:
                if self._source.string(member, what) not in known:
                    raise self._source.error(
                        member,
                        f"{what} names words that this case does not mark",
                        hint="write the marked words, or name the mark: [Carter](PERSON#father)",
                        code="link",
                    )
            sets.append(tuple(str(member.value) for member in members))
        return tuple(sets)


def _names_of(texts: tuple[CaseText, ...], document: CaseDocument | None) -> set[str]:
    """Return what links may call the marks of a case."""
    marks: list[tuple[str, Mark | ExpectedWords]]
    marks = [(text.value(mark), mark) for text in texts for mark in text.marks]
    if document is not None:
        marks += [(expected.words, expected) for expected in document.expected]
    return {words for words, _ in marks} | {mark.name for _, mark in marks if mark.name}
