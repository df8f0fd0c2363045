"""An engine without a model, for what a real one does too rarely: cheating, failing, forgetting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from secure_rag.runtime.engine import Scores

END = 256


class Bytes:
    """A vocabulary of the 256 bytes and a token that ends a turn."""

    size = 257

    def tokenize(self, text: str, *, with_control: bool) -> list[int]:
        return list(text.encode("utf-8", "replace"))

    def bytes_of(self, token: int) -> bytes:
        return b"" if token == END else bytes([token])

    def ends(self, token: int) -> bool:
        return token == END


class FakeEngine:
    """Scores what a function of the text so far says; counts what it computes."""

    context_tokens = 4096

    def __init__(
        self, wants: Callable[[bytes], Scores], *, can_rewind: bool = True, fails_at: int = -1
    ) -> None:
        self.vocabulary = Bytes()
        self.can_rewind = can_rewind
        self.live: list[int] = []
        self.kept: dict[int, list[int]] = {}
        self.calls: list[int] = []
        self.is_closed = False
        self._wants = wants
        self._fails_at = fails_at

    def compute(self, tokens: Sequence[int], *, at: int, scored: int) -> list[Scores]:
        assert at == len(self.live), "computed at another place than the cache ends"
        assert not self.is_closed
        self.calls.append(len(tokens))
        if len(self.calls) == self._fails_at:
            self.live += tokens[:1]
            raise KeyboardInterrupt
        rows = []
        for number, token in enumerate(tokens):
            self.live.append(token)
            if number >= len(tokens) - scored:
                rows.append(self._wants(bytes(one for one in self.live if one != END)))
        return rows

    def cut(self, length: int) -> bool:
        if 0 < length < len(self.live) and not self.can_rewind:
            return False
        del self.live[length:]
        return True

    def keep(self, slot: int, length: int) -> None:
        assert self.can_rewind or length == len(self.live)
        self.kept[slot] = self.live[:length]

    def restore(self, slot: int) -> None:
        self.live = list(self.kept[slot])

    def clear(self) -> None:
        self.live, self.kept = [], {}

    def close(self) -> None:
        self.is_closed = True


def saying(text: str, *, after: str) -> Callable[[bytes], Scores]:
    """Want to say `text` after the prompt's last part `after`, then end."""
    script = [*text.encode(), END]

    def wants(so_far: bytes) -> Scores:
        said = so_far.rpartition(after.encode())[2]
        scores = np.zeros(257, np.float32)
        scores[script[len(said)] if len(said) < len(script) else END] = 1
        return scores

    return wants
