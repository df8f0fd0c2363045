"""Fixed-slot files: small secrets overwritten in place, so that old ones are really gone.

A rename or a database leaves the old key in freed blocks; a write over the same
bytes does not (docs/adr: vault). Copy-on-write file systems, snapshots, backups and
the wear levelling of an SSD undo this: the promise is "not readable through the file
system", no more.

Stored form, format 1 (all numbers little-endian):

    header   64 bytes  "secure-rag slots" · u32 format · u32 slot_size · u32 stride
                       · u32 zero · 16 bytes checksum of all that · zeros
    slot i             `stride` bytes at 64-byte aligned `first + i * stride`
                       u32 state (0 blank, 1 written) · u32 length · data, zero-padded
                       to slot_size · 16 bytes checksum · zeros
    checksum           the first 16 bytes of SHA-256 over "secure-rag slot" · u64 i
                       · all bytes of the slot before the checksum

`stride` is the next power of two and `first` the larger of 64 and the stride (at most
4096), so that a slot of up to 4 KiB never crosses a page. A slot that was being written
when the machine stopped fails its checksum and reads as None: the reader gets the old
value, the new one, or None, never a mixture. Who cannot bear None keeps two slots and
writes the new one before erasing the old.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from secure_rag.errors import ArtifactError, FormatError
from secure_rag.modes import open_made

FORMAT = 1
_MAGIC = b"secure-rag slots"
_HEADER = struct.Struct("<16sIIII")
_SLOT = struct.Struct("<II")
_HEADER_SIZE = 64
_CHECKSUM_SIZE = 16
_PAGE = 4096
_MAX_SLOT_SIZE = 1 << 20
_BLANK, _WRITTEN = 0, 1


class SlotFile:
    """Fixed-size slots in one file (0600, in a shared folder 0660).

    Safe between threads and processes.
    """

    def __init__(self, path: Path, descriptor: int, slot_size: int) -> None:
        """Wrap an open file; use `create` or `open`."""
        self._path = path
        self._descriptor = descriptor
        self._slot_size = slot_size
        self._stride = _stride(slot_size)
        self._first = max(_HEADER_SIZE, min(self._stride, _PAGE))
        self._lock = threading.RLock()

    @classmethod
    def create(cls, path: Path, *, slots: int, slot_size: int) -> SlotFile:
        """Make a file of `slots` blank slots that hold up to `slot_size` bytes each.

        Raises:
            ArtifactError: if there is a file already.
        """
        if not 0 < slot_size <= _MAX_SLOT_SIZE or slots < 0:
            raise ValueError("slot_size or slots out of range")
        stride = _stride(slot_size)
        head = _HEADER.pack(_MAGIC, FORMAT, slot_size, stride, 0)
        first = max(_HEADER_SIZE, min(stride, _PAGE))
        blank = (head + _checksum(0, head)).ljust(first + slots * stride, b"\0")
        # Only this blank file is moved into place as a whole; secrets come later, in place.
        new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = open_made(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            _pwrite_all(descriptor, blank, 0)
            os.fsync(descriptor)
            os.link(new, path)
        except FileExistsError:
            raise ArtifactError(f"{path.name} exists already", code="slots.exists") from None
        finally:
            os.close(descriptor)
            os.unlink(new)
        sync_folder(path.parent)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> SlotFile:
        """Open an existing file for reading and writing, or for reading where only that is allowed.

        Raises:
            ArtifactError: if it is missing or its header is damaged.
            FormatError: if it has another format.
        """
        descriptor = _open(path)
        try:
            slot_size = _read_header(path, os.pread(descriptor, _HEADER_SIZE, 0))
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor, slot_size)

    def close(self) -> None:
        """Close the file; using it afterwards fails."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SlotFile({self._path.name!r}, slot_size={self._slot_size})"

    def __len__(self) -> int:
        """Count the slots, a last half-made one not included."""
        size = os.fstat(self._descriptor).st_size
        return max(0, (size - self._first) // self._stride)

    @property
    def slot_size(self) -> int:
        """The most bytes that one slot holds."""
        return self._slot_size

    def read(self, i: int) -> bytes | None:
        """Return what was last written to slot `i`, or None if it is blank, erased or damaged.

        It waits for nobody: beside a writer it may see the slot half written, which is None.
        """
        raw = self._raw(i)
        if len(raw) < self._stride:
            return None
        state, length = _SLOT.unpack_from(raw)
        body_end = _SLOT.size + self._slot_size
        found = raw[body_end : body_end + _CHECKSUM_SIZE]
        if state != _WRITTEN or length > self._slot_size:
            return None
        if found != _checksum(i, raw[:body_end]) or any(raw[body_end + _CHECKSUM_SIZE :]):
            return None
        return raw[_SLOT.size : _SLOT.size + length]

    def is_blank(self, i: int) -> bool:
        """Say whether slot `i` holds nothing but zeros: never written, or erased."""
        return not any(self._raw(i))

    def write(self, i: int, data: bytes) -> None:
        """Put `data` into slot `i`, over the bytes that were there; durable on return."""
        with self._locked():
            if not 0 <= i < len(self):
                raise IndexError(i)
            _pwrite_all(self._descriptor, self._packed(i, data), self._offset(i))
            self.sync()

    def append(self, data: bytes, *, sync: bool = True) -> int:
        """Add a slot at the end and return its number.

        Args:
            data: what the new slot holds.
            sync: durable on return; False leaves that to one `sync` for many.
        """
        with self._locked():
            size = os.fstat(self._descriptor).st_size
            # A half-made slot of a killed process keeps its number and stays None.
            i = max(0, -(-(size - self._first) // self._stride))
            _pwrite_all(self._descriptor, self._packed(i, data), self._offset(i))
            if sync:
                self.sync()
            return i

    def erase(self, i: int) -> None:
        """Overwrite slot `i` with zeros; durable on return, and read back.

        Raises:
            ArtifactError: if the bytes are still there afterwards.
        """
        with self._locked():
            if not 0 <= i < len(self):
                raise IndexError(i)
            _pwrite_all(self._descriptor, bytes(self._stride), self._offset(i))
            self.sync()
            if not self.is_blank(i):
                raise ArtifactError(f"slot {i} of {self._path.name} could not be erased")

    def sync(self) -> None:
        """Make all writes so far durable."""
        os.fdatasync(self._descriptor)

    def _offset(self, i: int) -> int:
        if i < 0:
            raise IndexError(i)
        return self._first + i * self._stride

    def _raw(self, i: int) -> bytes:
        return os.pread(self._descriptor, self._stride, self._offset(i))

    def _packed(self, i: int, data: bytes) -> bytes:
        if len(data) > self._slot_size:
            raise ValueError("data is larger than a slot")
        body = _SLOT.pack(_WRITTEN, len(data)) + data.ljust(self._slot_size, b"\0")
        return (body + _checksum(i, body)).ljust(self._stride, b"\0")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def _stride(slot_size: int) -> int:
    needed = max(_SLOT.size + slot_size + _CHECKSUM_SIZE, _HEADER_SIZE)
    return 1 << (needed - 1).bit_length()


def _checksum(i: int, content: bytes) -> bytes:
    digest = hashlib.sha256(b"secure-rag slot" + struct.pack("<Q", i) + content)
    return digest.digest()[:_CHECKSUM_SIZE]


def _open(path: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, os.O_RDWR | flags)
    except PermissionError:
        pass
    except OSError as error:
        if error.errno != errno.EROFS:
            raise ArtifactError(f"{path.name} cannot be opened", code="slots.missing") from None
    try:
        return os.open(path, os.O_RDONLY | flags)
    except OSError:
        raise ArtifactError(f"{path.name} cannot be opened", code="slots.missing") from None


def _read_header(path: Path, raw: bytes) -> int:
    content, rest = raw[: _HEADER.size], raw[_HEADER.size :]
    is_intact = (
        len(raw) == _HEADER_SIZE
        and content.startswith(_MAGIC)
        and rest == _checksum(0, content).ljust(_HEADER_SIZE - _HEADER.size, b"\0")
    )
    if not is_intact:
        raise ArtifactError(f"{path.name} is damaged: its header is wrong", code="slots.damaged")
    _, version, slot_size, stride, _ = _HEADER.unpack(content)
    if version != FORMAT or stride != _stride(slot_size):
        raise FormatError(f"{path.name}: format {version} is not format {FORMAT} of this program")
    return int(slot_size)


def _pwrite_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def sync_folder(folder: Path) -> None:
    """Make names that were just put into a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
