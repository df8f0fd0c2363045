"""What our decode loop needs of an inference engine, so that another one can be put in.

The loop itself (`decoding.py`), the drafts and the prefixes are ours; an engine turns
tokens into scores and keeps what it has read. `llama.py` is the one we ship.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
"""One number for each token of the vocabulary; valid until the engine computes again."""

LIVE = 0
"""The sequence that answers are written in; those from 1 on are for kept prefixes."""

KEPT_PREFIXES = 3
KEPT_TOKENS = 512
"""Room beside the context for kept prefixes, all together."""


@dataclass(frozen=True)
class DraftCost:
    """What reading several tokens at once costs, in times of what one costs.

    The default was measured on two cores with the starter model as Q8_0: 12 ms for one
    token, 39 for four, 53 for eight, 80 for sixteen.
    """

    base: float = 2.0
    each: float = 0.29

    def of(self, tokens: int) -> float:
        """Return the cost of so many tokens in one go."""
        return 1.0 if tokens <= 1 else self.base + self.each * tokens


@dataclass(frozen=True)
class Tuning:
    """What an engine may be told about this machine; changes speed, not what is computed."""

    threads: int
    batch: int = 512
    """Tokens computed at once."""
    is_flash: bool = False
    """Flash attention: on many processors it halves the speed of writing."""
    drafts: DraftCost = DraftCost()


class Vocabulary(Protocol):
    """The tokens of a model."""

    @property
    def size(self) -> int:
        """Return the number of tokens."""
        ...

    def tokenize(self, text: str, *, with_control: bool) -> list[int]:
        """Return the tokens of a text; control tokens are read in it only if asked for."""
        ...

    def bytes_of(self, token: int) -> bytes:
        """Return what a token writes; nothing for control tokens."""
        ...

    def ends(self, token: int) -> bool:
        """Say whether the token ends a turn."""
        ...


class Engine(Protocol):
    """A model with one context: sequences of tokens that it has read."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the model's tokens."""
        ...

    @property
    def context_tokens(self) -> int:
        """Return how many tokens of prompt and answer fit."""
        ...

    @property
    def can_rewind(self) -> bool:
        """Whether the last tokens can be taken back; recurrent models cannot."""
        ...

    def compute(self, tokens: Sequence[int], *, at: int, scored: int) -> list[Scores]:
        """Read tokens from position `at` on; return the scores after the last `scored`."""
        ...

    def cut(self, length: int) -> bool:
        """Take back all but the first `length` tokens; False if that cannot be."""
        ...

    def keep(self, slot: int, length: int) -> None:
        """Copy the first `length` tokens to a sequence beside the live one."""
        ...

    def restore(self, slot: int) -> None:
        """Put a kept sequence in place of the live one."""
        ...

    def clear(self) -> None:
        """Forget everything, kept sequences too."""
        ...

    def close(self) -> None:
        """Free the memory; nothing may be called afterwards."""
        ...


@dataclass(frozen=True)
class ModelWords:
    """What a model file says about itself in words."""

    template: str | None
    bos: str
    eos: str
    first: int | None
    """The token that every prompt begins with, if the model asks for one."""
