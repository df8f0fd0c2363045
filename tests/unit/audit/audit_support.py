"""Logs to try things on, a disk that fails on demand, and hands that tamper."""

from __future__ import annotations

import errno
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secure_rag.audit.canonical import decode
from secure_rag.audit.chain import Since
from secure_rag.audit.epoch import FILE_NAME, EpochKey, create_slots
from secure_rag.audit.events import AnswerRefused, Event, PassagesRetrieved
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import CheckpointText, sign
from secure_rag.audit.pruned import kept_numbers
from secure_rag.audit.record import checkpoint_line
from secure_rag.audit.retention import carry_out, plan_pruning, write_draft
from secure_rag.audit.segments import Disk, segment_path
from secure_rag.audit.verdict import VerifyReport
from secure_rag.audit.verify import verify
from secure_rag.slots import SlotFile

ROOT = Path(__file__).resolve().parents[3]
ORIGIN = "secure-rag/0123456789abcdef"


@dataclass
class Made:
    """A log made for a test."""

    folder: Path
    genesis: str

    @property
    def segment(self) -> Path:
        return segment_path(self.folder, 1)

    def lines(self) -> list[bytes]:
        return self.segment.read_bytes().splitlines(keepends=True)

    def write_lines(self, lines: list[bytes]) -> None:
        self.segment.write_bytes(b"".join(lines))

    def copy(self, folder: Path) -> Made:
        shutil.copytree(self.folder, folder)
        return Made(folder, self.genesis)

    def prune(self, segments: int, disk: Disk | None = None, *, before: str = "") -> int:
        """Prune so many of the oldest segments that are there; return the event's number."""
        first = kept_numbers(self.folder)[segments]
        path = segment_path(self.folder, first)
        before = before or decode(path.read_bytes().split(b"\n")[0])["time"]
        plan = plan_pruning(self.folder, before)
        assert plan is not None and plan.segments >= segments
        disk = disk or Disk()
        with AuditLog.open(self.folder, session="prune", disk=disk) as log:
            draft = write_draft(self.folder, plan, disk)
            event = draft.event(reason="the records plan", retention_days=0)
            return carry_out(log, self.folder, draft, event, disk)

    def whole(self) -> bytes:
        numbers = kept_numbers(self.folder)
        return b"".join(segment_path(self.folder, number).read_bytes() for number in numbers)

    def lines_readable(self) -> list[bytes]:
        """Return the lines of all segments that look like records."""
        return [line for line in self.whole().split(b"\n") if line.endswith(b'"}')]

    def run(self, events: int = 3, *, session: str = "s1", **kind: object) -> None:
        """Record one session of some events, sealed at its end."""
        with AuditLog.open(self.folder, session=session, **kind) as log:  # type: ignore[arg-type]
            for number in range(events):
                log.append(refused(number))


def seal_anew(
    made: Made,
    lines: list[bytes],
    first: int,
    key: EpochKey | None = None,
    *,
    prefix: tuple[Frontier, int, int] = (Frontier(), 0, 1),
) -> None:
    """Write lines with every checkpoint from index `first` on made anew, and the live key too.

    The first is signed by `key` where the attacker has one, else by a key of nobody; each
    announces the next. `prefix`: the tree before the lines, their first epoch, their segment.
    """
    tree, epoch, segment = prefix[0].copy(), *prefix[1:]
    new: list[bytes] = []
    for index, line in enumerate(lines, start=tree.size):
        found = decode(line[:-1])
        if found["type"] == "checkpoint":
            if index >= first:
                signer, key = key or EpochKey.generate(epoch), EpochKey.generate(epoch + 1)
                text = CheckpointText(
                    ORIGIN, index, tree.root(), epoch, "2026-11-22T00:00:00Z", key.public
                )
                note = sign(text.encode(), ORIGIN, signer.private)
                line = checkpoint_line(index, note) + b"\n"
            epoch += 1
        tree.push(line[:-1])
        new.append(line)
    segment_path(made.folder, segment).write_bytes(b"".join(new))
    if key is not None:
        put_key(made.folder, key)


def put_key(folder: Path, key: EpochKey) -> None:
    """Make a key the live one."""
    (folder / FILE_NAME).unlink()
    with create_slots(folder) as slots:
        slots.write(key.slot, key.pack())


def load_independent() -> Any:
    """Load the one-file verifier of audit/verify.py, which knows nothing of secure_rag."""
    spec = importlib.util.spec_from_file_location("one_file_verifier", ROOT / "audit" / "verify.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


INDEPENDENT = load_independent()
EVENTS = INDEPENDENT.read_catalogue(ROOT / "audit" / "events.schema.json")


def verdict(report: Any) -> dict[str, Any]:
    """Return what both verifiers must agree on: all but the sentences."""
    value = report.to_dict()
    for name in ("verified", "failed", "not_checkable"):
        value[name] = sorted(statement["code"] for statement in value[name])
    return dict(value)


def verify_twice(
    folder: Path, *, exported: bool = False, since: Since | None = None, **options: Any
) -> VerifyReport:
    """Verify with both verifiers, which must say the same; return our own report."""
    own = verify(folder, exported=exported, since=since, **options)
    start = (since.time or since.index) if since else None
    other = INDEPENDENT.verify(
        folder, is_live=not exported, since=start, catalogue=EVENTS, **options
    )
    assert verdict(own) == verdict(other)
    return own


def make_log(folder: Path) -> Made:
    folder.mkdir(parents=True, exist_ok=True)
    return Made(folder, AuditLog.create(folder, origin=ORIGIN))


def abandon(log: AuditLog) -> None:
    """Leave a log as a killed process does: nothing sealed, nothing locked."""
    log._release()


def refused(number: int) -> Event:
    return AnswerRefused(query_id=f"q{number}", reason="no_passages")


def retrieved(number: int, chunks: int = 4) -> Event:
    return PassagesRetrieved(
        query_id=f"q{number}", chunks=[f"doc{n}#{number}" for n in range(chunks)]
    )


class Killed(BaseException):
    """The process is gone: no handler of the code under test may run for it."""


class FailingDisk(Disk):
    """Stops at the n-th call: before it, in the middle of it, or right after it."""

    def __init__(self, at: int, how: str, error: Callable[[], BaseException] = Killed) -> None:
        self.at = at
        self.how = how
        self.error = error
        self.calls = 0

    def write(self, descriptor: int, data: bytes) -> None:
        if self._stops("before"):
            raise self.error()
        if self._stops("middle"):
            os.write(descriptor, data[: len(data) // 2])
            raise self.error()
        super().write(descriptor, data)
        self._after()

    def sync(self, descriptor: int) -> None:
        if self._stops("before") or self._stops("middle"):
            raise self.error()
        super().sync(descriptor)
        self._after()

    def publish(self, new: Path, path: Path) -> None:
        if self._stops("before") or self._stops("middle"):
            raise self.error()
        super().publish(new, path)
        self._after()

    def remove(self, path: Path) -> None:
        if self._stops("before") or self._stops("middle"):
            raise self.error()
        super().remove(path)
        self._after()

    def write_slot(self, slots: SlotFile, position: int, data: bytes) -> None:
        self._slot(slots, lambda: slots.write(position, data))

    def erase_slot(self, slots: SlotFile, position: int) -> None:
        self._slot(slots, lambda: slots.erase(position))

    def _slot(self, slots: SlotFile, act: Callable[[], None]) -> None:
        if self._stops("before"):
            raise self.error()
        path = Path(os.readlink(f"/proc/self/fd/{slots._descriptor}"))
        old = path.read_bytes()
        act()
        if self._stops("middle"):
            self._tear(path, old)
            raise self.error()
        self._after()

    def _tear(self, path: Path, old: bytes) -> None:
        """Leave the first half of the changed bytes new and the rest old."""
        new = path.read_bytes()
        changed = [n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
        middle = changed[len(changed) // 2]
        with path.open("r+b") as file:
            file.seek(middle)
            file.write(old[middle:])

    def _stops(self, how: str) -> bool:
        return self.calls == self.at and self.how == how

    def _after(self) -> None:
        self.calls += 1
        if self.calls - 1 == self.at and self.how == "after":
            raise self.error()


def no_space() -> OSError:
    return OSError(errno.ENOSPC, "full")
