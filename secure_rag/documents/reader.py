"""Read documents in a process of their own that can neither write, nor connect, nor stay."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from secure_rag.documents.limits import MIB, Limits
from secure_rag.documents.reasons import REASONS, refusal
from secure_rag.documents.wire import LENGTH_BYTES, MAX_ANSWER_BYTES, frame, from_plain
from secure_rag.errors import IsolationError
from secure_rag.isolation import sandbox
from secure_rag.values import RawDocument

_START_S = 60.0
_LAST_BREATH_S = 0.05
_DOCUMENTS_PER_CHILD = 1000
"""A parser process is replaced after so many: parsers leak."""
_PIECE = 256 * 1024


class _GoneError(Exception):
    """The process ended, or answered what it must not."""


class _LateError(Exception):
    """The deadline passed."""


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    requests: int
    answers: int
    served: int = 0


class DocumentReader:
    """Owns one parser process: starts it for the first document, keeps it, replaces it.

    Use as a context manager. One document at a time; not safe between threads.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        memory_mb: int,
        max_file_mb: int,
        unsafe_no_isolation: bool = False,
    ) -> None:
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        self._limits = Limits(file_bytes=max_file_mb * MIB)
        self._unsafe_no_isolation = unsafe_no_isolation
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """Id of the parser process; None while there is none."""
        return None if self._child is None else self._child.process.pid

    def read(self, data: bytes, name: str) -> RawDocument:
        """Return the document's text and blocks.

        Args:
            name: the file's name or path: decides the format with the content, and is text.

        Raises:
            DocumentError: with a code of `reasons.REASONS`; the next document may follow.
            IsolationError: if the parser process cannot be isolated.
        """
        if len(data) > self._limits.file_bytes:
            raise refusal("document.too_large")
        if not data:
            raise refusal("document.empty")
        try:
            answer = self._exchange_twice(data, name)
            if "document" in answer:
                return from_plain(answer["document"])
        except _LateError:
            self._kill()
            raise refusal("document.time_out") from None
        except (_GoneError, ValueError):
            raise refusal(self._end_reason()) from None
        except BaseException:
            # An interrupt leaves half an answer in the pipe: it must not meet the next document.
            self._kill()
            raise
        code = answer.get("error")
        if code not in REASONS:
            self._kill()
            code = "document.crashed"
        raise refusal(code)

    def close(self) -> None:
        """End the parser process, if there is one."""
        self._kill()

    def _exchange_twice(self, data: bytes, name: str) -> dict[str, Any]:
        """Ask a fresh process again if a used one ended: an earlier document may be to blame."""
        try:
            return self._exchange(data, name)
        except _GoneError:
            if self._child is None or self._child.served <= 1:
                raise
            self._kill()
            return self._exchange(data, name)

    def _exchange(self, data: bytes, name: str) -> dict[str, Any]:
        child = self._running()
        child.served += 1
        deadline = time.monotonic() + self._timeout_s
        shown = name.encode("utf-8", "replace").decode("utf-8")
        header = frame({"name": shown, "size": len(data), "limits": self._limits.to_plain()})
        _write(child.requests, header, deadline)
        _write(child.requests, data, deadline)
        answer = _answer(child.answers, deadline)
        if answer.get("error") in ("document.too_large", "document.time_out"):
            self._kill()  # it ends by itself after these; do not race with it
        return answer

    def _running(self) -> _Child:
        child = self._child
        if child is not None:
            is_used_up = child.served >= _DOCUMENTS_PER_CHILD
            if not is_used_up and child.process.poll() is None:
                return child
            self._kill()
        self._child = child = self._start()
        greeting = _answer(child.answers, time.monotonic() + _START_S)
        if "ready" not in greeting:
            self._kill()
            raise IsolationError("the parser process could not be isolated")
        return child

    def _start(self) -> _Child:
        # -P: the working folder, which may hold anything, is not on the import path.
        command = [sys.executable, "-P", "-m", "secure_rag.documents.child"]
        command += [
            "--memory-mb",
            str(self._memory_mb),
            "--timeout-s",
            str(self._timeout_s),
        ]
        if self._unsafe_no_isolation:
            command.append("--unsafe-no-isolation")
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=sandbox.environment(),
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
        )
        assert process.stdin is not None and process.stdout is not None
        requests, answers = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(requests, False)
        os.set_blocking(answers, False)
        return _Child(process, requests, answers)

    def _end_reason(self) -> str:
        """End the process and tell why it failed: used up its processor time, or crashed."""
        child = self._child
        self._kill(is_ending=True)
        used_up = child is not None and child.process.returncode == -signal.SIGXCPU
        return "document.time_out" if used_up else "document.crashed"

    def _kill(self, *, is_ending: bool = False) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for stream in (child.process.stdin, child.process.stdout):
            if stream is not None:
                stream.close()
        if not is_ending:
            child.process.kill()
        try:
            child.process.wait(_LAST_BREATH_S)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _write(descriptor: int, data: bytes, deadline: float) -> None:
    view = memoryview(data)
    while view:
        _wait(descriptor, select.POLLOUT, deadline)
        try:
            view = view[os.write(descriptor, view[:_PIECE]) :]
        except BlockingIOError:
            continue
        except OSError:
            raise _GoneError from None


def _answer(descriptor: int, deadline: float) -> dict[str, Any]:
    size = int.from_bytes(_read(descriptor, LENGTH_BYTES, deadline), "big")
    if size > MAX_ANSWER_BYTES:
        raise _GoneError
    try:
        value = json.loads(_read(descriptor, size, deadline))
    except (ValueError, RecursionError):
        raise _GoneError from None
    if not isinstance(value, dict):
        raise _GoneError
    return value


def _read(descriptor: int, size: int, deadline: float) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        _wait(descriptor, select.POLLIN, deadline)
        try:
            piece = os.read(descriptor, min(_PIECE, size - len(pieces)))
        except BlockingIOError:
            continue
        except OSError:
            raise _GoneError from None
        if not piece:
            raise _GoneError
        pieces += piece
    return bytes(pieces)


def _wait(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    remaining = deadline - time.monotonic()
    if remaining <= 0 or not poll.poll(remaining * 1000):
        raise _LateError
