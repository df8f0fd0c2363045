"""The log as it stands at one moment, for a verifier beside processes that write."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit.epoch import FILE_NAME, EpochKey, filled_slots, open_slots, read_keys
from secure_rag.audit.segments import LogLock, segment_numbers, segment_path
from secure_rag.errors import SecureRagError


@dataclass(frozen=True)
class Snapshot:
    """The log as it stood at one moment: nobody was appending or sealing."""

    sizes: dict[int, int]
    keys: list[EpochKey] | None
    """None where there is no key file."""
    filled: int = 0
    """Slots of the key file that are not blank."""


def take_snapshot(folder: Path) -> Snapshot:
    """Read sizes and keys while nobody appends or seals; a copy may have neither lock nor key."""
    try:
        lock: LogLock | None = LogLock(folder, read_only=True)
    except OSError:
        lock = None  # an exported copy has no lock file
    try:
        with lock.held(shared=True) if lock else nullcontext():
            sizes = {n: segment_path(folder, n).stat().st_size for n in segment_numbers(folder)}
            if not (folder / FILE_NAME).exists():
                return Snapshot(sizes, None)
            try:
                with open_slots(folder) as slots:
                    return Snapshot(sizes, read_keys(slots), len(filled_slots(slots)))
            except SecureRagError:
                return Snapshot(sizes, [])
    finally:
        if lock:
            lock.close()
