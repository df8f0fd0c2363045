"""A bound on processor time: what runs away fails its document instead of hanging.

`re` has no time-out, and that of `regex` costs as much as a short match; but both look
for signals while they backtrack, so a timer's exception ends a runaway match. Processor
time, so that a busy machine fails nothing.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_AGAIN_S: Final = 1.0
"""The timer fires again, should a destructor have swallowed the first exception."""


_bounded_thread: int | None = None


class OutOfTimeError(Exception):
    """Work used up its processor time; caught in this package, never shown."""


@contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """Raise `OutOfTimeError` in the body once the process has worked this long on it.

    Signals reach the main thread only; elsewhere nothing is bounded here
    (`is_bounded` says so), and patterns that can have time-outs of their own have them.
    """
    global _bounded_thread
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _expire)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN_S)
    outer, _bounded_thread = _bounded_thread, threading.get_ident()
    try:
        yield
    finally:
        _bounded_thread = outer
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def is_bounded() -> bool:
    """Say whether a timer runs for what this thread does."""
    return _bounded_thread == threading.get_ident()


def _expire(_signal: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError
