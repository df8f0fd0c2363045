"""Build DOCX, PPTX and XLSX files that hold one given value per field."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from tests.assets.containers import PROPERTY_FIELDS, ooxml, relationships

_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
_SHEET = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_DRAWING = (
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)

DOCX_FIELDS = {
    **PROPERTY_FIELDS,
    "body": "body",
    "heading": "body",
    "cell": "body",
    "header": "header",
    "footer": "footer",
    "footnote": "body",
    "endnote": "body",
    "comment": "comment",
    "comment_author": "author",
    "text_box": "body",
    "inserted": "body",
    "deleted": "hidden",
    "change_author": "author",
    "hidden": "hidden",
    "link": "link",
    "field_link": "link",
    "alt": "body",
    "custom_part": "metadata",
}
PPTX_FIELDS = {
    **PROPERTY_FIELDS,
    "body": "body",
    "heading": "body",
    "cell": "body",
    "group": "body",
    "footer": "footer",
    "notes": "body",
    "comment": "comment",
    "comment_author": "author",
    "hidden": "hidden",
    "hidden_shape": "hidden",
    "link": "link",
    "alt": "body",
    "master": "footer",
}
XLSX_FIELDS = {
    **PROPERTY_FIELDS,
    "body": "body",
    "cell": "body",
    "column": "body",
    "sheet": "body",
    "formula": "body",
    "header": "header",
    "footer": "footer",
    "comment": "comment",
    "comment_author": "author",
    "thread": "comment",
    "thread_author": "author",
    "hidden": "hidden",
    "hidden_sheet": "hidden",
    "hidden_row": "hidden",
    "hidden_column": "hidden",
    "link": "link",
    "formula_link": "link",
    "defined_name": "metadata",
    "prompt": "metadata",
    "alt": "body",
    "shape": "body",
}


def _run(content: str, properties: str = "") -> str:
    return (
        f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(content)}</w:t></w:r>'
    )


def _paragraph(content: str, style: str = "") -> str:
    named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{named}{_run(content)}</w:p>"


def _story(tag: str, inner: str) -> str:
    return f"<w:{tag} {_NAMES}>{inner}</w:{tag}>"


def _note(tag: str, content: str) -> str:
    return _story(f"{tag}s", f'<w:{tag} w:id="2">{_paragraph(content)}</w:{tag}>')


def _docx_body(values: Mapping[str, str]) -> str:
    def value(name: str) -> str:
        return values.get(name, "")

    author = quoteattr(value("change_author"))
    box = f"<w:txbxContent>{_paragraph(value('text_box'))}</w:txbxContent>"
    return (
        _paragraph(value("heading"), "Heading1")
        + f"<w:p>{_run(value('body'))}"
        + f'<w:ins w:id="1" w:author={author}>{_run(value("inserted"))}</w:ins>'
        + f'<w:del w:id="2" w:author={author}><w:r><w:delText>{escape(value("deleted"))}'
        + "</w:delText></w:r></w:del>"
        + _run(value("hidden"), "<w:vanish/>")
        + f'<w:hyperlink r:id="rLink">{_run("the page")}</w:hyperlink>'
        + '<w:r><w:instrText xml:space="preserve"> HYPERLINK '
        + f"&quot;{escape(value('field_link'))}&quot; </w:instrText></w:r>"
        + '<w:r><w:footnoteReference w:id="2"/></w:r></w:p><w:p><w:r><w:drawing><wp:inline>'
        + f'<wp:docPr id="1" name="Picture 1" descr={quoteattr(value("alt"))}/></wp:inline>'
        + f"</w:drawing><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
        + f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
        + f"<w:tbl><w:tr><w:tc>{_paragraph('Item')}</w:tc><w:tc>{_paragraph('Contact')}</w:tc>"
        + f"</w:tr><w:tr><w:tc>{_paragraph('Lamp 7')}</w:tc>"
        + f"<w:tc>{_paragraph(value('cell'))}</w:tc></w:tr></w:tbl><w:sectPr/>"
    )


def docx(values: Mapping[str, str]) -> bytes:
    """Return a Word document."""
    style = '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    comment = (
        f'<w:comment w:id="0" w:author={quoteattr(values.get("comment_author", ""))}>'
        f"{_paragraph(values.get('comment', ''))}</w:comment>"
    )
    parts = {
        "word/document.xml": _story("document", f"<w:body>{_docx_body(values)}</w:body>"),
        "word/_rels/document.xml.rels": relationships(
            ("rStyles", "styles", "styles.xml"),
            ("rHeader", "header", "header1.xml"),
            ("rFooter", "footer", "footer1.xml"),
            ("rFootnotes", "footnotes", "footnotes.xml"),
            ("rEndnotes", "endnotes", "endnotes.xml"),
            ("rComments", "comments", "comments.xml"),
            ("rLink", "hyperlink", values.get("link") or "https://example.com/"),
        ),
        "word/styles.xml": _story("styles", style),
        "word/header1.xml": _story("hdr", _paragraph(values.get("header", ""))),
        "word/footer1.xml": _story("ftr", _paragraph(values.get("footer", ""))),
        "word/footnotes.xml": _note("footnote", values.get("footnote", "")),
        "word/endnotes.xml": _note("endnote", values.get("endnote", "")),
        "word/comments.xml": _story("comments", comment),
        "customXml/item1.xml": f"<x>{escape(values.get('custom_part', ''))}</x>",
    }
    return ooxml("word/document.xml", "wordprocessingml.document", parts, values)


def _shape(content: str, *, role: str = "", alt: str = "", hidden: bool = False) -> str:
    place = f'<p:ph type="{role}"/>' if role else ""
    switch = ' hidden="1"' if hidden else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="Shape" descr={quoteattr(alt)}'
        f"{switch}/><p:cNvSpPr/><p:nvPr>{place}</p:nvPr></p:nvSpPr>"
        f"<p:txBody>{_line(content)}</p:txBody></p:sp>"
    )


def _line(content: str) -> str:
    return f"<a:p><a:r><a:t>{escape(content)}</a:t></a:r></a:p>"


def _slide(tag: str, shapes: str, attributes: str = "") -> str:
    return (
        f"<p:{tag} {_NAMES} {attributes}><p:cSld><p:spTree><p:nvGrpSpPr/>{shapes}"
        f"</p:spTree></p:cSld></p:{tag}>"
    )


def _pptx_shapes(values: Mapping[str, str]) -> str:
    cells = f"<a:tc><a:txBody>{_line('Lamp 7')}</a:txBody></a:tc>"
    cells += f"<a:tc><a:txBody>{_line(values.get('cell', ''))}</a:txBody></a:tc>"
    return (
        _shape(values.get("heading", ""), role="title")
        + _shape(values.get("body", ""), alt=values.get("alt", ""))
        + f"<p:grpSp><p:nvGrpSpPr/>{_shape(values.get('group', ''))}</p:grpSp>"
        + f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>{cells}</a:tr></a:tbl>"
        + "</a:graphicData></a:graphic></p:graphicFrame>"
        + _shape(values.get("hidden_shape", ""), hidden=True)
        + _shape(values.get("footer", ""), role="ftr")
    )


def pptx(values: Mapping[str, str]) -> bytes:
    """Return a presentation of a shown and a hidden slide."""
    author = quoteattr(values.get("comment_author", ""))
    comment = f'<p:cm authorId="0"><p:text>{escape(values.get("comment", ""))}</p:text></p:cm>'
    parts = {
        "ppt/presentation.xml": f"<p:presentation {_NAMES}><p:sldIdLst>"
        '<p:sldId id="256" r:id="rId1"/><p:sldId id="257" r:id="rId2"/>'
        "</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relationships(
            ("rId1", "slide", "slides/slide1.xml"), ("rId2", "slide", "slides/slide2.xml")
        ),
        "ppt/slides/slide1.xml": _slide("sld", _pptx_shapes(values)),
        "ppt/slides/_rels/slide1.xml.rels": relationships(
            ("rId1", "notesSlide", "../notesSlides/notesSlide1.xml"),
            ("rId2", "comments", "../comments/comment1.xml"),
            ("rId3", "hyperlink", values.get("link") or "https://example.com/"),
        ),
        "ppt/slides/slide2.xml": _slide("sld", _shape(values.get("hidden", "")), 'show="0"'),
        "ppt/notesSlides/notesSlide1.xml": _slide(
            "notes", _shape(values.get("notes", ""), role="body")
        ),
        "ppt/comments/comment1.xml": f"<p:cmLst {_NAMES}>{comment}</p:cmLst>",
        "ppt/commentAuthors.xml": f"<p:cmAuthorLst {_NAMES}>"
        f'<p:cmAuthor id="0" name={author}/></p:cmAuthorLst>',
        "ppt/slideMasters/slideMaster1.xml": _slide(
            "sldMaster", _shape("Click to edit", role="title") + _shape(values.get("master", ""))
        ),
    }
    return ooxml("ppt/presentation.xml", "presentationml.presentation", parts, values)


def _cell(address: str, content: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{escape(content)}</t></is></c>'


def _first_sheet(values: Mapping[str, str]) -> str:
    def value(name: str) -> str:
        return values.get(name, "")

    link = escape(value("formula_link"))
    return (
        f'<worksheet {_SHEET}><cols><col min="6" max="6" hidden="1"/></cols><sheetData>'
        f'<row r="1">{_cell("A1", "Item")}<c r="B1" t="s"><v>0</v></c></row>'
        f'<row r="2">{_cell("A2", "Lamp")}{_cell("B2", value("cell"))}'
        f'<c r="C2"><f>"{escape(value("formula"))}"</f></c>'
        f'<c r="D2" t="str"><f>HYPERLINK("{link}","x")</f><v>x</v></c>'
        f"{_cell('F2', value('hidden_column'))}</row>"
        f'<row r="3" hidden="1">{_cell("A3", value("hidden_row"))}</row>'
        f'<row r="7">{_cell("A7", value("body"))}</row></sheetData>'
        f"<dataValidations><dataValidation prompt={quoteattr(value('prompt'))}/></dataValidations>"
        '<hyperlinks><hyperlink ref="A2" r:id="rId1"/></hyperlinks>'
        f"<headerFooter><oddHeader>&amp;L{escape(value('header'))}</oddHeader>"
        f"<oddFooter>&amp;C{escape(value('footer'))}</oddFooter></headerFooter>"
        '<drawing r:id="rId4"/></worksheet>'
    )


def _sheet_parts(values: Mapping[str, str]) -> dict[str, str]:
    shape = (
        f'<xdr:sp><xdr:nvSpPr><xdr:cNvPr id="2" name="Box" descr={quoteattr(values.get("alt", ""))}'
        f"/></xdr:nvSpPr><xdr:txBody>{_line(values.get('shape', ''))}</xdr:txBody></xdr:sp>"
    )
    thread, author = escape(values.get("thread", "")), quoteattr(values.get("thread_author", ""))
    return {
        "xl/comments1.xml": f"<comments {_SHEET}><authors><author>"
        f"{escape(values.get('comment_author', ''))}</author></authors><commentList>"
        f'<comment ref="A1" authorId="0"><text><r><t>{escape(values.get("comment", ""))}</t></r>'
        "</text></comment></commentList></comments>",
        "xl/threadedComments/threadedComment1.xml": '<ThreadedComments xmlns="urn:t">'
        f'<threadedComment ref="A1" personId="{{P}}"><text>{thread}</text>'
        "</threadedComment></ThreadedComments>",
        "xl/persons/person.xml": '<personList xmlns="urn:t">'
        f'<person id="{{P}}" displayName={author}/></personList>',
        "xl/drawings/drawing1.xml": f"<xdr:wsDr {_DRAWING}>{shape}</xdr:wsDr>",
    }


def xlsx(values: Mapping[str, str]) -> bytes:
    """Return a workbook of a shown, a hidden and a very hidden sheet."""
    name = quoteattr(values.get("sheet") or "Stock")
    hidden = f'<row r="1">{_cell("A1", values.get("hidden", ""))}</row>'
    parts = {
        "xl/workbook.xml": f"<workbook {_SHEET}><sheets>"
        f'<sheet name={name} sheetId="1" r:id="rId1"/>'
        f'<sheet name={quoteattr(values.get("hidden_sheet") or "Old")} sheetId="2" '
        'state="veryHidden" r:id="rId2"/></sheets><definedNames>'
        f'<definedName name="Owner">"{escape(values.get("defined_name", ""))}"</definedName>'
        "</definedNames></workbook>",
        "xl/_rels/workbook.xml.rels": relationships(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "worksheet", "worksheets/sheet2.xml"),
            ("rId3", "sharedStrings", "sharedStrings.xml"),
        ),
        "xl/sharedStrings.xml": f"<sst {_SHEET}><si><t>"
        f"{escape(values.get('column') or 'Contact')}</t></si></sst>",
        "xl/worksheets/sheet1.xml": _first_sheet(values),
        "xl/worksheets/sheet2.xml": f"<worksheet {_SHEET}><sheetData>{hidden}</sheetData>"
        "</worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            ("rId1", "hyperlink", values.get("link") or "https://example.com/"),
            ("rId2", "comments", "../comments1.xml"),
            ("rId3", "threadedComment", "../threadedComments/threadedComment1.xml"),
            ("rId4", "drawing", "../drawings/drawing1.xml"),
        ),
        **_sheet_parts(values),
    }
    return ooxml("xl/workbook.xml", "spreadsheetml.sheet", parts, values)
