"""What the store's library raises, as our error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from secure_rag.errors import ArtifactError


@contextmanager
def translated() -> Iterator[None]:
    """Turn what lancedb raises into our error, without its message: it may quote text."""
    try:
        yield
    except (RuntimeError, ValueError, OSError, pa.ArrowException):
        raise ArtifactError(
            "the index of this collection cannot be read or written",
            hint="check free space and `secure-rag doctor`, then add the documents again",
            code="index.unusable",
        ) from None
