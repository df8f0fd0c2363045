"""The prunings that a log records: what `verify` demands of them, and says.

A pruning counts if a sealed event announced it, if a checkpoint from before that event covers
the first record that stays, and if no legal hold stood. Segments that are missing without
such an event are missing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secure_rag.audit.log_events import HoldCleared, HoldSet, LogPruned
from secure_rag.audit.pruned import Header, pruned_path
from secure_rag.audit.verdict import Statement, VerifyReport

if TYPE_CHECKING:
    from secure_rag.audit.snapshot import Snapshot

HOLD_MARK = b'"type":"hold.'
"""Bytes that stand in every line about a legal hold."""
_WATCHED = frozenset({LogPruned.TYPE, HoldSet.TYPE, HoldCleared.TYPE})


@dataclass(frozen=True)
class Recorded:
    """A `log.pruned` event as the pass met it."""

    index: int
    time: str
    user: str
    data: dict[str, Any]
    is_held: bool
    """A legal hold stood."""
    is_bound: bool
    """A checkpoint from before it covers the first record that is there."""


@dataclass
class Prunings:
    """What the pass over the records learns about prunings."""

    found: list[Recorded] = field(default_factory=list)
    first_time: str = ""
    """When the first record that is there was written, if a pruned segment came before."""
    first: int = 0
    """The first record that is there, once what is kept of those before was found good."""
    minimum: int = 0
    """The same, by the word of the file about pruned records alone."""
    _holds: set[str] = field(default_factory=set)
    _is_covered: bool = False

    def is_marked(self, line: bytes) -> bool:
        """Return whether a line must be read although it stands before `since`."""
        return LogPruned.MARK in line or HOLD_MARK in line

    def see(self, index: int, record: dict[str, Any]) -> None:
        """Take in an event."""
        kind = record["type"]
        if kind not in _WATCHED:
            return
        data = record["data"]
        if kind == HoldSet.TYPE:
            self._holds.add(str(data.get("hold")))
        elif kind == HoldCleared.TYPE:
            self._holds.discard(str(data.get("hold")))
        else:
            held = bool(self._holds)
            event = Recorded(index, record["time"], record["user"], data, held, self._is_covered)
            self.found.append(event)

    def seal(self, index: int) -> None:
        """Take in a checkpoint that holds good."""
        self._is_covered = self._is_covered or index >= self.minimum


@dataclass(frozen=True)
class Prefix:
    """The prefix of the log as the pass read it."""

    header: Header
    root: bytes
    sha256: str


def file_digest(folder: Path) -> str:
    """Return the SHA-256 of the file about pruned records."""
    with pruned_path(folder).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def judge_prunings(
    report: VerifyReport,
    prunings: Prunings,
    snapshot: Snapshot,
    prefix: Prefix | None,
    *,
    sealed: int,
    is_whole: bool,
) -> None:
    """Say what was pruned, and whether the log records that it was."""
    if not is_whole:
        if prefix is not None:
            text = f"that records 0 to {prefix.header.first - 1} were pruned is not proven"
            _skip(report, "pruned", text)
        return
    if prefix is not None:
        _judge_beginning(report, prunings, prefix, sealed)
    if snapshot.left:
        text = (
            f"{len(snapshot.left)} segment(s) up to {max(snapshot.left)} are pruned but still "
            "there: they are not read; `audit prune` removes them"
        )
        _skip(report, "pruned.left", text)
    first = prefix.header.first if prefix else 0
    for event in prunings.found:
        if event.is_held:
            _fail(
                report, "pruned.hold", event.index,
                f"record {event.index} announces a pruning although a legal hold stood",
            )  # fmt: skip
        if _number(event.data.get("first")) > first:
            text = f"the pruning that record {event.index} announces was not carried out"
            _skip(report, "pruning-open", text)


def _judge_beginning(report: VerifyReport, prunings: Prunings, prefix: Prefix, sealed: int) -> None:
    header = prefix.header
    event = _record_of(prunings, prefix)
    if event is None or event.index >= sealed or not event.is_bound:
        _fail(
            report, "pruned.unrecorded", 0,
            f"segments 1 to {header.segment - 1} are gone, and no sealed record of a pruning "
            "covers them",
        )  # fmt: skip
        return
    before = str(event.data.get("before"))
    if not prunings.first_time <= before <= event.time:
        _fail(
            report, "pruned.young", event.index,
            f"the pruning of record {event.index} removed younger records than it announced",
        )  # fmt: skip
        return
    text = (
        f"what was pruned is what record {event.index} announced; the checkpoints before record "
        f"{header.first} are kept and hold good"
    )
    report.verified.append(Statement("pruning", text))
    text = (
        f"records 0 to {header.first - 1} were pruned at {event.time} by {event.user!a} (record "
        f"{event.index}): their events cannot be read any more"
    )
    _skip(report, "pruned", text)


def _record_of(prunings: Prunings, prefix: Prefix) -> Recorded | None:
    """Return the event that announced this very pruning."""
    header = prefix.header
    wanted = {
        "segments": header.segment - 1, "first": header.first, "root": prefix.root.hex(),
        "sha256": prefix.sha256,
    }  # fmt: skip
    for event in reversed(prunings.found):
        if {name: event.data.get(name) for name in wanted} == wanted:
            return event
    return None


def _number(value: object) -> int:
    return value if type(value) is int else 0


def _fail(report: VerifyReport, code: str, index: int, text: str) -> None:
    report.failed.append(Statement(code, text))
    if report.first_bad is None:
        report.first_bad = index


def _skip(report: VerifyReport, code: str, text: str) -> None:
    report.not_checkable.append(Statement(code, text))
