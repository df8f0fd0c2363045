"""Read the log for people: show a record with its neighbours and its proof.

Reads the very bytes that `verify` hashes. Nothing here is trusted more than the log.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.canonical import encode
from secure_rag.audit.leaves import Tree
from secure_rag.audit.log import AuditLog
from secure_rag.audit.log_events import AuditRead
from secure_rag.audit.merkle import check_inclusion, leaf_hash
from secure_rag.audit.note import NoteError, VerifierKey, parse_checkpoint, parse_note
from secure_rag.audit.pruned import Beginning, kept_numbers, read_beginning, readable_header
from secure_rag.audit.seals import Seals
from secure_rag.audit.segments import read_lines, segment_numbers, segment_path
from secure_rag.audit.tail import parse
from secure_rag.errors import AuditUnavailableError, InputError


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
class Shown:
    """One record, its neighbours, and the proof that the last checkpoint seals it."""

    entry: Entry
    before: list[Entry]
    after: list[Entry]
    leaf: str
    sealed_by: int | None
    """Index of the last checkpoint, if it stands after the record."""
    size: int = 0
    root: str = ""
    proof: list[str] = field(default_factory=list)
    is_proven: bool = False
    """Whether the proof gives the root, and the key that was announced signed it."""


def entries(folder: Path) -> Iterator[Entry]:
    """Yield every complete line of the log that is there, in order."""
    numbers = kept_numbers(folder)
    header = readable_header(folder)
    seq = header.first if header else 0
    for number in numbers:
        for line, is_complete in read_lines(segment_path(folder, number), 0):
            if is_complete:
                yield Entry(seq, line, parse(line))
                seq += 1


def show(folder: Path, seq: int, *, context: int = 2) -> Shown:
    """Return record `seq` with its neighbours and its inclusion proof.

    Raises:
        InputError: if there is no such record.
    """
    check_exists(folder)
    beginning = read_beginning(folder)
    leaves: list[bytes] = []
    near: dict[int, Entry] = {}
    seals, last = Seals(beginning), None
    for entry in entries(folder):
        seals.add(entry.line, entry.record)
        leaves.append(leaf_hash(entry.line))
        if abs(entry.seq - seq) <= context:
            near[entry.seq] = entry
        if entry.record is not None and entry.record["type"] == records.CHECKPOINT:
            last = entry
    if seq not in near:
        raise _no_record(seq, beginning.first, beginning.first + len(leaves) - 1)
    before = [near[n] for n in sorted(near) if n < seq]
    after = [near[n] for n in sorted(near) if n > seq]
    shown = Shown(near[seq], before, after, leaf_hash(near[seq].line).hex(), None)
    return _prove(shown, beginning, leaves, last, seals.signer)


def _no_record(seq: int, first: int, last: int) -> InputError:
    if seq < first:
        return InputError(
            f"record {seq} was pruned", code="audit.pruned", hint=f"{first} to {last} are there"
        )
    return InputError(
        f"there is no record {seq}", code="audit.no_record", hint=f"{first} to {last}"
    )


def record_reading(
    folder: Path, *, kind: str, options: Mapping[str, Any], records: int
) -> int | str:
    """Record that the log was read; return the event's number, or why it was not recorded.

    Args:
        folder: the audit folder.
        kind: `verify`, `list`, `show`, `stats`, `report` or `export`.
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
        elif name == "payload" and isinstance(value, str):
            value = f"({len(value)} characters, sealed)"
        if value not in ("", 0, False):
            parts.append(f"{name}={value}")
    return " ".join(parts)


def _prove(
    shown: Shown,
    beginning: Beginning,
    leaves: list[bytes],
    seal: Entry | None,
    signer: VerifierKey | None,
) -> Shown:
    """Add the inclusion proof against the last checkpoint, where that covers the record."""
    if seal is None or seal.seq <= shown.entry.seq:
        return shown
    unproven = replace(shown, sealed_by=seal.seq)
    try:
        note = parse_note(str((seal.record or {})["note"]))
        text = parse_checkpoint(note.text)
    except NoteError:
        return unproven
    first = beginning.first
    tree = Tree(leaves[: max(0, text.size - first)], first, beginning.nodes)
    if not shown.entry.seq < text.size == tree.size:
        return unproven
    proof = tree.proof(shown.entry.seq)
    leaf = leaf_hash(shown.entry.line)
    is_proven = check_inclusion(leaf, shown.entry.seq, text.size, proof, text.root)
    is_signed = signer is not None and note.is_signed_by(signer)
    return Shown(
        shown.entry, shown.before, shown.after, shown.leaf, seal.seq, text.size,
        text.root.hex(), [step.hex() for step in proof], is_proven and is_signed,
    )  # fmt: skip


def check_exists(folder: Path) -> None:
    """Refuse a folder that holds no log.

    Raises:
        InputError: if there is none, or it cannot be read.
    """
    try:
        is_there = bool(segment_numbers(folder))
    except OSError:
        is_there = False
    if not is_there:
        raise InputError("there is no audit log here", code="audit.missing")
