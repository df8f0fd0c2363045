"""Build PDF (with reportlab) and RTF files that hold one given value per field."""

from __future__ import annotations

import io
from collections.abc import Mapping

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

PDF_FIELDS = {
    "title": "title",
    "author": "author",
    "subject": "metadata",
    "keywords": "metadata",
    "creator": "metadata",
    "outline": "metadata",
    "body": "body",
    "heading": "body",
    "second_page": "body",
    "link": "link",
    "comment": "comment",
    "form_value": "body",
}
RTF_FIELDS = {
    "title": "title",
    "author": "author",
    "operator": "author",
    "subject": "metadata",
    "keywords": "metadata",
    "description": "metadata",
    "company": "metadata",
    "custom": "metadata",
    "body": "body",
    "cell": "body",
    "header": "header",
    "footer": "footer",
    "footnote": "body",
    "comment": "comment",
    "comment_author": "author",
    "hidden": "hidden",
    "deleted": "hidden",
    "link": "link",
    "text_box": "body",
}


def pdf(values: Mapping[str, str], *, password: str | None = None) -> bytes:
    """Return a document of two pages, encrypted if a password is given."""
    buffer = io.BytesIO()
    encryption = None if password is None else StandardEncryption(password)
    canvas = Canvas(buffer, pageCompression=0, encrypt=encryption, invariant=1)
    canvas.setTitle(values.get("title", ""))
    canvas.setAuthor(values.get("author", ""))
    canvas.setSubject(values.get("subject", ""))
    canvas.setKeywords(values.get("keywords", ""))
    canvas.setCreator(values.get("creator", ""))
    canvas.bookmarkPage("first")
    canvas.addOutlineEntry(values.get("outline") or "Start", "first")
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(72, 740, values.get("heading", ""))
    canvas.setFont("Helvetica", 11)
    canvas.drawString(72, 700, values.get("body", ""))
    canvas.linkURL(values.get("link") or "https://example.com/", (72, 600, 200, 620))
    canvas.textAnnotation(values.get("comment", ""), Rect=(300, 600, 320, 620))
    canvas.acroForm.textfield(name="contact", value=values.get("form_value", ""), x=72, y=500)
    canvas.showPage()
    canvas.setFont("Helvetica", 11)
    canvas.drawString(72, 700, "Second page")
    canvas.drawString(72, 660, values.get("second_page", ""))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def pdf_of_lines(*pages: tuple[str, ...], size: float = 11) -> bytes:
    """Return a document with the lines of each page at a reader's distance."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for lines in pages:
        canvas.setFont("Helvetica", size)
        for number, line in enumerate(lines):
            canvas.drawString(72, 740 - number * size * 1.2, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def scanned_pdf(*, with_text_page: bool) -> bytes:
    """Return a document with a page that is only an image, after one with text or alone."""
    from PIL import Image

    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    if with_text_page:
        canvas.drawString(72, 700, "A page with a text layer")
        canvas.showPage()
    canvas.drawImage(ImageReader(Image.new("L", (40, 40), 128)), 72, 300, 400, 400)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _escaped(content: str) -> str:
    """Return a text as RTF; what is not ASCII as UTF-16 units with a substitute."""
    pieces = []
    for character in content:
        if character in "\\{}":
            pieces.append("\\" + character)
        elif character.isascii():
            pieces.append(character)
        else:
            units = character.encode("utf-16-le")
            for position in range(0, len(units), 2):
                unit = int.from_bytes(units[position : position + 2], "little")
                pieces.append(f"\\u{unit - 0x10000 if unit > 0x7FFF else unit}?")
    return "".join(pieces)


def rtf(values: Mapping[str, str]) -> bytes:
    """Return a Rich Text Format file."""
    v = {name: _escaped(value) for name, value in values.items()}
    content = (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}}{\colortbl;\red0;}"
        r"{\info{\title " + v["title"] + r"}{\author " + v["author"] + r"}{\operator "
        f"{v['operator']}"
        + r"}{\subject "
        + v["subject"]
        + r"}{\keywords "
        + v["keywords"]
        + r"}{\doccomm "
        + v["description"]
        + r"}{\*\company "
        + v["company"]
        + r"}{\creatim\yr2026\mo1\dy5}}{\*\userprops{\propname Client}\proptype30{\staticval "
        + v["custom"]
        + r"}}{\header\pard "
        + v["header"]
        + r"\par}{\footer\pard "
        + v["footer"]
        + r"\par}\pard Text {\b before} "
        + v["body"]
        + r" after{\footnote\pard "
        + v["footnote"]
        + r"}{\*\atnid AB}{\*\atnauthor "
        + v["comment_author"]
        + r"}\chatn{\*\annotation\pard "
        + v["comment"]
        + r"}{\v "
        + v["hidden"]
        + r"}{\deleted "
        + v["deleted"]
        + r"}"
        + r'{\field{\*\fldinst{HYPERLINK "'
        + v["link"]
        + r'"}}{\fldrslt the page}}\par'
        + r"{\shp{\*\shpinst{\sp{\sn name}{\sv x}}{\shptxt\pard "
        + v["text_box"]
        + r"\par}}}"
        + r"\trowd\cellx100\cellx200 Lamp\cell "
        + v["cell"]
        + r"\cell\row\pard\par"
        + r"{\*\unknown dropped}{\pict\pngblip 89504e47}}"
    )
    return content.encode("ascii")
