"""One pass over all records: form, numbering, segments, roots and the chain of seals.

The steps are numbered as in audit/FORMAT.md, section 7. Memory does not grow with the
log. The pass stops at the first record that is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.canonical import MAX_LINE_BYTES, NotCanonicalError, decode
from secure_rag.audit.events import CATALOGUE, Genesis, LogRecovered, SegmentStarted
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import (
    CheckpointText,
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier,
)

_FIELDS = {kind: {spec.name for spec in fields(event)} for kind, event in CATALOGUE.items()}


class BadRecordError(Exception):
    """The first record that is wrong; `since` is where the doubt begins."""

    def __init__(self, code: str, text: str, since: int) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.since = since


@dataclass
class _Run:
    """Consecutive unreadable lines that wait for the record that accounts for them."""

    first: int
    lines: int = 0
    length: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, line: bytes) -> None:
        if self.lines:
            self.digest.update(b"\n")
        self.digest.update(line)
        self.lines += 1
        self.length += len(line)

    def contents(self) -> dict[str, Any]:
        return {
            "first": self.first,
            "lines": self.lines,
            "bytes": self.length,
            "sha256": self.digest.hexdigest(),
        }


@dataclass
class Chain:
    """State of the pass; feed it every line of every segment in order."""

    on_record: Callable[[int, Frontier, CheckpointText | None, VerifierKey | None], None]
    """Called before each record is added: its index, the tree before it, and for a
    checkpoint what it says and the key that signed it."""
    tree: Frontier = field(default_factory=Frontier)
    events: int = 0
    checkpoints: int = 0
    unknown: int = 0
    genesis: VerifierKey | None = None
    key: VerifierKey | None = None
    """The key that must sign the next checkpoint."""
    last: CheckpointText | None = None
    sealed: int = 0
    """Records that the last checkpoint covers, itself included."""
    recovered: list[tuple[int, int]] = field(default_factory=list)
    _run: _Run | None = None
    _previous: bytes = b""
    _segment_start: tuple[int, int] | None = None

    @property
    def torn(self) -> int:
        """Number of unreadable lines at the end that nothing accounts for yet."""
        return self._run.lines if self._run else 0

    def start_segment(self, number: int, previous_bytes: int) -> None:
        """Expect the record that must stand first in segment `number`."""
        if self._run is not None:
            raise self._bad("record.unreadable", self._run.first, "is not a record")
        self._segment_start = (number, previous_bytes) if number > 1 else None

    def add(self, line: bytes) -> None:
        """Check one complete line and take it in.

        Raises:
            BadRecordError: if it is wrong.
        """
        index = self.tree.size
        try:
            found = decode(line) if len(line) <= MAX_LINE_BYTES else None
        except NotCanonicalError:
            found = None
        if found is None or not records.has_envelope(found):
            self._add_unreadable(line, index)
            return
        self._check_place(found, index)
        if found["type"] == records.CHECKPOINT:
            self._check_seal(found, index)
        else:
            self.on_record(index, self.tree, None, None)
            self._check_event(found, index)
        self.tree.push(line)
        self._previous = line
        if found["type"] == records.CHECKPOINT:
            self.sealed = self.tree.size

    def _add_unreadable(self, line: bytes, index: int) -> None:
        """Step 2: an unreadable line may only be a torn write, accounted for right after."""
        if self._segment_start is not None or index == 0:
            raise self._bad("record.unreadable", index, "is not a record")
        self.on_record(index, self.tree, None, None)
        self._run = self._run or _Run(index)
        self._run.add(line)
        self.tree.push(line)

    def _check_place(self, found: dict[str, Any], index: int) -> None:
        """Steps 3 and 4: numbering, format, first records, torn lines before it."""
        kind = found["type"]
        if found["seq"] != index:
            text = f"is numbered {found['seq']}: records are missing, added or out of order"
            raise self._bad("record.seq", index, text)
        if found["format"] != records.FORMAT:
            raise self._bad("record.format", index, "is of a format this version does not know")
        if (kind == Genesis.TYPE) != (index == 0):
            raise self._bad("record.genesis", index, "stands where the genesis record must, or not")
        if self._segment_start is not None or kind == SegmentStarted.TYPE:
            self._check_segment_start(found, index)
        if kind == LogRecovered.TYPE:
            self._check_recovery(found, index)
        elif self._run is not None:
            raise self._bad("record.unreadable", self._run.first, "is not a record")

    def _check_segment_start(self, found: dict[str, Any], index: int) -> None:
        expected, self._segment_start = self._segment_start, None
        given = found.get("data", {})
        if found["type"] != SegmentStarted.TYPE or (
            expected != (given.get("segment"), given.get("previous_bytes"))
        ):
            raise self._bad("segment.start", index, "does not fit the segment it stands in")

    def _check_recovery(self, found: dict[str, Any], index: int) -> None:
        run = self._run
        if run is None:  # a write that lacked nothing but its newline
            run = _Run(index - 1)
            run.add(self._previous)
        if found["data"] != run.contents():
            raise self._bad("record.recovery", run.first, "is not the torn write that was noted")
        self.recovered.append((run.first, run.lines))
        self._run = None

    def _check_event(self, found: dict[str, Any], index: int) -> None:
        self.events += 1
        data, kind = found["data"], found["type"]
        if _FIELDS.get(kind) != data.keys():
            self.unknown += 1
        if index == 0:
            try:
                self.genesis = self.key = parse_verifier(str(data["verifier"]))
            except (NoteError, KeyError):
                raise self._bad("record.genesis", 0, "does not name a key") from None
            if data.get("origin") != self.genesis.name:
                raise self._bad("record.genesis", 0, "names two origins")

    def _check_seal(self, found: dict[str, Any], index: int) -> None:
        """Steps 5 to 8: the checkpoint's own form, place in the chain, root and signature."""
        key, epoch = self.key, self.last.epoch + 1 if self.last else 0
        try:
            note = parse_note(found["note"])
            text = parse_checkpoint(note.text)
        except NoteError:
            raise self._bad("checkpoint.form", index, "is not a checkpoint") from None
        if key is None or text.origin != key.name or len(note.signatures) != 1:
            raise self._bad("checkpoint.form", index, "is not a checkpoint of this log")
        if (text.size, text.epoch) != (index, epoch):
            raise self._bad("checkpoint.epoch", index, "stands at another place than it says")
        if not note.is_signed_by(key):
            raise self._bad("checkpoint.signature", index, f"is not signed by epoch {epoch}'s key")
        if text.root != self.tree.root():
            raise BadRecordError(
                "checkpoint.root",
                f"a record from {self.sealed} to {index - 1} is not what the checkpoint at "
                f"{index} sealed",
                self.sealed,
            )
        self.on_record(index, self.tree, text, key)
        self.checkpoints += 1
        self.last, self.key = text, VerifierKey(key.name, text.next_public)

    def _bad(self, code: str, index: int, text: str) -> BadRecordError:
        return BadRecordError(code, f"record {index} {text}", index)
