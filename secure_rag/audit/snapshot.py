"""The log as it stands at one moment, for a verifier beside processes that write."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit.epoch import FILE_NAME, EpochKey, filled_slots, open_slots, read_keys
from secure_rag.audit.pruned import Header, PrunedError, pruned_path, read_header
from secure_rag.audit.segments import LogLock, segment_numbers, segment_path
from secure_rag.errors import SecureRagError


@dataclass(frozen=True)
class Snapshot:
    """The log as it stood at one moment: nobody was appending, sealing or pruning."""

    sizes: dict[int, int]
    keys: list[EpochKey] | None
    """None where there is no key file."""
    filled: int = 0
    """Slots of the key file that are not blank."""
    is_pruned: bool = False
    """There is a file about pruned records."""
    header: Header | None = None
    """Its first line; None also where that cannot be read."""
    left: tuple[int, ...] = ()
    """Segments that are pruned and still there."""


def take_snapshot(folder: Path) -> Snapshot:
    """Read sizes and keys while nobody appends or seals; a copy may have neither lock nor key."""
    try:
        lock: LogLock | None = LogLock(folder, read_only=True)
    except OSError:
        lock = None  # an exported copy has no lock file
    try:
        with lock.held(shared=True) if lock else nullcontext():
            return _look(folder)
    finally:
        if lock:
            lock.close()


def has_moved(folder: Path, snapshot: Snapshot) -> bool:
    """Return whether the log was pruned since: what the snapshot names may be gone."""
    return (pruned_path(folder).exists(), _header(folder)) != (snapshot.is_pruned, snapshot.header)


def _look(folder: Path) -> Snapshot:
    header = _header(folder)
    first = header.segment if header else 1
    numbers = segment_numbers(folder)
    sizes = {n: segment_path(folder, n).stat().st_size for n in numbers if n >= first}
    left = tuple(n for n in numbers if n < first)
    keys, filled = _keys(folder)
    return Snapshot(sizes, keys, filled, pruned_path(folder).exists(), header, left)


def _header(folder: Path) -> Header | None:
    try:
        return read_header(folder)
    except PrunedError:
        return None


def _keys(folder: Path) -> tuple[list[EpochKey] | None, int]:
    if not (folder / FILE_NAME).exists():
        return None, 0
    try:
        with open_slots(folder) as slots:
            return read_keys(slots), len(filled_slots(slots))
    except SecureRagError:
        return [], 0
