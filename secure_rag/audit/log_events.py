"""Events about the log itself: its first record, segments, torn writes, clocks, readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from secure_rag.audit.event import Event
from secure_rag.audit.fields import code, count, digest, flag, ident, idents, name, note, sealed


@dataclass(frozen=True)
class Genesis(Event):
    """The first record of a log."""

    TYPE: ClassVar[str] = "genesis"

    origin: str = ident("Name of the log, first line of every checkpoint")
    verifier: str = ident("Verifier line of the first epoch; trust only the copy `init` printed")


@dataclass(frozen=True)
class SegmentStarted(Event):
    """The first record of every segment but the first."""

    TYPE: ClassVar[str] = "log.segment"

    segment: int = count("Number of this segment")
    previous_bytes: int = count("Size of the segment before")


@dataclass(frozen=True)
class LogRecovered(Event):
    """A write was interrupted; its act never happened. Accounts for the torn lines before it."""

    TYPE: ClassVar[str] = "log.recovered"
    OUTCOME: ClassVar[str] = "recovered"

    first: int = count("Index of the first torn line")
    lines: int = count("Number of torn lines")
    bytes: int = count("Their bytes, newlines not counted")
    sha256: str = digest("SHA-256 of the torn lines, joined by newlines")


@dataclass(frozen=True)
class LogPruned(Event):
    """The oldest segments are about to be removed; what must be kept of them is ready.

    Sealed before the first of them goes.
    """

    TYPE: ClassVar[str] = "log.pruned"
    OUTCOME: ClassVar[str] = "started"
    MARK: ClassVar[bytes] = b'"type":"log.pruned"'
    """Bytes that stand in every line of this type."""

    segments: int = count("Number of the last segment that goes; all before it go, or have gone")
    first: int = count("The minimum index: the first record that stays")
    root: str = digest("Root over all records before it")
    sha256: str = digest("SHA-256 of `pruned.tree`, which holds what is kept of them")
    before: str = ident("Only records from before this time go")
    reason: str = note("Why, as typed by the user and redacted")
    retention_days: int = count("Days for which records are kept, 0 if a time was given", 0)


@dataclass(frozen=True)
class EarlierPruned(Event):
    """A log of before, of a workspace that was restored, is about to be removed as a whole.

    Sealed before any of it goes. It is the log that `workspace.restored` names by the same
    backup, size and root.
    """

    TYPE: ClassVar[str] = "log.earlier_pruned"
    OUTCOME: ClassVar[str] = "started"
    MARK: ClassVar[bytes] = b'"type":"log.earlier_pruned"'
    """Bytes that stand in every line of this type."""

    backup: str = ident("Random id of the backup that held it")
    records: int = count("Its records")
    root: str = digest("Root over them")
    before: str = ident("Only a log goes that ended before this time")
    reason: str = note("Why, as typed by the user and redacted")
    retention_days: int = count("Days for which records are kept, 0 if a time was given", 0)


@dataclass(frozen=True)
class ClockStepped(Event):
    """The wall clock was set: since the event before, it and the clock since boot disagree.

    Noted beside the first event after it. `reboot` means that the machine was started in
    between: then only a clock that went backwards can be told.
    """

    TYPE: ClassVar[str] = "clock.step"
    OUTCOME: ClassVar[str] = "noted"

    direction: str = code("`forward` or `backward`")
    milliseconds: int = count("How far")
    reboot: bool = flag("Whether the machine was started in between", False)


@dataclass(frozen=True)
class Heartbeat(Event):
    """A sign of life: the log can be written and sealed, even where nothing happens."""

    TYPE: ClassVar[str] = "heartbeat"

    source: str = code("What beats: `timer`, `chat`, `serve`", "timer")
    promised_minutes: int = count("How often the settings promise one, 0 for no promise", 0)


@dataclass(frozen=True)
class AuditRead(Event):
    """The log was read: the watcher is watched."""

    TYPE: ClassVar[str] = "audit.read"

    kind: str = code("`verify`, `list`, `show`, `stats`, `report`, `export`, `checkpoint`, ...")
    filters_digest: str = digest("SHA-256 of the filters in canonical form", "")
    records: int = count("Number of records shown or checked", 0)


@dataclass(frozen=True)
class AuditSearched(Event):
    """Events about a value are about to be looked up; the value itself is nowhere.

    A value that the vault knows is named by its placeholders, which mean nothing once it is
    erased; only one that it does not know leaves a keyed digest.
    """

    TYPE: ClassVar[str] = "audit.searched"
    OUTCOME: ClassVar[str] = "started"

    reason: str = note("Why, as typed by the user and redacted")
    placeholders: Sequence[str] = idents("Placeholders that stand for the value", empty=True)
    documents: Sequence[str] = idents("Documents that hold it, or came from it", empty=True)
    value_digest: str = digest("Keyed digest of a value that the vault does not know", "")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class PayloadSealed(Event):
    """The redacted text of a question or an answer, readable with the reviewer's key alone.

    Written only where the settings name a `reviewer_key`.
    """

    TYPE: ClassVar[str] = "payload.sealed"

    query_id: str = ident("Id of the question")
    part: str = code("`question` or `answer`")
    reviewer: str = digest("Id of the reviewer's key")
    payload: str = sealed("The sealed text")


@dataclass(frozen=True)
class AnchorAdded(Event):
    """A witness on another machine cosigned a checkpoint; its note is about to be kept here."""

    TYPE: ClassVar[str] = "anchor.added"

    size: int = count("Records that the checkpoint seals")
    witness: str = ident("Verifier line of the witness")
    cosigned: str = ident("When, by the clock of the witness")
    sha256: str = digest("SHA-256 of the note as it is kept")


@dataclass(frozen=True)
class HoldSet(Event):
    """A legal hold begins: nothing of the log may be pruned until it is cleared."""

    TYPE: ClassVar[str] = "hold.set"

    hold: str = ident("Random id of the hold")
    reason: str = note("Why, as typed by the user and redacted")


@dataclass(frozen=True)
class HoldCleared(Event):
    """A legal hold ends."""

    TYPE: ClassVar[str] = "hold.cleared"

    hold: str = ident("Id of the hold")
    reason: str = note("Why, as typed by the user and redacted")
