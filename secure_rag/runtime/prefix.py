"""What the engine has read, and how much of it the next prompt can take over.

Two things are taken over: what the last prompt and this one begin with, and the static
part of a prompt (the rules in the system message), of which a copy is kept beside the
live text. So the rules are read once per loaded model, whatever comes between.
"""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.runtime.engine import KEPT_PREFIXES, KEPT_TOKENS, Engine, Scores


class PrefixCache:
    """Mirrors the tokens in the engine's live sequence and in the kept ones."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._live: list[int] = []
        self._kept: dict[tuple[int, ...], int] = {}
        """Slot by tokens; the least recently used comes first."""

    def fill(self, prompt: Sequence[int], static: int) -> tuple[Scores, int]:
        """Bring the prompt into the engine.

        Args:
            static: so many of its first tokens come again in other prompts.

        Returns:
            the scores after its last token, and how many tokens were computed.
        """
        reused = self._take_over(prompt)
        rules = tuple(prompt[:static])
        if reused < static < len(prompt) and rules not in self._kept:
            self._compute(prompt[reused:static], scored=0)
        self._keep(rules)
        scores = self._compute(prompt[len(self._live) :], scored=1)
        return scores[0], len(prompt) - reused

    def extend(self, tokens: Sequence[int]) -> list[Scores]:
        """Read tokens after what is there; return the scores after each."""
        return self._compute(tokens, scored=len(tokens))

    def drop(self, count: int) -> None:
        """Take the last `count` tokens back."""
        if count:
            self._cut(len(self._live) - count)

    def forget(self) -> None:
        """Start anew, without kept prefixes."""
        self._engine.clear()
        self._live.clear()
        self._kept.clear()

    def _take_over(self, prompt: Sequence[int]) -> int:
        """Leave in the engine what the prompt begins with; return its length."""
        # the last token is computed in any case: its scores are needed
        shared = shared_prefix(self._live, prompt[:-1])
        kept = max((one for one in self._kept if _begins(prompt[:-1], one)), key=len, default=())
        # recurrent models cannot be cut, only emptied
        if len(kept) <= shared and self._cut(shared):
            return shared
        if kept:
            self._kept[kept] = self._kept.pop(kept)
            self._engine.restore(self._kept[kept])
            self._live = list(kept)
        elif not self._cut(0):
            self.forget()
        return len(self._live)

    def _cut(self, length: int) -> bool:
        if length < len(self._live):
            if not self._engine.cut(length):
                return False
            del self._live[length:]
        return True

    def _keep(self, static: tuple[int, ...]) -> None:
        """Keep a copy of the static part, if it is what the live sequence begins with."""
        if not 0 < len(static) <= KEPT_TOKENS // KEPT_PREFIXES or static in self._kept:
            return
        is_whole = len(self._live) == len(static) or self._engine.can_rewind
        if not is_whole or not _begins(self._live, static):
            return
        if len(self._kept) == KEPT_PREFIXES:
            slot = self._kept.pop(next(iter(self._kept)))
        else:
            slot = len(self._kept) + 1
        self._engine.keep(slot, len(static))
        self._kept[static] = slot

    def _compute(self, tokens: Sequence[int], *, scored: int) -> list[Scores]:
        try:
            scores = self._engine.compute(tokens, at=len(self._live), scored=scored)
        except BaseException:
            self.forget()
            raise
        self._live += tokens
        return scores


def shared_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """Return how many first tokens two sequences share."""
    for position, (ours, theirs) in enumerate(zip(left, right, strict=False)):
        if ours != theirs:
            return position
    return min(len(left), len(right))


def _begins(tokens: Sequence[int], start: Sequence[int]) -> bool:
    return len(start) <= len(tokens) and tuple(tokens[: len(start)]) == tuple(start)
