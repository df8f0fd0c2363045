"""Write the audit log: durable before the act, one process at a time, sealed at the end.

Order of an append (audit/FORMAT.md, section 5): lock; take in what others wrote;
account for a torn write; write the lines; fdatasync; unlock. Only then does the
caller act.

Order of sealing (section 6), with the lock held throughout:

1. write the next epoch's key into the free slot, durably;
2. append the checkpoint, signed by this epoch's key and naming the next, durably;
3. erase this epoch's key.

A crash before 2 leaves the announced key and one that nobody announced (erased at the
next start); a crash before 3 leaves the announced key and one that has had its day
(erased at the next start). In both cases the key that the last checkpoint announced is
there, so the log opens again; where it is *not* there, the tail was cut.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from secure_rag.audit.canonical import MAX_LINE_BYTES
from secure_rag.audit.clock import clock_step
from secure_rag.audit.epoch import (
    EpochKey,
    create_slots,
    filled_slots,
    open_slots,
    read_keys,
)
from secure_rag.audit.event import Event
from secure_rag.audit.log_events import Genesis, SegmentStarted
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import CheckpointText, VerifierKey, check_name, sign
from secure_rag.audit.record import Author, Moment, checkpoint_line, event_line
from secure_rag.audit.segments import (
    LOG_FOLDER,
    SEGMENT_BYTES,
    Disk,
    LogLock,
    create_segment,
    open_for_append,
    read_lines,
    segment_numbers,
    segment_path,
    sync_folder,
    translated,
)
from secure_rag.audit.tail import Seal, Tail, damaged, parse
from secure_rag.errors import AuditUnavailableError

_DISK = Disk()
SEAL_AFTER_S = 15 * 60
"""A session that runs longer seals in between: the window that stays open is bounded."""


@dataclass(frozen=True)
class Checkpoint:
    """The signed head that ended an epoch."""

    origin: str
    size: int
    root: str
    epoch: int
    seq: int
    note: str
    """The signed note itself: to be printed and kept elsewhere."""


class AuditLog:
    """The log of one workspace, opened for writing by one session."""

    def __init__(self, folder: Path, author: Author, disk: Disk, segment_bytes: int) -> None:
        """Use `create` or `open`."""
        self._folder = folder
        self._author = author
        self._disk = disk
        self._segment_bytes = segment_bytes
        self._thread_lock = threading.Lock()
        self._is_broken = False
        self._is_stale = True
        self._sealed_at = time.monotonic()
        self._descriptor = -1
        self._tail = Tail(folder)
        self._lock = LogLock(folder)
        try:
            with self._lock.held():
                self._slots = open_slots(folder)
                self._prepare()
                self._settle_keys()
        except BaseException:
            self._release()
            raise

    @staticmethod
    def create(folder: Path, *, origin: str, disk: Disk = _DISK) -> str:
        """Make a sealed log with its genesis record.

        Returns:
            The verifier line of the first epoch, to be kept off this machine. Its private
            key never reaches the disk.

        Raises:
            AuditUnavailableError: if there is a log already, or none can be written.
        """
        check_name(origin)
        first, second = EpochKey.generate(0), EpochKey.generate(1)
        verifier = VerifierKey(origin, first.public).line()
        line = event_line(0, Author.current("init"), Genesis(origin=origin, verifier=verifier))
        tree = Frontier()
        tree.push(line)
        note = sign(_checkpoint_text(origin, tree, 0, second).encode(), origin, first.private)
        with translated():
            if segment_numbers(folder):
                raise AuditUnavailableError("there is an audit log already", code="audit.exists")
            (folder / LOG_FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
            with create_slots(folder) as slots:
                disk.write_slot(slots, second.slot, second.pack())
            create_segment(folder, 1, line + b"\n" + checkpoint_line(1, note) + b"\n", disk)
            sync_folder(folder)
        return verifier

    @staticmethod
    def open(
        folder: Path, *, session: str, disk: Disk = _DISK, segment_bytes: int = SEGMENT_BYTES
    ) -> AuditLog:
        """Open the log for this session's events.

        Raises:
            AuditUnavailableError: if it is missing, damaged, or cannot be written.
        """
        with translated():
            if not segment_numbers(folder):
                raise AuditUnavailableError(
                    "there is no audit log in this workspace",
                    code="audit.missing",
                    hint="a workspace is made with its log: `secure-rag init DIR`",
                )
            return AuditLog(folder, Author.current(session), disk, segment_bytes)

    def append(self, event: Event) -> int:
        """Record an event and return its sequence number; durable on return."""
        return self.append_many([event])

    def append_many(self, events: Sequence[Event]) -> int:
        """Record events with one sync, all or none, and return the number of the last.

        Raises:
            AuditUnavailableError: if they are not on the disk; the act must not happen.
        """
        with self._exclusive():
            if events:
                self._write([], [*self._clock_step(), *events])
            last = self._tail.tree.size - 1
            if time.monotonic() - self._sealed_at > SEAL_AFTER_S:
                self._seal()
            return last

    def announce(
        self, event: Event, *, check: Callable[[], None], effect: Callable[[], None]
    ) -> int:
        """Seal the log, record an event, seal it too, and only then act; nobody writes meanwhile.

        Args:
            event: what is about to be done.
            check: raises where it must not be, before anything is recorded.
            effect: does it.

        Raises:
            AuditUnavailableError: if the event or its seal is not on the disk.
        """
        with self._exclusive():
            check()
            self._seal()
            self._write([], [*self._clock_step(), event])
            number = self._tail.tree.size - 1
            self._seal()
            effect()
            return number

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from writing for the body."""
        with self._exclusive():
            yield

    def rotate(self, *, older_than: str) -> bool:
        """Begin a new segment if this one began before a time; return whether it did."""
        with self._exclusive():
            path = segment_path(self._folder, self._tail.segment)
            line, _ = next(read_lines(path, 0), (b"", False))
            if str((parse(line) or {}).get("time", "")) >= older_than:
                return False
            self._start_segment()
            return True

    def seal(self) -> Checkpoint:
        """Seal what was recorded and end the epoch; the log stays open.

        Raises:
            AuditUnavailableError: if the checkpoint could not be written.
        """
        with self._exclusive():
            return self._seal()

    def close(self) -> Checkpoint:
        """Seal what was recorded, end the epoch and give the log back.

        Raises:
            AuditUnavailableError: if the checkpoint could not be written: the records since
                the last one stay unsealed, which `verify` says.
        """
        try:
            with self._exclusive():
                return self._seal()
        finally:
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._descriptor >= 0 and not self._is_broken:
            self.close()
        self._release()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the lock, up to date; whatever interrupts the body, read the end anew after."""
        with self._thread_lock, translated():
            if self._descriptor < 0 or self._is_broken:
                raise AuditUnavailableError("the audit log is closed, or closed after an error")
            with self._lock.held():
                try:
                    self._prepare()
                    yield
                except BaseException:
                    self._is_stale = True
                    raise

    # -- with the lock held ------------------------------------------------------------

    def _prepare(self) -> None:
        """Take in what others wrote, account for torn writes, start a segment if due."""
        if self._is_stale:
            self._tail = Tail.read(self._folder)
            self._reopen()
            self._is_stale = False
        elif os.fstat(self._descriptor).st_nlink == 0:
            # Its segment was pruned, or somebody removed it: then the keys do not fit.
            self._tail = Tail.read(self._folder)
            self._reopen()
            self._live_key(_last_seal(self._tail))
        elif not self._tail.is_current(self._descriptor):
            segment = self._tail.segment
            self._tail.advance()
            if self._tail.segment != segment:
                self._reopen()
        recovered = self._tail.recovery()
        if recovered is not None:
            unfinished = self._tail.unfinished
            # `log.recovered` must come first: it accounts for the line right before it.
            self._write([unfinished] if unfinished else [], [recovered, *self._clock_step()])
            self._settle_keys()
        if self._tail.offset >= self._segment_bytes:
            self._start_segment()

    def _reopen(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = open_for_append(segment_path(self._folder, self._tail.segment))

    def _write(self, unfinished: Sequence[bytes], events: Sequence[Event]) -> None:
        """Append events, after the newline that an unfinished line still needs."""
        start = self._tail.tree.size + len(unfinished)
        lines = [
            event_line(start + number, self._author, event) for number, event in enumerate(events)
        ]
        if max(map(len, lines)) > MAX_LINE_BYTES:
            raise AuditUnavailableError("an event is too long to record", code="audit.too_long")
        data = b"\n".join([b"", *lines, b""]) if unfinished else b"\n".join([*lines, b""])
        self._append_bytes(data)
        for line in [*unfinished, *lines]:
            self._tail.push(line, parse(line))
        self._tail.unfinished = b""

    def _clock_step(self) -> list[Event]:
        step = clock_step(self._tail.event, self._author.boot, Moment.now())
        return [step] if step else []

    def _append_bytes(self, data: bytes) -> None:
        """Put bytes on the disk, or leave the file as it was and refuse all further acts."""
        size = os.fstat(self._descriptor).st_size
        try:
            self._disk.write(self._descriptor, data)
            self._disk.sync(self._descriptor)
        except OSError:
            # Nobody has acted on these bytes, and the lock keeps others from building on them.
            self._is_broken = True
            with suppress(OSError):
                os.ftruncate(self._descriptor, size)
            raise

    def _start_segment(self) -> None:
        if step := self._clock_step():
            self._write([], step)  # the new segment's first record would hide it
        tail = self._tail
        number = tail.segment + 1
        event = SegmentStarted(segment=number, previous_bytes=tail.offset)
        line = event_line(tail.tree.size, self._author, event)
        create_segment(self._folder, number, line + b"\n", self._disk)
        self._tail.advance()
        self._reopen()

    def _seal(self) -> Checkpoint:
        tail = self._tail
        last = _last_seal(tail)
        if tail.tree.size == last.seq + 1:
            return _summary(last)
        origin = last.text.origin
        key = self._live_key(last)
        following = EpochKey.generate(key.epoch + 1)
        self._disk.write_slot(self._slots, following.slot, following.pack())
        text = _checkpoint_text(origin, tail.tree, key.epoch, following)
        line = checkpoint_line(tail.tree.size, sign(text.encode(), origin, key.private))
        self._append_bytes(line + b"\n")
        tail.push(line, parse(line))
        self._disk.erase_slot(self._slots, key.slot)
        tail.save()
        self._sealed_at = time.monotonic()
        return _summary(_last_seal(tail))

    def _settle_keys(self) -> None:
        """Finish a sealing that was interrupted: only the announced key may remain."""
        live = self._live_key(_last_seal(self._tail))
        for position in filled_slots(self._slots):
            if position != live.slot:
                self._disk.erase_slot(self._slots, position)

    def _live_key(self, seal: Seal) -> EpochKey:
        for key in read_keys(self._slots):
            if key.epoch == seal.text.epoch + 1 and key.public == seal.text.next_public:
                return key
        raise damaged("the epoch key does not belong to the last checkpoint: the log was cut")

    # -- life of the object ------------------------------------------------------------

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if hasattr(self, "_slots"):
            self._slots.close()
        self._lock.close()


def _last_seal(tail: Tail) -> Seal:
    if tail.seal is None:
        raise damaged("the log has no checkpoint")
    return tail.seal


def _checkpoint_text(
    origin: str, tree: Frontier, epoch: int, following: EpochKey
) -> CheckpointText:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return CheckpointText(origin, tree.size, tree.root(), epoch, now, following.public)


def _summary(seal: Seal) -> Checkpoint:
    text = seal.text
    return Checkpoint(text.origin, text.size, text.root.hex(), text.epoch, seal.seq, seal.note)
