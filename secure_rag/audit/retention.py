"""Retention: remove the oldest whole segments, and keep what proves the rest.

The steps are numbered as in audit/FORMAT.md, section 11. The announcement is sealed before
anything goes; what is kept is in place before the first segment goes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from secure_rag.audit.clock import set_forward_us
from secure_rag.audit.holds import standing_holds
from secure_rag.audit.log import AuditLog
from secure_rag.audit.log_events import LogPruned
from secure_rag.audit.merkle import Frontier, Range, leaf_hash
from secure_rag.audit.pruned import (
    Header,
    Kept,
    Nodes,
    is_kept,
    items,
    kept_numbers,
    pruned_path,
    readable_header,
)
from secure_rag.audit.record import Moment, parse_time
from secure_rag.audit.search_index import discard_index
from secure_rag.audit.segments import (
    Disk,
    open_new,
    read_lines,
    segment_numbers,
    segment_path,
    sync_folder,
    translated,
)
from secure_rag.audit.tail import damaged, parse
from secure_rag.errors import RefusedError

_log = logging.getLogger(__name__)
_HELD_BACK = (
    "segment %d of the log stays: the clock was set forward since, and without that it is not old "
    "enough (`secure-rag audit list --type clock.step`)"
)
_DISK = Disk()
_NEW = ".new"


@dataclass(frozen=True)
class Plan:
    """Which segments go."""

    before: str
    """Only records from before this time go, as events write it."""
    old: Header | None
    """Where the log begins now."""
    new: Header
    """Where it is to begin."""
    size_bytes: int

    @property
    def segments(self) -> int:
        """How many segments go."""
        return self.new.segment - (self.old.segment if self.old else 1)

    @property
    def records(self) -> int:
        return self.new.first - (self.old.first if self.old else 0)


@dataclass(frozen=True)
class Draft:
    """What is kept of the segments that go, written and not yet in place."""

    plan: Plan
    root: str
    sha256: str

    def event(self, *, reason: str, retention_days: int) -> LogPruned:
        """Return the announcement."""
        new = self.plan.new
        return LogPruned(
            segments=new.segment - 1, first=new.first, root=self.root, sha256=self.sha256,
            before=self.plan.before, reason=reason, retention_days=retention_days,
        )  # fmt: skip


def plan_pruning(folder: Path, before: str, *, old_by_us: int | None = None) -> Plan | None:
    """Choose the segments that hold nothing written after `before`; the last one stays.

    Args:
        folder: the audit folder.
        before: a time as events write it.
        old_by_us: where the age counts, the time (microseconds since 1970, by the clock of now)
            before which records are old enough. What the clock was set forward since they were
            written does not make them older.

    Raises:
        RefusedError: if the beginning of a segment cannot be read.
        AuditUnavailableError: if the end of the log cannot be read.
    """
    old = readable_header(folder)
    numbers = kept_numbers(folder)
    new, size, steps = None, 0, dict[int, int]()
    for number, following in pairwise(numbers):
        line, _ = next(read_lines(segment_path(folder, following), 0), (b"", False))
        found = parse(line)
        if found is None or "time" not in found:
            raise damaged("the beginning of a segment cannot be read")
        if found["time"] > before:
            break
        if old_by_us is not None:
            steps = steps or set_forward_us(folder, numbers)
            if _time_us(found) + steps[following] > old_by_us:
                _log.warning(_HELD_BACK, number)
                break
        new = Header(found["seq"], following)
        size += segment_path(folder, number).stat().st_size
    return Plan(before, old, new, size) if new else None


def _time_us(record: dict[str, Any]) -> int:
    try:
        return parse_time(record["time"])
    except ValueError:
        raise damaged("the beginning of a segment cannot be read") from None


def left_segments(folder: Path) -> list[Path]:
    """Return the segments that are pruned but still there: a pruning was interrupted."""
    header = readable_header(folder)
    first = header.segment if header else 0
    return [segment_path(folder, one) for one in segment_numbers(folder) if one < first]


def write_draft(folder: Path, plan: Plan, disk: Disk = _DISK) -> Draft:
    """Step 1: write what is kept beside the log, durably; `pruned.tree` itself stays as it is."""
    tree, digest = Frontier(), hashlib.sha256()
    with translated(), open_new(_draft_path(folder)) as descriptor:
        for line in _lines(folder, plan, tree):
            disk.write(descriptor, line + b"\n")
            digest.update(line + b"\n")
        disk.sync(descriptor)
    return Draft(plan, tree.root().hex(), digest.hexdigest())


def carry_out(
    log: AuditLog, folder: Path, draft: Draft, event: LogPruned, disk: Disk = _DISK
) -> int:
    """Steps 2 to 6; return the number of the announcement.

    Raises:
        RefusedError: if a legal hold stands, or the log was pruned meanwhile.
        AuditUnavailableError: if the announcement could not be written: nothing went.
    """

    def check() -> None:
        refuse_under_hold(folder)
        if readable_header(folder) != draft.plan.old:
            raise _pruned_meanwhile()
        if Moment.now().text < draft.plan.before:
            raise RefusedError("the clock was set back: try again", code="audit.prune")

    def effect() -> None:
        disk.publish(_draft_path(folder), pruned_path(folder))
        _remove_left(folder, disk)

    return log.announce(event, check=check, effect=effect)


def remove_left(log: AuditLog, folder: Path, proven: Header, disk: Disk = _DISK) -> int:
    """Finish a pruning that was interrupted; return how many segments went.

    Args:
        log: the log, open.
        folder: the audit folder.
        proven: where the log begins, as `verify` found it to be on record.
        disk: the calls that touch it.

    Raises:
        RefusedError: if a legal hold stands, or the log was pruned meanwhile.
    """
    with log.held():
        refuse_under_hold(folder)
        if readable_header(folder) != proven:
            raise _pruned_meanwhile()
        return _remove_left(folder, disk)


def refuse_under_hold(folder: Path) -> None:
    """Refuse to prune while a legal hold stands.

    Raises:
        RefusedError: if one does.
    """
    if holds := standing_holds(folder):
        raise RefusedError(
            f"a legal hold stands ({holds[0].hold}): nothing of the log may be pruned",
            code="audit.held",
            hint="`secure-rag audit hold` lists the holds and clears them",
        )


def _pruned_meanwhile() -> RefusedError:
    return RefusedError("the log was pruned meanwhile: try again", code="audit.prune")


def _remove_left(folder: Path, disk: Disk) -> int:
    left = left_segments(folder)
    if left:
        discard_index(folder)  # it holds names of what goes
    for path in left:
        disk.remove(path)
    if left:
        sync_folder(left[0].parent)
    return len(left)


def _lines(folder: Path, plan: Plan, tree: Frontier) -> Iterator[bytes]:
    """Yield the lines of the new file; `tree` takes in all records that go."""
    yield plan.new.encode()
    between = Range(0)
    for item in _items(folder, plan):
        if isinstance(item, Nodes):
            for level, digest in zip(item.levels, item.digests, strict=True):
                between.push(digest, level)
                tree.push_node(digest, level)
            continue
        if between.end > between.start:
            yield Nodes(between.start, between.end, between.digests).encode()
        yield item.line
        tree.push(item.line)
        between = Range(item.index + 1)
    if between.end > between.start:
        yield Nodes(between.start, between.end, between.digests).encode()


def _items(folder: Path, plan: Plan) -> Iterator[Kept | Nodes]:
    """Yield what was kept of earlier prunings, then what is kept of the segments that go now."""
    index, first = 0, 1
    if plan.old is not None:
        yield from items(folder)
        index, first = plan.old.first, plan.old.segment
    for number in range(first, plan.new.segment):
        for line, is_complete in read_lines(segment_path(folder, number), 0):
            if not is_complete:
                raise damaged("a segment of the log does not end with a whole line")
            found = is_kept(line, index)
            if found is None:
                yield Nodes(index, index + 1, (leaf_hash(line),))
            else:
                yield Kept(index, line, found)
            index += 1


def _draft_path(folder: Path) -> Path:
    return pruned_path(folder).with_suffix(_NEW)
