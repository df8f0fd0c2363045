"""Run a small function on a file that nobody vouches for, in a process that can do nothing else.

    run_sandboxed("secure_rag.runtime.gguf:plain_header", file)

The function takes one open binary file and returns plain JSON values. Its process bounds
itself, enters isolation, imports the function's module and only then is sealed: the
inherited file can be read, but none opened, no process started, none signalled. What comes
back was made by whoever made the file, so the caller checks it like input.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

from secure_rag.errors import IsolationError

MIB = 1024 * 1024
_MAX_ANSWER = 4 * MIB
_DESCRIPTORS = 64
_START_S = 60.0
_PACKAGES = Path(__file__).resolve().parents[2]
ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
"""What a sandboxed process learns of the environment."""


class SandboxError(Exception):
    """The function gave no answer: `raised`, `crashed`, `time_out`, `memory` or `too_large`.

    No text of the function's own comes through: it may quote the file.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def run_sandboxed(
    function: str,
    file: BinaryIO,
    *,
    timeout_s: float = 10.0,
    memory_mb: int = 512,
    unsafe_no_isolation: bool = False,
) -> Any:
    """Call `package.module:function` on an open file in a sealed process; return its answer.

    Raises:
        SandboxError: whatever the file did to the function.
        IsolationError: if the process could not be isolated.
    """
    command = [sys.executable, "-P", "-m", "secure_rag.isolation.sandbox", function]
    command += [str(memory_mb), str(timeout_s)]
    if unsafe_no_isolation:
        command.append("--unsafe-no-isolation")
    try:
        done = subprocess.run(
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment(),
            timeout=timeout_s + _START_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SandboxError("time_out") from None
    return _answer(done.stdout, done.returncode)


def environment() -> dict[str, str]:
    """Return the environment of a sandboxed process."""
    kept = {key: os.environ[key] for key in ENVIRONMENT if key in os.environ}
    return kept | {"PYTHONPATH": str(_PACKAGES), "OMP_NUM_THREADS": "1"}


def bound(memory_mb: int) -> None:
    """Bound this process: address space, core dumps, size of files, open descriptors."""
    memory = memory_mb * MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, _DESCRIPTORS))


def private_answers() -> int:
    """Return a descriptor for answers, and point both output streams at nothing."""
    answers = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)
    return answers


def _answer(data: bytes, code: int) -> Any:
    if code < 0:
        raise SandboxError("time_out" if -code == 24 else "crashed")  # SIGXCPU
    if len(data) > _MAX_ANSWER:
        raise SandboxError("too_large")
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        raise SandboxError("crashed") from None
    if not isinstance(answer, dict) or set(answer) not in ({"value"}, {"error"}):
        raise SandboxError("crashed")
    if "value" in answer:
        return answer["value"]
    if answer["error"] == "isolation":
        raise IsolationError("the process for untrusted files could not be isolated")
    raise SandboxError(answer["error"] if answer["error"] == "memory" else "raised")


def _main(arguments: list[str]) -> int:
    """Prepare, seal, call; the exit status says whether there is an answer."""
    from importlib import import_module

    from secure_rag import isolation
    from secure_rag.errors import SecureRagError

    name, memory_mb, timeout_s = arguments[0], int(arguments[1]), float(arguments[2])
    answers = private_answers()
    bound(memory_mb)
    try:
        if "--unsafe-no-isolation" not in arguments:
            isolation.enter(keep=[answers])
        module, _, function = name.partition(":")
        call = getattr(import_module(module), function)
        file = os.fdopen(0, "rb", closefd=False)
        _bound_time(timeout_s)
        if "--unsafe-no-isolation" not in arguments:
            isolation.seal()
    except SecureRagError:
        return _send(answers, {"error": "isolation"})
    try:
        return _send(answers, {"value": call(file)})
    except MemoryError:
        return _send(answers, {"error": "memory"})
    except Exception:  # noqa: BLE001  its message may quote the file
        return _send(answers, {"error": "raised"})


def _bound_time(timeout_s: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + timeout_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _send(descriptor: int, answer: dict[str, Any]) -> int:
    data = memoryview(json.dumps(answer).encode("ascii"))
    while data:
        data = data[os.write(descriptor, data) :]
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
