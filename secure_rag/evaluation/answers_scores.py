"""Scores of one answer: exact match, F1, words inside verified quotes.

Exact match and F1 follow the official SQuAD scoring (Rajpurkar et al. 2016, 2018): lower case,
ASCII punctuation and the articles `a`, `an`, `the` gone, words parted by white space; F1 over the
bag of words, the best of all expected answers; a question without an answer is right if nothing
is said. Before that the marks of this program are taken off: `[1]` and quotation marks.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Final

MARKER: Final = re.compile(r"\s*\[\d{1,3}\]")
_QUOTE_MARKS: Final = re.compile('[“”„«»"]')
_ARTICLES: Final = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)
_WORD: Final = re.compile(r"<[A-Z_]+_[0-9A-Z]+>|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")
_RUN: Final = 3
"""Words in a row that must stand in a quote; a shorter statement must stand there whole."""


def normalise(text: str) -> str:
    """Return a text as SQuAD's scoring compares it."""
    plain = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", plain).split())


def said(answer: str) -> str:
    """Return what an answer says, without markers and quotation marks.

    That is its first paragraph, the span or the quotes: a sentence that the writer adds below says
    the same again.
    """
    first = answer.partition("\n\n")[0]
    return " ".join(_QUOTE_MARKS.sub(" ", MARKER.sub(" ", first)).split())


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


def holds(plain: str, gold: str) -> bool:
    """Say whether a text holds an answer, as whole words.

    Args:
        plain: the text, normalised, with a space at both ends.
    """
    wanted = normalise(gold)
    return bool(wanted) and f" {wanted} " in plain


def quote_holds(quote: str, golds: Sequence[str]) -> bool:
    """Say whether a quote holds one of the answers."""
    plain = f" {normalise(quote)} "
    return any(holds(plain, gold) for gold in golds)


def grounded(answer: str, quotes: Sequence[str]) -> tuple[int, int]:
    """Return how many words of an answer stand in verified quotes, of how many.

    A word counts if it lies in a run of at least three words that stand in a quote in this order;
    a statement (what stands between two markers or on a line) of fewer words must stand there
    whole.
    """
    sources = [_words(quote) for quote in quotes]
    inside = total = 0
    for statement in re.split(rf"{MARKER.pattern}|\n", answer):
        words = _words(statement)
        total += len(words)
        inside += _in_runs(words, sources, min(_RUN, len(words)))
    return inside, total


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _in_runs(words: Sequence[str], sources: Sequence[Sequence[str]], least: int) -> int:
    """Count the words in runs of at least `least` that a source holds."""
    if not words:
        return 0
    runs = {tuple(s[i : i + least]) for s in sources for i in range(len(s) - least + 1)}
    covered: set[int] = set()
    for start in range(len(words) - least + 1):
        if tuple(words[start : start + least]) in runs:
            covered.update(range(start, start + least))
    return len(covered)
