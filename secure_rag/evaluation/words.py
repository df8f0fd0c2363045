"""Words of a text as the measures count them.

Recall and precision of words follow the Text Anonymization Benchmark (TAB): words are runs of
letters, digits and `_`; small words and forms of address, on whose place in a mention annotators
disagree, are not counted, neither when they are hidden nor when they are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

IGNORED: Final = frozenset(
    "mr mrs ms and or from until to about after as at before between by during for in into of on "
    "over since with the a an no nr".split()
)
"""TAB's list (its `evaluation.py`); `'s` is treated in `_is_ignored`."""
ALSO_IGNORED: Final = frozenset({"dr"})

_WORD: Final = re.compile(r"\w+")
_APOSTROPHES: Final = "'’"

Span = tuple[int, int]


@dataclass(frozen=True)
class Words:
    """The counted words of a text, in order."""

    spans: tuple[Span, ...]

    def within(self, start: int, end: int) -> range:
        """Return the numbers of the words that lie in, or reach into, a stretch."""
        first = _first_after(self.spans, start)
        last = first
        while last < len(self.spans) and self.spans[last][0] < end:
            last += 1
        return range(first, last)


def words_of(text: str, mentions: Iterable[Span] = ()) -> Words:
    """Return the words that count; a mention of nothing but ignored words keeps them."""
    every = [match.span() for match in _WORD.finditer(text)]
    ignored = {span for span in every if _is_ignored(text, *span)}
    if ignored:
        listed = Words(tuple(every))
        for start, end in mentions:
            inside = [every[number] for number in listed.within(start, end)]
            if all(span in ignored for span in inside):
                ignored -= set(inside)
    return Words(tuple(span for span in every if span not in ignored))


def _is_ignored(text: str, start: int, end: int) -> bool:
    word = text[start:end].lower()
    if word in IGNORED or word in ALSO_IGNORED:
        return True
    return word == "s" and start > 0 and text[start - 1] in _APOSTROPHES


def _first_after(spans: Sequence[Span], offset: int) -> int:
    """Return the number of the first word that ends behind an offset."""
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if spans[middle][1] <= offset:
            low = middle + 1
        else:
            high = middle
    return low
