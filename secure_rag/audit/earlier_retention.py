"""Retention of logs of before: each goes whole, the oldest first, announced before it goes.

1. the log of this workspace and each log that goes are verified; what fails stays;
2. with nobody writing, the log is sealed, `log.earlier_pruned` is recorded and sealed too;
3. the files of that log go, then its folder.

A kill before the end of 2 leaves everything; one in 3 leaves files that the log says are
pruned (`earlier.left`): the next pruning removes them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit.clock import noted_forward_us, set_forward_us
from secure_rag.audit.earlier import Earlier, announcements, earlier_logs
from secure_rag.audit.log import AuditLog
from secure_rag.audit.log_events import EarlierPruned
from secure_rag.audit.pruned import kept_numbers
from secure_rag.audit.record import Moment, parse_time
from secure_rag.audit.retention import refuse_under_hold
from secure_rag.audit.segments import Disk, read_lines, segment_path, sync_folder
from secure_rag.audit.tail import damaged, parse
from secure_rag.errors import RefusedError

_log = logging.getLogger(__name__)
_DISK = Disk()
_HELD_BACK = (
    "the log of before %s stays: the clock was set forward since, and without that it is not old "
    "enough (`secure-rag audit list --type clock.step`)"
)


@dataclass(frozen=True)
class EarlierPlan:
    """Which logs of before go."""

    left: tuple[Earlier, ...] = ()
    """Announced and still there: a pruning was interrupted."""
    there: tuple[Earlier, ...] = ()
    """The others, the newest first."""
    going: tuple[Earlier, ...] = ()
    """Those of them that are old enough, the oldest first."""

    @property
    def staying(self) -> int:
        """How many stay; as long as there is one, so does the event that names it."""
        return len(self.there) - len(self.going)


def plan_earlier(audit: Path, before: str, *, old_by_us: int | None = None) -> EarlierPlan:
    """Choose the logs of before that ended before a time.

    One that stays keeps those that came after it: the event that names it is in one of them.

    Args:
        audit: the audit folder.
        before: a time as events write it.
        old_by_us: as in `retention.plan_pruning`.

    Raises:
        InputError, AuditUnavailableError: if the end of a log cannot be read.
    """
    left, there = _look(audit)
    if not there:
        return EarlierPlan(left)
    numbers = kept_numbers(audit)
    forward = set_forward_us(audit, numbers)[numbers[0]] if old_by_us is not None else 0
    going: list[Earlier] = []
    for one in there:
        ended = _ended(one.folder)
        is_old = one.was_made_before(before) and ended <= before
        if is_old and old_by_us is not None and parse_time(ended) + forward > old_by_us:
            _log.warning(_HELD_BACK, one.backup)
            is_old = False
        going = [one, *going] if is_old else []
        forward += noted_forward_us(one.folder, kept_numbers(one.folder))
    return EarlierPlan(left, there, tuple(going))


def carry_out_earlier(
    log: AuditLog, audit: Path, one: Earlier, event: EarlierPruned, disk: Disk = _DISK
) -> int:
    """Steps 2 and 3; return the number of the announcement.

    Raises:
        RefusedError: if a legal hold stands, or the log went meanwhile.
        AuditUnavailableError: if the announcement could not be written: nothing went.
    """

    def check() -> None:
        refuse_under_hold(audit)
        if not one.is_there:
            raise RefusedError("the log was pruned meanwhile: try again", code="audit.prune")
        if Moment.now().text < event.before:
            raise RefusedError("the clock was set back: try again", code="audit.prune")

    return log.announce(event, check=check, effect=lambda: _remove(one.folder, disk))


def remove_left_earlier(
    log: AuditLog, audit: Path, left: Sequence[Earlier], disk: Disk = _DISK
) -> None:
    """Finish a pruning that was interrupted.

    Raises:
        RefusedError: if a legal hold stands.
    """
    with log.held():
        refuse_under_hold(audit)
        for one in left:
            _remove(one.folder, disk)


def _look(audit: Path) -> tuple[tuple[Earlier, ...], tuple[Earlier, ...]]:
    """Return the logs of before that are announced and still there, and the others."""
    left: list[Earlier] = []
    there: list[Earlier] = []
    logs = [one for one in earlier_logs(audit) if one.is_there]
    announced = announcements(audit) if logs else {}
    for one in logs:
        if (one.backup, one.head) in announced:
            left.append(one)
        else:
            there.append(one)
            announced = announcements(one.folder) | announced
    return tuple(left), tuple(there)


def _ended(folder: Path) -> str:
    """Return the time of the last event of a log."""
    for number in reversed(kept_numbers(folder)):
        time = ""
        for line, _ in read_lines(segment_path(folder, number), 0):
            found = parse(line)
            time = found.get("time", time) if found else time
        if time:
            return str(time)
    raise damaged("the end of a log of before cannot be read")


def _remove(folder: Path, disk: Disk) -> None:
    """Remove a log of before; of a link, only the link."""
    if folder.is_symlink():
        disk.remove(folder)
    for parent, folders, files in os.walk(folder, topdown=False):
        for path in (Path(parent, name) for name in [*files, *folders]):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                disk.remove(path)
    if folder.is_dir():
        folder.rmdir()
    sync_folder(folder.parent)
