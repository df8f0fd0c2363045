"""The seccomp filter that denies sockets, set through ctypes.

Filter, in order (seccomp(2), linux/seccomp.h, linux/filter.h):

1. an architecture other than the running one is killed: 32-bit calls would
   otherwise reach `socket` under another number;
2. on x86-64 the x32 numbers are killed for the same reason;
3. `socket`, `io_uring_*` (it can make sockets), `pidfd_getfd` (it can take
   them from others), `ptrace` and `process_vm_writev` return EPERM;
4. everything else is allowed. `socketpair` stays: it connects nothing.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass

from secure_rag.errors import IsolationError

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_RET_ALLOW = 0x7FFF0000
_RET_EPERM = 0x00050000 | errno.EPERM
_RET_KILL_PROCESS = 0x80000000
_LOAD_WORD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x35, 0x06
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE = 0, 4
_X32_FIRST = 0x40000000


@dataclass(frozen=True)
class _Architecture:
    audit: int
    seccomp: int
    denied: dict[str, int]


_SHARED = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
_ARCHITECTURES = {
    "x86_64": _Architecture(
        audit=0xC000003E,
        seccomp=317,
        denied={
            "socket": 41,
            "ptrace": 101,
            "process_vm_writev": 311,
            "pidfd_getfd": 438,
            **_SHARED,
        },
    ),
    "aarch64": _Architecture(
        audit=0xC00000B7,
        seccomp=277,
        denied={
            "socket": 198,
            "ptrace": 117,
            "process_vm_writev": 271,
            "pidfd_getfd": 438,
            **_SHARED,
        },
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def denied_calls() -> dict[str, int]:
    """Return name and number of the system calls that the filter denies here.

    Raises:
        IsolationError: on an architecture without a filter.
    """
    return dict(_architecture().denied)


def install() -> None:
    """Set the filter for all threads of this process and for every child, for good.

    Raises:
        IsolationError: if the kernel does not take it.
    """
    architecture = _architecture()
    code = _assemble(architecture)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise _failure("prctl(NO_NEW_PRIVS)")
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    result = libc.syscall(
        architecture.seccomp,
        _SECCOMP_SET_MODE_FILTER,
        _SECCOMP_FILTER_FLAG_TSYNC,
        ctypes.byref(program),
    )
    if result != 0:
        raise _failure("seccomp(SET_MODE_FILTER)")


def _architecture() -> _Architecture:
    machine = platform.machine()
    if os.name != "posix" or machine not in _ARCHITECTURES or platform.system() != "Linux":
        raise IsolationError(
            f"isolation cannot be enforced on {platform.system()} {machine}",
            hint="use Linux on x86-64 or aarch64; `--unsafe-no-isolation` runs without, on record",
        )
    return _ARCHITECTURES[machine]


def _failure(call: str) -> IsolationError:
    name = errno.errorcode.get(ctypes.get_errno(), "error")
    return IsolationError(
        f"the kernel refused the socket filter: {call} gave {name}",
        hint="a container may forbid seccomp; see docs/explanation/threat-model.md",
    )


def _assemble(architecture: _Architecture) -> bytes:
    """Return the BPF program as packed `sock_filter` instructions."""
    numbers = sorted(architecture.denied.values())
    is_x86 = architecture.audit == _ARCHITECTURES["x86_64"].audit
    code = [
        _instruction(_LOAD_WORD, 0, 0, _OFFSET_ARCHITECTURE),
        _instruction(_JUMP_EQUAL, 1, 0, architecture.audit),
        _instruction(_RETURN, 0, 0, _RET_KILL_PROCESS),
        _instruction(_LOAD_WORD, 0, 0, _OFFSET_NUMBER),
    ]
    if is_x86:
        code += [
            _instruction(_JUMP_GREATER_EQUAL, 0, 1, _X32_FIRST),
            _instruction(_RETURN, 0, 0, _RET_KILL_PROCESS),
        ]
    for position, number in enumerate(numbers):
        code.append(_instruction(_JUMP_EQUAL, len(numbers) - position, 0, number))
    code += [_instruction(_RETURN, 0, 0, _RET_ALLOW), _instruction(_RETURN, 0, 0, _RET_EPERM)]
    return b"".join(code)


def _instruction(code: int, if_true: int, if_false: int, operand: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)
