"""Broken, hostile and misnamed files: each refused with its code, none half read."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secure_rag.documents.limits import Limits
from secure_rag.documents.loading import load
from secure_rag.documents.reasons import REASONS
from secure_rag.errors import DocumentError
from tests.assets.builders import FIELDS, build, file_name
from tests.assets.containers import packed, unpacked
from tests.assets.portable import pdf, scanned_pdf

FORMATS = sorted(FIELDS)
CONTAINERS = ("docx", "pptx", "xlsx", "odt", "ods", "odp")
SAMPLES = {kind: build(kind, {name: f"Word {name}" for name in FIELDS[kind]}) for kind in FORMATS}
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4
NOISE = random.Random(7).randbytes(5000)
NESTED = 10_000


def code_of(data: bytes, name: str, limits: Limits | None = None) -> str:
    with pytest.raises(DocumentError) as caught:
        load(data, name, limits)
    return caught.value.code


@pytest.mark.parametrize("kind", FORMATS)
def test_load_zero_bytes_is_empty(kind: str) -> None:
    assert code_of(b"", file_name(kind)) == "document.empty"


@pytest.mark.parametrize("kind", FORMATS)
def test_load_oversize_is_too_large(kind: str) -> None:
    assert code_of(SAMPLES[kind], file_name(kind), Limits(file_bytes=10)) == "document.too_large"


@pytest.mark.parametrize("kind", FORMATS)
def test_load_too_much_text_is_too_large(kind: str) -> None:
    limits = Limits(text_characters=20)
    assert code_of(SAMPLES[kind], file_name(kind), limits) == "document.too_large"


@pytest.mark.parametrize("kind", FORMATS)
def test_load_binary_rubbish_is_wrong_type(kind: str) -> None:
    assert code_of(NOISE, file_name(kind)) == "document.wrong_type"


MISNAMED = (
    [(SAMPLES["pdf"], file_name(kind)) for kind in FORMATS if kind != "pdf"]
    + [(SAMPLES["docx"], file_name(kind)) for kind in FORMATS if kind != "docx"]
    + [(SAMPLES["rtf"], file_name(kind)) for kind in FORMATS if kind != "rtf"]
    + [(JPEG, file_name(kind)) for kind in FORMATS]
    + [(SAMPLES["eml"], "a.txt"), (SAMPLES["html"], "a.txt"), (SAMPLES["html"], "a.md")]
    + [
        (SAMPLES[kind].decode().encode(encoding), name)
        for kind, name in (("eml", "a.txt"), ("html", "a.txt"), ("html", "a.csv"), ("eml", "a.md"))
        for encoding in ("utf-8-sig", "utf-16", "utf-32")
    ]
    + [(SAMPLES["eml"].decode().encode("utf-16"), "a.eml")]
    + [(SAMPLES["plain"].decode().encode("utf-16"), "a.html")]
    + [(SAMPLES["plain"], "a.html"), (SAMPLES["plain"], "a.eml"), (SAMPLES["plain"], "a.mbox")]
    + [(SAMPLES["plain"], "a.pdf"), (OLE2, "a.docx"), (packed({"a.txt": "x"}), "a.xlsx")]
)


@pytest.mark.parametrize(
    ("data", "name"),
    MISNAMED,
    ids=[f"{number}-{name}" for number, (_, name) in enumerate(MISNAMED)],
)
def test_load_wrong_suffix_is_wrong_type(data: bytes, name: str) -> None:
    assert code_of(data, name) == "document.wrong_type"


@pytest.mark.parametrize(
    ("data", "name"),
    [(JPEG, "a.jpg"), (OLE2, "a.doc"), (b"text", "a.exe"), (packed({"a.txt": "x"}), "a.zip")],
    ids=["image", "old_office", "program", "zip"],
)
def test_load_other_formats_are_unsupported(data: bytes, name: str) -> None:
    assert code_of(data, name) == "document.unsupported"


@pytest.mark.parametrize("kind", [*CONTAINERS, "pdf", "rtf", "json", "eml"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_load_truncated_is_refused(kind: str, part: float) -> None:
    data = SAMPLES[kind]
    assert code_of(data[: int(len(data) * part)], file_name(kind)) == "document.unreadable"


def test_load_encrypted_pdf_is_encrypted() -> None:
    assert code_of(pdf({"body": "x"}, password="lamp"), "a.pdf") == "document.encrypted"


def test_load_encrypted_ooxml_is_encrypted() -> None:
    data = OLE2 + "EncryptedPackage".encode("utf-16-le")
    assert code_of(data, "a.docx") == "document.encrypted"


def test_load_encrypted_open_document_is_encrypted() -> None:
    parts = unpacked(SAMPLES["odt"])
    manifest = b"<manifest><file-entry><encryption-data/></file-entry></manifest>"
    assert code_of(packed({**parts, "META-INF/manifest.xml": manifest}), "a.odt") == (
        "document.encrypted"
    )


def test_load_encrypted_zip_entry_is_encrypted() -> None:
    data = bytearray(SAMPLES["docx"])
    position = data.rindex(b"PK\x01\x02")
    data[position + 8] |= 1
    assert code_of(bytes(data), "a.docx") == "document.encrypted"


def test_load_encrypted_mail_is_encrypted() -> None:
    mail = b"From: a@example.com\nContent-Type: application/pkcs7-mime\n\nMIIB\n"
    assert code_of(mail, "a.eml") == "document.encrypted"


@pytest.mark.parametrize("with_text_page", [False, True])
def test_load_pdf_with_a_scanned_page_is_image_only(with_text_page: bool) -> None:
    data = scanned_pdf(with_text_page=with_text_page)
    assert code_of(data, "a.pdf") == "document.image_only"


@pytest.mark.parametrize(
    ("data", "name"),
    [(b" \n\t\n", "a.txt"), (b"<p> </p>", "a.html"), (b"\n,,\n", "a.csv"), (pdf({}), "")],
    ids=["plain", "html", "csv", "blank_pdf"],
)
def test_load_without_text_is_empty(data: bytes, name: str) -> None:
    if name:
        assert code_of(data, name) == "document.empty"
    else:
        assert load(data, "a.pdf").blocks  # its form field has a name


@pytest.mark.parametrize(
    "content", [b"caf\xe9 \x81", b"\x1b$B4A;z\x1b(B", b"\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0"]
)
def test_load_uncertain_encoding_is_refused(content: bytes) -> None:
    assert code_of(content, "a.txt") == "document.encoding"


@pytest.mark.parametrize("kind", CONTAINERS)
def test_load_zip_bomb_by_ratio_is_a_bomb(kind: str) -> None:
    bomb = packed({**unpacked(SAMPLES[kind]), "zeros.xml": bytes(20_000_000)})
    assert code_of(bomb, file_name(kind)) == "document.bomb"


@pytest.mark.parametrize("kind", CONTAINERS)
def test_load_unpacked_beyond_the_limit_is_a_bomb(kind: str) -> None:
    limits = Limits(unpacked_bytes=600)
    assert code_of(SAMPLES[kind], file_name(kind), limits) == "document.bomb"


def test_load_zip_that_lies_about_its_size_is_refused() -> None:
    """The directory says 100 bytes; the stream holds ten millions."""
    parts = {**unpacked(SAMPLES["docx"]), "word/document.xml": bytes(10_000_000)}
    data = bytearray(packed(parts))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        position = data.index(b"word/document.xml", data.index(signature))
        while data[position - (30 if offset == 22 else 46) :][:4] != signature:
            position = data.index(b"word/document.xml", position + 1)
        start = position - (30 if offset == 22 else 46) + offset
        data[start : start + 4] = (100).to_bytes(4, "little")
    assert code_of(bytes(data), "a.docx") == "document.unreadable"


def test_load_too_many_entries_is_a_bomb() -> None:
    assert code_of(SAMPLES["docx"], "a.docx", Limits(entries=3)) == "document.bomb"


def test_load_two_entries_of_one_name_is_unreadable() -> None:
    buffer = io.BytesIO(SAMPLES["docx"])
    with zipfile.ZipFile(buffer, "a") as container, pytest.warns(UserWarning):
        container.writestr("word/document.xml", "<x/>")
    assert code_of(buffer.getvalue(), "a.docx") == "document.unreadable"


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
    ],
    ids=["expansion", "external", "file"],
)
@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("docx", "word/document.xml"),
        ("xlsx", "xl/worksheets/sheet1.xml"),
        ("xlsx", "xl/sharedStrings.xml"),
        ("odt", "content.xml"),
        ("pptx", "docProps/core.xml"),
    ],
)
def test_load_xml_with_a_document_type_is_refused(declaration: bytes, kind: str, part: str) -> None:
    parts = unpacked(SAMPLES[kind])
    parts[part] = declaration + parts[part].replace(b"Word", b"&b;")
    assert code_of(packed(parts), file_name(kind)) == "document.unreadable"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"[" * NESTED + b"]" * NESTED, "a.json"),
        (b'{"a":' * NESTED + b"1" + b"}" * NESTED, "a.json"),
        (b"[" * NESTED + b"]" * NESTED, "a.jsonl"),
        (b"<div>" * NESTED + b"x" + b"</div>" * NESTED, "a.html"),
        (b"{\\rtf1 " + b"{" * NESTED + b"x" + b"}" * NESTED + b"}", "a.rtf"),
    ],
    ids=["list", "object", "lines", "html", "rtf"],
)
def test_load_ten_thousand_nested_elements_is_unreadable(data: bytes, name: str) -> None:
    assert code_of(data, name) == "document.unreadable"


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("docx", "word/document.xml"),
        ("pptx", "ppt/slides/slide1.xml"),
        ("xlsx", "xl/worksheets/sheet1.xml"),
        ("odt", "content.xml"),
    ],
)
def test_load_ten_thousand_nested_xml_elements_is_unreadable(kind: str, part: str) -> None:
    nested = b"<a>" * NESTED + b"x" + b"</a>" * NESTED
    parts = {**unpacked(SAMPLES[kind]), part: nested}
    assert code_of(packed(parts), file_name(kind)) == "document.unreadable"


@pytest.mark.parametrize(
    "content",
    [">" * NESTED + " x", "[" * NESTED + "x", "*" * NESTED + "x", "- " * NESTED + "x"],
    ids=["quotes", "brackets", "stars", "lists"],
)
def test_load_nested_markdown_is_read_or_refused(content: str) -> None:
    try:
        assert "x" in load(content.encode(), "a.md").text
    except DocumentError as error:
        assert error.code in REASONS


def mail_with(*attachments: tuple[bytes, str]) -> bytes:
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content("Hello")
    for data, name in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (pdf({"body": "x"}, password="lamp"), "a.pdf", "document.encrypted"),
        (NOISE, "a.bin", "document.unsupported"),
        (packed({"a.txt": "x"}), "a.zip", "document.unsupported"),
        (JPEG, "a.pdf", "document.wrong_type"),
        (scanned_pdf(with_text_page=True), "a.pdf", "document.image_only"),
    ],
    ids=["encrypted", "unknown", "zip", "misnamed", "scan"],
)
def test_load_mail_with_unreadable_attachment_is_refused(data: bytes, name: str, code: str) -> None:
    assert code_of(mail_with((data, name)), "a.eml") == code


def test_load_mail_in_mail_too_deep_is_unreadable() -> None:
    data = mail_with()
    for _ in range(8):
        data = mail_with((data, "inner.eml"))
    assert code_of(data, "a.eml") == "document.unreadable"


def test_load_mail_with_too_many_attachments_is_too_large() -> None:
    data = mail_with(*((b"x", f"{n}.txt") for n in range(5)))
    assert code_of(data, "a.eml", Limits(attachments=4)) == "document.too_large"


@pytest.mark.parametrize("name", ["word/vbaProject.bin", "word/embeddings/a.xlsx"])
def test_load_macros_and_embedded_files_are_flagged_not_read(name: str) -> None:
    document = load(packed({**unpacked(SAMPLES["docx"]), name: b"\x00MacroText"}), "a.docx")
    assert "MacroText" not in document.text
    assert {"macros", "embedded_files"} & set(document.flags)


def test_refusals_say_nothing_of_the_document() -> None:
    with pytest.raises(DocumentError) as caught:
        load(b'{"Lamina Okoro": ', "Lamina.json")
    error = caught.value
    assert "Lamina" not in f"{error} {error.hint} {error!r}"
    assert error.__suppress_context__


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(choices=st.data())
def test_load_flipped_or_cut_bytes_raise_document_errors_only(
    kind: str, choices: st.DataObject
) -> None:
    data = bytearray(SAMPLES[kind])
    for _ in range(choices.draw(st.integers(0, 4))):
        position = choices.draw(st.integers(0, len(data) - 1))
        data[position] ^= choices.draw(st.integers(1, 255))
    cut = choices.draw(st.integers(0, len(data)) | st.just(len(data)))
    try:
        load(bytes(data[:cut]), file_name(kind))
    except DocumentError as error:
        assert error.code in REASONS


@pytest.mark.parametrize("kind", CONTAINERS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(choices=st.data())
def test_load_flipped_bytes_inside_a_container_raise_document_errors_only(
    kind: str, choices: st.DataObject
) -> None:
    parts = unpacked(SAMPLES[kind])
    name = choices.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[name])
    for _ in range(choices.draw(st.integers(1, 6))):
        content[choices.draw(st.integers(0, len(content) - 1))] ^= choices.draw(st.integers(1, 255))
    try:
        load(packed({**parts, name: bytes(content)}), file_name(kind))
    except DocumentError as error:
        assert error.code in REASONS


def test_samples_are_small_enough_to_be_fuzzed() -> None:
    assert all(len(zlib.compress(data)) < 20_000 for data in SAMPLES.values())


def test_load_mail_in_utf_16_without_suffix_is_refused() -> None:
    assert code_of(SAMPLES["eml"].decode().encode("utf-16"), "") == "document.encoding"
