"""Steps of the wall clock: who sets it back can make an act look older than it is.

Every event holds the wall clock and a clock that counts since boot, sleep included. Between
two events of one boot both must have moved by the same time; where they disagree, the log
says so. Over a restart only a wall clock that went backwards can be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from secure_rag.audit.log_events import ClockStepped
from secure_rag.audit.record import Moment, boot_id, parse_time
from secure_rag.audit.segments import read_lines, segment_path
from secure_rag.audit.tail import Tail, damaged, parse

_MARK = ClockStepped.TYPE.encode()
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


def set_forward_us(folder: Path, numbers: Sequence[int]) -> dict[int, int]:
    """Return by how much the wall clock was set forward after each segment began.

    In microseconds, less what it was set back: so much older than it is does the first record
    of the segment look now. A step that no event noted yet counts, too.

    Args:
        folder: the audit folder.
        numbers: the segments that are there, in order.

    Raises:
        AuditUnavailableError: if the end of the log, or a step in it, cannot be read.
    """
    step = clock_step(Tail.read(folder).event, boot_id(), Moment.now())
    total, found = _forward_us(step) if step else 0, {}
    for number in reversed(numbers):
        total += noted_forward_us(folder, [number])
        found[number] = total
    return found


def noted_forward_us(folder: Path, numbers: Sequence[int]) -> int:
    """Return by how much the wall clock was set forward in some segments, in microseconds.

    Raises:
        AuditUnavailableError: if a step in them cannot be read.
    """
    return sum(
        _forward_us(step) for number in numbers for step in _steps(segment_path(folder, number))
    )


def _steps(path: Path) -> Iterator[ClockStepped]:
    for line, _ in read_lines(path, 0):
        if _MARK not in line:
            continue
        record = parse(line)
        if record is None or record["type"] != ClockStepped.TYPE:
            continue
        try:
            yield ClockStepped(**record["data"])
        except TypeError:
            raise damaged("a step of the clock cannot be read") from None


def _forward_us(step: ClockStepped) -> int:
    return step.milliseconds * (1000 if step.direction == "forward" else -1000)
