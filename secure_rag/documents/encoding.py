"""Turn bytes into text, or refuse: an encoding is never guessed in silence.

Order: byte-order mark; declared encoding, where the format has one; strict UTF-8;
then two witnesses that must agree, see `_agreed`.
"""

from __future__ import annotations

import codecs
import re

from secure_rag.documents.reasons import refusal

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHIFT = re.compile(rb"\x1b[$(]|\+/v[89+/]")
"""Seven-bit encodings that look like ASCII: ISO-2022 shifts, a UTF-7 mark."""
_WESTERN = frozenset(("ascii", "iso8859-1", "cp1252"))
_SAMPLE_BYTES = 200_000
_MAX_MESS = 0.15


def decode(data: bytes, *, declared: str | None = None) -> tuple[str, str | None]:
    """Return the text, and the encoding's name where it is not UTF-8.

    Args:
        declared: what the document says of itself (a `charset`), if it says anything.

    Raises:
        DocumentError: `document.encoding` if the encoding is uncertain or does not fit.
    """
    mark, name = byte_order_mark(data)
    if name is not None:
        return _strict(data[len(mark) :], name), None if name == "utf-8" else name
    if _SHIFT.search(data, 0, _SAMPLE_BYTES) and declared is None:
        raise refusal("document.encoding")
    codec = _codec(declared)
    if codec is None or codec in _WESTERN or codec == "utf-8":
        try:
            return data.decode("utf-8"), None
        except UnicodeDecodeError:
            if codec == "utf-8":
                raise refusal("document.encoding") from None
    if codec is None:
        return _agreed(data), "cp1252"
    if codec in _WESTERN:
        # Who declares Latin-1 or ASCII and uses bytes above it means Windows-1252.
        codec = "cp1252"
    return _strict(data, codec), codec


def byte_order_mark(data: bytes) -> tuple[bytes, str | None]:
    """Return the mark that bytes start with and the encoding it stands for, if there is one."""
    return next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", None))


def encoding_flag(name: str) -> str:
    """Return the flag that records an encoding other than UTF-8."""
    return "encoding:" + re.sub(r"[^a-z0-9]+", "-", name.lower())


def _codec(declared: str | None) -> str | None:
    """Return the name of Python's codec for a declared one; None where nothing is declared."""
    if declared is None or not declared.strip():
        return None
    try:
        codec = codecs.lookup(declared.strip(" \t'\"").lower())
    except (LookupError, ValueError):
        raise refusal("document.encoding") from None
    if not getattr(codec, "_is_text_encoding", True):
        raise refusal("document.encoding")
    return codec.name


def _strict(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        raise refusal("document.encoding") from None


def _agreed(data: bytes) -> str:
    """Decode as Windows-1252 if an independent detector reads the same characters.

    The detector alone names a Central European page for short Western texts about
    as often as the right one; what counts is that both give the same text.
    """
    from charset_normalizer import from_bytes

    try:
        western = data.decode("cp1252")
    except UnicodeDecodeError:
        raise refusal("document.encoding") from None
    sample = _densest(data)
    best = from_bytes(sample).best()
    if best is None or best.chaos > _MAX_MESS:
        raise refusal("document.encoding")
    if sample.decode(best.encoding, "replace") != sample.decode("cp1252", "replace"):
        raise refusal("document.encoding")
    return western


def _densest(data: bytes) -> bytes:
    """Return the lines that tell encodings apart, those with bytes above ASCII."""
    lines = [line for line in data.splitlines(keepends=True) if not line.isascii()]
    return b"".join(lines)[:_SAMPLE_BYTES]
