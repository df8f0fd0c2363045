"""One pass over all records: form, numbering, segments, roots and the chain of seals.

The steps are numbered as in audit/FORMAT.md, section 7. Memory does not grow with the
log. The pass stops at the first record that is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.events import CATALOGUE
from secure_rag.audit.log_events import Genesis, LogRecovered, SegmentStarted
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import (
    CheckpointText,
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier,
)
from secure_rag.audit.pruned import Kept, Nodes
from secure_rag.audit.prunings import Prunings
from secure_rag.audit.tail import parse

_SEAL_END = b'"type":"checkpoint"}'
_TIME_MARK = b'"time":"'
OnRecord = Callable[[int, Frontier, CheckpointText | None, VerifierKey | None], None]
_FIELDS = {kind: {spec.name for spec in fields(event)} for kind, event in CATALOGUE.items()}


def watch_all(watches: Sequence[OnRecord]) -> OnRecord:
    """Return the one call that makes all of these, which a pass makes for each record."""
    if len(watches) == 1:
        return watches[0]

    def watch(
        index: int, tree: Frontier, text: CheckpointText | None, key: VerifierKey | None
    ) -> None:
        for one in watches:
            one(index, tree, text, key)

    return watch


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


@dataclass(frozen=True)
class Since:
    """From which record on the form is checked: its index, or the time its event holds."""

    index: int = 0
    time: str = ""

    def is_reached(self, index: int, line: bytes) -> bool:
        if not self.time:
            return index >= self.index
        start = line.rfind(_TIME_MARK)
        return start >= 0 and line[start + 8 : start + 35] >= self.time.encode()


@dataclass
class Silence:
    """Stretches without any event, longer than the promise of a sign of life allows."""

    limit_us: int
    count: int = 0
    longest_us: int = 0
    first: int | None = None
    """Index of the last record before the first stretch."""
    _seen: tuple[int, str, int] | None = None

    def hear(self, index: int, boot: str, monotonic_us: int) -> None:
        """Take in an event; over a restart of the machine, time counts from its start."""
        if self._seen is not None:
            last, last_boot, last_us = self._seen
            passed = monotonic_us - last_us if boot == last_boot else monotonic_us
            if passed > self.limit_us:
                self.count += 1
                self.longest_us = max(self.longest_us, passed)
                self.first = last if self.first is None else self.first
        self._seen = (index, boot, monotonic_us)


@dataclass
class Chain:
    """State of the pass; feed it every line of every segment in order."""

    on_record: OnRecord
    """Called before each record is added: its index, the tree before it, and for a
    checkpoint what it says and the key that signed it."""
    since: Since | None = None
    """Events before it are hashed, not read; set to None where it is reached."""
    silence: Silence | None = None
    tree: Frontier = field(default_factory=Frontier)
    prunings: Prunings = field(default_factory=Prunings)
    skipped: int = 0
    """Lines that were hashed only."""
    checked_from: int = 0
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
    _is_run_cut: bool = False
    """Torn lines may stand before the first record that was read."""
    _previous: bytes = b""
    _segment_start: tuple[int, int | None] | None = None

    @property
    def torn(self) -> int:
        """Number of unreadable lines at the end that nothing accounts for yet."""
        return self._run.lines if self._run else 0

    def add_pruned(self, item: Kept | Nodes) -> None:
        """Take in what is kept of pruned records, before the first segment.

        Raises:
            BadRecordError: if a checkpoint among them is wrong.
        """
        if isinstance(item, Nodes):
            for level, digest in zip(item.levels, item.digests, strict=True):
                self.tree.push_node(digest, level)
            return
        is_seal = item.record["type"] == records.CHECKPOINT
        if is_seal:
            self._check_seal(item.record, item.index)
        else:
            self.on_record(item.index, self.tree, None, None)
        if item.index == 0:
            self._check_genesis(item.record["data"])
        self.tree.push(item.line)
        if is_seal:
            self.sealed = self.tree.size

    def start_segment(self, number: int, previous_bytes: int | None) -> None:
        """Expect the record that must stand first in segment `number`.

        The size of the segment before is None where that was pruned.
        """
        if self._run is not None:
            raise self.unreadable()
        self._segment_start = (number, previous_bytes) if number > 1 else None

    def add(self, line: bytes) -> None:
        """Check one complete line and take it in.

        Raises:
            BadRecordError: if it is wrong.
        """
        index = self.tree.size
        if self.since is not None and self._skip(line, index):
            return
        found = parse(line)
        if found is None:
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
            self._is_run_cut = False

    def unreadable(self) -> BadRecordError:
        """Return the error for a line that is no record, with those before it that are none."""
        index = self._run.first if self._run else self.tree.size
        return self._bad("record.unreadable", index, "is not a record")

    def _skip(self, line: bytes, index: int) -> bool:
        """Hash an event before `since`; what carries the chain is read all the same."""
        if self.since is not None and self.since.is_reached(index, line):
            self.since, self.checked_from = None, index
            return False
        if index == 0 or self._segment_start is not None or line.endswith(_SEAL_END):
            return False
        if self.prunings.is_marked(line) and parse(line) is not None:
            return False
        self.on_record(index, self.tree, None, None)
        self.tree.push(line)
        self._is_run_cut = True
        self.skipped += 1
        return True

    def _add_unreadable(self, line: bytes, index: int) -> None:
        """Step 2: an unreadable line may only be a torn write, accounted for right after."""
        if self._segment_start is not None or index == 0:
            raise self.unreadable()
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
            raise self.unreadable()

    def _check_segment_start(self, found: dict[str, Any], index: int) -> None:
        expected, self._segment_start = self._segment_start, None
        given = found.get("data", {})
        if expected is not None and expected[1] is None:  # the segment before it was pruned
            expected = (expected[0], given.get("previous_bytes"))
            self.prunings.first_time = str(found.get("time"))
        if found["type"] != SegmentStarted.TYPE or (
            expected != (given.get("segment"), given.get("previous_bytes"))
        ):
            raise self._bad("segment.start", index, "does not fit the segment it stands in")

    def _check_recovery(self, found: dict[str, Any], index: int) -> None:
        run, self._run = self._run, None
        if self._is_run_cut:
            return
        if run is None:  # a write that lacked nothing but its newline
            run = _Run(index - 1)
            run.add(self._previous)
        if found["data"] != run.contents():
            raise self._bad("record.recovery", run.first, "is not the torn write that was noted")
        self.recovered.append((run.first, run.lines))

    def _check_event(self, found: dict[str, Any], index: int) -> None:
        self.events += 1
        data, kind = found["data"], found["type"]
        if _FIELDS.get(kind) != data.keys():
            self.unknown += 1
        if self.silence is not None and self.since is None:
            self.silence.hear(index, found["boot"], found["monotonic_us"])
        self.prunings.see(index, found)
        if index == 0:
            self._check_genesis(data)

    def _check_genesis(self, data: dict[str, Any]) -> None:
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
        self.prunings.seal(index)
        self.checkpoints += 1
        self.last, self.key = text, VerifierKey(key.name, text.next_public)

    def _bad(self, code: str, index: int, text: str) -> BadRecordError:
        return BadRecordError(code, f"record {index} {text}", index)
