"""The gate before the writer: is there an answer in the passages at all?

It stands outside the language model, which answers whether it knows or not. What words
say (the best sentences, and what the passages do not know of the question) gives
log-odds; these and what the reader says give one probability. Below the threshold the
question is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from secure_rag.answering.calibration import Calibration, Logistic
from secure_rag.answering.rating import LABEL_DISCOUNT, clipped
from secure_rag.answering.reader import Reading
from secure_rag.answering.signals import (
    EVIDENCE_SIGNALS,
    PASSAGE_WORDS,
    SENTENCE_WORDS,
)
from secure_rag.answering.support import Sentence, read_question
from secure_rag.answering.words import stems
from secure_rag.values import Passage


def evidence(
    question: str,
    passages: Sequence[Passage],
    readings: Sequence[Reading],
    rated: Sequence[Sentence],
    *,
    calibration: Calibration,
) -> float:
    """Return the probability that the passages answer the question."""
    if not rated:
        return 0.0
    by_words = evidence_by_words(unknown_shares(question, passages), rated, calibration)
    return calibration.evidence.probability(evidence_signals(by_words, readings, rated))


def evidence_by_words(
    unknown: tuple[float, float], sentences: Sequence[Sentence], calibration: Calibration
) -> float:
    """Return the log-odds that there is an answer, by the words alone.

    Args:
        unknown: `unknown_shares` of question and passages.
    """
    return calibration.passage_words.log_odds(passage_words(unknown, sentences))


def passage_words(unknown: tuple[float, float], sentences: Sequence[Sentence]) -> tuple[float, ...]:
    """Return the first layer's signals of passages, whose sentences are rated by words."""
    rated = sorted(sentences, key=_chance_by_words, reverse=True)
    best = dict(zip(SENTENCE_WORDS, rated[0].words, strict=True))
    top = [dict(zip(SENTENCE_WORDS, one.words, strict=True)) for one in rated[:3]]
    is_found = best["kind_unknown"] or best["name_found"] or best["value_found"]
    values = {
        **best,
        "support": _chance_by_words(rated[0]),
        "support_of_three": sum(_chance_by_words(sentence) for sentence in rated[:3]),
        "likeness": max(one["likeness"] for one in top),
        "kind_missing": float(not is_found),
        "unknown_words": unknown[0],
        "unknown_names": unknown[1],
    }
    return tuple(values[name] for name in PASSAGE_WORDS)


def evidence_signals(
    by_words: float, readings: Sequence[Reading], rated: Sequence[Sentence]
) -> tuple[float, ...]:
    """Return the numbers that the gate weighs.

    Args:
        by_words: the first layer's log-odds.
        rated: the sentences, best first; not empty.
    """
    support = min(max(rated[0].support, 1e-6), 1 - 1e-6)
    values = {
        "by_words": by_words,
        "support": math.log(support / (1 - support)),
        "answerable": clipped(readings[rated[0].passage].answerable),
    }
    return tuple(values[name] for name in EVIDENCE_SIGNALS)


def unknown_shares(question: str, passages: Sequence[Passage]) -> tuple[float, float]:
    """Return which share of the question's words, and of its names, no passage knows."""
    asked = read_question(question)
    known = set().union(*(stems(_all_text(passage)) for passage in passages))
    missing_names = asked.names - known
    return (
        len(asked.stems - known) / max(1, len(asked.stems)),
        len(missing_names) / max(1, len(asked.names)),
    )


def _chance_by_words(sentence: Sentence) -> float:
    chance = Logistic.chance(sentence.by_words)
    return chance * (LABEL_DISCOUNT if sentence.is_label else 1.0)


def _all_text(passage: Passage) -> str:
    place = passage.place
    return "\n".join(filter(None, (place.heading, place.sheet, passage.path, passage.text)))
