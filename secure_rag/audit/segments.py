"""Segments: the files `audit/log/NNNNNN.jsonl`, and the calls whose order keeps them safe."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from secure_rag.audit.canonical import MAX_LINE_BYTES
from secure_rag.errors import ArtifactError, AuditUnavailableError
from secure_rag.modes import open_made
from secure_rag.slots import SlotFile

LOG_FOLDER = "log"
LOCK_FILE = "log.lock"
SEGMENT_BYTES = 64 * 2**20
"""A segment is closed when it has grown beyond this."""
_NAME = re.compile(r"[0-9]{6}\.jsonl")
_LOCK_TIMEOUT_S = 60.0


class Disk:
    """The calls that touch the disk, in one place so that tests can break each of them."""

    def write(self, descriptor: int, data: bytes) -> None:
        """Append all bytes, or raise."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        """Return when what was written is on the disk."""
        os.fdatasync(descriptor)

    def publish(self, new: Path, path: Path) -> None:
        """Give a finished file its name, durably."""
        os.rename(new, path)
        sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """Take a file away; a later `sync_folder` makes that durable."""
        path.unlink(missing_ok=True)

    def write_slot(self, slots: SlotFile, position: int, data: bytes) -> None:
        slots.write(position, data)

    def erase_slot(self, slots: SlotFile, position: int) -> None:
        slots.erase(position)


def segment_path(folder: Path, number: int) -> Path:
    """Return the path of segment `number` below the audit folder."""
    return folder / LOG_FOLDER / f"{number:06d}.jsonl"


def segment_numbers(folder: Path) -> list[int]:
    """Return the numbers of the segments that are there, in order."""
    try:
        names = os.listdir(folder / LOG_FOLDER)
    except FileNotFoundError:
        return []
    return sorted(int(name[:6]) for name in names if _NAME.fullmatch(name))


def stray_names(folder: Path) -> list[str]:
    """Return names of `.jsonl` files that are no segments, though a tool might read them."""
    with suppress(OSError):
        names = [*os.listdir(folder), *os.listdir(folder / LOG_FOLDER)]
        return sorted(n for n in names if n.endswith(".jsonl") and not _NAME.fullmatch(n))
    return []


def open_for_append(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)


@contextmanager
def open_new(path: Path) -> Iterator[int]:
    """Open a file to be written anew; the body syncs it."""
    descriptor = open_made(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def create_segment(folder: Path, number: int, data: bytes, disk: Disk) -> None:
    """Make a segment with its first lines in it: it is there whole, or not at all."""
    path = segment_path(folder, number)
    new = path.with_suffix(".new")
    with open_new(new) as descriptor:
        disk.write(descriptor, data)
        disk.sync(descriptor)
    disk.publish(new, path)


def read_lines(path: Path, start: int, end: int | None = None) -> Iterator[tuple[bytes, bool]]:
    """Yield each line from byte `start` on, without newline, and whether it had one.

    A line longer than a record can be comes in pieces, so that memory stays flat.
    """
    limit = MAX_LINE_BYTES + 1
    with open(path, "rb", buffering=2**18) as file:
        file.seek(start)
        position = start
        while end is None or position < end:
            size = limit if end is None else min(limit, end - position)
            line = file.readline(size)
            if not line:
                return
            position += len(line)
            if line.endswith(b"\n"):
                yield line[:-1], True
            else:
                yield line, False


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever the disk refuses into the one error that stops the act."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise AuditUnavailableError(
            f"the audit log cannot be written: {reason}",
            hint="nothing was done; make room or give write access below the workspace's `audit/`",
        ) from error
    except ArtifactError as error:
        raise AuditUnavailableError(
            f"the key of the audit log cannot be used: {error.message}",
            code="audit.damaged",
            hint="run `secure-rag audit verify`",
        ) from error


class LogLock:
    """The lock that lets one process at a time append or seal."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        flags = os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT
        self._descriptor = open_made(folder / LOCK_FILE, flags)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @contextmanager
    def held(self, *, shared: bool = False) -> Iterator[None]:
        """Hold the lock for the body.

        Raises:
            AuditUnavailableError: if another process keeps it for a minute.
        """
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        pause = 0.0002
        while not self._try(mode):
            if time.monotonic() > deadline:
                raise AuditUnavailableError(
                    "another process has held the audit log for a minute", code="audit.locked"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.01)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _try(self, mode: int) -> bool:
        try:
            fcntl.flock(self._descriptor, mode | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EINTR):
                return False
            raise
        return True
