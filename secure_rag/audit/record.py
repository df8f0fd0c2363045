"""One record: an event in its envelope, or a checkpoint, as stored bytes."""

from __future__ import annotations

import os
import pwd
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from secure_rag.audit.canonical import encode
from secure_rag.audit.event import Event

FORMAT = 1
CHECKPOINT = "checkpoint"
ENVELOPE: dict[str, type] = {
    "boot": str,
    "data": dict,
    "format": int,
    "monotonic_us": int,
    "outcome": str,
    "seq": int,
    "session": str,
    "time": str,
    "tty": str,
    "type": str,
    "uid": int,
    "user": str,
}
"""Every field of an event's record with its type; all are required, no other is allowed."""
SEAL: dict[str, type] = {"format": int, "note": str, "seq": int, "type": str}
"""Every field of a checkpoint's record with its type."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Counts through suspend, so that sleep does not look like a step of the wall clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True)
class Author:
    """Who writes: the operating system's word, not the user's."""

    session: str
    user: str
    uid: int
    tty: str
    boot: str

    @classmethod
    def current(cls, session: str) -> Author:
        """Return the author this process writes as."""
        uid = os.getuid()
        return cls(session, _user_name(uid), uid, _terminal(), boot_id())


@dataclass(frozen=True)
class Moment:
    """A reading of both clocks: the wall's, and the one that counts since boot."""

    time_us: int
    """Microseconds since 1970, UTC."""
    monotonic_us: int

    @classmethod
    def now(cls) -> Moment:
        return cls(time.time_ns() // 1000, time.clock_gettime_ns(_CLOCK) // 1000)

    @property
    def text(self) -> str:
        """The wall clock as the log writes it."""
        when = _EPOCH + timedelta(microseconds=self.time_us)
        return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> int:
    """Return the microseconds since 1970 of a time as the log writes it.

    Raises:
        ValueError: if it is none.
    """
    when = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(microseconds=1)


def event_line(seq: int, author: Author, event: Event, moment: Moment | None = None) -> bytes:
    """Return the stored bytes of an event, without newline."""
    moment = moment or Moment.now()
    return encode(
        {
            "boot": author.boot,
            "data": event.contents(),
            "format": FORMAT,
            "monotonic_us": moment.monotonic_us,
            "outcome": event.outcome,
            "seq": seq,
            "session": author.session,
            "time": moment.text,
            "tty": author.tty,
            "type": event.TYPE,
            "uid": author.uid,
            "user": author.user,
        }
    )


def checkpoint_line(seq: int, note: str) -> bytes:
    """Return the stored bytes of a checkpoint; nothing in it is left unsigned or free."""
    return encode({"format": FORMAT, "note": note, "seq": seq, "type": CHECKPOINT})


def has_envelope(record: dict[str, Any]) -> bool:
    """Return whether a record has exactly the fields of its kind, each of its type."""
    expected = SEAL if record.get("type") == CHECKPOINT else ENVELOPE
    if record.keys() != expected.keys():
        return False
    return list(map(type, map(record.__getitem__, expected))) == list(expected.values())


def _user_name(uid: int) -> str:
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""
    return name if name.isascii() and name.isprintable() else ""


def _terminal() -> str:
    for descriptor in (0, 2, 1):
        try:
            return os.ttyname(descriptor)
        except OSError:
            continue
    return ""


def boot_id() -> str:
    """Return the id of this boot of the machine, empty where the kernel gives none."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
