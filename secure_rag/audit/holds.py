"""Legal holds: while one stands, nothing of the log may be pruned.

The log itself is the only place where a hold is kept: an event sets it, another clears it.
All segments that are there are read, also those that are said to be pruned: that they are is
for `verify` to prove, and until then a hold in them stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secure_rag.audit.log_events import HoldCleared, HoldSet
from secure_rag.audit.segments import read_lines, segment_numbers, segment_path
from secure_rag.audit.tail import parse

_MARK = b'"type":"hold.'


@dataclass(frozen=True)
class Hold:
    """A hold that stands."""

    hold: str
    seq: int
    time: str
    user: str
    reason: str


def standing_holds(folder: Path) -> list[Hold]:
    """Return the holds that were set and not cleared, oldest first."""
    found: dict[str, Hold] = {}
    for record in _records(folder):
        name = str(record["data"].get("hold"))
        if record["type"] == HoldCleared.TYPE:
            found.pop(name, None)
        else:
            reason = str(record["data"].get("reason"))
            found[name] = Hold(name, record["seq"], record["time"], record["user"], reason)
    return list(found.values())


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for number in segment_numbers(folder):
        with suppress(FileNotFoundError):  # a pruning beside this removed it
            for line, is_complete in read_lines(segment_path(folder, number), 0):
                record = parse(line) if is_complete and _MARK in line else None
                if record is not None and record["type"] in (HoldSet.TYPE, HoldCleared.TYPE):
                    yield record
