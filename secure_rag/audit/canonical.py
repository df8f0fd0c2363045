"""Canonical JSON: exactly one byte string for one record (audit/FORMAT.md, section 2).

Sorted keys, no spaces, ASCII with `\\uXXXX` escapes, text in NFC, no floats, no
null, integers below 2^53. The log is pure printable ASCII, so that showing a
raw line can never drive a terminal.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, NoReturn

MAX_INT = 2**53 - 1
MAX_LINE_BYTES = 65_535
"""Longest record without its newline (the entry limit of C2SP tlog-tiles)."""
_MAX_DEPTH = 6
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class NotCanonicalError(ValueError):
    """Bytes or values that are not a canonical record; says what is wrong, never quotes it."""


def encode(record: dict[str, Any]) -> bytes:
    """Return the only accepted bytes of a record, without newline."""
    _check(record, 0)
    return _ENCODER.encode(record).encode("ascii")


def decode(line: bytes) -> dict[str, Any]:
    """Return the record a line holds.

    Raises:
        NotCanonicalError: if `encode` would not give back these very bytes.
    """
    if len(line) > MAX_LINE_BYTES:
        raise NotCanonicalError("line too long")
    try:
        record = _DECODER.decode(line.decode("ascii"))
    except NotCanonicalError:
        raise
    except (ValueError, RecursionError):
        raise NotCanonicalError("not JSON") from None
    if not isinstance(record, dict):
        raise NotCanonicalError("not an object")
    if not _is_plain(line):
        _check(record, 0)
    if _ENCODER.encode(record).encode("ascii") != line:
        raise NotCanonicalError("not in canonical form")
    return record


def check_value(value: object) -> None:
    """Refuse what a record cannot hold (floats, null, big integers, text not in NFC)."""
    _check(value, 1)


def _check(value: object, depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii():
            _check_text(value)
    elif isinstance(value, int):
        if not -MAX_INT <= value <= MAX_INT:
            raise NotCanonicalError("integer out of range")
    elif isinstance(value, dict):
        if depth >= _MAX_DEPTH:
            raise NotCanonicalError("nested too deeply")
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonicalError("key is not text")
            _check(key, depth + 1)
            _check(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        if depth >= _MAX_DEPTH:
            raise NotCanonicalError("nested too deeply")
        for item in value:
            _check(item, depth + 1)
    else:
        raise NotCanonicalError(f"value of type {type(value).__name__}")


def _check_text(text: str) -> None:
    if not unicodedata.is_normalized("NFC", text):
        raise NotCanonicalError("text is not in NFC")
    if _SURROGATE.search(text):
        raise NotCanonicalError("lone surrogate")


def _is_plain(line: bytes) -> bool:
    """Return whether only numbers could be wrong in a line, which the decoder checks."""
    return (
        b"\\u" not in line
        and b"null" not in line
        and line.count(b"{") + line.count(b"[") <= _MAX_DEPTH
    )


def _refuse_number(_: str) -> NoReturn:
    raise NotCanonicalError("number is not an integer")


def _integer(digits: str) -> int:
    if len(digits) > 15 and (len(digits) > 17 or abs(int(digits)) > MAX_INT):
        raise NotCanonicalError("integer out of range")
    return int(digits)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)
_DECODER = json.JSONDecoder(
    parse_float=_refuse_number, parse_constant=_refuse_number, parse_int=_integer
)
