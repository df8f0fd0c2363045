"""Tell what a file is from its content and its name together; doubt is refused."""

from __future__ import annotations

import re

from secure_rag.documents.archive import Archive
from secure_rag.documents.encoding import byte_order_mark
from secure_rag.documents.formats import format_of, suffix_of
from secure_rag.documents.limits import Limits
from secure_rag.documents.reasons import refusal

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OOXML = "EncryptedPackage".encode("utf-16-le")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_BINARY = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"BM\x00",
    b"II*\x00",
    b"MM\x00*",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x7fELF",
    b"MZ\x90",
    b"%!PS",
    b"SQLite format 3\x00",
    b"ID3",
    b"OggS",
    b"RIFF",
    b"\x28\xb5\x2f\xfd",
)
_MAIN_PARTS = (
    ("wordprocessingml.document.main", "docx"),
    ("wordprocessingml.template.main", "docx"),
    ("ms-word.document.macroenabled.main", "docx"),
    ("ms-word.template.macroenabledtemplate.main", "docx"),
    ("presentationml.presentation.main", "pptx"),
    ("presentationml.slideshow.main", "pptx"),
    ("presentationml.template.main", "pptx"),
    ("ms-powerpoint.presentation.macroenabled.main", "pptx"),
    ("ms-powerpoint.slideshow.macroenabled.main", "pptx"),
    ("ms-powerpoint.template.macroenabled.main", "pptx"),
    ("spreadsheetml.sheet.main", "xlsx"),
    ("spreadsheetml.template.main", "xlsx"),
    ("ms-excel.sheet.macroenabled.main", "xlsx"),
    ("ms-excel.template.macroenabled.main", "xlsx"),
)
_OPEN_DOCUMENT = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(rb"<[a-zA-Z!/][^>]{0,500}>")
_HEADER = re.compile(rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+")
_MAIL_ONLY = re.compile(
    rb"^(?:received|mime-version|content-transfer-encoding|message-id|return-path):",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL = re.compile(
    rb"^(?:from|to|date|subject|received|mime-version|message-id|return-path|content-type):",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL_BOX = re.compile(rb"From \S.*\d{4}\r?\n")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 64 * 1024
_UNNAMED = ("", "-")
_ASCII_BASED = (None, "utf-8")
"""Encodings in which the bytes of markup and headers are those of ASCII."""


def detect(data: bytes, name: str, limits: Limits) -> str:
    """Return the format, a key of `formats.MEDIA_TYPES`.

    Raises:
        DocumentError: `document.wrong_type` if content and name disagree,
            `document.unsupported` if the content is of no format that is read,
            `document.encrypted`, `document.encoding`, `document.bomb`.
    """
    promised = format_of(name)
    is_unnamed = promised is None and suffix_of(name) in _UNNAMED
    found = _container(data, limits)
    if found is not None:
        if found == promised or (is_unnamed and found in _READ):
            return found
        raise refusal("document.unsupported" if promised is None else "document.wrong_type")
    if promised is None and not is_unnamed:
        raise refusal("document.unsupported")
    _refuse_binary(data, promised)
    if is_unnamed:
        return _sniffed(data)
    assert promised is not None
    if not _can_be(data, promised):
        raise refusal("document.wrong_type")
    return promised


_READ = frozenset(("pdf", "docx", "pptx", "xlsx", "odt", "ods", "odp", "rtf"))


def _container(data: bytes, limits: Limits) -> str | None:
    """Return the format that a signature proves; None if there is no signature.

    A signature of something that is not read gives a name that is no format.
    """
    if data.startswith(_OLE2):
        if _ENCRYPTED_OOXML in data:
            raise refusal("document.encrypted")
        return "ole2"
    if data.startswith(_ZIP):
        return _zip_format(Archive(data, limits))
    if b"%PDF-" in data[:1024] and data.lstrip()[:1] != b"<":
        return "pdf"
    if data.startswith(b"{\\rtf"):
        return "rtf"
    return "binary" if data.startswith(_BINARY) else None


def _zip_format(archive: Archive) -> str:
    if "[Content_Types].xml" in archive:
        types = archive.read("[Content_Types].xml").lower()
        for part, found in _MAIN_PARTS:
            if part.encode() in types:
                return found
        return "zip"
    if "mimetype" in archive:
        kind = archive.read("mimetype").decode("latin-1").strip().lower()
        if kind.startswith("application/vnd.oasis.opendocument."):
            if "META-INF/manifest.xml" in archive:
                manifest = archive.read("META-INF/manifest.xml")
                if b"encryption-data" in manifest:
                    raise refusal("document.encrypted")
            return _OPEN_DOCUMENT.get(kind.split(".")[-1].removesuffix("-template"), "zip")
    return "zip"


def _refuse_binary(data: bytes, promised: str | None) -> None:
    """Refuse what is no text in any encoding; a mark of UTF-16 or UTF-32 speaks for text."""
    if byte_order_mark(data)[1] not in _ASCII_BASED:
        return
    wrong = refusal("document.unsupported" if promised is None else "document.wrong_type")
    if promised in _READ:
        raise wrong
    sample = data[:_SAMPLE]
    if b"\x00" in sample:
        if _looks_like_utf16(sample):
            raise refusal("document.encoding")
        raise wrong
    # Text has hardly any control characters; random bytes have one in ten.
    if len(_CONTROLS.findall(sample)) * 50 > len(sample):
        raise wrong


def _looks_like_utf16(sample: bytes) -> bool:
    zeros = max(sample[0::2].count(0), sample[1::2].count(0))
    others = min(sample[0::2].count(0), sample[1::2].count(0))
    return zeros * 10 > len(sample) * 3 and others * 20 < len(sample)


def _can_be(data: bytes, promised: str) -> bool:
    """Tell whether text can be of the promised format without hiding what it is."""
    start = _start(data)
    if promised in ("eml", "mbox") and byte_order_mark(data)[1] not in _ASCII_BASED:
        return False
    if promised == "html":
        return _TAG.search(start) is not None
    if promised == "eml":
        return _is_mail(start) or _MAIL_BOX.match(start) is not None
    if promised == "mbox":
        return _MAIL_BOX.match(start.lstrip()) is not None
    if promised in ("json", "jsonl"):
        return True  # the loader refuses what does not parse
    # Encoded mail parts and character references would pass unread as plain text.
    head = _HEADER.match(start)
    is_real_mail = head is not None and len(_MAIL_ONLY.findall(head.group())) > 0
    return not is_real_mail and _HTML.match(start) is None


def _start(data: bytes) -> bytes:
    """Return the start of a text as UTF-8, its byte-order mark read and left out."""
    mark, encoding = byte_order_mark(data)
    start = data[len(mark) : _SAMPLE]
    if encoding in _ASCII_BASED:
        return start
    return start.decode(encoding or "", "replace").encode()


def _is_mail(start: bytes) -> bool:
    head = _HEADER.match(start.replace(b"\r\n", b"\n"))
    return head is not None and _MAIL.search(head.group()) is not None


def _sniffed(data: bytes) -> str:
    """Return the format of text without a telling name: HTML, mail, mail box or plain.

    Raises:
        DocumentError: `document.encoding` for a mail in UTF-16 or UTF-32, which are no bytes
            of a mail.
    """
    start = _start(data)
    if _HTML.match(start):
        return "html"
    head = _HEADER.match(start.replace(b"\r\n", b"\n"))
    is_box = _MAIL_BOX.match(start) is not None
    if not is_box and (head is None or not _MAIL_ONLY.search(head.group())):
        return "plain"
    if byte_order_mark(data)[1] not in _ASCII_BASED:
        raise refusal("document.encoding")
    return "mbox" if is_box else "eml"
