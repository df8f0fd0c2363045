"""The three streams of a process: results that say when nobody reads them, messages that go on.

A plain `BrokenPipeError` would not do: Click ends the process on it, with exit code 1, and it
may as well come from a worker that died.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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
        with self._reader_may_stop():
            return super().write(text)

    def flush(self) -> None:
        with self._reader_may_stop():
            super().flush()

    @contextmanager
    def _reader_may_stop(self) -> Iterator[None]:
        """Turn the error of a closed pipe into ours; let what is left go nowhere, at exit too."""
        try:
            yield
        except BrokenPipeError:
            with suppress(OSError):
                _point_nowhere(self.fileno())
            raise OutputClosedError("the output was closed") from None


class Messages(io.TextIOWrapper):
    """Text for people on a descriptor: where nobody reads it, the work goes on without."""

    def __init__(self, descriptor: int, encoding: str) -> None:
        raw = io.FileIO(descriptor, "w", closefd=False)
        super().__init__(raw, encoding, "backslashreplace", write_through=True)

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            return len(text)


def open_streams() -> None:
    """Give this process its streams, before anything is opened or written.

    A descriptor that was closed is empty, or leads nowhere: the next file that is opened would
    take its place, and what is printed would be written to it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            _point_nowhere(descriptor)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115  open as long as the process
    sys.stdout = Results(1)
    sys.stderr = Messages(2, sys.stderr.encoding if sys.stderr else "utf-8")


def _point_nowhere(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
