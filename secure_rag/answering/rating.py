"""Which sentence holds the answer, by its words and by what the reader found in it.

The second layer: the first layer's log-odds beside what the reader says (by how much its
words in the sentence beat "no answer" and fall behind its best ones, whether other
passages answer alike) give the probability that the answer stands in a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from secure_rag.answering.calibration import Calibration, Logistic
from secure_rag.answering.expectation import VALUE_KINDS, holds_kind
from secure_rag.answering.reader import NOTHING, Reading, Span
from secure_rag.answering.signals import SENTENCE_SIGNALS
from secure_rag.answering.support import (
    Asked,
    Embed,
    Sentence,
    describe_sentences,
    rate_by_words,
    read_question,
)
from secure_rag.answering.words import content_words, stems
from secure_rag.values import Passage

LABEL_DISCOUNT = 0.1
"""Of what the support of a heading or the like keeps."""

_FLOOR = 2.0
"""Logits by which words that the reader does not even list lie below the last it does."""

_RANGE = 15.0
_BEHIND = 8.0
"""Logits beyond which more says no more, of a margin and of the distance to a better one."""

_LEAST_SHARE = 1e-5

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
    return sort_by_support(
        add_reading(question, passages, readings, by_words), calibration.sentence
    )


def add_reading(
    question: str,
    passages: Sequence[Passage],
    readings: Sequence[Reading],
    sentences: Sequence[Sentence],
) -> list[Sentence]:
    """Add the second layer's signals to sentences that are rated by words."""
    asked = read_question(question)
    said = _said(passages, readings)
    best = max((reading.margin for reading in readings), default=NOTHING)
    added = []
    for sentence in sentences:
        reading, text = readings[sentence.passage], passages[sentence.passage].text
        span = _best_span(sentence, reading)
        lowest = reading.spans[-1].margin - _FLOOR if reading.spans else NOTHING
        margin = span.margin if span else lowest
        share = span.share if span else 0.0
        values = {
            "by_words": sentence.by_words,
            "behind_own": max(-_BEHIND, margin - reading.margin),
            "is_own_best": float(margin == reading.margin),
            "behind_all": max(-_BEHIND, margin - best),
            "is_best": float(margin == best),
            "margin": clipped(reading.margin),
            "answerable": clipped(reading.answerable),
            "share": share,
            "log_share": math.log(max(share, _LEAST_SHARE)),
            "agreement": _agreement(_stems_of(text, span), said, sentence.passage) if span else 0.0,
            **_kind_signals(asked, text[span.start : span.end] if span else sentence.text),
        }
        signals = tuple(values[name] for name in SENTENCE_SIGNALS)
        added.append(replace(sentence, span=span, signals=signals))
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
    return sorted(rated, key=lambda sentence: -sentence.support)


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
    return sum(shares.get(words, 0.0) for number, shares in enumerate(said) if number != own)


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


def _kind_signals(asked: Asked, said: str) -> dict[str, float]:
    """Say whether the words are not of the kind that is asked for, or the question's own."""
    words = content_words(said)
    is_value = asked.kind in VALUE_KINDS
    is_found = asked.kind is not None and holds_kind(asked.kind, said, words, asked.stems)
    return {
        "repeats": float(all(word.stem in asked.stems for word in words)),
        "value_missed": float(is_value and not is_found),
    }
