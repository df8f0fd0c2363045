"""Overlapping windows over a long text, so that the cost of detection stays linear.

Windows overlap, and each owns a part of the text; the owned parts follow each
other without gap. A finding belongs to the window that owns its start. One that
the window's end may have cut is found whole by the next window, which is then
heard as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from secure_rag.redaction.spans import Span

SIZE: Final = 4000
"""Most code points of a window."""
OVERLAP: Final = 320
"""Code points that neighbours share; longer than any value a pattern looks for."""


@dataclass(frozen=True, slots=True)
class Window:
    """`text[start:end]` is looked at, `text[own_start:own_end]` is answered for."""

    start: int
    end: int
    own_start: int
    own_end: int


def windows(text: str, *, size: int = SIZE, overlap: int = OVERLAP) -> Iterator[Window]:
    """Cut a text into windows at paragraphs, lines or spaces.

    Raises:
        ValueError: `size` is less than four times `overlap`.
    """
    if size < 4 * overlap:
        raise ValueError("windows must be at least four times as long as their overlap")
    start = own_start = 0
    while len(text) - start > size:
        end = _cut(text, start + size, at_least=start + size - overlap)
        own_end = _cut(text, end - overlap // 2, at_least=end - overlap // 2 - overlap // 4)
        yield Window(start, end, own_start, own_end)
        start = _cut(text, end - overlap, at_least=end - overlap - overlap // 2)
        own_start = own_end
    yield Window(start, len(text), own_start, len(text))


def _cut(text: str, position: int, *, at_least: int) -> int:
    """Return the last good place to cut in `[at_least, position]`, else `position`."""
    for boundary in ("\n\n", "\n"):
        found = text.rfind(boundary, at_least, position)
        if found >= 0:
            return found + len(boundary)
    for index in range(position - 1, at_least - 1, -1):
        if text[index].isspace():
            return index + 1
    return position


def find_in_windows(
    text: str,
    find: Callable[[str], list[Span]],
    *,
    size: int = SIZE,
    overlap: int = OVERLAP,
) -> list[Span]:
    """Run a detector window by window and return its spans in the whole text, each once."""
    found: list[Span] = []
    previous_end = 0
    for window in windows(text, size=size, overlap=overlap):
        for span in find(text[window.start : window.end]):
            start, end = span.start + window.start, span.end + window.start
            was_cut = start < window.own_start and end > previous_end
            if window.own_start <= start < window.own_end or was_cut:
                found.append(span.moved(window.start))
        previous_end = window.end
    return found
