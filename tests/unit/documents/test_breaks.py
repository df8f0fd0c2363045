"""Line ends inside a title, a cell, a comment or a chart part the words around them."""

from __future__ import annotations

import pytest

from secure_rag.documents.loading import load
from secure_rag.values import RawDocument
from tests.assets.builders import FIELDS, build
from tests.assets.containers import packed, relationships, unpacked

_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_RUNS = "<a:p><a:r><a:t>Guardian</a:t></a:r><a:br/><a:r><a:t>Dorothy Walsh</a:t></a:r></a:p>"


def contents(document: RawDocument, field: str = "body") -> list[str]:
    """Return the text of each block of a field."""
    return [document.text[b.start : b.end] for b in document.blocks if b.field == field]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Ward<br>Dorothy Walsh", "Ward\nDorothy Walsh"),
        ("Ward<br/>Dorothy Walsh", "Ward\nDorothy Walsh"),
        ('Ward<BR class="a<b">Dorothy Walsh', "Ward\nDorothy Walsh"),
        ("x <ul><li>Ward</li><li>Dorothy Walsh</li></ul>", "x\nWard\nDorothy Walsh"),
        ("Dor<b>othy</b> Walsh", "Dorothy Walsh"),
        ("Dor<!-- x -->othy Walsh", "Dorothy Walsh"),
        ("# Ward<br>Dorothy Walsh", "Ward Dorothy Walsh"),
        ("|a|b|\n|-|-|\n|Ward<br>Dorothy Walsh<br>R 1|x|", "a: Ward Dorothy Walsh R 1; b: x"),
    ],
)
def test_load_markdown_tag_that_ends_a_line_parts_words(content: str, expected: str) -> None:
    document = load(content.encode(), "a.md")
    assert expected in contents(document)
    assert "hidden_text" not in document.flags


def open_document(kind: str, old: str, new: str) -> RawDocument:
    """Return what is read of an OpenDocument file in which one piece of XML is another."""
    values = {"heading": "Heading", "comment": "Remark", "cell": "Cell"}
    used = {name: value for name, value in values.items() if name in FIELDS[kind]}
    parts = unpacked(build(kind, used))
    assert old.encode() in parts["content.xml"]
    parts["content.xml"] = parts["content.xml"].replace(old.encode(), new.encode())
    return load(packed(parts), f"a.{kind}")


def test_load_slide_title_keeps_line_ends_tabs_and_spaces_apart() -> None:
    title = 'Case of<text:line-break/>Jane Miller<text:tab/>born<text:s text:c="2"/>1950'
    document = open_document("odp", "Heading", title)
    assert "Case of Jane Miller born 1950" in contents(document)


def test_load_slide_title_with_a_comment_has_the_comment_apart() -> None:
    remark = "<office:annotation><text:p>Ask Jane</text:p></office:annotation>"
    document = open_document("odp", "Heading", f"Case{remark} of Jane")
    assert "Case of Jane" in contents(document)
    assert contents(document, "comment") == ["Ask Jane", "Remark"]


@pytest.mark.parametrize("kind", ["odt", "ods", "odp"])
def test_load_open_document_comment_keeps_line_ends_and_tabs(kind: str) -> None:
    remark = "Call Jane Miller<text:line-break/>4111 1111 1111 1111<text:tab/>soon"
    document = open_document(kind, "Remark", remark)
    assert contents(document, "comment") == ["Call Jane Miller\n4111 1111 1111 1111\tsoon"]


def test_load_open_document_cell_does_not_repeat_its_notes_and_comments() -> None:
    remark = "<office:annotation><text:p>Ask Jane</text:p></office:annotation>"
    note = "<text:note><text:note-body><text:p>See file 7</text:p></text:note-body></text:note>"
    document = open_document("odt", "Cell", f"Fee{remark}{note} paid")
    assert "Fee paid" in document.text
    assert document.text.count("Ask Jane") == 1
    assert document.text.count("See file 7") == 1


@pytest.mark.parametrize("kind", ["chart", "diagramData"])
@pytest.mark.parametrize(
    ("suffix", "part"),
    [("docx", "word/document.xml"), ("pptx", "ppt/slides/slide1.xml")],
)
def test_load_graphic_keeps_line_ends(suffix: str, part: str, kind: str) -> None:
    folder, _, base = part.rpartition("/")
    parts = unpacked(build(suffix, {"body": "text"}))
    parts[f"{folder}/_rels/{base}.rels"] = relationships(("rIdX", kind, "graphic.xml")).encode()
    parts[f"{folder}/graphic.xml"] = f"<x {_A}>{_RUNS}</x>".encode()
    assert "Guardian\nDorothy Walsh" in load(packed(parts), f"a.{suffix}").text
