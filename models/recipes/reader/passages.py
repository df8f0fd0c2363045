"""Cut, shorten and spoil passages: which sentences are shown decides whether they answer."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from questions import Question

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")
_FEWEST = 2


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the character spans of a text's sentences; blanks between them belong to none."""
    spans, start = [], 0
    for match in _END.finditer(text):
        spans.append((start, match.start()))
        start = match.end()
    return [*spans, (start, len(text))]


def shorten(question: Question, draw: random.Random) -> Question:
    """Keep a run of sentences; of an answerable question one that holds all gold answers."""
    spans = sentences(question.passage)
    if len(spans) <= _FEWEST:
        return question
    low, high = len(spans), 0
    for start, end in question.spans:
        held = [n for n, (a, b) in enumerate(spans) if a < end and start < b]
        low, high = min(low, *held), max(high, *held)
    if not question.spans:
        low = high = draw.randrange(len(spans))
    size = draw.randint(max(_FEWEST, high - low + 1), len(spans))
    first = draw.randint(max(0, high - size + 1), min(low, len(spans) - size))
    begin, stop = spans[first][0], spans[first + size - 1][1]
    moved = tuple((a - begin, b - begin) for a, b in question.spans)
    return replace(question, passage=question.passage[begin:stop], spans=moved)


def without_answer(question: Question) -> Question | None:
    """Take the sentences with the gold answers out; None if the passage still names one of them."""
    kept, dropped = [], 0
    for start, end in sentences(question.passage):
        if any(a < end and start < b for a, b in question.spans):
            dropped += 1
        else:
            kept.append(question.passage[start:end])
    rest = " ".join(kept)
    low = rest.lower()
    if not kept or not dropped or any(answer.lower() in low for answer in question.answers):
        return None
    return replace(question, passage=rest, spans=())
