"""Read the log for people: select events, show one with its neighbours and its proof.

Reads the very bytes that `verify` hashes. Nothing here is trusted more than the log.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.canonical import encode
from secure_rag.audit.events import AuditRead
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import check_inclusion, inclusion_proof, leaf_hash
from secure_rag.audit.note import NoteError, VerifierKey, parse_checkpoint, parse_note
from secure_rag.audit.segments import read_lines, segment_numbers, segment_path
from secure_rag.audit.tail import parse
from secure_rag.errors import AuditUnavailableError, InputError, UsageError

_DOCUMENT_FIELDS = ("document_id", "documents", "chunks")
_CHUNK_SEPARATORS = ("#", ":", "/", "-", "@", ".")


@dataclass(frozen=True)
class Entry:
    """One line of the log; `record` is None where it is not one."""

    seq: int
    line: bytes
    record: dict[str, Any] | None

    @property
    def time(self) -> str:
        """When it was written, by the machine's clock."""
        if self.record is None:
            return ""
        if self.record["type"] != records.CHECKPOINT:
            return str(self.record["time"])
        try:
            return parse_checkpoint(parse_note(self.record["note"]).text).time
        except NoteError:
            return ""


@dataclass(frozen=True)
class Filters:
    """Which events to show; an empty filter lets everything through."""

    since: str = ""
    until: str = ""
    actor: str = ""
    session: str = ""
    type: str = ""
    document: str = ""
    outcome: str = ""

    def match(self, found: dict[str, Any]) -> bool:
        """Return whether an event's record passes every filter."""
        kind = found["type"]
        return (
            (not self.type or kind == self.type or kind.startswith(self.type + "."))
            and (not self.since or found["time"] >= self.since)
            and (not self.until or found["time"] < self.until)
            and (not self.actor or self.actor in (found["user"], str(found["uid"])))
            and (not self.session or found["session"].startswith(self.session))
            and (not self.outcome or found["outcome"] == self.outcome)
            and (not self.document or _mentions(found["data"], self.document))
        )


@dataclass(frozen=True)
class Shown:
    """One record, its neighbours, and the proof that the last checkpoint seals it."""

    entry: Entry
    before: list[Entry]
    after: list[Entry]
    leaf: str
    sealed_by: int | None
    """Index of the last checkpoint, if it covers the record."""
    size: int = 0
    root: str = ""
    proof: list[str] = field(default_factory=list)
    is_proven: bool = False
    """Whether the proof gives the root, and the key that was announced signed it."""


def entries(folder: Path) -> Iterator[Entry]:
    """Yield every complete line of the log in order."""
    seq = 0
    for number in segment_numbers(folder):
        for line, is_complete in read_lines(segment_path(folder, number), 0):
            if is_complete:
                yield Entry(seq, line, parse(line))
                seq += 1


def select(folder: Path, filters: Filters, *, last: int | None = None) -> Iterator[Entry]:
    """Yield the events that pass, oldest first; with `last`, only the newest so many."""
    _check_exists(folder)
    is_seal_wanted = filters.type == records.CHECKPOINT
    chosen = (
        entry
        for entry in entries(folder)
        if entry.record is not None
        and (
            is_seal_wanted
            if entry.record["type"] == records.CHECKPOINT
            else filters.match(entry.record)
        )
    )
    yield from chosen if last is None else deque(chosen, maxlen=last)


def show(folder: Path, seq: int, *, context: int = 2) -> Shown:
    """Return record `seq` with its neighbours and its inclusion proof.

    Raises:
        InputError: if there is no such record.
    """
    _check_exists(folder)
    leaves: list[bytes] = []
    near: dict[int, Entry] = {}
    seals: deque[Entry] = deque(maxlen=2)
    for entry in entries(folder):
        leaves.append(leaf_hash(entry.line))
        if abs(entry.seq - seq) <= context:
            near[entry.seq] = entry
        if entry.record is not None and entry.record["type"] == records.CHECKPOINT:
            seals.append(entry)
    if seq not in near:
        raise InputError(
            f"there is no record {seq}", code="audit.no_record", hint=f"0 to {len(leaves) - 1}"
        )
    before = [near[n] for n in sorted(near) if n < seq]
    after = [near[n] for n in sorted(near) if n > seq]
    return _prove(Shown(near[seq], before, after, leaves[seq].hex(), None), leaves, seals)


def record_reading(
    folder: Path, *, kind: str, options: Mapping[str, Any], records: int
) -> int | str:
    """Record that the log was read; return the event's number, or why it was not recorded.

    Args:
        folder: the audit folder.
        kind: `verify`, `list` or `show`.
        options: what was asked for; only its digest is stored.
        records: how many records were checked or shown.
    """
    digest = hashlib.sha256(encode(dict(options))).hexdigest()
    event = AuditRead(kind=kind, filters_digest=digest, records=records)
    try:
        with AuditLog.open(folder, session=secrets.token_hex(8)) as log:
            return log.append(event)
    except AuditUnavailableError as error:
        return error.message


def parse_when(text: str, *, is_end: bool = False) -> str:
    """Return a date or time of the command line as the log writes it, in UTC.

    A date alone is its first moment, or the first moment after it where `is_end`.

    Raises:
        UsageError: if it is neither.
    """
    if not text:
        return ""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!a} is no date or time", hint="2026-11-22 or 2026-11-22T08:30, in UTC"
        ) from None
    if is_end and len(text) <= 10:
        when += timedelta(days=1)
    aware = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def summarise(found: dict[str, Any]) -> str:
    """Return an event's data in one line of `name=value`; long lists as a count."""
    if found["type"] == records.CHECKPOINT:
        return str(found["note"]).split("\n\n")[0].replace("\n", " ")
    parts = []
    for name, value in found["data"].items():
        if isinstance(value, list):
            value = ",".join(map(str, value)) if len(value) <= 3 else f"({len(value)})"
        elif isinstance(value, dict):
            value = ",".join(f"{key}:{item}" for key, item in value.items())
        if value not in ("", 0, False):
            parts.append(f"{name}={value}")
    return " ".join(parts)


def _prove(shown: Shown, leaves: list[bytes], seals: deque[Entry]) -> Shown:
    """Add the inclusion proof against the last checkpoint, where that covers the record."""
    if not seals or seals[-1].seq <= shown.entry.seq:
        return shown
    try:
        note = parse_note(str((seals[-1].record or {})["note"]))
        text = parse_checkpoint(note.text)
        key = _announced(seals)
    except NoteError:
        return shown
    covered = leaves[: text.size]
    if shown.entry.seq >= len(covered):
        return shown
    proof = inclusion_proof(covered, shown.entry.seq)
    leaf = leaf_hash(shown.entry.line)
    is_proven = check_inclusion(leaf, shown.entry.seq, text.size, proof, text.root)
    is_signed = key is None or note.is_signed_by(key)
    return Shown(
        shown.entry, shown.before, shown.after, shown.leaf, seals[-1].seq, text.size,
        text.root.hex(), [step.hex() for step in proof], is_proven and is_signed,
    )  # fmt: skip


def _announced(seals: deque[Entry]) -> VerifierKey | None:
    """Return the key that had to sign the last checkpoint; None for the very first."""
    if len(seals) < 2:
        return None
    text = parse_checkpoint(parse_note(str((seals[0].record or {})["note"])).text)
    return VerifierKey(text.origin, text.next_public)


def _mentions(data: dict[str, Any], document: str) -> bool:
    for name in _DOCUMENT_FIELDS:
        value = data.get(name)
        for item in value if isinstance(value, list) else [value]:
            text = str(item)
            if text == document:
                return True
            if text.startswith(document) and text[len(document)] in _CHUNK_SEPARATORS:
                return True
    return False


def _check_exists(folder: Path) -> None:
    try:
        is_there = bool(segment_numbers(folder))
    except OSError:
        is_there = False
    if not is_there:
        raise InputError("there is no audit log here", code="audit.missing")
