"""The formats that are read: their suffixes and media types. Light on import."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

MEDIA_TYPES: dict[str, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "rtf": "application/rtf",
    "html": "text/html",
    "markdown": "text/markdown",
    "plain": "text/plain",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "eml": "message/rfc822",
    "mbox": "application/mbox",
}
"""Format to media type."""

_BY_SUFFIX: dict[str, str] = {
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), "docx"),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"), "pptx"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm"), "xlsx"),
    **dict.fromkeys((".odt", ".ott"), "odt"),
    **dict.fromkeys((".ods", ".ots"), "ods"),
    **dict.fromkeys((".odp", ".otp"), "odp"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".txt", ".text", ".log"), "plain"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    ".tab": "tsv",
    ".pdf": "pdf",
    ".rtf": "rtf",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".eml": "eml",
    ".mbox": "mbox",
}

READING_VERSION: Final = "3"
"""Raised whenever a loader may give other text for a document; part of the redaction digest.

Tests pin to it what is read of some documents.
"""

SUFFIXES: frozenset[str] = frozenset(_BY_SUFFIX)
"""Suffixes of files that are read, with the dot, in lower case."""


def suffix_of(name: str) -> str:
    """Return the last suffix of a name or path, in lower case, with its dot."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def format_of(name: str) -> str | None:
    """Return the format that a name promises; None for a suffix that is not known."""
    return _BY_SUFFIX.get(suffix_of(name))
