"""EML and MBOX: headers, body and attachments, whose formats are read as files are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import errors, message_from_bytes, policy
from email.message import EmailMessage
from typing import BinaryIO, cast

from secure_rag.documents.encoding import decode, encoding_flag
from secure_rag.documents.loaders.html import add_html
from secure_rag.documents.loaders.plain import add_paragraphs
from secure_rag.documents.loading import load_part
from secure_rag.documents.reasons import refusal
from secure_rag.documents.text import TextBuilder

_SHOWN = frozenset(("to", "cc", "bcc", "reply-to", "date"))
_AUTHORS = frozenset(("from", "sender"))
_FOLDS = re.compile(r"[\r\n]+")
_ENCODINGS = frozenset(
    ("", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode")
)
_SKIPPED = re.compile(
    r"(?:subject|from|sender|to|cc|bcc|reply-to|date|mime-version|content-transfer-encoding"
    r"|content-type|dkim-.*|arc-.*|authentication-results|received-spf)\Z",
    re.IGNORECASE,
)
_DIVIDER = re.compile(rb"^From \S.*\d{4}[^\S\n]*\r?\n", re.MULTILINE)
_HEADS = re.compile(rb"[!-9;-~]+:|>From ")
_QUOTED_DIVIDER = re.compile(rb"^>(>*From )", re.MULTILINE)
_DAMAGE = (
    errors.CloseBoundaryNotFoundDefect,
    errors.InvalidBase64CharactersDefect,
    errors.InvalidBase64LengthDefect,
    errors.MalformedHeaderDefect,
    errors.MissingHeaderBodySeparatorDefect,
    errors.MultipartInvariantViolationDefect,
    errors.NoBoundaryInMultipartDefect,
    errors.StartBoundaryNotFoundDefect,
)
_SIGNATURES = frozenset(
    ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
)
_ENCRYPTED = frozenset(
    ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
)
_REPORTS = frozenset(("message/delivery-status", "text/rfc822-headers"))
_TEXTS = frozenset(
    ("text/plain", "text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/enriched")
)
_WORDINGS = frozenset(("text/plain", "text/enriched"))
_WORD = re.compile(r"[^\W_]+")
_SUFFIXES = {
    "application/pdf": ".pdf",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "application/json": ".json",
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
}


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add a mail, or each mail of a mail box under its subject."""
    data = file.read()
    if not data.lstrip().startswith(b"From "):
        message = _parsed(data)
        text.add_heading(_subject(message), 0, field="title")
        _add_message(message, text)
        return
    for part in _messages(data):
        message = _parsed(part)
        with text.under(_subject(message), field="title"):
            _add_message(message, text)


def _messages(data: bytes) -> Iterator[bytes]:
    """Yield the mails of a mail box; a line `>From ` in one is unquoted.

    A divider follows an empty line and heads a header: text has lines that begin with
    `From` and end in a year as well.
    """
    data = data.lstrip()
    starts = [
        match
        for match in _DIVIDER.finditer(data)
        if match.start() == 0
        or (
            data[max(match.start() - 3, 0) : match.start()].endswith((b"\n\n", b"\n\r\n"))
            and _HEADS.match(data, match.end())
        )
    ]
    ends = [match.start() for match in starts[1:]] + [len(data)]
    for match, end in zip(starts, ends, strict=True):
        yield _QUOTED_DIVIDER.sub(rb"\1", data[match.end() : end])


def _parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=policy.default)


def _add_message(message: EmailMessage, text: TextBuilder) -> None:
    headers = list(_headers(message))
    for name, value in headers:
        if name.lower() in _AUTHORS:
            text.add(value, field="author", kind="value")
    for name, value in headers:
        if name.lower() in _SHOWN:
            text.add_property(name, value, field="header")
    for name, value in headers:
        if not _SKIPPED.match(name):
            text.add_property(name, value)
    for unseen in (message.preamble, message.epilogue):
        if unseen and unseen.strip():
            text.add(unseen, field="hidden")
    _add_part(message, text)


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    """Yield names and decoded values; bytes above ASCII must be of a certain encoding."""
    for name, raw in message.raw_items():
        value = _FOLDS.sub("", str(raw))
        if not value.isascii():
            value, _ = decode(value.encode("utf-8", "surrogateescape"))
        yield name, str(policy.default.header_factory(name, value))


def _subject(message: EmailMessage) -> str:
    return next((value for name, value in _headers(message) if name.lower() == "subject"), "")


def _add_part(part: EmailMessage, text: TextBuilder) -> None:
    """Add a part of a message; what cannot be read refuses the whole document."""
    kind = part.get_content_type()
    _check(part, kind)
    if kind == "multipart/alternative":
        _add_alternatives(part, text)
    elif kind in _REPORTS:
        for inner in part.walk():
            for name, value in inner.items():
                text.add_property(name, str(value))
    elif kind == "message/rfc822":
        _count(text)
        for inner in _parts(part):
            with text.under(_subject(inner), field="title"):
                _add_message(inner, text)
    elif part.is_multipart():
        for inner in _parts(part):
            _add_part(inner, text)
    elif kind not in _SIGNATURES:
        _add_leaf(part, kind, text)


def _check(part: EmailMessage, kind: str) -> None:
    if kind in _ENCRYPTED:
        raise refusal("document.encrypted")
    if any(isinstance(defect, _DAMAGE) for defect in part.defects):
        raise refusal("document.unreadable")


def _parts(part: EmailMessage) -> list[EmailMessage]:
    return cast(list[EmailMessage], part.get_payload())


def _add_alternatives(part: EmailMessage, text: TextBuilder) -> None:
    """Add the preferred alternative, then what only the others have: attachments, invitations."""
    preferred = _preferred(part)
    start = text.size
    _add_part(preferred, text)
    said = _folded(text.words(_WORD, start=start))
    for other in _parts(part):
        if other is not preferred:
            _add_other(other, said, text)


def _preferred(part: EmailMessage) -> EmailMessage:
    """Return the plain text of alternatives if it says anything, else the last one."""
    inner = _parts(part)
    if not inner:
        raise refusal("document.unreadable")
    for candidate in inner:
        is_plain = candidate.get_content_type() == "text/plain"
        if is_plain and _content(candidate).strip():
            return candidate
    worded = [one for one in inner if one.get_content_type() != "text/calendar"]
    return (worded or inner)[-1]


def _add_other(part: EmailMessage, said: set[str], text: TextBuilder) -> None:
    """Add what an alternative that was not preferred has besides its wording."""
    kind = part.get_content_type()
    _check(part, kind)
    if part.is_multipart() and kind != "message/rfc822":
        for inner in _parts(part):
            _add_other(inner, said, text)
    elif not _is_attached(part) and (kind.endswith("html") or kind in _WORDINGS):
        _add_wording(part, kind, said, text)
    else:
        _add_part(part, text)


def _add_wording(part: EmailMessage, kind: str, said: set[str], text: TextBuilder) -> None:
    """Add another wording of a mail if the preferred one says less than half of it."""
    content = _decoded(part, text)
    add = add_html if kind.endswith("html") else add_paragraphs
    draft = TextBuilder(text.limits)
    add(content, draft)
    words = _folded(draft.words(_WORD, field="body"))
    missing = words - said
    if len(missing) * 2 > len(words):
        add(content, text)
        said |= words
    elif missing:
        text.flag("alternative_left_out")


def _folded(words: set[str]) -> set[str]:
    return {word.casefold() for word in words}


def _is_attached(part: EmailMessage) -> bool:
    return bool(part.get_filename("")) or part.get_content_disposition() == "attachment"


def _add_leaf(part: EmailMessage, kind: str, text: TextBuilder) -> None:
    name = part.get_filename("")
    is_attached = _is_attached(part)
    if part.get_content_maintype() == "image":
        text.flag("images")
        text.add(name, field="file_name", kind="value")
        text.add(str(part.get("Content-Description", "")), kind="note")
    elif not is_attached and kind == "text/html":
        add_html(_decoded(part, text), text)
    elif not is_attached and kind in _TEXTS:
        add_paragraphs(_decoded(part, text), text)
    else:
        _add_attachment(part, kind, name, text)


def _add_attachment(part: EmailMessage, kind: str, name: str, text: TextBuilder) -> None:
    _count(text)
    text.flag("attachments")
    data = _content(part)
    if not data.strip():
        text.add(name, field="file_name", kind="value")
        return
    shown = name or f"attachment{_SUFFIXES.get(kind, '')}"
    with text.under(shown, field="file_name"):
        if kind in _TEXTS and not name:
            add_paragraphs(_decoded(part, text), text)
        else:
            load_part(data, shown, text)


def _count(text: TextBuilder) -> None:
    text.attachments += 1
    if text.attachments > text.limits.attachments:
        raise refusal("document.too_large")


def _content(part: EmailMessage) -> bytes:
    """Return the bytes of a leaf, its transfer encoding undone."""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() not in _ENCODINGS:
        raise refusal("document.unreadable")
    data = part.get_payload(decode=True)
    _check(part, "")
    return data if isinstance(data, bytes) else b""


def _decoded(part: EmailMessage, text: TextBuilder) -> str:
    data = _content(part)
    content, encoding = decode(data, declared=part.get_content_charset())
    if encoding is not None:
        text.flag(encoding_flag(encoding))
    return content
