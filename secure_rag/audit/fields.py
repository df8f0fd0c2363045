"""Kinds of event fields: what each may hold, so that no document text slips into the log.

An event type declares its fields with `ident()`, `digest()`, `count()` and so
on; `check` holds every value against its kind when an event is made. Only
`note()` takes free text, and only redacted text may be given to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import MISSING, field
from typing import Any

from secure_rag.audit.canonical import MAX_INT, NotCanonicalError, check_value

_IDENT = re.compile(r"[\x21-\x7e]{0,200}")
_DIGEST = re.compile(r"[a-z0-9_:-]{0,200}")
_CODE = re.compile(r"[A-Za-z0-9_.:/+-]{0,120}")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{0,200}")
_SEALED = re.compile(r"[A-Za-z0-9+/]{0,60000}={0,2}")
_PATTERNS = {
    "ident": _IDENT, "digest": _DIGEST, "code": _CODE, "name": _NAME, "sealed": _SEALED,
}  # fmt: skip
_MAX_NOTE = 2000

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "ident": ("an identifier, printable ASCII without spaces", {"type": "string"}),
    "idents": ("a list of identifiers", {"type": "array", "items": {"type": "string"}}),
    "digest": ("a digest in lower-case hex, may have a prefix", {"type": "string"}),
    "digests": (
        "a digest by name",
        {"type": "object", "additionalProperties": {"type": "string"}},
    ),
    "code": ("a word of a fixed vocabulary", {"type": "string"}),
    "codes": ("a list of words of a fixed vocabulary", {"type": "array"}),
    "name": ("a name chosen by the user, without control characters", {"type": "string"}),
    "note": ("free text, redacted before it comes here", {"type": "string"}),
    "sealed": ("base64 of bytes that only another key can read", {"type": "string"}),
    "count": ("a whole number from 0", {"type": "integer", "minimum": 0}),
    "counts": (
        "a whole number by name, such as findings per entity",
        {"type": "object", "additionalProperties": {"type": "integer"}},
    ),
    "flag": ("true or false", {"type": "boolean"}),
    "evidence": ("nested plain values under fixed names", {"type": "object"}),
}
"""Kind -> (what it may hold, its JSON schema)."""


def ident(doc: str, default: Any = MISSING) -> Any:
    return _declare("ident", doc, default)


def idents(doc: str, *, empty: bool = False) -> Any:
    return _declare("idents", doc, factory=list if empty else None)


def digest(doc: str, default: Any = MISSING) -> Any:
    return _declare("digest", doc, default)


def digests(doc: str) -> Any:
    return _declare("digests", doc, factory=dict)


def code(doc: str, default: Any = MISSING) -> Any:
    return _declare("code", doc, default)


def codes(doc: str) -> Any:
    return _declare("codes", doc, factory=list)


def name(doc: str, default: Any = MISSING) -> Any:
    return _declare("name", doc, default)


def note(doc: str, default: Any = MISSING) -> Any:
    return _declare("note", doc, default)


def sealed(doc: str) -> Any:
    return _declare("sealed", doc)


def count(doc: str, default: Any = MISSING) -> Any:
    return _declare("count", doc, default)


def counts(doc: str) -> Any:
    return _declare("counts", doc, factory=dict)


def flag(doc: str, default: Any = MISSING) -> Any:
    return _declare("flag", doc, default)


def evidence(doc: str) -> Any:
    return _declare("evidence", doc, factory=dict)


def check(kind: str, value: object) -> object:
    """Return the value as it will be stored.

    Raises:
        ValueError: if it is not of its kind; the message never quotes it.
    """
    if kind in ("idents", "codes"):
        if not isinstance(value, (list, tuple)):
            raise ValueError("not a list")
        return [check(kind[:-1], item) for item in value]
    if kind in ("digests", "counts"):
        if not isinstance(value, Mapping):
            raise ValueError("not a table")
        return {_text(key, _CODE): check(kind[:-1], item) for key, item in value.items()}
    if kind == "count":
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INT:
            raise ValueError("not a whole number from 0")
        return value
    if kind == "flag":
        if not isinstance(value, bool):
            raise ValueError("not true or false")
        return value
    if kind == "evidence":
        return _check_evidence(value)
    return _check_text(kind, value)


def _check_text(kind: str, value: object) -> str:
    if kind == "note":
        if not isinstance(value, str):
            raise ValueError("not text")
        return unicodedata.normalize("NFC", value.encode(errors="replace").decode())[:_MAX_NOTE]
    return _text(value, _PATTERNS[kind])


def _text(value: object, pattern: re.Pattern[str]) -> str:
    text = unicodedata.normalize("NFC", value) if isinstance(value, str) else None
    if text is None or not pattern.fullmatch(text):
        raise ValueError("not text of the allowed form")
    try:
        check_value(text)
    except NotCanonicalError as error:
        raise ValueError(str(error)) from None
    return text


def _check_evidence(value: object) -> object:
    if isinstance(value, Mapping):
        return {_text(key, _CODE): _check_evidence(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_check_evidence(item) for item in value]
    if isinstance(value, str):
        return _text(value, _NAME)
    if isinstance(value, int) and abs(value) <= MAX_INT:
        return value
    raise ValueError("not a plain value")


def _declare(kind: str, doc: str, default: Any = MISSING, factory: Any = None) -> Any:
    metadata = {"kind": kind, "doc": doc}
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    if default is not MISSING:
        return field(default=default, metadata=metadata)
    return field(metadata=metadata)
