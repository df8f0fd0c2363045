"""The seccomp filters, set through ctypes.

Both begin with what no later rule could mend (seccomp(2), linux/seccomp.h):

1. an architecture other than the running one is killed: 32-bit calls would
   otherwise reach `socket` under another number;
2. on x86-64 the x32 numbers are killed for the same reason.

`install` then denies with EPERM what `calls.DENIED` lists, and by argument:
`sendto` with an address, `socketpair` of another family than AF_UNIX, the two
`ioctl` requests that type into a terminal. Everything else is allowed.

`seal` denies everything but `calls.SEALED`: for a process that has all it needs.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from secure_rag.errors import IsolationError
from secure_rag.isolation import calls

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_RET_ALLOW = 0x7FFF0000
_RET_EPERM = 0x00050000 | errno.EPERM
_RET_KILL_PROCESS = 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16
_X32_FIRST = 0x40000000

_AF_UNIX = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_AT_EMPTY_PATH = 0x1000
_F_GETFD, _F_GETFL = 1, 3


@dataclass(frozen=True)
class _Architecture:
    machine: str
    audit: int
    seccomp: int


_ARCHITECTURES = {
    "x86_64": _Architecture("x86_64", audit=0xC000003E, seccomp=317),
    "aarch64": _Architecture("aarch64", audit=0xC00000B7, seccomp=277),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def require_support() -> None:
    """Say plainly where there is no filter, before anything of this process is changed.

    Raises:
        IsolationError: on another system or processor.
    """
    _architecture()


def denied_calls() -> dict[str, int]:
    """Return name and number of the calls that `install` denies here whatever their arguments.

    Raises:
        IsolationError: on a system without a filter.
    """
    return calls.numbers(calls.DENIED, _architecture().machine)


def install() -> None:
    """Set the filter for all threads of this process and for every child, for good.

    Raises:
        IsolationError: if the kernel does not take it.
    """
    architecture = _architecture()
    number = calls.numbers(calls.ARGUMENTS, architecture.machine)
    code = [
        *_guard(architecture),
        *_when(number["sendto"], _unless_zero(4)),
        *_when(number["socketpair"], _only(0, _AF_UNIX)),
        *_when(number["ioctl"], _none_of(1, (_TIOCSTI, _TIOCLINUX))),
        *_listed(denied_calls().values(), found=_RET_EPERM, other=_RET_ALLOW),
    ]
    _set(architecture, code)


def seal() -> None:
    """Deny this process every call but `calls.SEALED`; it comes on top of `install`.

    Raises:
        IsolationError: if the kernel does not take it.
    """
    architecture = _architecture()
    number = calls.numbers(calls.ARGUMENTS, architecture.machine)
    kept = calls.numbers(calls.SEALED, architecture.machine)
    code = [
        *_guard(architecture),
        *_when(number["prlimit64"], _only(0, 0)),  # limits of itself
        *_when(number["newfstatat"], _with_bit(3, _AT_EMPTY_PATH)),  # an open descriptor
        *_when(number["fcntl"], _one_of(1, (_F_GETFD, _F_GETFL))),
        *_listed(kept.values(), found=_RET_ALLOW, other=_RET_EPERM),
    ]
    _set(architecture, code)


def _architecture() -> _Architecture:
    machine = os.uname().machine if sys.platform == "linux" else "this machine"
    if machine not in _ARCHITECTURES:
        raise IsolationError(
            f"isolation is not enforced on {sys.platform}, {machine}: "
            "this program has no kernel filter for it, so it stops",
            hint="use Linux on x86-64 or aarch64; `--unsafe-no-isolation` runs without, on record",
        )
    return _ARCHITECTURES[machine]


def _set(architecture: _Architecture, instructions: list[bytes]) -> None:
    code = b"".join(instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise _failure("prctl(NO_NEW_PRIVS)")
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(instructions), ctypes.addressof(buffer))
    result = libc.syscall(
        architecture.seccomp,
        _SECCOMP_SET_MODE_FILTER,
        _SECCOMP_FILTER_FLAG_TSYNC,
        ctypes.byref(program),
    )
    if result != 0:  # above 0: the id of a thread that could not take the filter
        raise _failure("seccomp(SET_MODE_FILTER)", thread=result > 0)


def _failure(call: str, *, thread: bool = False) -> IsolationError:
    name = errno.errorcode.get(ctypes.get_errno(), "error")
    what = "did not reach every thread" if thread else f"gave {name}"
    return IsolationError(
        f"the kernel refused the socket filter: {call} {what}",
        hint="a container may forbid seccomp; see docs/explanation/threat-model.md",
    )


# -- instructions --------------------------------------------------------------------------


def _guard(architecture: _Architecture) -> list[bytes]:
    """Kill foreign architectures and x32, then leave the call's number in the accumulator."""
    code = [
        _instruction(_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        _instruction(_EQUAL, 1, 0, architecture.audit),
        _instruction(_RETURN, 0, 0, _RET_KILL_PROCESS),
        _instruction(_LOAD, 0, 0, _OFFSET_NUMBER),
    ]
    if architecture.machine == "x86_64":
        code += [
            _instruction(_AT_LEAST, 0, 1, _X32_FIRST),
            _instruction(_RETURN, 0, 0, _RET_KILL_PROCESS),
        ]
    return code


def _listed(numbers: Iterable[int], *, found: int, other: int) -> list[bytes]:
    """Return one of two verdicts by the call's number."""
    listed = sorted(numbers)
    code = [
        _instruction(_EQUAL, len(listed) - position, 0, number)
        for position, number in enumerate(listed)
    ]
    return [*code, _instruction(_RETURN, 0, 0, other), _instruction(_RETURN, 0, 0, found)]


def _when(number: int, verdict: list[bytes]) -> list[bytes]:
    """Run instructions that end with a verdict if the call has this number."""
    return [_instruction(_EQUAL, 0, len(verdict), number), *verdict]


def _only(argument: int, value: int) -> list[bytes]:
    return _one_of(argument, (value,))


def _one_of(argument: int, values: tuple[int, ...]) -> list[bytes]:
    return [_low(argument), *_listed(values, found=_RET_ALLOW, other=_RET_EPERM)]


def _none_of(argument: int, values: tuple[int, ...]) -> list[bytes]:
    return [_low(argument), *_listed(values, found=_RET_EPERM, other=_RET_ALLOW)]


def _with_bit(argument: int, bit: int) -> list[bytes]:
    return [
        _low(argument),
        _instruction(_ANY_BIT, 0, 1, bit),
        _instruction(_RETURN, 0, 0, _RET_ALLOW),
        _instruction(_RETURN, 0, 0, _RET_EPERM),
    ]


def _unless_zero(argument: int) -> list[bytes]:
    """Deny a pointer that is given; both halves of it are looked at."""
    return [
        _low(argument),
        _instruction(_EQUAL, 0, 3, 0),
        _instruction(_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * argument + 4),
        _instruction(_EQUAL, 0, 1, 0),
        _instruction(_RETURN, 0, 0, _RET_ALLOW),
        _instruction(_RETURN, 0, 0, _RET_EPERM),
    ]


def _low(argument: int) -> bytes:
    """Load the low half: the kernel reads these arguments as 32 bits (little-endian)."""
    return _instruction(_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * argument)


def _instruction(code: int, if_true: int, if_false: int, operand: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)
