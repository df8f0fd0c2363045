"""Refuse patterns that can backtrack without bound: analysed, then measured.

The analysis (`ambiguity`) names texts that could make a pattern try very many ways; each is run
against the pattern, longer and longer, until it is clear whether time explodes. A pattern is
refused if

- it takes more than `LIMIT_S` of processor time on a text no longer than `LENGTH`; or
- the analysis shows exponential ambiguity and had nothing to estimate (`Graph.is_exact`).
"""

from __future__ import annotations

import re
import signal
import threading
import time
from typing import Final

from secure_rag.policy.ambiguity import Pump, pumps_of
from secure_rag.policy.positions import TooComplexError, graph_of

LIMIT_S: Final = 0.25
LENGTH: Final = 2000
"""Half a detection window: what takes cubic time is far beyond the limit here, and what takes
quadratic time (every unanchored repeat does) far below it."""
MAX_REGEX: Final = 2000

_SOON_S: Final = 0.001
_STOP_S: Final = 1.1 * LIMIT_S
_COUNTS: Final = (12, 24, 32, 48, 96, 256)
_SUFFIXES: Final = ("", "\x00", "\n")
_MORE_SUFFIXES: Final = ("!", " ", "0", "a")
"""What may keep a match from succeeding; the later ones for exponential pumps only."""


def backtracks(regex: str, flags: int) -> str | None:
    """Return why a pattern is refused, or None.

    Raises:
        re.error: it is not a pattern.
    """
    if len(regex) > MAX_REGEX:
        return f"it is longer than {MAX_REGEX} characters"
    compiled = re.compile(regex, flags)
    try:
        graphs = graph_of(regex, flags)
    except TooComplexError as error:
        return f"{error}, so that its running time cannot be checked"
    except RecursionError:
        return "it is nested too deeply, so that its running time cannot be checked"
    for graph in graphs:
        for pump in pumps_of(graph):
            slow = _measure(compiled, pump)
            if slow is not None:
                return slow
            if pump.is_exponential and graph.is_exact and len(graphs) == 1:
                return "a repeat inside a repeat can match the same text in ever more ways"
    return None


def _measure(compiled: re.Pattern[str], pump: Pump) -> str | None:
    """Run a pattern against longer and longer texts; say what took too long."""
    longest = max(1, LENGTH // len(pump.text))
    is_guarded = threading.current_thread() is threading.main_thread()
    for suffix in (*_SUFFIXES, *(_MORE_SUFFIXES if pump.is_exponential else ())):
        count, spent = 0, 0.0
        while count < longest:
            count = min(longest, _next(count, spent, is_guarded=is_guarded))
            text = pump.prefix + pump.text * count + suffix
            spent = _time_guarded(compiled, text) if is_guarded else _time(compiled, text)
            if spent > LIMIT_S:
                return f"{len(text)} characters keep it busy for more than {LIMIT_S} seconds"
    return None


def _next(count: int, spent: float, *, is_guarded: bool) -> int:
    """Lengthen; unguarded, so gently that exponential time is noticed before it hurts."""
    if is_guarded:
        return next((more for more in _COUNTS if more > count), LENGTH)
    return max(count + 1, int(count * (1.5 if spent < _SOON_S else 1.1)))


class _TooSlowError(Exception):
    """Raised by the timer inside a search."""


def _time(compiled: re.Pattern[str], text: str) -> float:
    started = time.thread_time()
    compiled.search(text)
    return time.thread_time() - started


def _time_guarded(compiled: re.Pattern[str], text: str) -> float:
    """Return the processor time of a search that a timer cuts short."""

    def stop(_signal: int, _frame: object) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, _STOP_S)
        return _time(compiled, text)
    except _TooSlowError:
        return _STOP_S
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
