"""Open model files: what was hashed is what is loaded, whatever happens to the path meanwhile.

A path can lead to another file between the check of a digest and the loading. So a file is
opened once, the open file is hashed, and loaders get that open file: its bytes, or a path
that leads to it alone (`/proc/self/fd/N`). Who writes into the very same file in between is
noticed by its times, and then by its digest.
"""

from __future__ import annotations

import hashlib
import os
import stat
import weakref
from pathlib import Path

from secure_rag.runtime.pins import ModelFile

_PIECE = 1 << 20
_State = tuple[int, int, int]


class CheckedFile:
    """An open file that had its pinned digest when it was hashed."""

    def __init__(self, descriptor: int, pin: ModelFile, state: _State) -> None:
        self.pin = pin
        self._descriptor = descriptor
        self._state = state
        weakref.finalize(self, os.close, descriptor).atexit = False

    @property
    def path(self) -> Path:
        """A path that leads to this open file, for native code; gone with this object."""
        return Path(f"/proc/self/fd/{self._descriptor}")

    def read(self) -> bytes | None:
        """Return the whole file, hashed again; None if it changed."""
        data = _whole(self._descriptor, self.pin.size)
        return data if hashlib.sha256(data).hexdigest() == self.pin.sha256 else None

    def is_unchanged(self) -> bool:
        """Say whether nobody has written into the file since it was hashed.

        Its times may change for other reasons (a new name, other rights): then it is hashed
        again. What is written after this call is not noticed.
        """
        if _state(self._descriptor) == self._state:
            return True
        return _digest(self._descriptor) == self.pin.sha256

    def is_still_at(self, path: Path) -> bool:
        """Say whether a path leads to this very file, and nobody touched it since it was hashed."""
        try:
            there, here = os.stat(path), os.fstat(self._descriptor)
        except OSError:
            return False
        return os.path.samestat(there, here) and _state(self._descriptor) == self._state


def open_checked(path: Path, pin: ModelFile) -> CheckedFile | None:
    """Open a file and hash what was opened; None if it differs from its pin.

    Raises:
        OSError: it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        state = _state(descriptor)
        is_same = (
            stat.S_ISREG(found.st_mode)
            and found.st_size == pin.size
            and _digest(descriptor) == pin.sha256
        )
    except BaseException:
        os.close(descriptor)
        raise
    if not is_same:
        os.close(descriptor)
        return None
    return CheckedFile(descriptor, pin, state)


def _state(descriptor: int) -> _State:
    found = os.fstat(descriptor)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _digest(descriptor: int) -> str:
    """Return the SHA-256 of an open file; where it is read from elsewhere does not matter."""
    digest, at = hashlib.sha256(), 0
    while piece := os.pread(descriptor, _PIECE, at):
        digest.update(piece)
        at += len(piece)
    return digest.hexdigest()


def _whole(descriptor: int, size: int) -> bytes:
    """Return the first `size` bytes of an open file, and one more where there is one.

    Mostly read at once: then the piece is the whole, and is not copied.
    """
    pieces, at = [], 0
    while at <= size and (piece := os.pread(descriptor, size + 1 - at, at)):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)
