"""Exact match and F1 of SQuAD 2.0, with its normalisation."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def normalised(text: str) -> list[str]:
    """Return the words that count: lower case, without articles and punctuation."""
    lower = "".join(one for one in text.lower() if one not in _PUNCTUATION)
    return _ARTICLES.sub(" ", lower).split()


def best_f1(said: str, expected: Sequence[str]) -> float:
    """Return the F1 against the nearest expected answer; none expected means: say nothing."""
    return max(_f1(normalised(said), normalised(one)) for one in (expected or ("",)))


def exact(said: str, expected: Sequence[str]) -> float:
    """Return 1 if an expected answer was given word for word, else 0."""
    return float(any(normalised(said) == normalised(one) for one in (expected or ("",))))


def _f1(said: list[str], gold: list[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    common = sum((Counter(said) & Counter(gold)).values())
    return 2 * common / (len(said) + len(gold))
