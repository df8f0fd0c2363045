"""Look for byte strings in files as they lie on the disk, not as a library shows them."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Searched:
    """What was searched, and which traces are there."""

    files: int
    size_bytes: int
    found: frozenset[bytes]


def search_bytes(folders: Iterable[Path], traces: Sequence[bytes]) -> Searched:
    """Search every file below the folders for any of the traces."""
    wanted = {trace for trace in traces if trace}
    # Longest first: of two that begin alike, the shorter would hide the longer.
    ordered = sorted(wanted, key=len, reverse=True)
    pattern = re.compile(b"|".join(map(re.escape, ordered)), re.DOTALL) if ordered else None
    found: set[bytes] = set()
    files = size = 0
    for path in sorted(one for folder in folders for one in folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        files += 1
        length = path.stat().st_size
        size += length
        if pattern is None or not length:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            found.update(match.group() for match in pattern.finditer(raw))
    return Searched(files, size, frozenset(found))
