"""The parser process: `python -m secure_rag.documents.child`, started by `DocumentReader`.

1. bounds itself (address space, core dumps, file sizes, descriptors);
2. enters isolation: no sockets, no files but the system's and the interpreter's;
3. only then imports the parsers, all of them, and is sealed: it opens no file, starts no
   process and signals none any more (`isolation.seal`);
4. answers requests from descriptor 0 until it ends.

An answer is a document as plain values, or a reason code. Nothing else leaves:
output streams go to /dev/null, because a parser's warning may quote the document.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys

from secure_rag import isolation
from secure_rag.documents.wire import LENGTH_BYTES, frame
from secure_rag.errors import DocumentError, SecureRagError
from secure_rag.isolation import sandbox

_DAMAGING = frozenset(("document.too_large", "document.time_out"))
"""Codes after which this process may be short of memory: it ends, and is replaced."""


def main() -> int:
    """Serve requests until the parent closes the pipe; return the exit status."""
    options = _options()
    answers = sandbox.private_answers()
    sandbox.bound(options.memory_mb)
    try:
        evidence = _enter(answers, unsafe_no_isolation=options.unsafe_no_isolation)
    except SecureRagError:
        _send(answers, frame({"error": "isolation"}))
        return 1
    _send(answers, frame({"ready": evidence.to_dict()}))
    return _serve(answers, options.timeout_s)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="secure_rag.documents.child")
    parser.add_argument("--memory-mb", type=int, required=True)
    parser.add_argument("--timeout-s", type=float, required=True)
    parser.add_argument("--unsafe-no-isolation", action="store_true")
    return parser.parse_args()


def _enter(answers: int, *, unsafe_no_isolation: bool) -> isolation.Evidence:
    """Enter isolation, import the parsers, and give up all that reading does not need."""
    evidence = isolation.unenforced() if unsafe_no_isolation else isolation.enter(keep=[answers])
    from secure_rag.documents.preload import preload

    preload()
    if not unsafe_no_isolation:
        isolation.seal()
    return evidence


def _bound_time(timeout_s: float) -> None:
    """Give the next document its processor seconds; the limit counts from the start."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + timeout_s) + 2
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def _serve(answers: int, timeout_s: float) -> int:
    while True:
        size = _receive(LENGTH_BYTES)
        if size is None:
            return 0
        header = _receive(int.from_bytes(size, "big"))
        if header is None:
            return 1
        request = json.loads(header)
        data = _receive(request["size"])
        if data is None:
            return 1
        _bound_time(timeout_s)
        code, answer = _answer(data, request["name"], request["limits"])
        del data
        _send(answers, answer)
        if code in _DAMAGING:
            return 0


def _answer(data: bytes, name: str, limits: dict[str, int]) -> tuple[str | None, bytes]:
    """Return the framed document, or a code and the frame that says it."""
    from secure_rag.documents.limits import Limits
    from secure_rag.documents.loading import load
    from secure_rag.documents.wire import to_plain

    try:
        return None, frame({"document": to_plain(load(data, name, Limits(**limits)))})
    except DocumentError as error:
        code = error.code
    except MemoryError:
        code = "document.too_large"
    return code, frame({"error": code})


def _receive(size: int) -> bytes | None:
    """Return exactly so many bytes of descriptor 0; None if it ends before."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    filled = 0
    while filled < size:
        count = os.readv(0, [view[filled:]])
        if count == 0:
            return None
        filled += count
    view.release()
    return bytes(buffer)


def _send(descriptor: int, answer: bytes) -> None:
    view = memoryview(answer)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    sys.exit(main())
