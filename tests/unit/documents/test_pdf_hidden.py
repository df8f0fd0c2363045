"""Text of a PDF that nobody sees is read as hidden; text that shows in some way is not."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.unit.documents.test_loaders import load

Draw = Callable[[Canvas], None]
LINE = "The lamp is in the hall"
INVISIBLE = 3


def page(draw: Draw) -> bytes:
    """Return a page with a line that is seen, one that `draw` draws, and a last one."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setFont("Helvetica", 11)
    canvas.drawString(72, 700, "First line")
    canvas.saveState()
    draw(canvas)
    canvas.restoreState()
    canvas.setFont("Helvetica", 11)
    canvas.drawString(72, 400, "Last line")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def written(canvas: Canvas, mode: int) -> None:
    text = canvas.beginText(72, 600)
    text.setTextRenderMode(mode)
    text.textLine(LINE)
    text.setTextRenderMode(0)
    canvas.drawText(text)


def white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(72, 600, LINE)


def tiny(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 0.5)
    canvas.drawString(72, 600, LINE)


def white_on_white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(60, 590, 300, 30, fill=1, stroke=0)
    white(canvas)


def beside_something_filled(canvas: Canvas) -> None:
    canvas.rect(60, 500, 300, 30, fill=1, stroke=0)
    white(canvas)


HIDDEN: dict[str, Draw] = {
    "without ink": lambda canvas: written(canvas, INVISIBLE),
    "white": white,
    "transparent": lambda canvas: (canvas.setFillAlpha(0), canvas.drawString(72, 600, LINE))[1],
    "tiny": tiny,
    "below the page": lambda canvas: canvas.drawString(72, -40, LINE),
    "right of the page": lambda canvas: canvas.drawString(700, 600, LINE),
    "white on white": white_on_white,
    "white beside something filled": beside_something_filled,
}


def on_blue(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0, 0, 0.5)
    canvas.rect(60, 590, 300, 30, fill=1, stroke=0)
    white(canvas)


def scan(canvas: Canvas) -> None:
    canvas.drawImage(ImageReader(Image.new("L", (40, 40), 128)), 60, 560, 300, 80)
    written(canvas, INVISIBLE)


def white_in_front_of_a_form(canvas: Canvas) -> None:
    canvas.beginForm("f")
    canvas.rect(0, 0, 400, 50, fill=1, stroke=0)
    canvas.endForm()
    canvas.translate(60, 580)
    canvas.doForm("f")
    canvas.translate(-60, -580)
    white(canvas)


SEEN: dict[str, Draw] = {
    "black": lambda canvas: canvas.drawString(72, 600, LINE),
    "outlined": lambda canvas: written(canvas, 1),
    "small": lambda canvas: (canvas.setFont("Helvetica", 4), canvas.drawString(72, 600, LINE))[1],
    "white on blue": on_blue,
    "invisible over a scan": scan,
    "white in front of a form": white_in_front_of_a_form,
}


def fields(data: bytes) -> dict[str, str]:
    """Return the field of each block of the page, by its text."""
    document = load(data, "a.pdf")
    assert ("hidden_text" in document.flags) == any(
        block.field == "hidden" for block in document.blocks
    )
    return {document.text[block.start : block.end]: block.field for block in document.blocks}


@pytest.mark.parametrize("name", HIDDEN)
def test_load_text_that_nobody_sees_is_hidden(name: str) -> None:
    found = fields(page(HIDDEN[name]))
    assert (found[LINE], found["First line"], found["Last line"]) == ("hidden", "body", "body")


@pytest.mark.parametrize("name", SEEN)
def test_load_text_that_shows_is_body(name: str) -> None:
    found = fields(page(SEEN[name]))
    assert "hidden" not in found.values()
    assert any(LINE in text and field == "body" for text, field in found.items())


def test_load_line_that_is_hidden_in_part_is_parted() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 600, "Pay the rent")
        canvas.setFillColorRGB(1, 1, 1)
        canvas.drawString(150, 600, "to somebody else")

    found = fields(page(draw))
    assert found["Pay the rent"] == "body"
    assert found["to somebody else"] == "hidden"
