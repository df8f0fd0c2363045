"""The parts loaders are made of: characters, numbers, tables, files of other programs."""

from __future__ import annotations

import datetime
import io
import time

import docx
import openpyxl
import pptx
import pytest

from secure_rag.documents import SUFFIXES
from secure_rag.documents.characters import clean
from secure_rag.documents.formats import MEDIA_TYPES, format_of
from secure_rag.documents.limits import Limits
from secure_rag.documents.loading import load
from secure_rag.documents.markup import parse_xml
from secure_rag.documents.number_format import NumberFormats
from secure_rag.documents.reasons import REASONS, refusal
from secure_rag.documents.rows import Table
from secure_rag.documents.text import TextBuilder
from secure_rag.errors import DocumentError
from tests.assets.builders import FIELDS, build
from tests.assets.containers import packed, unpacked


@pytest.mark.parametrize(
    ("given", "expected", "hides"),
    [
        ("plain\ttext\n", "plain\ttext", False),
        ("a\r\nb\rc\x0bd\u2028e", "a\nb\nc\nd\ne", False),
        ("a \n\n \n b", "a\n b", False),
        ("nul\x00 bell\x07", "nul bell", False),
        ("soft\u00adhyphen", "softhyphen", False),
        ("\u2764\ufe0f", "\u2764", False),
        ("Jo\u200dhn", "John", True),
        ("\u202ecba\u202c", "cba", True),
        ("tag\U000e0041", "tag", True),
        ("\u3164filler", "filler", True),
        ("4\u00a0000\u202f000", "4 000 000", False),
        ("\uff14\uff11\uff11\uff11", "4111", False),
        ("\U0001d409\U0001d428\U0001d421\U0001d427", "John", False),
        ("\ufb01ne", "fine", False),
        ("e\u0301", "\u00e9", False),
        ("lone \ud800 half", "lone  half", False),
        ("x\u00b2 \u2460 \u00bd", "x\u00b2 \u2460 \u00bd", False),
    ],
)
def test_clean_gives_what_a_person_sees(given: str, expected: str, hides: bool) -> None:
    assert clean(given) == (expected, hides)


@pytest.mark.parametrize(
    "text", [" " * 300_000 + "x\n y", "x" + " \n" * 100_000, "\u200b" * 300_000]
)
def test_clean_takes_linear_time(text: str) -> None:
    start = time.process_time()
    clean(text)
    assert time.process_time() - start < 1.0


def test_detection_of_many_comments_takes_linear_time() -> None:
    start = time.process_time()
    load(b"<!-- a -->\n" * 2000 + b"text", "a.md")
    assert time.process_time() - start < 5.0


STYLES = (
    b'<s><numFmts><numFmt numFmtId="164" formatCode="000\\-00\\-0000"/>'
    b'<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/>'
    b'<numFmt numFmtId="166" formatCode="#,##0.00 &quot;days&quot;"/>'
    b'<numFmt numFmtId="167" formatCode="00000"/>'
    b'<numFmt numFmtId="168" formatCode="[$-409]h:mm AM/PM"/>'
    b'<numFmt numFmtId="169" formatCode="[h]:mm"/>'
    b'<numFmt numFmtId="170" formatCode="[Red][HH]:MM:SS&quot; h&quot;;-[h]"/>'
    b'<numFmt numFmtId="171" formatCode="[mm]:ss"/><numFmt numFmtId="172" formatCode="[s]"/>'
    b'<numFmt numFmtId="173" formatCode="h:mm &quot;[h]&quot;"/></numFmts>'
    b'<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    b'<xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="168"/>'
    b'<xf numFmtId="169"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/>'
    b'<xf numFmtId="173"/><xf numFmtId="46"/></cellXfs></s>'
)


@pytest.mark.parametrize(
    ("content", "style", "expected"),
    [
        ("12.5", None, "12.5"),
        ("12.5", "99", "12.5"),
        ("0.30000000000000004", "0", "0.3"),
        ("1.2E+3", "0", "1200"),
        ("4915112345678", "0", "4915112345678"),
        ("12345678901234567890", "0", "12345678901234567890"),
        ("46146", "1", "2026-05-04"),
        ("46146.4375", "3", "2026-05-04 10:30:00"),
        ("0.5", "6", "12:00:00"),
        ("99999999", "1", "99999999"),
        ("78051120", "2", "078-05-1120"),
        ("1234", "5", "01234"),
        ("1234.5", "4", "1234.5"),
        ("not a number", "1", "not a number"),
        ("1.5625", "7", "37:30"),
        ("-0.25", "7", "-6:00"),
        ("0.375", "7", "9:00"),
        ("1.5625", "8", "37:30:00"),
        ("0.0625", "9", "90:00"),
        ("1", "10", "86400"),
        ("0.5", "11", "12:00:00"),
        ("4.1666782407407", "12", "100:00:01"),
        ("not a number", "7", "not a number"),
        ("inf", "7", "inf"),
    ],
)
def test_show_number_in_its_format(content: str, style: str | None, expected: str) -> None:
    assert NumberFormats(parse_xml(STYLES), is_1904=False).show(content, style) == expected


def test_show_date_of_a_1904_workbook() -> None:
    assert NumberFormats(parse_xml(STYLES), is_1904=True).show("0", "1") == "00:00:00"
    assert NumberFormats(parse_xml(STYLES), is_1904=True).show("1", "1") == "1904-01-02"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (["Name", "Town"], ["Ann", "Hull"], "Name: Ann; Town: Hull"),
        (["Name", "", "Town"], ["Ann", "x", "Hull"], "Name: Ann; x; Town: Hull"),
        (["Ann", "17"], ["Bo", "18"], "Bo; 18"),
        (["Ann", "a@example.com"], ["Bo", "b@example.com"], "Bo; b@example.com"),
        (["same", "same"], ["a", "b"], "a; b"),
        (["Name"], ["Ann"], "Ann"),
        (["Name", "Town"], ["", " "], ""),
        (["Name", "Town"], ["Ann", "Hull", "more"], "Name: Ann; Town: Hull; more"),
    ],
)
def test_line_names_columns_where_the_first_row_does(
    first: list[str], second: list[str], expected: str
) -> None:
    table = Table()
    assert table.line(first) == "; ".join(cell for cell in first if cell)
    assert table.line(second) == expected


def test_formats_of_suffixes_are_read() -> None:
    assert all(format_of(f"a{suffix.upper()}") in MEDIA_TYPES for suffix in SUFFIXES)
    assert set(FIELDS) == set(MEDIA_TYPES)
    assert format_of("archive.tar.gz") is None


@pytest.mark.parametrize("code", sorted(REASONS))
def test_refusal_has_a_sentence_and_a_hint(code: str) -> None:
    error = refusal(code)
    assert (error.code, bool(error.message), bool(error.hint)) == (code, True, True)


def test_builder_headings_form_a_path() -> None:
    text = TextBuilder(Limits())
    for level, title in ((1, "A"), (2, "B"), (3, "C"), (2, "D")):
        text.add_heading(title, level)
        text.add(f"under {title}")
    document = text.build("text/plain")
    paths = {
        document.text[b.start : b.end]: [document.text[s:e] for s, e in b.headings]
        for b in document.blocks
        if b.kind == "paragraph"
    }
    assert paths == {
        "under A": ["A"],
        "under B": ["A", "B"],
        "under C": ["A", "B", "C"],
        "under D": ["A", "D"],
    }


def test_load_document_of_images_only_is_image_only() -> None:
    empty = {**unpacked(build("docx", {})), "word/media/image1.png": b"\x89PNG"}
    del empty["word/_rels/document.xml.rels"]
    empty["word/document.xml"] = b"<w:document xmlns:w='urn:w'><w:body/></w:document>"
    with pytest.raises(DocumentError) as caught:
        load(packed(empty), "a.docx")
    assert caught.value.code == "document.image_only"


def test_load_workbook_of_openpyxl() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Staff"
    sheet.append(["Name", "Start", "Pay"])
    sheet.append(["Lamina Okoro", datetime.date(2026, 5, 4), 1234.5])
    sheet["A2"].hyperlink = "mailto:l.okoro@example.com"
    sheet["A2"].comment = openpyxl.comments.Comment("on leave", "Bo Lind")
    buffer = io.BytesIO()
    book.save(buffer)
    document = load(buffer.getvalue(), "a.xlsx")
    assert "Name: Lamina Okoro; Start: 2026-05-04; Pay: 1234.5" in document.text
    assert "Bo Lind: on leave" in document.text
    assert "mailto:l.okoro@example.com" in document.text


def test_load_document_of_python_docx() -> None:
    written = docx.Document()
    written.core_properties.author = "Bo Lind"
    written.add_heading("Terms", 1)
    paragraph = written.add_paragraph("Ms ")
    paragraph.add_run("Lamina").bold = True
    paragraph.add_run(" Okoro")
    table = written.add_table(2, 3)
    values = ("Name", "Town", "Job", "Ann", "Hull", "clerk")
    for cell, value in zip(table._cells, values, strict=True):
        cell.text = value
    written.sections[0].header.paragraphs[0].text = "Confidential"
    buffer = io.BytesIO()
    written.save(buffer)
    document = load(buffer.getvalue(), "a.docx")
    found = {document.text[b.start : b.end]: b for b in document.blocks}
    assert [document.text[s:e] for s, e in found["Ms Lamina Okoro"].headings] == ["Terms"]
    assert "Name: Ann; Town: Hull; Job: clerk" in found
    assert found["Confidential"].field == "header"
    assert found["Bo Lind"].field == "author"


def test_load_presentation_of_python_pptx() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Review"
    slide.placeholders[1].text = "Lamina Okoro presents"
    slide.notes_slide.notes_text_frame.text = "ask Bo Lind"
    buffer = io.BytesIO()
    deck.save(buffer)
    document = load(buffer.getvalue(), "a.pptx")
    found = {document.text[b.start : b.end]: b for b in document.blocks}
    assert found["Lamina Okoro presents"].slide == 1
    assert found["ask Bo Lind"].kind == "note"
    assert not any("Click to edit" in content for content in found)
