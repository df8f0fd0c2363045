"""PDF: the text layer page by page, hidden text apart, properties, links, comments, form fields."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from secure_rag.documents.characters import flatten
from secure_rag.documents.pdfium import OFF, Line, Page, Pdf
from secure_rag.documents.reasons import refusal
from secure_rag.documents.text import TextBuilder

_END = b"%%EOF"
_TAIL_BYTES = 4096
_PROPERTIES = {"Title": "title", "Author": "author"}
_TECHNICAL = frozenset(("Producer", "Trapped"))
_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d).*\Z")
_HYPHEN = re.compile("(?:\ufffe|\x02)(?:\r?\n)?")
_BULLET = re.compile(r"\s*(?:[•▪◦●‣·–*-]|\(?(?:\d{1,3}|[a-z])[.)])\s")
_UNMAPPED = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_MAX_UNMAPPED = 0.2
_MANY_PATHS = 200
"""So many paths on a page without text may be letters drawn as outlines."""
_PARAGRAPH_GAP = 1.7
_WRAPPED = 0.8
_HEADING_SIZES = ((1.8, 1), (1.4, 2), (1.15, 3))
_BODY_SHARE = 0.25
_HEADING_LINES = 3
_HEADING_CHARACTERS = 200


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add the pages of a PDF; one without a text layer refuses the whole document."""
    data = file.read()
    if _END not in data[-_TAIL_BYTES:]:
        # The library would mend a truncated file and lose pages in silence.
        raise refusal("document.unreadable")
    pdf = Pdf(data)
    filled: set[str] = set()
    try:
        title = flatten(pdf.properties.get("Title", "")).casefold()
        _add_properties(pdf, text)
        for number in range(len(pdf)):
            text.page = number + 1
            page = pdf.page(number)
            try:
                _add_page(page, text, title)
                _add_annotations(page, text, filled)
            finally:
                page.close()
    finally:
        text.page = None
        pdf.close()


def _add_properties(pdf: Pdf, text: TextBuilder) -> None:
    properties = pdf.properties
    for key, field in _PROPERTIES.items():
        text.add(properties.pop(key, ""), field=field, kind="value")
    for key, value in properties.items():
        if key not in _TECHNICAL:
            text.add_property(key, _DATE.sub(r"\1-\2-\3", value))
    for title in pdf.outline:
        text.add_property("Outline", title)
    for name in pdf.attachments:
        text.flag("embedded_files")
        text.add_property("Attachment", name)


def _add_page(page: Page, text: TextBuilder, title: str) -> None:
    lines = [line for line in page.lines() if line.text.strip()]
    _check_layer(page, lines)
    body = _body_size(lines)
    for group in _groups(lines):
        content = _joined(group)
        level = _heading_level(group, body, content, title)
        if group[0].is_hidden:
            text.add(content, field="hidden")
        elif level is not None:
            text.add_heading(content, level)
        else:
            is_item = _BULLET.match(content) is not None
            text.add(content, kind="list_item" if is_item else "paragraph")


def _add_annotations(page: Page, text: TextBuilder, filled: set[str]) -> None:
    """Add links, comments and form fields; a field of several widgets is said once."""
    annotations = list(page.annotations())
    pressed = {one.label for one in annotations if one.value not in ("", OFF)}
    for annotation in annotations:
        text.add(annotation.address, field="link", kind="value")
        text.add(annotation.subject, field="comment", kind="note")
        if annotation.contents or annotation.author:
            text.add_comment(annotation.author, annotation.contents)
        if annotation.label or annotation.value:
            field = f"{annotation.label}: {annotation.value}"
            is_unsaid = annotation.value in ("", OFF) and annotation.label in pressed
            if field not in filled and not is_unsaid:
                text.add(field, kind="value")
            filled.add(field)


def _body_size(lines: Sequence[Line]) -> float:
    """Return the smallest size that much of the page is set in: headings are larger."""
    sizes = Counter[float]()
    for line in lines:
        if not line.is_hidden:
            sizes[round(line.size, 1)] += len(line.text)
    return min((s for s in sizes if sizes[s] >= _BODY_SHARE * sizes.total()), default=0.0)


def _check_layer(page: Page, lines: Sequence[Line]) -> None:
    content = "".join(line.text for line in lines)
    if not content:
        images, paths = page.count_graphics()
        if images or paths >= _MANY_PATHS:
            raise refusal("document.image_only")
        return
    if len(_UNMAPPED.findall(content)) > _MAX_UNMAPPED * len(content):
        raise refusal("document.unreadable")


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield runs of lines that belong together by distance and size."""
    group: list[Line] = []
    for line in lines:
        if group and _starts_group(group[-1], line):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _starts_group(before: Line, line: Line) -> bool:
    if before.is_hidden != line.is_hidden:
        return True
    if not before.size or not line.size:
        return False
    distance = before.base - line.base
    larger = max(before.size, line.size)
    is_same_line = abs(distance) < 0.3 * larger
    return (
        _BULLET.match(line.text) is not None
        or (not is_same_line and not 0 < distance < _PARAGRAPH_GAP * larger)
        or abs(before.size - line.size) > 0.1 * larger
    )


def _joined(group: Sequence[Line]) -> str:
    """Join lines: with a space where a line ran full and was wrapped, else on a new line."""
    left = min(line.left for line in group)
    full = left + _WRAPPED * (max(line.right for line in group) - left)
    pieces = []
    for position, line in enumerate(group):
        pieces.append(_mended(line.text.strip()))
        if position + 1 < len(group):
            following = group[position + 1]
            is_same_line = abs(line.base - following.base) < 0.3 * line.size
            pieces.append(" " if line.right >= full or is_same_line else "\n")
    return "".join(pieces)


def _mended(content: str) -> str:
    """Close a word that was divided at a line's end; a capital after it keeps the hyphen."""
    return _HYPHEN.sub(
        lambda match: "-" if content[match.end() : match.end() + 1].isupper() else "", content
    )


def _heading_level(group: Sequence[Line], body: float, content: str, title: str) -> int | None:
    """Return a heading's level by its size; all others stand under the document's title."""
    if not body or len(group) > _HEADING_LINES or len(content) > _HEADING_CHARACTERS:
        return None
    ratio = group[0].size / body
    level = next((level for bound, level in _HEADING_SIZES if ratio >= bound), None)
    return 0 if level is not None and flatten(content).casefold() == title else level
