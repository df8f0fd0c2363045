"""What the store's library raises, as our error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pyarrow as pa

from secure_rag.errors import ArtifactError

_T = TypeVar("_T")
_FOREIGN = (RuntimeError, ValueError, OSError, pa.ArrowException)
_ATTEMPTS = 6
_PAUSE_S = 0.02


def again(read: Callable[[], _T]) -> _T:
    """Return what a read gives, trying anew where it fails.

    A writer drops the files of the version before at once, so that nothing removed stays; a
    read that had begun in that version fails, and the next one follows the writer.
    """
    for attempt in range(1, _ATTEMPTS):
        try:
            return read()
        except _FOREIGN:
            time.sleep(_PAUSE_S * attempt)
    return read()


def whole(read: Callable[[], _T]) -> _T:
    """Return what a read of many pieces gives, begun anew where it fails between two of them.

    `read` must gather its pieces anew on each call; what it gives is of one version.
    """
    with translated():
        return again(read)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what lancedb raises into our error, without its message: it may quote text."""
    try:
        yield
    except _FOREIGN:
        raise ArtifactError(
            "the index of this collection cannot be read or written",
            hint="make room or give write access below the workspace's `index/`, then try again; "
            "`secure-rag doctor` says what else it may be",
            code="index.unusable",
        ) from None
