"""What an answer says beside its marks, and how much of it stands in verified quotes.

Exact match and F1 (`secure_rag.squad`) are of what it says: the marks of this program are taken off
before, `[1]` and quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from secure_rag.squad import normalise

MARKER: Final = re.compile(r"\s*\[\d{1,3}\]")
_QUOTE_MARKS: Final = re.compile('[“”„«»"]')
_WORD: Final = re.compile(r"<[A-Z_]+_[0-9A-Z]+>|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")
_RUN: Final = 3
"""Words in a row that must stand in a quote; a shorter statement must stand there whole."""


def said(answer: str) -> str:
    """Return what an answer says, without markers and quotation marks.

    That is its first paragraph, the span or the quotes: a sentence that the writer adds below says
    the same again.
    """
    first = answer.partition("\n\n")[0]
    return " ".join(_QUOTE_MARKS.sub(" ", MARKER.sub(" ", first)).split())


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
