"""Exact match and F1 as SQuAD scores them.

The official scoring (Rajpurkar et al. 2016, 2018): lower case, ASCII punctuation and the articles
`a`, `an`, `the` gone, words parted by white space; F1 over the bag of words, the best of all
expected answers; a question without an answer is right if nothing is said.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Final

_ARTICLES: Final = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Return a text as SQuAD's scoring compares it."""
    plain = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", plain).split())


def exact(answer: str, golds: Sequence[str]) -> float:
    """Return 1.0 if an answer is one of those expected; no expected one wants the empty answer."""
    wanted = _wanted(golds)
    return float(normalise(answer) in {normalise(gold) for gold in wanted})


def f1(answer: str, golds: Sequence[str]) -> float:
    """Return the best F1 over the words of the expected answers."""
    return max(_f1(normalise(answer).split(), normalise(gold).split()) for gold in _wanted(golds))


def _wanted(golds: Sequence[str]) -> Sequence[str]:
    return [gold for gold in golds if normalise(gold)] or [""]


def _f1(answer: Sequence[str], gold: Sequence[str]) -> float:
    if not answer or not gold:
        return float(answer == gold)
    shared = sum((Counter(answer) & Counter(gold)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(answer), shared / len(gold)
    return 2 * precision * recall / (precision + recall)
