"""Quotes in what a model wrote: each must stand in the evidence, and is led back to it.

While it writes, `secure_rag.runtime.quoting` lets a model continue a quote only as the
evidence does. This is the check afterwards, for every generator: a quote that is not found
word for word takes its sentence with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from secure_rag.answering.view import Span, View

PAIRS = {'"': '"', "“": "”", "”": "”", "„": "“", "«": "»"}
"""Closing mark by opening mark."""

_MARK = re.compile('["“”„«»]')
_BEFORE = re.compile(r"(?:[\w$€£%+<>=~-]|\w['’]|\d[.,:/])$")
_AFTER = re.compile(r"[\w%°]|[.,:/-]\w|['’]\w")


@dataclass(frozen=True)
class Quote:
    """A quote: where it stands in what was written, and in the stored evidence."""

    start: int
    """Behind the opening mark."""
    end: int
    evidence: int
    """Number of the evidence it is from."""
    stored: Span = field(repr=False)


def find_quotes(written: str, evidence: Sequence[View]) -> list[Quote] | None:
    """Return the quotes in a text, in the prompt view; None if one is not from the evidence.

    Args:
        written: what a model wrote, on one line.
        evidence: one-line views of the stored evidence.
    """
    spans = quoted_spans(written)
    if spans is None:
        return None
    quotes = []
    for start, end in spans:
        place = _place(written[start:end], evidence)
        if place is None:
            return None
        number, at = place
        stored = evidence[number].stored(at, at + end - start)
        quotes.append(Quote(start, end, number, stored))
    return quotes


def quoted_spans(written: str) -> list[Span] | None:
    """Return the spans between quotation marks; None if one is empty or never closed."""
    spans = []
    position = 0
    while (opening := _MARK.search(written, position)) is not None:
        closing = PAIRS.get(opening.group())
        end = written.find(closing, opening.end()) if closing else -1
        if end <= opening.end():
            return None
        spans.append((opening.end(), end))
        position = end + 1
    return spans


def outside_quotes(written: str) -> str:
    """Return a text without what stands in its quotation marks."""
    kept, last = [], 0
    for start, end in quoted_spans(written) or ():
        kept.append(written[last:start])
        last = end
    return "".join([*kept, written[last:]])


def _place(quote: str, evidence: Sequence[View]) -> tuple[int, int] | None:
    """Return the evidence and position where a quote stands as whole words."""
    if quote != quote.strip():
        return None
    for number, view in enumerate(evidence):
        for match in re.finditer(re.escape(quote), view.text):
            if _is_whole(view.text, *match.span()):
                return number, match.start()
    return None


def _is_whole(text: str, start: int, end: int) -> bool:
    """Say whether a span cuts no word, number or sign in two."""
    is_cut_before = text[start].isalnum() and _BEFORE.search(text[:start])
    is_cut_after = text[end - 1].isalnum() and _AFTER.match(text[end:])
    return not (is_cut_before or is_cut_after)
