"""Plain text: paragraphs between empty lines."""

from __future__ import annotations

import re
from typing import BinaryIO

from secure_rag.documents.encoding import decode, encoding_flag
from secure_rag.documents.text import TextBuilder

_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add each paragraph as a block."""
    add_paragraphs(decoded(file.read(), text), text)


def decoded(data: bytes, text: TextBuilder, *, declared: str | None = None) -> str:
    """Decode a text file; an encoding other than UTF-8 is flagged."""
    content, encoding = decode(data, declared=declared)
    if encoding is not None:
        text.flag(encoding_flag(encoding))
    return content


def add_paragraphs(content: str, text: TextBuilder, *, field: str = "body") -> None:
    """Add the paragraphs of a text."""
    content = content.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    for paragraph in _EMPTY_LINES.split(content):
        text.add(paragraph, field=field)
