"""Texts to unit vectors, by mean pooling over an encoder's token vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from secure_rag.runtime.encoder import Encoder
    from secure_rag.runtime.manifest import Models

WIDTH = 384
"""Numbers in a vector of the starter embedder."""

_SPECIAL = 2

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors that can be compared by their dot product."""

    @property
    def digest(self) -> str:
        """What the index records: rows embedded under another digest cannot be searched."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each text."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many of the embedder's tokens a text has."""
        ...


class MiniLMEmbedder:
    """all-MiniLM-L6-v2: mean of the token vectors, scaled to length one.

    A text longer than the encoder reads is cut; chunks are made to fit.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.digest = encoder.digest

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each text."""
        limit = self._encoder.max_tokens - _SPECIAL
        means = self._encoder.mean([self._encoder.tokenize(text).ids[:limit] for text in texts])
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        unit: Vectors = (means / np.maximum(lengths, 1e-12)).astype(np.float32)
        return unit

    def count_tokens(self, text: str) -> int:
        """Return how many word pieces a text has."""
        return self._encoder.count_tokens(text)


def load_embedder(models: Models, *, threads: int = 1) -> MiniLMEmbedder:
    """Load the pinned embedder.

    Raises:
        ModelMissingError: it is not on this machine.
        DigestMismatchError: one of its files was changed.
    """
    from secure_rag.runtime.encoder import Encoder

    return MiniLMEmbedder(Encoder(models.locate("embedder"), threads=threads))
