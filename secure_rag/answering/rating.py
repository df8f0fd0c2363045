"""Which sentence holds the answer, by its words and by what the reader found in it.

The second layer: the first layer's log-odds beside what the reader says (by how much its
words in the sentence beat "no answer" and fall behind its best ones) give the
probability that the answer stands in a sentence. Among equals the one comes first that
other passages agree with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from secure_rag.answering.calibration import Calibration, Logistic
from secure_rag.answering.reader import NOTHING, Reading, Span
from secure_rag.answering.signals import SENTENCE_SIGNALS
from secure_rag.answering.support import (
    Embed,
    Sentence,
    describe_sentences,
    rate_by_words,
)
from secure_rag.answering.words import stems
from secure_rag.values import Passage

LABEL_DISCOUNT = 0.1
"""Of what the support of a heading or the like keeps."""

_FLOOR = 2.0
"""Logits by which words that the reader does not even list lie below the last it does."""

_RANGE = 15.0
"""Logits beyond which more says no more."""

_BEHIND = 8.0
"""The same, of the distance to better words."""


_AGREED = 0.25
"""By how much full agreement of other passages puts a sentence before its equals.

No matter of fitting: in the public sets the answer stands in one passage alone.
"""

Stems = frozenset[str]


def rate_sentences(
    question: str,
    passages: Sequence[Passage],
    readings: Sequence[Reading],
    *,
    embed: Embed,
    calibration: Calibration,
) -> list[Sentence]:
    """Return the sentences of the passages, best supported first.

    Args:
        readings: what the reader made of each passage.
    """
    described = describe_sentences(question, passages, embed=embed)
    by_words = rate_by_words(described, calibration.sentence_words)
    return sort_by_support(add_reading(passages, readings, by_words), calibration.sentence)


def add_reading(
    passages: Sequence[Passage],
    readings: Sequence[Reading],
    sentences: Sequence[Sentence],
) -> list[Sentence]:
    """Add the second layer's signals to sentences that are rated by words."""
    said = _said(passages, readings)
    best = max((reading.margin for reading in readings), default=NOTHING)
    added = []
    for sentence in sentences:
        reading, text = readings[sentence.passage], passages[sentence.passage].text
        span = _best_span(sentence, reading)
        lowest = reading.spans[-1].margin - _FLOOR if reading.spans else NOTHING
        margin = span.margin if span else lowest
        values = {
            "by_words": sentence.by_words,
            "behind_own": max(-_BEHIND, margin - reading.margin),
            "is_own_best": float(margin == reading.margin),
            "behind_all": max(-_BEHIND, margin - best),
            "is_best": float(margin == best),
            "answerable": clipped(reading.answerable),
        }
        signals = tuple(values[name] for name in SENTENCE_SIGNALS)
        agreed = _agreement(_stems_of(text, span), said, sentence.passage) if span else 0.0
        added.append(replace(sentence, span=span, signals=signals, agreement=agreed))
    return added


def sort_by_support(sentences: Sequence[Sentence], logistic: Logistic) -> list[Sentence]:
    """Rate sentences by their signals and return them best first."""
    rated = [
        replace(
            sentence,
            support=logistic.probability(sentence.signals)
            * (LABEL_DISCOUNT if sentence.is_label else 1.0),
        )
        for sentence in sentences
    ]
    return sorted(rated, key=lambda one: -one.support * (1 + _AGREED * one.agreement))


def clipped(value: float) -> float:
    """Keep logits within a range that a logistic function can weigh."""
    return max(-_RANGE, min(_RANGE, value))


def _best_span(sentence: Sentence, reading: Reading) -> Span | None:
    """Return the words of a sentence that the reader likes best."""
    inside = (
        span
        for span in reading.spans
        if sentence.own_start <= span.start and span.end <= sentence.end
    )
    return next(inside, None)


def _agreement(words: Stems, said: Sequence[dict[Stems, float]], own: int) -> float:
    """Return how surely other passages answer with the same words."""
    if not words:
        return 0.0
    others = (shares.get(words, 0.0) for number, shares in enumerate(said) if number != own)
    return min(1.0, sum(others))


def _said(passages: Sequence[Passage], readings: Sequence[Reading]) -> list[dict[Stems, float]]:
    """Return the shares of what each passage may answer, by the words that carry meaning."""
    said: list[dict[Stems, float]] = []
    for passage, reading in zip(passages, readings, strict=True):
        shares: dict[Stems, float] = {}
        for span in reading.spans:
            shares.setdefault(_stems_of(passage.text, span), span.share)
        said.append(shares)
    return said


def _stems_of(text: str, span: Span) -> Stems:
    return frozenset(stems(text[span.start : span.end]))
