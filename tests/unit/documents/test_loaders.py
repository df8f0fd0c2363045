"""Each format, good: every field's text comes out, in its field and place."""

from __future__ import annotations

import json

import pytest

from secure_rag.documents.formats import MEDIA_TYPES
from secure_rag.documents.loading import load
from secure_rag.documents.wire import from_plain, to_plain
from secure_rag.values import Block, RawDocument
from tests.assets.builders import FIELDS, build, file_name
from tests.assets.portable import pdf_of_lines

FORMATS = sorted(FIELDS)


def planted(kind: str) -> dict[str, str]:
    """Return a value per field that occurs nowhere else."""
    values = {}
    for number, name in enumerate(FIELDS[kind]):
        value = f"Canary{number:03d}{name.replace('_', '')}"
        is_address = kind in ("eml", "mbox") and name in ("author", "to", "cc", "bcc", "reply_to")
        values[name] = f"{value}@example.com" if is_address else value
    return values


def blocks_with(document: RawDocument, value: str) -> list[Block]:
    return [b for b in document.blocks if value in document.text[b.start : b.end]]


def block_with(document: RawDocument, value: str, field: str = "body") -> Block:
    found = [block for block in blocks_with(document, value) if block.field == field]
    assert len(found) == 1
    return found[0]


def headings(document: RawDocument, block: Block) -> list[str]:
    return [document.text[start:end] for start, end in block.headings]


CASES = [(kind, name) for kind in FORMATS for name in FIELDS[kind]]


@pytest.fixture(scope="module")
def documents() -> dict[str, RawDocument]:
    return {
        kind: load(build(kind, planted(kind)), file_name(kind, "Canary_file")) for kind in FORMATS
    }


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_load_planted_value_comes_out_in_its_field(
    documents: dict[str, RawDocument], kind: str, name: str
) -> None:
    fields = {block.field for block in blocks_with(documents[kind], planted(kind)[name])}
    assert FIELDS[kind][name] in fields


@pytest.mark.parametrize("kind", FORMATS)
def test_load_any_format_gives_type_name_and_sorted_blocks(
    documents: dict[str, RawDocument], kind: str
) -> None:
    document = documents[kind]
    assert document.media_type == MEDIA_TYPES[kind]
    assert block_with(document, "Canary_file", "file_name").start == 0
    end = 0
    for block in document.blocks:
        assert document.text[end : block.start].strip("\n") == ""
        assert block.start < block.end
        assert document.text[block.start : block.end].strip() != ""
        end = block.end
    assert end == len(document.text)


@pytest.mark.parametrize("kind", FORMATS)
def test_from_plain_of_to_plain_over_json_is_the_document(
    documents: dict[str, RawDocument], kind: str
) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(documents[kind])))) == documents[kind]


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        ("pdf", "body", {"page": 1}),
        ("pdf", "second_page", {"page": 2}),
        ("pptx", "body", {"slide": 1}),
        ("pptx", "notes", {"slide": 1}),
        ("odp", "body", {"slide": 1}),
        ("xlsx", "cell", {"row": 2}),
        ("xlsx", "body", {"row": 7}),
        ("ods", "body", {"row": 6}),
        ("csv", "cell", {"row": 2}),
        ("jsonl", "cell", {"row": 2}),
    ],
)
def test_load_block_knows_its_place(
    documents: dict[str, RawDocument], kind: str, name: str, place: dict[str, int]
) -> None:
    block = block_with(documents[kind], planted(kind)[name])
    assert {key: getattr(block, key) for key in place} == place


@pytest.mark.parametrize("kind", ["docx", "pptx", "odt", "odp", "html", "markdown", "pdf"])
def test_load_block_under_a_heading_has_its_span(
    documents: dict[str, RawDocument], kind: str
) -> None:
    document, values = documents[kind], planted(kind)
    assert headings(document, block_with(document, values["body"])) == [values["heading"]]
    assert block_with(document, values["heading"]).kind == "heading"


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_load_row_of_a_sheet_has_the_span_of_its_name(
    documents: dict[str, RawDocument], kind: str
) -> None:
    document, values = documents[kind], planted(kind)
    sheet = block_with(document, values["cell"]).sheet
    assert sheet is not None
    assert document.text[slice(*sheet)] == values["sheet"]


@pytest.mark.parametrize("kind", ["xlsx", "csv", "tsv", "ods"])
def test_load_table_row_names_its_columns(documents: dict[str, RawDocument], kind: str) -> None:
    document, values = documents[kind], planted(kind)
    block = block_with(document, values["cell"])
    line = document.text[block.start : block.end]
    assert f"{values['column']}: {values['cell']}" in line
    assert block.kind == "row"


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        ("docx", {"hidden_text", "tracked_changes"}),
        ("odt", {"hidden_text", "tracked_changes"}),
        ("rtf", {"hidden_text", "tracked_changes"}),
        ("pptx", {"hidden_text"}),
        ("xlsx", {"hidden_text"}),
        ("html", {"hidden_text"}),
        ("eml", {"attachments", "images"}),
        ("plain", set()),
        ("markdown", set()),
    ],
)
def test_load_facts_for_the_log_are_flags(
    documents: dict[str, RawDocument], kind: str, flags: set[str]
) -> None:
    assert set(documents[kind].flags) == flags


def test_load_mail_attachment_stands_under_its_name(documents: dict[str, RawDocument]) -> None:
    document, values = documents["eml"], planted("eml")
    block = block_with(document, values["attachment"])
    assert headings(document, block)[-1].startswith(values["attachment_name"])
    assert block.row == 2


def test_load_mail_box_messages_stand_under_their_subjects(
    documents: dict[str, RawDocument],
) -> None:
    document, values = documents["mbox"], planted("mbox")
    assert headings(document, block_with(document, values["second"])) == ["Second"]
    assert "\nFrom here on" in document.text


def test_load_pdf_wrapped_lines_are_joined_and_short_ones_kept() -> None:
    lines = ("The lamp was sold to Ms Lamina", "Okoro of Hull.", "Paid: yes")
    text = load(pdf_of_lines(lines), "a.pdf").text
    assert "The lamp was sold to Ms Lamina Okoro of Hull.\nPaid: yes" in text


def test_load_pdf_divided_words_are_closed_and_double_names_kept() -> None:
    lines = ("He asked for a reim-", "bursement of Anna-", "Lena Brandt")
    text = load(pdf_of_lines(lines), "a.pdf").text
    assert "a reimbursement of Anna-Lena Brandt" in text


def test_load_json_keeps_numbers_as_written_and_equal_keys() -> None:
    document = load(b'{"n": 1.10, "big": 12345678901234567890, "n": null, "a b@c": [[]]}', "a.json")
    assert document.text.split("\n\n")[-1].split("\n") == [
        "n: 1.10",
        "big: 12345678901234567890",
        "n: null",
        '["a b@c"][0]: []',
    ]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("Name;Town\nA. Lamb;Hull\n", 2),
        ("Name\tTown\nA. Lamb\tHull\n", 2),
        ("Name|Town\nA. Lamb|Hull\n", 2),
        ('Name,Town\n"Lamb, A.","Hull\nYork"\n', 2),
        ("one column\nA. Lamb\n", 2),
    ],
)
def test_load_csv_dialect_is_found(content: str, rows: int) -> None:
    document = load(content.encode(), "a.csv")
    found = [block for block in document.blocks if block.kind == "row"]
    assert [block.row for block in found] == list(range(1, rows + 1))
    if "Town" in content:
        assert "Town: Hull" in document.text


def test_load_invisible_characters_go_and_are_flagged() -> None:
    hidden = "Jo\u200bhn Sm\u2060ith \u202eabc \U000e0041\U000e0042 cafe\u0301 \ufb01ne \u00a0x"
    document = load(hidden.encode(), "a.txt")
    assert "John Smith abc  caf\u00e9 fine  x" in document.text
    assert document.flags == ("invisible_characters",)


def test_load_markdown_too_deep_for_the_parser_loses_no_word() -> None:
    document = load((">" * 1000 + " deepword\n\nplainword\n").encode(), "a.md")
    assert "deepword" in document.text
    assert "plainword" in document.text


@pytest.mark.parametrize(
    ("content", "flags"),
    [
        ("caf\u00e9 M\u00fcller".encode(), ()),
        (b"\xef\xbb\xbfcaf\xc3\xa9", ()),
        ("caf\u00e9 M\u00fcller".encode("utf-16"), ("encoding:utf-16-le",)),
        (
            "Herr M\u00fcller met a caf\u00e9 owner in Z\u00fcrich.".encode("cp1252"),
            ("encoding:cp1252",),
        ),
    ],
)
def test_load_certain_encoding_is_read_and_flagged(content: bytes, flags: tuple[str, ...]) -> None:
    document = load(content, "a.txt")
    assert "caf\u00e9" in document.text
    assert document.flags == flags


def test_load_html_declared_encoding_is_read() -> None:
    page = "<html><head><meta charset='iso-8859-1'></head><body>caf\u00e9</body></html>"
    assert "caf\u00e9" in load(page.encode("latin-1"), "a.html").text


def test_load_mail_raw_header_bytes_are_decoded() -> None:
    mail = "From: a@example.com\nSubject: Z\u00fcrich\n\nHello\n".encode()
    assert "Z\u00fcrich" in load(mail, "a.eml").text


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("", "<html><body><p>Hello</p></body></html>", "html"),
        ("-", "MIME-Version: 1.0\nFrom: a@example.com\n\nHello\n", "eml"),
        ("README", "Hello", "plain"),
    ],
)
def test_load_without_suffix_goes_by_content(name: str, content: str, kind: str) -> None:
    assert load(content.encode(), name).media_type == MEDIA_TYPES[kind]


def test_load_without_suffix_in_utf_16_goes_by_its_characters() -> None:
    page = "<html><body><p>H&#101;llo</p></body></html>".encode("utf-16")
    assert "Hello" in load(page, "").text


@pytest.mark.parametrize(
    "inside",
    [
        "<!-- note -->",
        "<span style='display:none'>note</span>",
        "<b hidden>a no<i>te</i></b>",
        "<template><p>note</p></template>",
        "<del style='font-size: 0'>note</del>",
        "&#8203;",
    ],
)
def test_load_html_hidden_inside_a_line_does_not_part_a_name(inside: str) -> None:
    document = load(f"<p>Ms Lamina {inside}Okoro of Hull</p>".encode(), "a.html")
    assert "Ms Lamina Okoro of Hull" in document.text
    assert inside.startswith("&") or "note" in document.text
