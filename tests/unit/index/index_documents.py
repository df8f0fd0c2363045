"""Redacted documents for tests; only redaction builds them elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from secure_rag.values import Block, RedactedDocument


def redacted(
    document: str,
    parts: Iterable[tuple[str, str]],
    *,
    pages: bool = False,
    redaction: str = "r",
) -> RedactedDocument:
    """Build a document of (kind, text) parts.

    Kinds are those of blocks, with `title`, `author` and `h1` … `h3`; with `pages`, each
    `h1` starts a page.
    """
    text, blocks = "", []
    path: list[tuple[int, int]] = []
    page = 0
    for kind, part in parts:
        separator = "\n" if kind == "row" and blocks and blocks[-1].kind == "row" else "\n\n"
        text += separator if text else ""
        start, end = len(text), len(text) + len(part)
        text += part
        if kind[0] == "h" and kind[1:].isdigit():
            del path[int(kind[1:]) - 1 :]
            page += kind == "h1"
        field = kind if kind in ("title", "author") else "body"
        is_heading = kind[1:].isdigit()
        blocks.append(
            Block(
                start,
                end,
                field,
                "heading" if is_heading else "value" if field == kind else kind,
                page=page if pages else None,
                headings=tuple(path),
            )
        )
        if is_heading:
            path.append((start, end))
    return RedactedDocument(
        document, f"{document}.txt", "text/plain", text, tuple(blocks), (), "p", redaction
    )
