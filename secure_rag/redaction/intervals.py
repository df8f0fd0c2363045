"""Half-open stretches of a text: united, subtracted, looked up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

Interval = tuple[int, int]


def united(spans: Iterable[Interval]) -> list[Interval]:
    """Return the spans in order, those that overlap as one; empty ones are left out."""
    found: list[Interval] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def outside(start: int, end: int, spans: Sequence[Interval]) -> Iterator[Interval]:
    """Yield the parts of a stretch that none of some united spans covers."""
    index = max(0, bisect_right(spans, (start, start)) - 1)
    while index < len(spans) and spans[index][0] < end:
        first, last = spans[index]
        if start < first:
            yield start, first
        start = max(start, last)
        index += 1
    if start < end:
        yield start, end


def is_inside(start: int, end: int, spans: Sequence[Interval]) -> bool:
    """Say whether one of some united spans covers the whole stretch."""
    return next(outside(start, end, spans), None) is None


def overlaps(start: int, end: int, spans: Sequence[Interval]) -> bool:
    """Say whether one of some united spans shares a place with a stretch."""
    index = bisect_right(spans, (end, -1)) - 1
    return index >= 0 and spans[index][1] > start
