"""A temporary folder for one run, and the end of those that earlier runs left.

Under the file rules a process writes into its own folder but cannot remove it: for that it
needed rights over the folder around it, where others' files lie. So a run empties its folder
when it ends, holds a lock on it until then, and at its start removes those whose lock is free:
their processes ended, or were killed with something still in them.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from secure_rag.errors import IsolationError

_NAME = re.compile(r"secure-rag-[0-9a-f]{16}")
"""Nobody calls a folder so by chance: `secure-rag-examples` is somebody's own."""
_MODE = 0o700
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ATTEMPTS = 10


@dataclass(frozen=True)
class PrivateFolder:
    """A folder of this run's own."""

    path: Path
    descriptor: int
    """Holds the lock: the folder is taken as long as it is open."""

    def clear(self) -> None:
        """Remove what lies in it, and itself where the file rules allow."""
        shutil.rmtree(self.path, ignore_errors=True)


def make_private_folder(parent: Path) -> PrivateFolder:
    """Make a folder that this user alone may enter, and lock it.

    Raises:
        IsolationError: if none can be made there.
    """
    for _ in range(_ATTEMPTS):
        path = parent / f"secure-rag-{os.urandom(8).hex()}"
        try:
            path.mkdir(mode=_MODE)
            descriptor = os.open(path, _FLAGS)
        except (FileExistsError, FileNotFoundError):
            continue  # another start took it for one that was left, before it was locked
        except OSError as error:
            raise IsolationError(
                f"no private temporary folder can be made: {error.strerror}",
                hint="make room or give write access there, or let TMPDIR name another folder",
            ) from None
        if _is_locked(descriptor) and os.fstat(descriptor).st_nlink:
            return PrivateFolder(path, descriptor)
        os.close(descriptor)
    raise IsolationError("no private temporary folder can be made")


def remove_left_folders(parent: Path) -> None:
    """Remove this user's folders that no process holds, with all that lies in them.

    Whatever is in doubt stays: another owner or mode, a link, a lock, an error.
    """
    with suppress(OSError):
        around = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in filter(_NAME.fullmatch, os.listdir(around)):
                with suppress(OSError):
                    _remove(name, around)
        finally:
            os.close(around)


def _remove(name: str, around: int) -> None:
    descriptor = os.open(name, _FLAGS, dir_fd=around)
    try:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o777 != _MODE:
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.stat(name, dir_fd=around, follow_symlinks=False), found):
            shutil.rmtree(name, ignore_errors=True, dir_fd=around)
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    """Take the lock; where the file system has none, nobody else can take it either."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
