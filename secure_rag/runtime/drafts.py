"""Guess the next tokens from the text before: answers repeat their evidence.

Where the last two or three tokens stand earlier in the text, what followed there may be
proposed. The model reads the proposals in one go, and each is kept only if it is what the
model would have written anyway. That is no free lunch: reading several tokens at once
costs more than one, how much depends on machine and weights (`DraftCost`), and refused
proposals were computed for nothing. So only as much is proposed as is expected to pay,
from how long text and source have run alike and how often such guesses came true.
"""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.runtime.engine import DraftCost

_LONGEST, _SHORTEST = 3, 2
SIZES = (3, 4, 7, 15)
"""How many tokens are proposed at once, if any."""

_GAIN = 1.05
_LONGEST_RUN = 16
_PRIOR = ((8, 0.95), (4, 0.85), (3, 0.7), (2, 0.5))
"""Share of guesses that come true, by the tokens that text and source have run alike."""

_PRIOR_WEIGHT = 6


class Drafts:
    """The text so far, by its runs of two and three tokens."""

    def __init__(self, tokens: Sequence[int], cost: DraftCost | None) -> None:
        """Read the prompt.

        Args:
            cost: what it costs to read several tokens at once; None proposes nothing.
        """
        self._cost = cost
        self._tokens: list[int] = []
        self._followed: dict[tuple[int, ...], int] = {}
        self._seen = [[share * _PRIOR_WEIGHT, float(_PRIOR_WEIGHT)] for _, share in _PRIOR]
        self._kind = 0
        if cost is not None:
            self.extend(tokens)

    def extend(self, tokens: Sequence[int]) -> None:
        """Add what was written."""
        for token in tokens if self._cost is not None else ():
            end = len(self._tokens)
            for length in range(_SHORTEST, min(_LONGEST, end) + 1):
                self._followed[tuple(self._tokens[end - length :])] = end
            self._tokens.append(token)

    def propose(self, room: int) -> list[int]:
        """Return at most `room` tokens that may come next, if it is likely to pay."""
        start = self._source()
        if start is None or self._cost is None:
            return []
        run = self._run(start)
        self._kind = next(kind for kind, (least, _) in enumerate(_PRIOR) if run >= least)
        hits, tries = self._seen[self._kind]
        there = min(room, len(self._tokens) - start)
        gains = {
            size: expected(hits / tries, size) / self._cost.of(size + 1)
            for size in SIZES
            if size <= there
        }
        best = max(gains, key=lambda size: gains[size], default=0)
        return self._tokens[start : start + best] if gains.get(best, 0) > _GAIN else []

    def learn(self, *, proposed: int, accepted: int) -> None:
        """Remember how the last proposal fared."""
        if proposed:
            seen = self._seen[self._kind]
            seen[0] += accepted
            seen[1] += min(accepted + 1, proposed)

    def _source(self) -> int | None:
        """Return what followed the last tokens where they stood before."""
        for length in range(_LONGEST, _SHORTEST - 1, -1):
            start = self._followed.get(tuple(self._tokens[-length:]))
            if start is not None:
                return start
        return None

    def _run(self, start: int) -> int:
        """Return how many tokens before the end and before the source are alike."""
        run = 0
        while run < min(start, _LONGEST_RUN) and (
            self._tokens[-1 - run] == self._tokens[start - 1 - run]
        ):
            run += 1
        return max(run, _SHORTEST)


def expected(share: float, size: int) -> float:
    """Return the tokens one reading yields, if each of `size` guesses is true so often."""
    if share >= 1:
        return size + 1
    return 1 + share * (1 - share**size) / (1 - share)
