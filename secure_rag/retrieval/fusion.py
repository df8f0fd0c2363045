"""One ranking out of several, and no passage twice.

Scores of different searches cannot be compared: BM25 has no upper bound, a cosine of
0.3 can be the best there is. Either only ranks count, or each list's scores are
brought to the range from 0 to 1 first.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence

RANK_CONSTANT = 60
"""How little the first ranks count more than the next (Cormack, Clarke, Büttcher 2009)."""

_WORD = re.compile(r"\w+")


def reciprocal_ranks(
    rankings: Iterable[Sequence[Hashable]], *, constant: int = RANK_CONSTANT
) -> dict[Hashable, float]:
    """Return the sum over all rankings of 1 / (constant + rank), rank counted from 1."""
    fused: dict[Hashable, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            fused[item] = fused.get(item, 0.0) + 1.0 / (constant + rank)
    return fused


def normalised_sums(
    scores: Iterable[Mapping[Hashable, float]],
) -> dict[Hashable, float]:
    """Return the mean over all lists of the score, each list scaled so that its best is 1.

    The worst candidate of a list counts 0, like an item that the list does not hold.
    """
    lists = [scored for scored in scores if scored]
    fused: dict[Hashable, float] = {}
    for scored in lists:
        low, high = min(scored.values()), max(scored.values())
        reach = (high - low) or 1.0
        for item, score in scored.items():
            share = (score - low) / reach if high > low else 1.0
            fused[item] = fused.get(item, 0.0) + share / len(lists)
    return fused


def without_repeats(texts: Iterable[str], limit: int, *, threshold: float = 0.9) -> list[int]:
    """Return the positions of the first `limit` texts that do not nearly repeat an earlier one."""
    kept: list[int] = []
    seen: list[frozenset[tuple[str, ...]]] = []
    for position, text in enumerate(texts):
        if len(kept) == limit:
            break
        shingles = _shingles(text)
        if not any(_alike(shingles, other) >= threshold for other in seen):
            kept.append(position)
            seen.append(shingles)
    return kept


def _shingles(text: str, length: int = 3) -> frozenset[tuple[str, ...]]:
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) <= length:
        return frozenset([tuple(words)])
    return frozenset(tuple(words[i : i + length]) for i in range(len(words) - length + 1))


def _alike(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> float:
    return len(left & right) / len(left | right)
