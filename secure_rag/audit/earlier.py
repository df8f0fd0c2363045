"""Logs of before: where a workspace was put back from a backup, its log began anew.

The key that could go on with the old log is in no backup. So the old log ends where the
backup was made and lies in `audit/before/<backup>/`; the new one begins with
`workspace.restored`, which holds the old one's size and root. Both are verified alike.

A log of before may be missing where a sealed `log.earlier_pruned` of a later log announced
that it goes (secure_rag/audit/earlier_retention.py), and never else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit.heads import SEAL_END, lines
from secure_rag.audit.log_events import EarlierPruned, HoldCleared, HoldSet
from secure_rag.audit.prunings import HOLD_MARK
from secure_rag.audit.tail import parse
from secure_rag.audit.vault_events import WorkspaceRestored
from secure_rag.audit.verdict import Head, Statement, VerifyReport
from secure_rag.audit.verify import verify
from secure_rag.errors import InputError

FOLDER = "before"
_MARK = b'"type":"workspace.restored"'
_FIRST = 8
"""The event is among the first records of a log: genesis, its checkpoint, then this."""
_BACKUP = re.compile(r"[0-9a-f]{16}")
_SECONDS = len("2026-11-28T20:05:58")


@dataclass(frozen=True)
class Earlier:
    """A log of before, as the log that follows on it names it."""

    folder: Path
    backup: str
    made: str
    """When the backup was made, by the clock of then."""
    head: Head

    @property
    def is_there(self) -> bool:
        return self.folder.is_symlink() or self.folder.exists()

    def was_made_before(self, time: str) -> bool:
        """Compare with a time as events write it, to the second, as backups tell theirs."""
        return self.made[:_SECONDS] <= time[:_SECONDS]


@dataclass(frozen=True)
class Announced:
    """A sealed event that a log of before goes."""

    index: int
    time: str
    user: str
    before: str
    is_held: bool
    """A legal hold stood."""


Announcements = dict[tuple[str, Head], Announced]
"""By backup and head of the log that goes."""


def earlier_folder(audit: Path, backup: str) -> Path:
    """Return where the log lies that a backup held."""
    return audit / FOLDER / backup


def earlier_logs(audit: Path) -> Iterator[Earlier]:
    """Yield every log of before that can be named, the newest first."""
    named: set[str] = set()
    found = _named_by(audit, audit)
    while found is not None and found.backup not in named:
        yield found
        named.add(found.backup)
        found = _named_by(found.folder, audit)


def announcements(folder: Path) -> Announcements:
    """Return what a log announces of logs of before, as far as it is sealed."""
    found: Announcements = {}
    waiting: Announcements = {}
    holds: set[str] = set()
    for index, line in _readable(folder):
        if line.endswith(SEAL_END):
            found |= waiting
            waiting = {}
        record = parse(line) if EarlierPruned.MARK in line or HOLD_MARK in line else None
        if record is None:
            continue
        data = record["data"]
        if record["type"] == HoldSet.TYPE:
            holds.add(str(data.get("hold")))
        elif record["type"] == HoldCleared.TYPE:
            holds.discard(str(data.get("hold")))
        elif record["type"] == EarlierPruned.TYPE:
            before, user = str(data.get("before")), record["user"]
            waiting[str(data.get("backup")), _head(data)] = Announced(
                index, record["time"], user, before, bool(holds)
            )
    return found


def stranger_names(audit: Path) -> list[str]:
    """Return the names of what lies beside the logs of before and that no event names."""
    try:
        found = sorted(path.name for path in (audit / FOLDER).iterdir())
    except OSError:
        return []
    named = {one.backup for one in earlier_logs(audit)} if found else set()
    return [name for name in found if name not in named]


def judge_earlier(report: VerifyReport, audit: Path, *, exported: bool = False) -> None:
    """Hold every log of before against the event that names it, and say what was seen.

    Args:
        exported: the folder is a copy, which may hold the log alone.
    """
    logs = list(earlier_logs(audit))
    announced = announcements(audit) if logs else {}
    for one in logs:
        text = (
            f"this workspace was restored from backup {one.backup} made at {one.made}; what was "
            "recorded after that, elsewhere, is not here"
        )
        _skip(report, "restored", text)
        event = announced.get((one.backup, one.head))
        if event is not None:
            _judge_pruned(report, one, event)
        elif exported and not (audit / FOLDER).exists():
            _skip(report, "earlier", f"the log of before, {one.head.size} records, is not in here")
        elif _judge_one(report, one):
            announced = announcements(one.folder) | announced
    for name in stranger_names(audit):
        text = f"{FOLDER}/{name!a} holds a log that no event names: it is not judged"
        _skip(report, "earlier.stranger", text)


def _judge_one(report: VerifyReport, one: Earlier) -> bool:
    """Say whether a log of before is there, whole, and the one that the backup held."""
    if not one.folder.is_dir():
        text = f"the log of before ({one.head.size} records) is not in {FOLDER}/{one.backup}"
        _fail(report, "earlier.missing", text)
        return False
    found = verify(one.folder, exported=True)
    if found.head != one.head:
        text = f"the log of before is not the one that backup {one.backup} held"
        _fail(report, "earlier.differs", text)
    elif not found.ok:
        text = f"the log of before fails {len(found.failed)} check(s): {found.failed[0].code}"
        _fail(report, "earlier.failed", text)
    else:
        text = f"the log of before, {found.head.size} records, is the one that the backup held"
        report.verified.append(Statement("earlier", text))
        return True
    return False


def _judge_pruned(report: VerifyReport, one: Earlier, event: Announced) -> None:
    if event.is_held:
        text = f"record {event.index} announces that a log of before goes: a legal hold stood"
        _fail(report, "earlier.hold", text)
    elif not (one.was_made_before(event.before) and event.before <= event.time):
        text = f"the log of before that record {event.index} announces is younger than it says"
        _fail(report, "earlier.young", text)
    elif one.is_there:
        text = (
            f"the log of before in {FOLDER}/{one.backup} is pruned but still there: it is not "
            "read; `audit prune` removes it"
        )
        _skip(report, "earlier.left", text)
    else:
        text = (
            f"the log of before, {one.head.size} records, was pruned at {event.time} by "
            f"{event.user!a} (record {event.index}): its events cannot be read any more"
        )
        _skip(report, "earlier.pruned", text)


def _readable(folder: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a log as far as it can be read: what cannot, `verify` says."""
    with suppress(InputError, OSError):
        yield from lines(folder)


def _named_by(folder: Path, audit: Path) -> Earlier | None:
    """Return the log of before that the log in `folder` follows on, None if there is none."""
    for index, line in _readable(folder):
        if index >= _FIRST:
            break
        record = parse(line) if _MARK in line else None
        if record is not None and record["type"] == WorkspaceRestored.TYPE:
            data = record["data"]
            backup = str(data.get("backup"))
            if not _BACKUP.fullmatch(backup):
                break
            return Earlier(
                earlier_folder(audit, backup), backup, str(data.get("made")), _head(data)
            )
    return None


def _head(data: dict[str, object]) -> Head:
    records = data.get("records")
    return Head(records if type(records) is int else 0, str(data.get("root")))


def _fail(report: VerifyReport, code: str, text: str) -> None:
    report.failed.append(Statement(code, text))


def _skip(report: VerifyReport, code: str, text: str) -> None:
    report.not_checkable.append(Statement(code, text))
