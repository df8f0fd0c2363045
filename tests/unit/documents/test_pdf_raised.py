"""A raised figure of a PDF stays apart from the one before it; places after it stay right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from secure_rag.documents.loading import load
from secure_rag.documents.pdfium import Line, Pdf
from tests.unit.documents.test_pdf_hidden import fields, page

Part = tuple[str, float, float]
"""Text, its size, and by how much it is raised."""

FEE = ("The fee is 500", 11, 0)
MARK = ("1", 7, 4)
LINES: list[tuple[tuple[Part, ...], str]] = [
    ((FEE, MARK, (" a month", 11, 0)), "The fee is 500 1 a month"),
    ((FEE, ("1", 8, 3), (" a month", 11, 0)), "The fee is 500 1 a month"),
    ((FEE, ("12", 6, 5)), "The fee is 500 12"),
    ((FEE, MARK, ("2", 7, 4)), "The fee is 500 12"),
    ((("in 2019", 11, 0), ("2", 7, 4), (" and 10", 11, 0), ("6", 7, 4)), "in 2019 2 and 10 6"),
    ((("on the 1", 11, 0), ("st", 7, 4), (" of May", 11, 0)), "on the 1st of May"),
    ((("of 30 m", 11, 0), ("2", 7, 4)), "of 30 m2"),
    ((("The fee is 500 ", 11, 0), MARK), "The fee is 500 1"),
    ((("in 20", 11, 0), ("19", 11, 0)), "in 2019"),
    ((("in 20", 11, 0), ("19", 7, 0)), "in 2019"),
    ((("in 20", 11, 0), ("19", 11, 4)), "in 2019"),
    ((("in 20", 11, 0), ("19", 10, 2)), "in 2019"),
    ((("in 20", 11, 0), ("19", 7, 1)), "in 2019"),
    ((("in 20", 11, 0), ("19", 7, -3)), "in 2019"),
    ((("in ", 11, 0), ("20", 7, 4), ("19", 7, 4)), "in 2019"),
]
"""Parts of a line, and how it is read."""


def drawn(canvas: Canvas, parts: tuple[Part, ...]) -> None:
    """Draw a line of one text, in which each part is an object."""
    text = canvas.beginText(72, 600)
    for content, size, rise in parts:
        text.setFont("Helvetica", size)
        text.setRise(rise)
        text.textOut(content)
    text.setRise(0)
    canvas.drawText(text)


def placed(canvas: Canvas, parts: tuple[Part, ...]) -> None:
    """Draw a line of several texts, each at its place."""
    x = 72.0
    for content, size, rise in parts:
        canvas.setFont("Helvetica", size)
        canvas.drawString(x, 600 + rise, content)
        x += canvas.stringWidth(content, "Helvetica", size)


@pytest.mark.parametrize("draw", [drawn, placed])
@pytest.mark.parametrize(("parts", "expected"), LINES, ids=range(len(LINES)))
def test_load_raised_figure_is_apart_and_other_text_is_not(
    draw: Callable[[Canvas, tuple[Part, ...]], None], parts: tuple[Part, ...], expected: str
) -> None:
    document = load(page(lambda canvas: draw(canvas, parts)), "a.pdf")
    assert expected in document.text.split("\n")


def lines(data: bytes) -> list[Line]:
    pdf = Pdf(data)
    one = pdf.page(0)
    try:
        return list(one.lines())
    finally:
        one.close()
        pdf.close()


def test_lines_raised_figure_is_in_the_line_and_measures_stay() -> None:
    """The library gives mark and figure as one line; a space is put into its text alone."""
    marked = lines(page(lambda canvas: drawn(canvas, (FEE, MARK))))
    other = lines(page(lambda canvas: drawn(canvas, (FEE, ("x", 7, 4)))))
    assert [line.text for line in marked] == ["First line", "The fee is 500 1", "Last line"]
    for one, two in zip(marked, other, strict=True):
        assert (one.left, one.base, one.size) == (two.left, two.base, two.size)


def test_load_hidden_text_after_raised_figures_is_found_at_its_place() -> None:
    def draw(canvas: Canvas) -> None:
        placed(canvas, (FEE, MARK, (" and 10", 11, 0), ("6", 7, 4), (" a month", 11, 0)))
        canvas.drawString(72, 560, "Pay the rent")
        canvas.setFillColorRGB(1, 1, 1)
        canvas.drawString(150, 560, "to somebody else")

    found = fields(page(draw))
    assert found["The fee is 500 1 and 10 6 a month"] == "body"
    assert found["Pay the rent"] == "body"
    assert found["to somebody else"] == "hidden"


def pdf_of(content: str, characters: str) -> bytes:
    """Return a page of content operators in a font with a map to Unicode."""
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        f"<</Length {len(characters)}>>stream\n{characters}\nendstream",
    )
    body = "".join(f"{n} 0 obj\n{one}\nendobj\n" for n, one in enumerate(objects, start=1))
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R/Size 7>>\n%%EOF\n".encode()


def test_lines_raised_figure_after_characters_of_two_units_is_apart() -> None:
    characters = (
        "1 begincodespacerange <00> <FF> endcodespacerange "
        "1 beginbfrange <20> <7A> <0020> endbfrange "
        "1 beginbfchar <7E> <D83DDE00> endbfchar"
    )
    big, small = "/F 11 Tf 0 Ts", "/F 7 Tf 4 Ts"
    content = (
        f"BT {big} 72 600 Td (~~ 500) Tj {small} (1) Tj {big} 0 -40 Td (~ 20) Tj "
        f"{big} (19) Tj {small} (2) Tj ET"
    )
    found = [line.text for line in lines(pdf_of(content, characters))]
    assert found == ["\U0001f600\U0001f600 500 1", "\U0001f600 2019 2"]
