"""Logs of before: where a workspace was put back from a backup, its log began anew.

The key that could go on with the old log is in no backup. So the old log ends where the
backup was made and lies in `audit/before/<backup>/`; the new one begins with
`workspace.restored`, which holds the old one's size and root. Both are verified alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from secure_rag.audit.heads import lines
from secure_rag.audit.tail import parse
from secure_rag.audit.vault_events import WorkspaceRestored
from secure_rag.audit.verdict import Head, Statement, VerifyReport
from secure_rag.audit.verify import verify

FOLDER = "before"
_MARK = b'"type":"workspace.restored"'
_FIRST = 8
"""The event is among the first records of a log: genesis, its checkpoint, then this."""


def earlier_folder(audit: Path, backup: str) -> Path:
    """Return where the log lies that a backup held."""
    return audit / FOLDER / backup


def judge_earlier(report: VerifyReport, audit: Path) -> None:
    """Hold every log of before against the event that names it, and say what was seen."""
    waiting, named = [audit], set()
    while waiting:
        data = _restored(waiting.pop())
        if data is None or str(data.get("backup")) in named:
            continue
        backup = str(data["backup"])
        named.add(backup)
        folder = earlier_folder(audit, backup)
        _judge_one(report, folder, data)
        if folder.is_dir():
            waiting.append(folder)
    for name in _strangers(audit, named):
        text = f"{FOLDER}/{name!a} holds a log that no event names: it is not judged"
        report.not_checkable.append(Statement("earlier", text))


def _judge_one(report: VerifyReport, folder: Path, data: dict[str, Any]) -> None:
    backup = str(data["backup"])
    made = str(data.get("made"))
    wanted = Head(int(data.get("records", 0)), str(data.get("root")))
    text = (
        f"this workspace was restored from backup {backup} made at {made}; what was recorded "
        "after that, elsewhere, is not here"
    )
    report.not_checkable.append(Statement("restored", text))
    if not folder.is_dir():
        text = f"the log of before ({wanted.size} records) is not in {FOLDER}/{backup}"
        report.failed.append(Statement("earlier.missing", text))
        return
    found = verify(folder, exported=True)
    if found.head != wanted:
        text = f"the log of before is not the one that backup {backup} held"
        report.failed.append(Statement("earlier.differs", text))
    elif not found.ok:
        text = f"the log of before fails {len(found.failed)} check(s): {found.failed[0].code}"
        report.failed.append(Statement("earlier.failed", text))
    else:
        text = f"the log of before, {found.head.size} records, is the one that the backup held"
        report.verified.append(Statement("earlier", text))


def _restored(audit: Path) -> dict[str, Any] | None:
    """Return what the log says of the backup that it follows on, None where it follows on none."""
    for index, line in lines(audit):
        if index >= _FIRST:
            break
        record = parse(line) if _MARK in line else None
        if record is not None and record["type"] == WorkspaceRestored.TYPE:
            return dict(record["data"])
    return None


def _strangers(audit: Path, named: set[str]) -> Iterator[str]:
    try:
        names = sorted(path.name for path in (audit / FOLDER).iterdir())
    except OSError:
        return
    yield from (name for name in names if name not in named)
