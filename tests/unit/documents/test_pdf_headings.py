"""The headings of a PDF stand under its title, where a heading says what the properties say."""

from __future__ import annotations

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from secure_rag.documents.loading import load

HEADINGS = (("Lift contract", 14), ("1. Scope", 14), ("Doors", 12), ("2. Term", 14))


def contract(title: str) -> bytes:
    """Return a page of headings, each with a line of text below it."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setTitle(title)
    for number, (heading, size) in enumerate(HEADINGS):
        canvas.setFont("Helvetica", size)
        canvas.drawString(72, 700 - 80 * number, heading)
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, 660 - 80 * number, "Each cabin is looked at every six weeks.")
    canvas.save()
    return buffer.getvalue()


@pytest.mark.parametrize("title", ["Lift contract", "LIFT  contract "])
def test_pdf_headings_stand_under_the_title(title: str) -> None:
    assert places(contract(title)) == [
        "Lift contract",
        "Lift contract > 1. Scope",
        "Lift contract > 1. Scope > Doors",
        "Lift contract > 2. Term",
    ]


@pytest.mark.parametrize("title", ["", "scan0001", "Lift", "each cabin is looked at"])
def test_pdf_headings_of_one_size_stand_side_by_side_without_it(title: str) -> None:
    assert places(contract(title)) == ["Lift contract", "1. Scope", "1. Scope > Doors", "2. Term"]


def places(data: bytes) -> list[str]:
    """Return the headings above each line of text."""
    document = load(data, "lifts.pdf")
    return [
        " > ".join(document.text[start:end] for start, end in block.headings)
        for block in document.blocks
        if block.kind == "paragraph"
    ]
