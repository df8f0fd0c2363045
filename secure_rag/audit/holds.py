"""Legal holds: while one stands, nothing of the log may be pruned.

The log itself is the only place where a hold is kept: an event sets it, another clears it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit.heads import lines
from secure_rag.audit.log_events import HoldCleared, HoldSet
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
    for index, line in lines(folder):
        record = parse(line) if _MARK in line else None
        if record is None or record["type"] not in (HoldSet.TYPE, HoldCleared.TYPE):
            continue
        name = str(record["data"].get("hold"))
        if record["type"] == HoldCleared.TYPE:
            found.pop(name, None)
        else:
            reason = str(record["data"].get("reason"))
            found[name] = Hold(name, index, record["time"], record["user"], reason)
    return list(found.values())
