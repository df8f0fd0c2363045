"""The end of the log: where to append, the tree so far, the last checkpoint, torn lines.

Read from the segments, never trusted from anywhere else: the cache file
`audit/tail.json` only says where the last checkpoint stands and the tree's right edge
there, and is used only if that edge gives the root which the checkpoint signed.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.canonical import MAX_LINE_BYTES, NotCanonicalError, decode
from secure_rag.audit.log_events import LogRecovered
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import CheckpointText, NoteError, parse_checkpoint, parse_note
from secure_rag.audit.pruned import read_beginning
from secure_rag.audit.segments import read_lines, segment_numbers, segment_path
from secure_rag.errors import AuditUnavailableError, InputError
from secure_rag.modes import file_mode

CACHE_FILE = "tail.json"
_FORMAT = 1


@dataclass
class Seal:
    """The last checkpoint: what it says, and where its line stands."""

    text: CheckpointText
    note: str
    seq: int
    segment: int
    offset: int
    before: Frontier
    """The tree that it seals."""


@dataclass
class Tail:
    """The state of the log's end; `advance` brings it up to date."""

    folder: Path
    segment: int = 1
    offset: int = 0
    """First byte after the last complete line of the segment."""
    tree: Frontier = field(default_factory=Frontier)
    seal: Seal | None = None
    torn: list[bytes] = field(default_factory=list)
    """Unreadable complete lines at the end that no `log.recovered` accounts for yet."""
    unfinished: bytes = b""
    """What stands after the last newline."""
    event: dict[str, Any] | None = None
    """The last event: its clocks are held against those of the next."""

    @classmethod
    def read(cls, folder: Path) -> Tail:
        """Read the end of the log, from the cached place where that can be trusted.

        Raises:
            AuditUnavailableError: if there is no log, or its checkpoints cannot be read.
        """
        tail = _from_cache(folder) or _from_beginning(folder)
        tail.advance()
        return tail

    def is_current(self, descriptor: int) -> bool:
        """Return whether nobody has written since `advance` (cheap, asked at every append)."""
        return (
            os.fstat(descriptor).st_size == self.offset
            and not segment_path(self.folder, self.segment + 1).exists()
        )

    def advance(self) -> None:
        """Take in everything that was written since, by whatever process."""
        numbers = segment_numbers(self.folder)
        if self.segment not in numbers:
            raise damaged("a segment of the log is missing")
        size = segment_path(self.folder, self.segment).stat().st_size
        if size < self.offset:
            raise damaged("the log has become shorter while it was open")
        for number in range(self.segment, numbers[-1] + 1):
            if number not in numbers:
                raise damaged("a segment of the log is missing")
            if number != self.segment:
                self.segment, self.offset = number, 0
            self._read_segment()

    def push(self, line: bytes, found: dict[str, Any] | None) -> None:
        """Take in one complete line that stands at the end of the segment."""
        if found is None:
            self.torn.append(line)
        elif found.get("type") == records.CHECKPOINT:
            self.seal = self._seal(found)
        else:
            self.event = found
            if found["type"] == LogRecovered.TYPE:
                self.torn = []
        self.tree.push(line)
        self.offset += len(line) + 1

    def recovery(self) -> LogRecovered | None:
        """Return the event that accounts for interrupted writes at the end, if there are any.

        An unfinished last line that reads as a record was complete but for its newline: it
        gets its newline and counts, though nothing acted on it.
        """
        if self.unfinished and parse(self.unfinished) is not None:
            lines = [self.unfinished]
        else:
            lines = [*self.torn, *([self.unfinished] if self.unfinished else [])]
        if not lines:
            return None
        end = self.tree.size + bool(self.unfinished)
        joined = b"\n".join(lines)
        return LogRecovered(
            first=end - len(lines),
            lines=len(lines),
            bytes=sum(map(len, lines)),
            sha256=hashlib.sha256(joined).hexdigest(),
        )

    def save(self) -> None:
        """Leave the cache for the next start; losing it costs time, not safety."""
        if self.seal is None:
            return
        cache = {
            "format": _FORMAT,
            "segment": self.seal.segment,
            "offset": self.seal.offset,
            "size": self.seal.before.size,
            "hashes": [digest.hex() for digest in self.seal.before.hashes],
        }
        new = self.folder / (CACHE_FILE + ".new")
        with suppress(OSError):
            new.write_text(json.dumps(cache), encoding="ascii")
            new.chmod(file_mode(self.folder))
            new.replace(self.folder / CACHE_FILE)

    def _read_segment(self) -> None:
        self.unfinished = b""
        for line, is_complete in read_lines(segment_path(self.folder, self.segment), self.offset):
            if is_complete:
                self.push(line, parse(line))
            elif len(line) > MAX_LINE_BYTES:
                raise damaged("a line of the log is too long")
            else:
                self.unfinished = line

    def _seal(self, found: dict[str, Any]) -> Seal:
        try:
            note = str(found["note"])
            text = parse_checkpoint(parse_note(note).text)
        except (KeyError, NoteError):
            raise damaged("a checkpoint of the log cannot be read") from None
        return Seal(text, note, self.tree.size, self.segment, self.offset, self.tree.copy())


def parse(line: bytes) -> dict[str, Any] | None:
    """Return the record of a line, or None if it is not one."""
    try:
        found = decode(line)
    except NotCanonicalError:
        return None
    return found if records.has_envelope(found) else None


def damaged(what: str) -> AuditUnavailableError:
    """Return the error for a log that must not be written to any more."""
    return AuditUnavailableError(
        what, code="audit.damaged", hint="run `secure-rag audit verify` to see what is still proven"
    )


def _from_beginning(folder: Path) -> Tail:
    """Return the state before the first record that is there."""
    try:
        found = read_beginning(folder)
    except InputError:
        raise damaged("what is kept of the pruned records cannot be read") from None
    return Tail(folder, found.segment, 0, found.tree)


def _from_cache(folder: Path) -> Tail | None:
    """Return the state just before the last checkpoint, if the cache proves itself."""
    try:
        cache = json.loads((folder / CACHE_FILE).read_bytes())
        if cache["format"] != _FORMAT:
            return None
        tree = Frontier(int(cache["size"]), [bytes.fromhex(h) for h in cache["hashes"]])
        segment, offset = int(cache["segment"]), int(cache["offset"])
        line, is_complete = next(read_lines(segment_path(folder, segment), offset))
        found = parse(line) if is_complete else None
        if found is None or found["type"] != records.CHECKPOINT or found["seq"] != tree.size:
            return None
        text = parse_checkpoint(parse_note(found["note"]).text)
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None
    if (text.size, text.root) != (tree.size, tree.root()):
        return None
    return Tail(folder, segment, offset, tree, event=_event_before(folder, segment, offset))


def _event_before(folder: Path, segment: int, offset: int) -> dict[str, Any] | None:
    """Return the event whose line ends at `offset`; before a checkpoint there always is one."""
    start = max(0, offset - MAX_LINE_BYTES - 2)
    with segment_path(folder, segment).open("rb") as file:
        file.seek(start)
        lines = file.read(offset - start).split(b"\n")
    found = parse(lines[-2]) if len(lines) > 1 else None
    return found if found is not None and found["type"] != records.CHECKPOINT else None
