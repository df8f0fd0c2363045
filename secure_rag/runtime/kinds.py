"""What a lower-casing tokenizer drops: letter case, and where lines and cells begin.

Token classifiers of ours take it in as `token_type_ids`: a small number per word piece,
whose row of the type table is added to the piece's own. A model with the two rows that such
checkpoints are published with knows nothing of it and gets zeros.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

PLAIN: Final = 0
"""Lower case, digits, punctuation."""
CAPITAL: Final = 1
"""First letter upper case, the others not; a single capital letter too."""
CAPITALS: Final = 2
"""Two or more letters, all upper case."""
MIXED: Final = 3
BREAK: Final = 4
"""Added for the first piece after a line end or a tab, or of the text."""
COUNT: Final = 8
"""Rows that the type table of a model needs."""
SEGMENTS: Final = 2
"""Rows of a model that reads pairs: 0 for the question, 1 for the passage."""

_WORD: Final = re.compile(r"[^\W_]+")
_BREAK: Final = re.compile(r"[\n\t]")


def case_kind(word: str) -> int:
    """Return the kind of a word of letters and digits."""
    if word.islower() or (not word[:1].isalpha() and word.lower() == word):
        return PLAIN
    if word.isupper():
        return CAPITALS if sum(map(str.isalpha, word)) > 1 else CAPITAL
    if word[0].isupper() and word[1:] == word[1:].lower():
        return CAPITAL
    return PLAIN if word.lower() == word else MIXED


def kinds_of(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    """Return the kind of each word piece.

    Args:
        text: the text that was tokenised.
        offsets: code-point offsets of its pieces, in order.
    """
    kinds: list[int] = []
    words = _WORD.finditer(text)
    start = end = kind = last = 0
    for first, after in offsets:
        while end <= first:
            word = next(words, None)
            if word is None:
                start, end, kind = len(text), len(text) + 1, PLAIN
            else:
                start, end = word.span()
                kind = case_kind(word.group())
        begins = not kinds or _BREAK.search(text, last, first) is not None
        kinds.append((kind if start <= first else PLAIN) + (BREAK if begins else 0))
        last = after
    return kinds
