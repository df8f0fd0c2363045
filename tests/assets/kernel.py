"""Run a command on a kernel that refuses, or only seems to grant, some system calls.

    python -m tests.assets.kernel CALL=ANSWER… -- COMMAND…

ANSWER is the name of an error, or `0`: the call returns success and does nothing.
`prctl` is answered for PR_SET_NO_NEW_PRIVS alone. Real filters of the kernel, set by
this launcher and inherited by the command: nothing of the program is replaced.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Sequence

_CALLS = {
    "x86_64": {
        "prctl": 157,
        "seccomp": 317,
        "unshare": 272,
        "getsockopt": 55,
        "setrlimit": 160,
        "prlimit64": 302,
        "landlock_create_ruleset": 444,
        "landlock_add_rule": 445,
        "landlock_restrict_self": 446,
    },
    "aarch64": {
        "prctl": 167,
        "seccomp": 277,
        "unshare": 97,
        "getsockopt": 209,
        "setrlimit": 164,
        "prlimit64": 261,
        "landlock_create_ruleset": 444,
        "landlock_add_rule": 445,
        "landlock_restrict_self": 446,
    },
}
_NO_NEW_PRIVS = 38
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000


def command(answers: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Return the command line that runs another one on such a kernel."""
    return [sys.executable, "-m", "tests.assets.kernel", *answers, "--", *arguments]


def main(arguments: list[str]) -> None:
    """Set the filter and become the command."""
    cut = arguments.index("--")
    _install([tuple(answer.split("=")) for answer in arguments[:cut]])
    os.execvp(arguments[cut + 1], arguments[cut + 1 :])


def _install(answers: Sequence[tuple[str, ...]]) -> None:
    numbers = _CALLS[os.uname().machine]
    code = [_instruction(_LOAD, 0, 0, 0)]
    for call, answer in answers:
        verdict = _ERROR | (0 if answer == "0" else getattr(errno, answer))
        if call == "prctl":
            code += [
                _instruction(_EQUAL, 0, 4, numbers[call]),
                _instruction(_LOAD, 0, 0, 16),
                _instruction(_EQUAL, 0, 1, _NO_NEW_PRIVS),
                _instruction(_RETURN, 0, 0, verdict),
                _instruction(_RETURN, 0, 0, _ALLOW),
            ]
        else:
            code += [
                _instruction(_EQUAL, 0, 1, numbers[call]),
                _instruction(_RETURN, 0, 0, verdict),
            ]
    code.append(_instruction(_RETURN, 0, 0, _ALLOW))
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(b"".join(code))
    program = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(buffer))
    assert libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, ctypes.c_char_p(program), 0, 0) == 0  # PR_SET_SECCOMP, filter mode


def _instruction(code: int, if_true: int, if_false: int, operand: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)


if __name__ == "__main__":
    main(sys.argv[1:])
