"""What is filled into forms comes out beside its name, whatever the format keeps it in."""

from __future__ import annotations

import pytest

from secure_rag.documents.loading import load
from secure_rag.documents.symbols import symbol
from secure_rag.values import RawDocument
from tests.assets.builders import FIELDS, build
from tests.assets.containers import packed, unpacked


def lines(document: RawDocument, field: str = "body") -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.field == field]


def form_pdf(fields: str, *objects: str, widgets: tuple[int, ...]) -> bytes:
    """Return a PDF of one page with form fields; objects are numbered from 6."""
    content = "BT /F1 12 Tf 50 700 Td (Application) Tj ET"
    kids = " ".join(f"{number} 0 R" for number in widgets)
    bodies = [
        f"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{fields}]>>>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        f"/Resources<</Font<</F1 5 0 R>>>>/Annots[{kids}]>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *objects,
    ]
    data, places = "%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(bodies) + 1
    data += f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    trailer = f"trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{data.index('xref')}\n%%EOF\n"
    return (data + trailer).encode("latin-1")


_WIDGET = "/Type/Annot/Subtype/Widget/Rect[50 400 250 420]/F 4"


def test_load_pdf_field_of_two_widgets_is_read_once_from_its_parent() -> None:
    data = form_pdf(
        "6 0 R",
        "<</FT/Tx/T(applicant)/TU(Name of applicant)/V(Mary Miller)/Kids[7 0 R 8 0 R]>>",
        f"<<{_WIDGET}/Parent 6 0 R>>",
        f"<<{_WIDGET}/Parent 6 0 R>>",
        widgets=(7, 8),
    )
    assert lines(load(data, "a.pdf"))[1:] == ["Name of applicant: Mary Miller"]


def test_load_pdf_radio_group_says_what_is_pressed() -> None:
    data = form_pdf(
        "6 0 R",
        "<</FT/Btn/Ff 32768/T(sex)/V/female/Kids[7 0 R 8 0 R]>>",
        f"<<{_WIDGET}/Parent 6 0 R/AS/Off>>",
        f"<<{_WIDGET}/Parent 6 0 R/AS/female>>",
        widgets=(7, 8),
    )
    assert lines(load(data, "a.pdf"))[1:] == ["sex: female"]


def test_load_pdf_choice_says_what_its_reader_sees() -> None:
    data = form_pdf(
        "6 0 R",
        f"<<{_WIDGET}/FT/Ch/Ff 131072/T(ward)/V(o)/Opt[[(c)(Cardiology)][(o)(Oncology)]]>>",
        widgets=(6,),
    )
    assert lines(load(data, "a.pdf"))[1:] == ["ward: Oncology"]


def test_load_pdf_box_that_is_not_ticked_is_off() -> None:
    data = form_pdf("6 0 R", f"<<{_WIDGET}/FT/Btn/T(consent)/V/Off/AS/Off>>", widgets=(6,))
    assert lines(load(data, "a.pdf"))[1:] == ["consent: Off"]


def word_form(field: str) -> RawDocument:
    """Return what is read of a Word document whose body text is made of other XML."""
    parts = unpacked(build("docx", {"body": "BODY"}))
    main = parts["word/document.xml"].decode()
    start = main.index("BODY")
    start, end = main.rindex("<w:r>", 0, start), main.index("</w:r>", start) + len("</w:r>")
    parts["word/document.xml"] = (main[:start] + field + main[end:]).encode()
    return load(packed(parts), "a.docx")


def legacy(data: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'


_ENTRIES = '<w:listEntry w:val="single"/><w:listEntry w:val="divorced"/>'


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (legacy(f'<w:ddList><w:result w:val="1"/>{_ENTRIES}</w:ddList>'), "divorced"),
        (legacy(f'<w:ddList><w:default w:val="1"/>{_ENTRIES}</w:ddList>'), "divorced"),
        (legacy(f"<w:ddList>{_ENTRIES}</w:ddList>"), "single"),
        (legacy("<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>"), "\u2611"),
        (legacy("<w:checkBox><w:default w:val='1'/></w:checkBox>"), "\u2611"),
        (legacy("<w:checkBox><w:checked w:val='0'/></w:checkBox>"), "\u2610"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', "\u2611"),
        ('<w:r><w:t>Anna</w:t><w:sym w:font="Symbol" w:char="F02D"/><w:t>Lena</w:t></w:r>', "a-L"),
    ],
)
def test_load_word_form_field_shows_its_state(field: str, expected: str) -> None:
    assert expected not in word_form("").text
    assert expected in word_form(field).text


@pytest.mark.parametrize(
    ("font", "code", "expected"),
    [
        ("Wingdings 2", "F052", "\u2611"),
        ("Symbol", "F041", " "),
        ("Symbol", "F035", "5"),
        ("Symbol", "F06D", "\u03bc"),
        ("Segoe UI Symbol", "2611", "\u2611"),
        ("Wingdings", "F0", " "),
        ("Wingdings", "D800", " "),
        ("Wingdings", "-5", " "),
        ("Wingdings", "FFFFFFFF", " "),
        ("Wingdings", "x", " "),
    ],
)
def test_symbol_of_a_font_is_a_character_or_a_blank(font: str, code: str, expected: str) -> None:
    assert symbol(font, code) == expected


_CONTROLS = (
    '<form:text form:name="name" form:label="Name" form:current-value="Mary Miller"/>'
    '<form:textarea form:name="note" form:value="see file 7"/>'
    '<form:password form:name="code" form:current-value="geheim"/>'
    '<form:hidden form:name="ref" form:value="R-77"/>'
    '<form:checkbox form:label="Consent" form:current-state="checked"/>'
    '<form:checkbox form:label="Post" form:current-state="unchecked" form:state="checked"/>'
    '<form:radio form:label="female" form:current-selected="true"/>'
    '<form:listbox form:name="ward"><form:option form:label="Cardiology"/>'
    '<form:option form:label="Oncology" form:current-selected="true"/></form:listbox>'
)


@pytest.mark.parametrize(
    ("kind", "before"),
    [("odt", "<office:text>"), ("ods", '<table:table table:name="Stock">'), ("odp", "<draw:page>")],
)
def test_load_open_document_form_is_read(kind: str, before: str) -> None:
    parts = unpacked(build(kind, dict.fromkeys(FIELDS[kind], "")))
    content = parts["content.xml"].decode()
    forms = f'<office:forms xmlns:form="urn:form"><form:form>{_CONTROLS}</form:form></office:forms>'
    assert content.count(before) == 1
    parts["content.xml"] = content.replace(before, before + forms).encode()
    document = load(packed(parts), f"a.{kind}")
    expected = {
        "Name: Mary Miller",
        "note: see file 7",
        "\u2611 Consent",
        "\u2610 Post",
        "\u2611 female",
        "ward: Oncology",
    }
    assert expected <= set(lines(document))
    assert "ref: R-77" in lines(document, "hidden")
    assert "geheim" not in document.text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "<p>Sex<input type=radio>male<input type=radio checked>female",
            "Sex \u2610 male \u2611 female",
        ),
        ("<p><input type=CheckBox checked> consent", "\u2611 consent"),
        ("<select><option>one<option selected>two</select>", "\u2611 two"),
        ("<table><tr><td>Post<td><input type=checkbox>yes</table>", "Post; \u2610 yes"),
    ],
)
def test_load_html_form_shows_what_is_chosen(content: str, expected: str) -> None:
    assert expected in lines(load(content.encode(), "a.html"))
