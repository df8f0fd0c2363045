"""Our own marked YAML: texts with inline marks, `[Anna Novak](PERSON)`.

Either the cases of a policy (`cases:`, see `secure_rag.policy.cases`) or documents:

    format: 1
    documents:
      - text: |
          Dear [Anna Novak](PERSON), …
        part: letters        # optional, a slice of the report
        locale: cs           # optional, a slice of the report
"""

from __future__ import annotations

from typing import Final

from secure_rag.errors import InputError, PolicyError
from secure_rag.evaluation.datasets import ReadOptions, SourceFile
from secure_rag.evaluation.labelled import LabelledText, Mention
from secure_rag.policy.cases import parse_marks
from secure_rag.policy.strict_yaml import Node, Source, parse
from secure_rag.values import FIELDS

_KEYS: Final = ("id", "text", "part", "locale", "field", "note")


class MarkedReader:
    """Reads case files and files of marked documents."""

    name = "marked"
    is_complete = True

    def recognises(self, source: SourceFile) -> bool:
        return source.suffix in (".yaml", ".yml")

    def read(self, source: SourceFile, options: ReadOptions) -> list[LabelledText]:
        del options
        yaml = Source(name=source.name, code="dataset")
        try:
            return _documents(source.text, yaml)
        except PolicyError as error:
            raise InputError(error.message, hint=error.hint, code="dataset.format") from None


def _documents(text: str, yaml: Source) -> list[LabelledText]:
    root = parse(text, yaml)
    if not isinstance(root.value, dict):
        raise yaml.error(root, "the file must be a mapping with `documents`", code="type")
    if "cases" in root.value:
        items = yaml.sequence(root.value["cases"], "`cases`")
        return [text for item in items for text in _case(item, yaml)]
    table = yaml.mapping(root, "the set", known=("format", "documents"), required=("documents",))
    if "format" in table and table["format"].value != 1:
        raise yaml.error(table["format"], "only sets of `format: 1`", code="format")
    items = yaml.sequence(table["documents"], "`documents`")
    return [_document(item, yaml) for item in items]


def _document(node: Node, yaml: Source) -> LabelledText:
    table = yaml.mapping(node, "the document", known=_KEYS, required=("text",))
    return _labelled(table, yaml)


def _case(node: Node, yaml: Source) -> list[LabelledText]:
    """Take the texts of a case; documents and what else a case holds are for `policy test`."""
    table = node.value if isinstance(node.value, dict) else {}
    if "file" in table:
        return []
    if "texts" not in table and "text" not in table:
        raise yaml.error(node, "the case has no `text`", code="missing_key")
    items = yaml.sequence(table["texts"], "`texts`") if "texts" in table else [node]
    return [
        _labelled(item.value if isinstance(item.value, dict) else {"text": item}, yaml)
        for item in items
    ]


def _labelled(table: dict[str, Node], yaml: Source) -> LabelledText:
    text, marks = parse_marks(yaml.string(table["text"], "`text`"), table["text"], yaml)
    field = table.get("field")
    name = (
        yaml.choice(field, "field", FIELDS, code="unknown_field", see=f"known: {', '.join(FIELDS)}")
        if field is not None
        else "body"
    )
    return LabelledText(
        text,
        tuple(Mention(mark.start, mark.end, mark.entity) for mark in marks),
        field=name,
        part=_optional(table.get("part"), "`part`", yaml),
        locale=_optional(table.get("locale"), "`locale`", yaml),
    )


def _optional(node: Node | None, what: str, yaml: Source) -> str:
    return "" if node is None else yaml.string(node, what)
