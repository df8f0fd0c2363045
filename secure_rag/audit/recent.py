"""The newest events, read from the end of the log without walking all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from secure_rag.audit.segments import segment_numbers, segment_path

_WINDOW_BYTES = 2**20


def last_event(folder: Path, event_type: str) -> dict[str, Any] | None:
    """Return the `data` of the newest event of a type in the last mebibyte of the log.

    A hint, not a proof: nothing is verified. None where there is none, or none so near.
    """
    left = _WINDOW_BYTES
    for number in reversed(segment_numbers(folder)):
        path = segment_path(folder, number)
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - left))
            lines = file.read().split(b"\n")
        for line in reversed(lines):
            found = _data_of(line, event_type)
            if found is not None:
                return found
        left -= size
        if left <= 0:
            break
    return None


def events_since(folder: Path, types: Sequence[str], since: str) -> Iterator[dict[str, Any]]:
    """Yield whole records of these types, newest first, back to a time (as the log writes it).

    Nothing is verified. It ends at the first event that is older, so a clock that was set back
    by more than the span can hide events; the log has `clock.stepped` for that.
    """
    for number in reversed(segment_numbers(folder)):
        for line in reversed(segment_path(folder, number).read_bytes().split(b"\n")):
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if not isinstance(record, dict) or "time" not in record:
                continue  # a checkpoint
            if record["time"] < since:
                return
            if record.get("type") in types:
                yield record


def _data_of(line: bytes, event_type: str) -> dict[str, Any] | None:
    if event_type.encode() not in line:
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or record.get("type") != event_type:
        return None
    data = record.get("data")
    return data if isinstance(data, dict) else None
