"""Steps of the wall clock: who sets it back can make an act look older than it is.

Every event holds the wall clock and a clock that counts since boot, sleep included. Between
two events of one boot both must have moved by the same time; where they disagree, the log
says so. Over a restart only a wall clock that went backwards can be told.
"""

from __future__ import annotations

from typing import Any

from secure_rag.audit.log_events import ClockStepped
from secure_rag.audit.record import Moment, parse_time

_TOLERANCE_US = 2_000_000
_DRIFT_PER_MILLION = 500
"""What a time service corrects by letting the clock run faster or slower is no step."""


def clock_step(before: dict[str, Any] | None, boot: str, now: Moment) -> ClockStepped | None:
    """Return the event for a wall clock that was set since the record `before`, if it was."""
    if before is None:
        return None
    try:
        wall = now.time_us - parse_time(before["time"])
    except ValueError:
        return None  # a record of another hand; `verify` judges it
    is_same_boot = bool(boot) and before["boot"] == boot
    passed = now.monotonic_us - before["monotonic_us"] if is_same_boot else max(wall, 0)
    step = wall - passed
    if abs(step) <= _TOLERANCE_US + abs(passed) * _DRIFT_PER_MILLION // 10**6:
        return None
    direction = "forward" if step > 0 else "backward"
    return ClockStepped(
        direction=direction, milliseconds=abs(step) // 1000, reboot=not is_same_boot
    )
