"""Choose records for a reviewer, each with what proves it.

With the search index a listing reads what the index names, holds every record against
the tree that the chain of checkpoints signed, and then looks through the bytes of the log for
records that the index left out. Without it (a copy, a read-only or damaged log, a filter
that any line may pass) it reads and hashes the whole log. Both give the same records;
where another record was changed, only the index's tree can still prove those around it.
"""

from __future__ import annotations

import mmap
import re
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.filters import NOTHING, Filters, Matcher
from secure_rag.audit.pruned import kept_numbers, read_beginning
from secure_rag.audit.review import Entry, check_exists, entries
from secure_rag.audit.seals import Seals
from secure_rag.audit.search_index import (
    SearchIndex,
    StaleIndexError,
    discard_index,
    open_index,
)
from secure_rag.audit.segments import read_lines, segment_path
from secure_rag.audit.tail import parse

SEALED, OPEN, UNPROVEN = "sealed", "open", "unproven"


@dataclass(frozen=True)
class Listed:
    """A record and how sure it is.

    `sealed`: a checkpoint of the chain of keys seals it. `open`: it stands after the last
    checkpoint. `unproven`: a checkpoint stands after it that does not seal these bytes.
    """

    entry: Entry
    proof: str

    @property
    def seq(self) -> int:
        return self.entry.seq

    @property
    def record(self) -> dict[str, Any]:
        return self.entry.record or {}


@dataclass(frozen=True)
class Listing:
    """What a listing found, and by which way."""

    found: list[Listed]
    used_index: bool
    rebuilt: bool = False
    """The index left out or misplaced a record, and was made anew."""


def select(
    folder: Path, filters: Filters, *, last: int | None = None, indexed: bool = False
) -> Listing:
    """Return the records that pass, oldest first; with `last`, only the newest so many.

    Args:
        folder: the audit folder.
        filters: what must hold.
        last: how many of the newest.
        indexed: make and use the search index, where the filter gains by it.

    Raises:
        InputError: if there is no log.
    """
    check_exists(folder)
    needle = filters.needle()
    if needle is NOTHING:
        return Listing([], indexed)
    if indexed and needle is not None:
        for attempt in (0, 1):
            found = _by_index(folder, filters, needle)
            if found is not None:
                return Listing(found[-last:] if last else found, True, attempt > 0)
            if not discard_index(folder):
                break
    scanned = scan(folder, filters)
    return Listing(list(scanned if last is None else deque(scanned, maxlen=last)), False)


def scan(folder: Path, filters: Matcher | None = None) -> Iterator[Listed]:
    """Yield matching records by reading and hashing the whole log; torn lines are left out."""
    seals = Seals(read_beginning(folder))
    waiting: list[Entry] = []
    for entry in entries(folder):
        is_good = seals.add(entry.line, entry.record)
        if entry.record is not None and (filters is None or filters.match(entry.record)):
            waiting.append(entry)
        if is_good is None:
            continue
        newest = waiting.pop() if waiting and waiting[-1].seq == entry.seq else None
        yield from (Listed(one, SEALED if is_good else UNPROVEN) for one in waiting)
        # The checkpoint itself is sealed by the next one only.
        waiting = [newest] if newest else []
    yield from (Listed(one, OPEN) for one in waiting)


def _by_index(folder: Path, filters: Filters, needle: re.Pattern[bytes]) -> list[Listed] | None:
    """Return the records by the index, or None if the index cannot be used or believed."""
    index = open_index(folder)
    if index is None:
        return None
    with closing(index):
        try:
            sealed = _proven_size(folder, index)
            return _read_candidates(folder, index, filters, needle, sealed)
        except (StaleIndexError, OSError, ValueError, TypeError):
            return None


def _proven_size(folder: Path, index: SearchIndex) -> int:
    """Return how many lines the checkpoints prove, over the index's tree.

    Raises:
        StaleIndexError: if a checkpoint of the chain, or the end of the log, does not fit the tree.
    """
    keys, last = index.beginning.key_chain(), None
    if not index.beginning.first:
        keys.begin(_record_at(folder, index.place(0)))
    for seq, line, root in index.checkpoints():
        found = parse(line) or {}
        if keys.follow(str(found.get("note")), seq, root) is None:
            raise StaleIndexError
        last = seq
    if last is None:
        raise StaleIndexError
    segment, at, length = index.place(last)
    after = _count_after(folder, segment, at + length + 1)
    if index.size != last + 1 + after:
        raise StaleIndexError
    return last


def _count_after(folder: Path, segment: int, start: int) -> int:
    """Count the lines after the last checkpoint that the index knows; none may be another."""
    count = 0
    for number in [n for n in kept_numbers(folder) if n >= segment]:
        for line, is_complete in read_lines(
            segment_path(folder, number), start if number == segment else 0
        ):
            found = parse(line) if is_complete else None
            if found is not None and found["type"] == records.CHECKPOINT:
                raise StaleIndexError
            count += is_complete
    return count


def _read_candidates(
    folder: Path, index: SearchIndex, filters: Filters, needle: re.Pattern[bytes], sealed: int
) -> list[Listed]:
    """Read what the index names; then make sure that it left nothing out.

    Raises:
        StaleIndexError: if it misplaced or left out a record.
    """
    chosen: list[Listed] = []
    places: set[tuple[int, int]] = set()
    for seq, segment, at, length in index.candidates(filters):
        line = _line_at(folder, (segment, at, length))
        if not index.has_leaf(seq, line):
            raise StaleIndexError
        places.add((segment, at))
        found = parse(line)
        if found is not None and filters.match(found):
            chosen.append(Listed(Entry(seq, line, found), SEALED if seq < sealed else OPEN))
    for place, line in _holding(folder, needle):
        if place not in places:
            found = parse(line)
            if found is not None and filters.match(found):
                raise StaleIndexError
    return chosen


def _holding(folder: Path, needle: re.Pattern[bytes]) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield place and bytes of every line of the log that holds the needle."""
    for number in kept_numbers(folder):
        with segment_path(folder, number).open("rb") as file:
            if not file.seek(0, 2):
                continue
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                end = 0
                for hit in needle.finditer(content):
                    if hit.start() < end:
                        continue
                    start = content.rfind(b"\n", 0, hit.start()) + 1
                    end = content.find(b"\n", hit.start())
                    if end < 0:
                        break
                    yield (number, start), content[start:end]


def _line_at(folder: Path, place: tuple[int, int, int]) -> bytes:
    segment, at, length = place
    with segment_path(folder, segment).open("rb") as file:
        file.seek(at)
        line = file.read(length + 1)
    if not line.endswith(b"\n"):
        raise StaleIndexError
    return line[:-1]


def _record_at(folder: Path, place: tuple[int, int, int]) -> dict[str, Any]:
    found = parse(_line_at(folder, place))
    if found is None:
        raise StaleIndexError
    return found
