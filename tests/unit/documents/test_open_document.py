"""OpenDocument: margins and masters of slides, values without text, rows that are repeated."""

from __future__ import annotations

import pytest

from secure_rag.documents.loading import load
from secure_rag.values import RawDocument
from tests.assets.builders import build
from tests.assets.containers import packed, unpacked


def changed(kind: str, part: str, old: str, new: str) -> RawDocument:
    """Return what is read of a file in which one piece of XML is another."""
    parts = unpacked(build(kind, {"body": "Body"}))
    content = parts[part].decode()
    assert old in content
    parts[part] = content.replace(old, new, 1).encode()
    return load(packed(parts), f"a.{kind}")


def lines(document: RawDocument, field: str) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.field == field]


@pytest.mark.parametrize(
    ("name", "field"),
    [("header-decl", "header"), ("footer-decl", "footer"), ("date-time-decl", "footer")],
)
def test_load_slides_declared_margin_is_read(name: str, field: str) -> None:
    declared = f"<presentation:{name}>Ward of Jane</presentation:{name}><draw:page>"
    document = changed("odp", "content.xml", "<draw:page>", declared)
    assert lines(document, field) == ["Ward of Jane"]


def test_load_slides_master_is_read_without_its_placeholders() -> None:
    def frame(attributes: str, content: str) -> str:
        inner = f"<draw:text-box><text:p>{content}</text:p></draw:text-box>"
        return f"<draw:frame {attributes}>{inner}</draw:frame>"

    shapes = frame("", "Clinic of Jane") + frame('presentation:class="title"', "Click to edit")
    master = f"{shapes}<draw:rect><text:p>Secret</text:p></draw:rect></style:master-page>"
    document = changed("odp", "styles.xml", "</style:master-page>", master)
    assert lines(document, "footer") == ["Clinic of Jane", "Secret"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('office:value-type="float" office:value="4711"', "4711"),
        ('office:date-value="2026-05-04"', "2026-05-04"),
        ('office:time-value="PT37H30M00S"', "PT37H30M00S"),
        ('office:string-value="Jane Miller"', "Jane Miller"),
        ('office:boolean-value="true"', "true"),
        ('table:formula="of:=NOW()"', "=NOW()"),
    ],
)
def test_load_cell_without_text_shows_its_value(attributes: str, expected: str) -> None:
    cell = f"<table:table-cell {attributes}/><table:table-cell><text:p>Body</text:p>"
    document = changed("ods", "content.xml", "<table:table-cell><text:p>Body</text:p>", cell)
    assert any(expected in line for line in lines(document, "body"))


def test_load_rows_that_are_alike_are_read_each() -> None:
    old = "<table:table-row><table:table-cell><text:p>Body</text:p>"
    new = old.replace("table-row", 'table-row table:number-rows-repeated="3"', 1)
    document = changed("ods", "content.xml", old, new)
    found = [b for b in document.blocks if "Body" in document.text[b.start : b.end]]
    assert [block.row for block in found] == [6, 7, 8]
