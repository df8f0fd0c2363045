"""Look, after the fact, whether what was asked for holds: each way out is tried."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from secure_rag.errors import IsolationError
from secure_rag.isolation import seccomp

_FAMILIES = {
    "AF_UNIX": 1,
    "AF_INET": 2,
    "AF_INET6": 10,
    "AF_NETLINK": 16,
    "AF_PACKET": 17,
    "AF_ALG": 38,
    "AF_VSOCK": 40,
}
_DGRAM = 2
_TIOCSTI = 0x5412
_TRIED = (
    "connect",
    "bind",
    "sendmsg",
    "recvmsg",
    "io_uring_setup",
    "pidfd_getfd",
    "ptrace",
    "process_vm_readv",
    "request_key",
)
"""Calls that give another error than EPERM on nonsense arguments where they are allowed."""


def probe() -> dict[str, str]:
    """Try what must fail now, and return what each try gave.

    Raises:
        IsolationError: if one was not denied with EPERM.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    gave: dict[str, str] = {}
    for name, family in _FAMILIES.items():
        gave[name] = _outcome(partial(libc.socket, family, _DGRAM, 0))
    numbers = seccomp.denied_calls()
    for name in _TRIED:
        gave[name] = _outcome(partial(_nonsense, libc, numbers[name]))
    address = ctypes.create_string_buffer(16)
    gave["sendto"] = _outcome(partial(libc.sendto, -1, None, 0, 0, address, 16))
    gave["TIOCSTI"] = _outcome(partial(libc.ioctl, -1, _TIOCSTI, address))
    passed = [name for name, outcome in gave.items() if outcome != "EPERM"]
    if passed:
        raise IsolationError(f"isolation self-test failed: {', '.join(passed)} not denied")
    return gave


def probe_seal() -> None:
    """Try what a sealed process must not do: open a file, start a process, send a signal.

    Raises:
        IsolationError: if one was not denied with EPERM.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    attempts = {
        "open": partial(_open, b"/dev/null", os.O_RDONLY),
        "execve": partial(libc.execve, b"/nowhere", None, None),
        "kill": partial(libc.kill, os.getpid(), 0),
    }
    passed = [name for name, attempt in attempts.items() if _outcome(attempt) != "EPERM"]
    if passed:
        raise IsolationError(f"sandbox self-test failed: {', '.join(passed)} not denied")


def filtered_threads() -> int:
    """Return how many threads run, after a look at each one's state in the kernel.

    Raises:
        IsolationError: if one has no filter, or may gain rights.
    """
    try:
        threads = list(Path("/proc/self/task").iterdir())
        states = [_status(thread) for thread in threads]
    except OSError:
        return 0  # no /proc to look at: nothing is claimed
    if any(state != ("2", "1") for state in states):
        raise IsolationError("isolation self-test failed: a thread runs without the filter")
    return len(states)


def closed_root() -> str:
    """Return what opening the root folder gives: an error's name, or `open`."""
    return _outcome(partial(_open, b"/", os.O_RDONLY | os.O_DIRECTORY))


def _status(thread: Path) -> tuple[str, str]:
    fields = dict(
        line.split(":\t", 1)
        for line in (thread / "status").read_text().splitlines()
        if ":\t" in line
    )
    return fields["Seccomp"], fields["NoNewPrivs"]


def _open(path: bytes, flags: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.open(path, flags | os.O_CLOEXEC))


def _nonsense(libc: ctypes.CDLL, number: int) -> int:
    """Call with arguments that no kernel accepts."""
    return int(libc.syscall(number, *(ctypes.c_long(-1) for _ in range(6))))


def _outcome(attempt: Callable[[], int]) -> str:
    ctypes.set_errno(0)
    result = attempt()
    if result >= 0:
        os.close(result)
        return "open"
    return errno.errorcode.get(ctypes.get_errno(), "error")
