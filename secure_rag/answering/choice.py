"""Which quotes make the answer, and whether the reader's words are enough by themselves.

The best supported sentence is the first quote. Where the reader is sure of its words
in it, they are the answer and the sentence is what they stand in; where it is not, the
sentence is. Others follow that come near it: those that say the same thing elsewhere,
or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from secure_rag.answering.reader import Span
from secure_rag.answering.support import Sentence
from secure_rag.answering.words import bounds, stems
from secure_rag.values import Passage

MAX_QUOTES = 3
_MAX_QUOTE_CHARACTERS = 600
_NEXT_QUOTE = 0.6
"""A further quote must be at least this well supported, as a share of the best one."""

_EQUAL_QUOTE = 0.85
"""From this share on it need not hold other words of the question than the first."""

_OTHER_ANSWER = 0.7
_NEAR = 1.0
"""Another answer is shown from this share on, if its margin is no more logits behind."""

_LOST = -6.0
"""Logits below "no answer" from which on the reader's words are a guess: the sentence is quoted.

On the development article -4 cost 0.1 points of F1, and nothing lower gained any.
"""


@dataclass(frozen=True)
class Choice:
    """The quotes of an answer, best first."""

    quotes: tuple[Sentence, ...]
    is_short: bool
    """Whether the words of the reader in the quotes are the answer."""


def choose(question: str, passages: Sequence[Passage], rated: Sequence[Sentence]) -> Choice:
    """Choose the quotes of an answer out of sentences that are rated best first."""
    fitting = [one for one in rated if len(one.text) <= _MAX_QUOTE_CHARACTERS] or list(rated[:1])
    best = fitting[0]
    if best.span is None or best.span.margin < _LOST:
        return Choice(tuple(_more_said(question, passages, fitting)), is_short=False)
    return Choice(tuple(_said_alike(passages, fitting)), is_short=True)


def words_of(span: Span, passage: Passage) -> str:
    """Return the words of a span."""
    return passage.text[span.start : span.end]


def says_same(left: str, right: str) -> bool:
    """Say whether two answers are the same words, but for their endings and small words.

    A bound, a sign, a currency or a negation of one of them alone makes them two answers.
    """
    if bounds(left) != bounds(right):
        return False
    return stems(left) == stems(right) and (bool(stems(left)) or left.lower() == right.lower())


def _said_alike(passages: Sequence[Passage], rated: Sequence[Sentence]) -> list[Sentence]:
    """Take the best sentence, others that say the same, and such as answer otherwise as surely.

    The others come from other passages: one sentence with the answer is enough of each.
    """
    chosen, best = [rated[0]], rated[0].span
    for sentence in rated[1:]:
        share = sentence.support / rated[0].support
        if len(chosen) == MAX_QUOTES or share < _NEXT_QUOTE:
            break
        if sentence.span is None or sentence.span.margin < 0:
            continue
        if any(_shares_source(sentence, other, passages) for other in chosen):
            continue
        said = words_of(sentence.span, passages[sentence.passage])
        is_alike = any(
            one.span is not None and says_same(words_of(one.span, passages[one.passage]), said)
            for one in chosen
        )
        is_near = best is not None and best.margin - sentence.span.margin <= _NEAR
        if is_alike or (is_near and share >= _OTHER_ANSWER):
            chosen.append(sentence)
    return chosen


def _more_said(
    question: str, passages: Sequence[Passage], rated: Sequence[Sentence]
) -> list[Sentence]:
    """Take the best sentence, and others that come near it and say more.

    One source fills the quotes only where no other has something to say.
    """
    asked = stems(question)
    best = rated[0]
    chosen, known, later = [best], stems(best.text), []
    for sentence in rated[1:]:
        share = sentence.support / best.support
        if len(chosen) == MAX_QUOTES or share < _NEXT_QUOTE:
            break
        words = stems(sentence.text)
        is_apart = all(_is_apart(sentence, other) for other in chosen)
        if is_apart and words - known - asked and (share >= _EQUAL_QUOTE or words & asked - known):
            same = sum(_shares_source(sentence, other, passages) for other in chosen)
            if same == MAX_QUOTES - 1:
                later.append(sentence)
                continue
            chosen.append(sentence)
            known |= words
    return [*chosen, *later][:MAX_QUOTES]


def _shares_source(left: Sentence, right: Sentence, passages: Sequence[Passage]) -> bool:
    """Say whether two quotes come from one passage or, where known, from one document."""
    document = passages[left.passage].document
    return left.passage == right.passage or (
        document is not None and document == passages[right.passage].document
    )


def _is_apart(left: Sentence, right: Sentence) -> bool:
    """Say whether two quotes share no text."""
    return left.passage != right.passage or left.end <= right.start or right.end <= left.start
