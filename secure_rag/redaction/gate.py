"""The second look: what detectors still see in a redacted text.

Placeholders, masked and generalised values are ours and are not looked at again;
a placeholder is put aside by a neutral word of its kind so that it disturbs neither
patterns nor the names model.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from secure_rag.redaction.intervals import Interval, outside, united
from secure_rag.redaction.offsets import Edit, OffsetMap
from secure_rag.redaction.propagate import Found, Propagator
from secure_rag.redaction.spans import Span
from secure_rag.vault.placeholders import LOCAL, PLACEHOLDER

NEUTRAL: Final = "it"
_NEAR: Final = 200
_APART: Final = "\n\n"
_PLACEHOLDER: Final = re.compile(f"{PLACEHOLDER.pattern}|{LOCAL.pattern}")


def look_again(
    text: str,
    *,
    find: Callable[[str], Iterable[Span]],
    find_near: Callable[[str], Iterable[Span]] | None = None,
    own: Iterable[tuple[int, int]] = (),
    values: Iterable[Found] = (),
) -> list[Span]:
    """Return what is still seen outside our own replacements.

    Args:
        text: a redacted text.
        find: detectors that look at everything.
        find_near: detectors that look at the lines around what was replaced only: elsewhere
            they have seen the same text before, and looked for less.
        own: spans of `text` that replacements made, in order.
        values: what was found in the document before.
    """
    ours = united([*own, *(match.span() for match in _PLACEHOLDER.finditer(text))])
    view, moved = _view(text, ours)
    spans = [*find(view), *Propagator(values).find(view)]
    if find_near is not None:
        spans.extend(_look_near(view, [moved.span(*span) for span in ours], find_near))
    seen: list[Span] = []
    for span in spans:
        start, end = moved.backward(span.start), moved.backward(span.end - 1) + 1
        seen.extend(
            Span(a, b, span.entity, span.score, span.recognizer)
            for a, b in outside(start, end, ours)
            if any(character.isalnum() for character in text[a:b])
        )
    return seen


def _look_near(
    view: str, changed: list[Interval], find: Callable[[str], Iterable[Span]]
) -> Iterator[Span]:
    """Run costly detectors over the changed stretches, joined into one text."""
    stretches = united(_lines_around(view, *span) for span in changed)
    starts: list[int] = []
    length = 0
    for start, end in stretches:
        starts.append(length)
        length += end - start + len(_APART)
    for span in find(_APART.join(view[start:end] for start, end in stretches)):
        index = bisect_right(starts, span.start) - 1
        yield span.moved(stretches[index][0] - starts[index])


def _lines_around(text: str, start: int, end: int) -> Interval:
    """Return the lines around a stretch; of a very long line the words around it."""
    first = text.rfind("\n", 0, max(0, start - _NEAR)) + 1
    last = text.find("\n", min(len(text), end + _NEAR))
    last = len(text) if last < 0 else last
    if first < start - 3 * _NEAR:
        first = text.find(" ", start - 3 * _NEAR, start) + 1 or first
    if last > end + 3 * _NEAR:
        space = text.rfind(" ", end, end + 3 * _NEAR)
        last = space if space >= 0 else last
    return first, last


def _view(text: str, ours: list[Interval]) -> tuple[str, OffsetMap]:
    """Return the text with placeholders put aside; other replacements stay to be read."""
    parts: list[str] = []
    edits: list[Edit] = []
    position = length = 0
    for start, end in ours:
        if text[start] != "<":
            continue
        parts += [text[position:start], NEUTRAL]
        length += start - position
        edits.append(Edit(start, end, length, length + len(NEUTRAL)))
        length += len(NEUTRAL)
        position = end
    parts.append(text[position:])
    return "".join(parts), OffsetMap(tuple(edits))
