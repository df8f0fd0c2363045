"""The measures: exact match and F1 as SQuAD defines them, AUC, and thresholds."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MARKS = str.maketrans("", "", string.punctuation)


def normal(text: str) -> str:
    """Lower case, without punctuation, articles and double blanks."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_MARKS)).split())


def f1(given: str, gold: str) -> float:
    """Return the F1 of the words in common."""
    one, two = normal(given).split(), normal(gold).split()
    if not one or not two:
        return float(one == two)
    common = sum((Counter(one) & Counter(two)).values())
    return 2 * common / (len(one) + len(two))


def best_f1(given: str, golds: Sequence[str]) -> float:
    """Return the F1 against the likest gold answer; without any, of the empty answer."""
    return max((f1(given, gold) for gold in golds), default=float(not normal(given)))


def is_exact(given: str, golds: Sequence[str]) -> bool:
    """Say whether the answer is one of the gold answers."""
    return any(normal(given) == normal(gold) for gold in golds)


def auc(right: Numbers, wrong: Numbers) -> float:
    """Return the share of pairs of which the right one scores higher; ties count half."""
    order = np.sort(wrong)
    below = np.searchsorted(order, right, "left")
    upto = np.searchsorted(order, right, "right")
    return float((below + upto).mean() / 2 / len(wrong))


def best_threshold(scores: Numbers, gains: Numbers, refused: Numbers) -> float:
    """Return the score at which to answer, for the largest mean of what is gained.

    Args:
        scores: one per question.
        gains: what answering brings (its F1).
        refused: what refusing brings (1 where there is no answer).
    """
    places = np.concatenate([[-np.inf], np.sort(scores), [np.inf]])
    middles = np.clip((places[:-1] + places[1:]) / 2, scores.min() - 1, scores.max() + 1)
    means = [np.where(scores > at, gains, refused).mean() for at in middles]
    return float(middles[int(np.argmax(means))])
