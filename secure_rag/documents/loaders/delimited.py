"""CSV and TSV: each row a block with its number and its columns' names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from secure_rag.documents.formats import format_of
from secure_rag.documents.loaders.plain import decoded
from secure_rag.documents.reasons import refusal
from secure_rag.documents.rows import Table
from secure_rag.documents.text import TextBuilder

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 100


def load(file: BinaryIO, name: str, text: TextBuilder) -> None:
    """Add each row as a block; the delimiter is the one that gives the most even table."""
    content = decoded(file.read(), text).replace("\x00", "")
    csv.field_size_limit(text.limits.text_characters)
    delimiter = "\t" if format_of(name) == "tsv" else _delimiter(content)
    table = Table()
    try:
        for number, cells in enumerate(_rows(content, delimiter), start=1):
            text.add(table.line(cells), kind="row", row=number)
    except csv.Error:
        raise refusal("document.unreadable") from None


def _rows(content: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)


def _delimiter(content: str) -> str:
    return max(_DELIMITERS, key=lambda delimiter: _evenness(content, delimiter))


def _evenness(content: str, delimiter: str) -> tuple[int, int]:
    """Return how many of the first rows have the most frequent width above one, and that width."""
    widths: dict[int, int] = {}
    try:
        for _, cells in zip(range(_SAMPLE_ROWS), _rows(content, delimiter), strict=False):
            if len(cells) > 1:
                widths[len(cells)] = widths.get(len(cells), 0) + 1
    except csv.Error:
        return 0, 0
    if not widths:
        return 0, 0
    width = max(widths, key=lambda key: (widths[key], key))
    return widths[width], width
