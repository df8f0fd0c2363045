"""Functions that a hostile file might make of a parser, to be run in the sandbox."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import subprocess
from collections.abc import Callable
from typing import BinaryIO

KEPT: list[object] = []


def first_bytes(file: BinaryIO) -> str:
    """What is allowed: read, seek, think."""
    file.seek(2)
    return file.read(4).decode()


def attempts(_file: BinaryIO) -> dict[str, str]:
    """Try what a compromised parser would want; return what each try gave."""
    libc = ctypes.CDLL(None, use_errno=True)
    tries: dict[str, Callable[[], object]] = {
        "read a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "write a file": lambda: os.open("/dev/shm/x", os.O_WRONLY | os.O_CREAT),
        "list a folder": lambda: os.listdir("/"),
        "read its memory": lambda: os.open("/proc/self/mem", os.O_RDWR),
        "delete": lambda: os.unlink("/dev/shm/x"),
        "rename": lambda: os.rename("/dev/shm/x", "/dev/shm/y"),
        "change a mode": lambda: os.chmod("/dev/shm", 0o777),
        "run a program": lambda: subprocess.run(["/bin/true"], check=False),
        "exec": lambda: os.execv("/nowhere", ["x"]),
        "fork": lambda: _fork(),
        "signal the parent": lambda: os.kill(os.getppid(), 0),
        "socket": lambda: socket.socket(socket.AF_UNIX),
        "pair of sockets": socket.socketpair,
        "shared memory": lambda: os.memfd_create("x"),
        "another's limits": lambda: _checked(libc.prlimit(os.getppid(), 0, None, bytes(16))),
        "terminal": lambda: _checked(libc.ioctl(0, 0x5401, bytes(64))),
        "duplicate a descriptor": lambda: os.dup(0),
    }
    return {name: _gave(attempt) for name, attempt in tries.items()}


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "call")


def _gave(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "error")
    return "open"


def crash(_file: BinaryIO) -> None:
    ctypes.string_at(1)


def hang(_file: BinaryIO) -> None:
    while True:
        pass


def hog(_file: BinaryIO) -> None:
    while True:
        KEPT.append(bytearray(2**20))


def quote(file: BinaryIO) -> None:
    raise ValueError(file.read())


def flood(_file: BinaryIO) -> str:
    return "x" * (8 * 2**20)


def no_json(_file: BinaryIO) -> object:
    return {1, 2}
