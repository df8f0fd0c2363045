"""How well each sentence of the passages supports an answer to the question.

The first layer, without the reader: a sentence is described by a few numbers (its
likeness to the question, the share of the question's words it holds, whether it names
what is asked for), and a logistic function fitted on public questions turns them into
log-odds that the answer stands in it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from secure_rag.answering.calibration import Logistic
from secure_rag.answering.candidates import Candidate, find_candidates
from secure_rag.answering.expectation import VALUE_KINDS, Kind, expected_kind, holds_kind
from secure_rag.answering.reader import Span
from secure_rag.answering.signals import SENTENCE_WORDS
from secure_rag.answering.words import Word, content_words
from secure_rag.index.views import plain_view
from secure_rag.values import Passage

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class Sentence:
    """A sentence of a passage; offsets point into the passage's text."""

    passage: int
    start: int
    end: int
    text: str
    is_label: bool
    """A heading or the like: quoted only where nothing better is found."""
    words: tuple[float, ...]
    """The first layer's signals."""
    by_words: float = 0.0
    """Log-odds that the answer stands in it, by the first layer."""
    own_start: int = 0
    """Where it begins itself, if its quote takes in the sentence before."""
    signals: tuple[float, ...] = ()
    """The second layer's."""
    support: float = 0.0
    """Probability that the answer stands in it."""
    agreement: float = 0.0
    """How surely other passages answer with the same words."""
    span: Span | None = None
    """Its words that the reader would answer with; offsets into the passage's text too."""


@dataclass(frozen=True)
class Asked:
    """What is known of a question before anything is read."""

    words: tuple[Word, ...]
    stems: frozenset[str]
    names: frozenset[str]
    """Names, numbers and placeholders: an answer must rest on text that knows them."""
    kind: Kind | None


def read_question(question: str) -> Asked:
    """Take a question apart."""
    words = tuple(content_words(question))
    return Asked(
        words=words,
        stems=frozenset(word.stem for word in words),
        names=frozenset(word.stem for word in words if word.is_name or word.is_number),
        kind=expected_kind(question),
    )


def describe_sentences(
    question: str, passages: Sequence[Passage], *, embed: Embed
) -> list[Sentence]:
    """Return the sentences of the passages in order, with the first layer's signals."""
    asked = read_question(question)
    candidates = find_candidates(passages, asked.stems)
    if not candidates:
        return []
    likeness = _likeness(question, passages, candidates, embed)
    view = _View(
        asked=asked,
        candidates=candidates,
        weights=_weights(asked, candidates),
        passages=[_passage_stems(passage, candidates, i) for i, passage in enumerate(passages)],
        ranks=_ranks(passages, likeness),
        likeness=likeness,
    )
    return [
        Sentence(
            passage=one.passage,
            start=one.quote_start,
            end=one.end,
            text=passages[one.passage].text[one.quote_start : one.end],
            is_label=one.is_label,
            words=_signals(view, position),
            own_start=one.start,
        )
        for position, one in enumerate(candidates)
    ]


def rate_by_words(sentences: Sequence[Sentence], logistic: Logistic) -> list[Sentence]:
    """Rate sentences by their words, in the order they are given."""
    return [replace(one, by_words=logistic.log_odds(one.words)) for one in sentences]


def _weights(asked: Asked, candidates: Sequence[Candidate]) -> dict[str, float]:
    """Weigh the question's words by how rare they are in what was retrieved."""
    counts = Counter(stem for candidate in candidates for stem in candidate.stems)
    total = len(candidates)
    return {
        stem: math.log(1 + total / (1 + counts[stem])) * (1.5 if stem in asked.names else 1.0)
        for stem in asked.stems
    }


@dataclass(frozen=True)
class _Likeness:
    sentences: NDArray[np.float32]
    passages: NDArray[np.float32]


def _likeness(
    question: str, passages: Sequence[Passage], candidates: Sequence[Candidate], embed: Embed
) -> _Likeness:
    used = 1 + max(candidate.passage for candidate in candidates)
    texts = [plain_view(question), *(plain_view(_under_heading(p)) for p in passages[:used])]
    texts += [plain_view(candidate.in_context) for candidate in candidates]
    vectors = embed(texts)
    cosines = vectors[1:] @ vectors[0]
    return _Likeness(sentences=cosines[used:], passages=cosines[:used])


@dataclass(frozen=True)
class _View:
    """Everything that the signals of a sentence are read from."""

    asked: Asked
    candidates: Sequence[Candidate]
    weights: dict[str, float]
    passages: Sequence[frozenset[str]]
    ranks: Sequence[int]
    likeness: _Likeness


def _signals(view: _View, position: int) -> tuple[float, ...]:
    asked, candidate = view.asked, view.candidates[position]
    around = [
        other.stems
        for other in view.candidates[max(0, position - 1) : position + 2]
        if other.passage == candidate.passage
    ]
    whole = view.passages[candidate.passage]
    rank = view.ranks[candidate.passage]
    is_found = asked.kind is not None and holds_kind(
        asked.kind, candidate.text, candidate.words, asked.stems
    )
    # A date or an amount is recognised surely, a name is not: they weigh apart.
    is_value = asked.kind in VALUE_KINDS
    values = {
        "likeness": float(view.likeness.sentences[position]),
        "passage_likeness": float(view.likeness.passages[candidate.passage]),
        # What only stands above the sentence counts half: it may be said of something else.
        "covered": (
            _share(candidate.own_stems, asked.stems, view.weights)
            + _share(candidate.stems, asked.stems, view.weights)
        )
        / 2,
        "covered_by_passage": _share(whole, asked.stems, view.weights),
        "covered_by_neighbours": _share(frozenset().union(*around), asked.stems, view.weights),
        "names_covered": _share(whole, asked.names, view.weights),
        "kind_unknown": float(asked.kind is None),
        "name_found": float(is_found and not is_value),
        "value_found": float(is_found and is_value),
        "value_missing": float(is_value and not is_found),
        "says_more": math.log1p(len(candidate.own_stems - asked.stems)),
        "first_passage": float(rank == 0),
        "rank": 1 / (1 + rank),
    }
    return tuple(values[name] for name in SENTENCE_WORDS)


def _ranks(passages: Sequence[Passage], likeness: _Likeness) -> list[int]:
    """Return the rank of each passage from 0; given passages all have one score, so likeness."""
    used = len(likeness.passages)
    order = sorted(
        range(used), key=lambda number: (-passages[number].score, -likeness.passages[number])
    )
    ranks = [0] * used
    for rank, number in enumerate(order):
        ranks[number] = rank
    return ranks


def _passage_stems(
    passage: Passage, candidates: Sequence[Candidate], number: int
) -> frozenset[str]:
    stems = {stem for other in candidates if other.passage == number for stem in other.stems}
    heading = " ".join(filter(None, (passage.place.heading, passage.place.sheet, passage.path)))
    return frozenset(stems | {word.stem for word in content_words(heading)})


def _share(held: frozenset[str], wanted: frozenset[str], weights: dict[str, float]) -> float:
    total = sum(weights[stem] for stem in wanted)
    return sum(weights[stem] for stem in wanted & held) / total if total else 1.0


def _under_heading(passage: Passage) -> str:
    heading = passage.place.heading
    return f"{heading}\n{passage.text}" if heading else passage.text
