"""Descriptors that a process was started with: the needed ones stay, and none is a way out."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from secure_rag.errors import IsolationError

_SOL_SOCKET, _SO_DOMAIN = 1, 39
_AF_UNIX = 1
_STANDARD = (0, 1, 2)
_FOLDERS = ("/dev/fd", "/proc/self/fd")


def named_by(paths: Iterable[Path]) -> set[int]:
    """Return the descriptors that paths name, as a shell's `<(command)` does."""
    return {
        int(path.name) for path in paths if str(path.parent) in _FOLDERS and path.name.isdecimal()
    }


def close_strays(keep: Iterable[int]) -> int:
    """Close every descriptor but 0 to 2 and the named ones; return how many there were."""
    kept = {*_STANDARD, *keep}
    closed = 0
    for descriptor in _open_descriptors():
        if descriptor not in kept:
            try:
                os.close(descriptor)
            except OSError:
                continue  # the one by which the folder was listed
            closed += 1
    return closed


def refuse_sockets() -> None:
    """Fail if a socket other than a Unix one is open: filters do not reach those made before.

    A Unix socket may be standard input; under the filter it talks to its peer alone.

    Raises:
        IsolationError: naming the descriptor.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for descriptor in _open_descriptors():
        family = _family(libc, descriptor)
        if family not in (None, _AF_UNIX):
            raise IsolationError(
                f"descriptor {descriptor} is a network socket that was opened before isolation",
                hint="start secure-rag without inherited sockets",
            )


def _open_descriptors() -> list[int]:
    """Return this process's descriptors; by trying them where there is no `/proc`."""
    try:
        return sorted(map(int, os.listdir("/proc/self/fd")))
    except OSError:
        return [number for number in range(os.sysconf("SC_OPEN_MAX")) if _is_open(number)]


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _family(libc: ctypes.CDLL, descriptor: int) -> int | None:
    """Return a socket's address family, -1 if it does not tell, None for what is no socket."""
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None
    except OSError:
        return None
    family, size = ctypes.c_int(-1), ctypes.c_uint(4)
    libc.getsockopt(descriptor, _SOL_SOCKET, _SO_DOMAIN, ctypes.byref(family), ctypes.byref(size))
    return family.value
