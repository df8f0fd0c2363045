"""One ranking out of several, and no passage twice.

Scores of different searches cannot be compared: BM25 has no upper bound, a cosine of
0.3 can be the best there is. Either only ranks count, or each list's scores are
standardised over the same candidates first, which measured better
(docs/adr/fusion.md).
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

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


def standardised_sums(
    scores: Sequence[Mapping[Hashable, float]], weights: Sequence[float]
) -> dict[Hashable, float]:
    """Return the weighted sum of each item's standard scores, scaled so that the best is 1.

    Every list shall score every item: then the mean and the spread of a list say how much
    its opinion differs between the candidates. An item that a list lacks counts as its lowest;
    a list that holds all items equal says nothing.
    """
    items = sorted({item for scored in scores for item in scored}, key=str)
    fused = dict.fromkeys(items, 0.0)
    for scored, weight in zip(scores, weights, strict=True):
        if not scored:
            continue
        lowest = min(scored.values())
        values = [scored.get(item, lowest) for item in items]
        mean, spread = statistics.fmean(values), statistics.pstdev(values)
        for item, value in zip(items, values, strict=True):
            fused[item] += weight * (value - mean) / spread if spread else 0.0
    return _to_one(fused)


def _to_one(scores: Mapping[Hashable, float]) -> dict[Hashable, float]:
    """Scale scores to the range from 0 to 1; equal ones are all 1."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {item: (score - low) / (high - low) for item, score in scores.items()}


def without_repeats(texts: Iterable[str], *, threshold: float = 0.9) -> Iterator[int]:
    """Yield the positions of the texts that do not nearly repeat an earlier one.

    A text is compared when it is asked for: who needs a few does not pay for all.
    """
    seen: list[frozenset[tuple[str, ...]]] = []
    for position, text in enumerate(texts):
        shingles = _shingles(text)
        if not any(_alike(shingles, other) >= threshold for other in seen):
            seen.append(shingles)
            yield position


def spread_over(
    scored: Sequence[tuple[Hashable, float]],
    limit: int,
    *,
    places: Iterable[int] | None = None,
    share: float = 0.5,
    comparable: float = 0.75,
) -> list[int]:
    """Return the positions of the best `limit`, so that no source fills more than its share.

    Args:
        scored: source and score, best first.
        places: the positions to choose from, in order, all by default. No more of them are drawn
            than are needed.
        share: how much of the limit one source may fill, at least one place.
        comparable: another source takes a place only if its score is at least this part of the
            score that it displaces; where no other comes near, one source may fill everything.
    """
    most = max(1, round(limit * share))
    chosen: list[int] = []
    waiting: list[int] = []
    counts: dict[Hashable, int] = {}
    if limit <= 0:
        return []
    for position in range(len(scored)) if places is None else places:
        source, score = scored[position]
        while waiting and score < comparable * scored[waiting[0]][1] and len(chosen) < limit:
            chosen.append(waiting.pop(0))
        if len(chosen) == limit:
            break
        if counts.get(source, 0) < most:
            counts[source] = counts.get(source, 0) + 1
            chosen.append(position)
        else:
            waiting.append(position)
        if len(chosen) == limit:
            break
    chosen += waiting[: limit - len(chosen)]
    return sorted(chosen)


def _shingles(text: str, length: int = 3) -> frozenset[tuple[str, ...]]:
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) <= length:
        return frozenset([tuple(words)])
    return frozenset(tuple(words[i : i + length]) for i in range(len(words) - length + 1))


def _alike(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> float:
    return len(left & right) / len(left | right)
