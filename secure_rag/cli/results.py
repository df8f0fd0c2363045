"""The stream for results: it says by an error of its own that nobody reads it any more.

A plain `BrokenPipeError` would not do: Click ends the process on it, with exit code 1, and it
may as well come from a worker that died.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from secure_rag.errors import OutputClosedError


class Results(io.TextIOWrapper):
    """Text on a descriptor, line by line.

    Raises:
        OutputClosedError: the reader has closed its end.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(
            io.BufferedWriter(io.FileIO(descriptor, "w")),
            encoding="utf-8",
            errors="replace",
            line_buffering=True,
        )

    def write(self, text: str, /) -> int:
        with reader_may_stop():
            return super().write(text)

    def flush(self) -> None:
        with reader_may_stop():
            super().flush()


@contextmanager
def reader_may_stop() -> Iterator[None]:
    """Turn the error of a closed pipe into ours."""
    try:
        yield
    except BrokenPipeError:
        raise OutputClosedError("the output was closed") from None
