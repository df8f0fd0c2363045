"""Cut a redacted document into chunks that follow its structure.

A chunk is a slice of the stored text. It never crosses a page, slide, sheet or the
border between body and other fields; headings start a new chunk unless the sections
are short and share a parent. A block that is too long is cut at sentences, a sentence
that is too long at spaces, and nothing is cut inside a placeholder.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from secure_rag.index.sentences import Span, sentence_spans
from secure_rag.index.views import bare_view, embedding_view, placeholders, plain_view
from secure_rag.values import Block, Chunk, Place, RedactedDocument
from secure_rag.vault.placeholders import PLACEHOLDER

MAX_TOKENS = 220
"""Tokens of the embedding view in a chunk; the headings that the view adds come on top."""

_SHORT_TOKENS = 80
"""A section shorter than this may share its chunk with the next one under the same parent."""

_HEADER_CHARACTERS = 200
"""How much of a table's first row is repeated above the chunks that continue the table."""

_DESCRIPTIVE = frozenset({"title", "author", "file_name", "metadata"})

_SPACE = re.compile(r"\s")
_SPACE_BEFORE = re.compile(r"\s\S*$")

CountTokens = Callable[[str], int]


@dataclass(frozen=True)
class _Unit:
    """A block, or a piece of a block that was too long."""

    start: int
    end: int
    tokens: int
    block: Block
    path: tuple[Span, ...]
    sheet: Span | None


def chunk_document(
    document: RedactedDocument,
    *,
    count_tokens: CountTokens,
    max_tokens: int = MAX_TOKENS,
) -> list[Chunk]:
    """Cut a document into chunks of at most `max_tokens`; there is always at least one.

    A document whose text is blank gets one empty chunk, so that its record has a row.
    """
    text = document.text
    sheets = {block.sheet for block in document.blocks if block.sheet}
    units = [
        unit
        for block in document.blocks
        for unit in _units(text, block, sheets, count_tokens, max_tokens)
    ]
    chunks = [
        _chunk(document, ordinal, group) for ordinal, group in enumerate(_groups(units, max_tokens))
    ]
    return chunks or [Chunk(f"{document.document}-0", document.document, 0, 0, 0, "")]


def chunk_contexts(document: RedactedDocument, chunks: Sequence[Chunk]) -> list[str]:
    """Return what a reader of each chunk sees above it: title, sheet, headings, table header."""
    name = title(document)
    headers = _table_headers(document)
    starts = [start for start, _ in headers]
    contexts = []
    for chunk in chunks:
        at = bisect_right(starts, chunk.start) - 1
        header = headers[at][1] if at >= 0 else None
        parts = (name, chunk.place.sheet, chunk.place.heading, header)
        shown = [part for part in parts if part and part not in _one_line(chunk.text)]
        contexts.append(" > ".join(dict.fromkeys(shown)))
    return contexts


def embedding_texts(
    document: RedactedDocument,
    chunks: Sequence[Chunk],
    *,
    view: Callable[[str], str] = bare_view,
) -> list[str]:
    """Return what the embedder shall see of each chunk: its bare view under its context."""
    contexts = chunk_contexts(document, chunks)
    return [
        embedding_view(chunk, above, view=view)
        for chunk, above in zip(chunks, contexts, strict=True)
    ]


def title(document: RedactedDocument) -> str:
    """Return the redacted title, or nothing if the document has none."""
    for block in document.blocks:
        if block.field == "title":
            return _one_line(document.text[block.start : block.end])
    return ""


def _units(
    text: str, block: Block, sheets: set[Span], count: CountTokens, max_tokens: int
) -> Iterator[_Unit]:
    span = _strip(text, block.start, block.end)
    if span is None:
        return
    own = (block.start, block.end)
    # The heading that names a sheet stands before the sheet, not on it.
    sheet = own if own in sheets else block.sheet
    path = block.headings
    if block.kind == "heading" and own not in path and own not in sheets:
        path = (*path, own)
    for start, end, tokens in _pieces(text, span, count, max_tokens):
        yield _Unit(start, end, tokens, block, path, sheet)


def _pieces(
    text: str, span: Span, count: CountTokens, max_tokens: int
) -> Iterator[tuple[int, int, int]]:
    tokens = _count(text, span, count)
    if tokens <= max_tokens:
        yield *span, tokens
        return
    sentences = sentence_spans(text, *span)
    if len(sentences) > 1:
        for sentence in sentences:
            yield from _pieces(text, sentence, count, max_tokens)
        return
    middle = _middle(text, span)
    if middle is None:
        yield *span, tokens
        return
    for half in (_strip(text, span[0], middle), _strip(text, middle, span[1])):
        if half is not None:
            yield from _pieces(text, half, count, max_tokens)


def _middle(text: str, span: Span) -> int | None:
    """Return a place near the middle to cut at: a space if there is one, never in a placeholder."""
    start, end = span
    centre = (start + end) // 2
    before, after = (
        _SPACE_BEFORE.search(text[start:centre]),
        _SPACE.search(text, centre, end),
    )
    spaces = [start + before.start()] if before else []
    if after:
        spaces.append(after.start())
    if spaces:
        return min(spaces, key=lambda place: abs(place - centre))
    return _outside_placeholder(text, span, centre)


def _outside_placeholder(text: str, span: Span, place: int) -> int | None:
    for match in PLACEHOLDER.finditer(text, *span):
        if match.start() < place < match.end():
            place = match.end() if match.end() < span[1] else match.start()
    return place if span[0] < place < span[1] else None


def _groups(units: list[_Unit], max_tokens: int) -> Iterator[list[_Unit]]:
    group: list[_Unit] = []
    tokens = 0
    for unit in units:
        if group and (tokens + unit.tokens > max_tokens or _parts(group, unit, tokens)):
            yield group
            group, tokens = [], 0
        group.append(unit)
        tokens += unit.tokens
    if group:
        yield group


def _parts(group: list[_Unit], unit: _Unit, tokens: int) -> bool:
    """Say whether `unit` must start a new chunk whatever its length."""
    last = group[-1]
    if _territory(last) != _territory(unit):
        return True
    if last.path == unit.path:
        return False
    shared = _shared(last.path, unit.path)
    is_within = len(shared) == len(last.path)
    return not (tokens < _SHORT_TOKENS and (is_within or len(shared) > 0))


def _territory(unit: _Unit) -> tuple[object, ...]:
    block = unit.block
    kind = "about" if block.field in _DESCRIPTIVE else block.field
    return kind, block.page, block.slide, unit.sheet


def _shared(left: tuple[Span, ...], right: tuple[Span, ...]) -> tuple[Span, ...]:
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return left[:length]


def _chunk(document: RedactedDocument, ordinal: int, group: list[_Unit]) -> Chunk:
    start, end = group[0].start, group[-1].end
    text = document.text[start:end]
    return Chunk(
        chunk=f"{document.document}-{ordinal}",
        document=document.document,
        ordinal=ordinal,
        start=start,
        end=end,
        text=text,
        place=_place(document.text, group),
        placeholders=placeholders(text),
    )


def _place(text: str, group: list[_Unit]) -> Place:
    block = group[0].block
    path = group[0].path
    for unit in group[1:]:
        path = _shared(path, unit.path)
    path = path or next((unit.path[:1] for unit in group if unit.path), ())
    heading = " > ".join(filter(None, (_one_line(text[start:end]) for start, end in path)))
    rows = [unit.block.row for unit in group if unit.block.row is not None]
    return Place(
        page=block.page,
        sheet=_one_line(text[slice(*group[0].sheet)]) if group[0].sheet else None,
        slide=block.slide,
        row=rows[0] if rows else None,
        heading=heading or None,
    )


def _table_headers(document: RedactedDocument) -> list[tuple[int, str | None]]:
    """Return (start, header) for each change: from there on, chunks stand under that header."""
    changes: list[tuple[int, str | None]] = []
    table: Block | None = None
    rows = 0
    for block in document.blocks:
        if block.kind != "row":
            if table is not None:
                changes.append((block.start, None))
            table = None
        elif table is None or table.sheet != block.sheet:
            changes.append((block.start, None))
            table, rows = block, 1
        else:
            rows += 1
            if rows == 2:
                header = _one_line(document.text[table.start : table.end])
                changes.append((block.start, header[:_HEADER_CHARACTERS]))
    return changes


def _count(text: str, span: Span, count: CountTokens) -> int:
    return count(plain_view(text[span[0] : span[1]]))


def _strip(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
