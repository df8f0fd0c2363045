"""The form in which requests and documents cross the pipe: length-prefixed JSON, never pickle.

The answering side parses hostile files, so what it sends is checked like input.
"""

from __future__ import annotations

import json
import re
from typing import Any

from secure_rag.documents.formats import MEDIA_TYPES
from secure_rag.documents.text import KINDS
from secure_rag.values import FIELDS, Block, RawDocument

LENGTH_BYTES = 8
MAX_ANSWER_BYTES = 512 * 1024 * 1024
_FLAG = re.compile(r"[a-z_]{1,40}(:[a-z0-9_-]{1,40})?\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MEDIA_TYPES = frozenset(MEDIA_TYPES.values())


def frame(value: dict[str, Any]) -> bytes:
    """Return a JSON object with its length in front."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def to_plain(document: RawDocument) -> dict[str, Any]:
    """Return a document as plain values; `from_plain` is the way back."""
    return {
        "media_type": document.media_type,
        "text": document.text,
        "flags": list(document.flags),
        "blocks": [
            [
                b.start,
                b.end,
                b.field,
                b.kind,
                b.page,
                b.slide,
                b.row,
                b.sheet,
                b.headings,
            ]
            for b in document.blocks
        ],
    }


def from_plain(value: Any) -> RawDocument:
    """Check plain values and return the document.

    Raises:
        ValueError: for anything that `to_plain` cannot have made; says nothing of the content.
    """
    _require(isinstance(value, dict) and set(value) == {"media_type", "text", "flags", "blocks"})
    text, flags, rows = value["text"], value["flags"], value["blocks"]
    _require(_is_one_of(value["media_type"], _MEDIA_TYPES))
    _require(isinstance(text, str) and isinstance(flags, list) and isinstance(rows, list))
    _require(not _SURROGATE.search(text))  # legal in JSON, but no text
    _require(all(isinstance(flag, str) and _FLAG.match(flag) is not None for flag in flags))
    blocks = tuple(_block(row, len(text)) for row in rows)
    end = 0
    for block in blocks:
        _require(end <= block.start)
        end = block.end
    return RawDocument(value["media_type"], text, blocks, tuple(flags))


def _block(row: Any, length: int) -> Block:
    _require(isinstance(row, list) and len(row) == 9)
    start, end, field, kind, page, slide, number, sheet, headings = row
    _require(isinstance(headings, list))
    _require(_is_one_of(field, frozenset(FIELDS)) and _is_one_of(kind, KINDS))
    _require(all(place is None or _is_count(place) for place in (page, slide, number)))
    return Block(
        *_span([start, end], length),
        field=field,
        kind=kind,
        page=page,
        slide=slide,
        row=number,
        sheet=None if sheet is None else _span(sheet, length),
        headings=tuple(_span(heading, length) for heading in headings),
    )


def _span(value: Any, length: int) -> tuple[int, int]:
    _require(isinstance(value, list) and len(value) == 2)
    start, end = value
    _require(_is_count(start) and _is_count(end) and start < end <= length)
    return start, end


def _is_one_of(value: Any, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError("not a document")
