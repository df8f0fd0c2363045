"""Question and passage as one token sequence: the pairs that the model is trained on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from questions import Question
from tokenizers import Tokenizer

CLS, SEP = 101, 102
MAX_QUESTION = 64
"""Tokens of a question that are kept."""


@dataclass(frozen=True)
class Pair:
    """Word pieces of `[CLS] question [SEP] passage [SEP]` with the gold span in it."""

    ids: tuple[int, ...]
    passage_at: int
    """Position of the first passage piece, which is where segment 1 begins."""
    start: int
    """Position of the first piece of the answer; 0, the [CLS], if there is none."""
    end: int
    answerable: float
    has_span: bool = True
    """False: only the answerable head learns from it."""


class Pieces:
    """Word pieces of texts, remembered: a passage comes once per question and epoch."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        # The published file pads everything to 128 tokens.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._known: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}

    def of(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return ids and character offsets."""
        known = self._known.get(text)
        if known is None:
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            known = self._known[text] = (encoding.ids, encoding.offsets)
        return known


def make_pair(
    question: Question,
    pieces: Pieces,
    draw: random.Random,
    *,
    max_tokens: int,
    has_span: bool = True,
) -> Pair:
    """Encode a question; of a passage that is too long, a random window that holds the answer."""
    asked = pieces.of(question.text)[0][:MAX_QUESTION]
    ids, offsets = pieces.of(question.passage)
    room = max_tokens - len(asked) - 3
    first = last = -1
    if question.spans:
        begin, stop = draw.choice(question.spans)
        inside = [n for n, (a, b) in enumerate(offsets) if a < stop and b > begin]
        if inside:
            first, last = inside[0], inside[-1]
    shift = 0
    if len(ids) > room:
        low, high = 0, len(ids) - room
        if first >= 0:
            low, high = max(0, last - room + 1), min(high, first)
        shift = draw.randint(min(low, high), high)
    kept = ids[shift : shift + room]
    at = len(asked) + 2
    answerable = first >= 0 and last - shift < len(kept)
    place = at - shift
    return Pair(
        (CLS, *asked, SEP, *kept, SEP),
        at,
        first + place if answerable else 0,
        last + place if answerable else 0,
        float(bool(question.spans)),
        has_span,
    )


def batches(pairs: Sequence[Pair], draw: random.Random, *, tokens: int) -> list[list[Pair]]:
    """Group pairs of like length so that a batch has about `tokens` positions with padding."""
    order = sorted(pairs, key=lambda pair: len(pair.ids) + draw.random() * 12)
    groups: list[list[Pair]] = []
    group: list[Pair] = []
    for pair in order:
        if group and (len(group) + 1) * max(len(pair.ids), len(group[0].ids)) > tokens:
            groups.append(group)
            group = []
        group.append(pair)
    if group:
        groups.append(group)
    draw.shuffle(groups)
    return groups
