"""Tables of documents: labels stand for their own columns; forms have none; charts keep values."""

from __future__ import annotations

import time

import pytest

from secure_rag.documents.loading import load
from secure_rag.values import RawDocument
from tests.assets.builders import build
from tests.assets.containers import packed, relationships, unpacked

_C = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'


def rows(document: RawDocument) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == "row"]


def word(table: str) -> RawDocument:
    parts = unpacked(build("docx", {}))
    main = parts["word/document.xml"].decode()
    parts["word/document.xml"] = main.replace("</w:body>", f"{table}</w:body>").encode()
    return load(packed(parts), "a.docx")


def word_row(*cells: tuple[str, int], before: int = 0) -> str:
    shift = f'<w:trPr><w:gridBefore w:val="{before}"/></w:trPr>' if before else ""
    return f"<w:tr>{shift}" + "".join(
        f'<w:tc><w:tcPr><w:gridSpan w:val="{width}"/></w:tcPr>'
        f"<w:p><w:r><w:t>{content}</w:t></w:r></w:p></w:tc>"
        for content, width in cells
    ) + "</w:tr>"  # fmt: skip


def test_load_html_cells_that_reach_further_shift_no_labels() -> None:
    page = (
        "<table><tr><th>Client<th>Year<th>Fee<tr><td rowspan=2>Acme<td>2020<td>100"
        "<tr><td>2021<td>120<tr><td colspan=2>Total<td>220<tr><td rowspan=x>B<td>1<td>2</table>"
    )
    assert rows(load(page.encode(), "a.html"))[1:] == [
        "Client: Acme; Year: 2020; Fee: 100",
        "Year: 2021; Fee: 120",
        "Client: Total; Fee: 220",
        "Client: B; Year: 1; Fee: 2",
    ]


def test_load_html_cells_that_claim_much_take_little() -> None:
    row = "<tr>" + "<td colspan=99999 rowspan=99999>x" * 50
    start = time.process_time()
    load(("<table>" + row * 300).encode(), "a.html")
    assert time.process_time() - start < 5.0


def test_load_word_cells_that_reach_further_shift_no_labels() -> None:
    table = (
        word_row(("Employee", 1), ("Pay", 1), ("Bonus", 1), ("Pension", 1))
        + word_row(("Grade A", 1), ("not paid", 2), ("300", 1))
        + word_row(("200", 1), ("400", 1), before=2)
    )
    found = rows(word(f"<w:tbl>{table}</w:tbl>"))
    assert "Employee: Grade A; Pay: not paid; Pension: 300" in found
    assert "Bonus: 200; Pension: 400" in found


_FORM = (("Name", "John Smith"), ("Diagnosis", "asthma"))


def test_load_two_columns_of_a_document_are_names_and_values() -> None:
    html = "<table>" + "".join(f"<tr><td>{a}<td>{b}" for a, b in _FORM) + "</table>"
    table = "".join(word_row((a, 1), (b, 1)) for a, b in _FORM)
    for document in (load(html.encode(), "a.html"), word(f"<w:tbl>{table}</w:tbl>")):
        assert rows(document)[-2:] == ["Name; John Smith", "Diagnosis; asthma"]


def test_load_two_columns_with_a_marked_header_are_labelled() -> None:
    page = "<table><tr><th>Name<th>Town<tr><td>Ann<td>Hull</table>"
    assert rows(load(page.encode(), "a.html"))[-1] == "Name: Ann; Town: Hull"


def test_load_chart_keeps_values_that_occur_twice() -> None:
    def part(name: str, *values: str) -> str:
        return f"<c:{name}>" + "".join(f"<c:v>{value}</c:v>" for value in values) + f"</c:{name}>"

    years = part("cat", "2020", "2021")
    series = (
        f"<c:ser>{part('tx', 'Fees')}{years}{part('val', '10', '10')}</c:ser>"
        f"<c:ser>{part('tx', 'Costs')}{years}{part('val', '10', '5')}</c:ser>"
    )
    parts = unpacked(build("docx", {"body": "text"}))
    parts["word/_rels/document.xml.rels"] = relationships(("rIdX", "chart", "c.xml")).encode()
    parts["word/c.xml"] = f"<c:chartSpace {_C}>{series}</c:chartSpace>".encode()
    text = load(packed(parts), "a.docx").text
    assert "Fees\n2020\n2021\n10\n10\nCosts\n10\n5" in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<p>EUR 5,000<sup>1</sup> a month</p>", "EUR 5,000 1 a month"),
        ("<table><tr><td>Fee<td>EUR 5,000<sup>1</sup></table>", "EUR 5,000 1"),
        (
            "<p>the 1<sup>st</sup>, 10<sup><i>6</i></sup> M<sup>me</sup> Roy</p>",
            "the 1st, 10 6 Mme Roy",
        ),
    ],
)
def test_load_html_superscript_is_no_digit_of_the_figure(content: str, expected: str) -> None:
    assert expected in load(content.encode(), "a.html").text
