"""What is kept of pruned segments: `audit/log/pruned.tree` (audit/FORMAT.md, section 11).

The genesis record, every checkpoint and every `log.pruned` stay as stored bytes; what lay
between them is there as the heads of complete subtrees. So the tree, the chain of keys and
every root that was ever sealed can be checked as before; only the events cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.canonical import NotCanonicalError, decode, encode
from secure_rag.audit.key_chain import KeyChain
from secure_rag.audit.leaves import Place
from secure_rag.audit.log_events import Genesis, LogPruned
from secure_rag.audit.merkle import HASH_BYTES, Frontier, leaf_hash, range_levels
from secure_rag.audit.note import (
    NoteError,
    VerifierKey,
    from_base64,
    parse_checkpoint,
    parse_note,
    parse_verifier,
    to_base64,
)
from secure_rag.audit.segments import LOG_FOLDER, read_lines, segment_numbers
from secure_rag.errors import InputError

FILE_NAME = "pruned.tree"
_FORMAT = 1
_HEADER = {"first", "format", "segment"}
_NODES = {"end", "nodes"}
_KEPT = {Genesis.TYPE, records.CHECKPOINT, LogPruned.TYPE}


class PrunedError(ValueError):
    """`pruned.tree` is not what it must be; `index` counts the records up to the wrong line."""

    def __init__(self, index: int = 0) -> None:
        super().__init__("the file about pruned records is not of its form")
        self.index = index


@dataclass(frozen=True)
class Header:
    """Where the log begins now."""

    first: int
    """The minimum index: the first record that is there."""
    segment: int
    """The segment that it stands in."""

    def encode(self) -> bytes:
        return encode({"first": self.first, "format": _FORMAT, "segment": self.segment})


@dataclass(frozen=True)
class Kept:
    """A pruned record of which the stored bytes are kept."""

    index: int
    line: bytes
    record: dict[str, Any]


@dataclass(frozen=True)
class Nodes:
    """Pruned records from `start` to `end` of which only heads of subtrees are kept."""

    start: int
    end: int
    digests: tuple[bytes, ...]

    @property
    def levels(self) -> list[int]:
        return range_levels(self.start, self.end)

    def encode(self) -> bytes:
        return encode({"end": self.end, "nodes": [to_base64(one) for one in self.digests]})


def pruned_path(folder: Path) -> Path:
    return folder / LOG_FOLDER / FILE_NAME


def is_kept(line: bytes, index: int) -> dict[str, Any] | None:
    """Return the record of a line that must stay when its segment goes, else None."""
    if index and not line.endswith(b'"type":"checkpoint"}') and LogPruned.MARK not in line:
        return None
    try:
        found = decode(line)
    except NotCanonicalError:
        return None
    return found if records.has_envelope(found) and found["type"] in _KEPT else None


def read_header(folder: Path) -> Header | None:
    """Return where the log begins, None where nothing was pruned.

    Raises:
        PrunedError: if the file is not of its form.
    """
    try:
        line, is_complete = next(read_lines(pruned_path(folder), 0), (b"", False))
    except FileNotFoundError:
        return None
    if not is_complete:
        raise PrunedError
    return _header(line)


def items(folder: Path) -> Iterator[Kept | Nodes]:
    """Yield what is kept, in the order of the log; each line is checked when it is reached.

    Raises:
        PrunedError: at the first line that is not of its form.
    """
    header: Header | None = None
    index, was_range = 0, False
    for line, is_complete in read_lines(pruned_path(folder), 0):
        if not is_complete:
            raise PrunedError(index)
        if header is None:
            header = _header(line)
            continue
        item = _item(line, index)
        is_range, end = isinstance(item, Nodes), index + 1
        if isinstance(item, Nodes):
            end = item.end
        # Two ranges are one, and the genesis record is always there: one form for one content.
        if end > header.first or (is_range and (was_range or index == 0)):
            raise PrunedError(index)
        yield item
        index, was_range = end, is_range
    if header is None or index != header.first:
        raise PrunedError(index)


@dataclass
class Beginning:
    """What a reader must know of the log before the first record that is there."""

    first: int = 0
    segment: int = 1
    tree: Frontier = field(default_factory=Frontier)
    genesis: VerifierKey | None = None
    checkpoints: list[Kept] = field(default_factory=list)
    nodes: dict[Place, bytes] = field(default_factory=dict)
    """Heads of subtrees by height and number, for proofs."""
    roots: list[bytes] = field(default_factory=list)
    """Over the records before each of the checkpoints."""

    def key_chain(self) -> KeyChain:
        """Follow the kept checkpoints; return who must sign the next one."""
        keys = KeyChain(self.genesis)
        for kept, root in zip(self.checkpoints, self.roots, strict=True):
            keys.follow(kept.record["note"], kept.index, root)
        return keys


def read_beginning(folder: Path) -> Beginning:
    """Return where the log begins, and what is kept of what came before.

    Raises:
        InputError: if the file about it is not of its form.
    """
    try:
        header = read_header(folder)
        if header is None:
            return Beginning()
        found = Beginning(header.first, header.segment)
        for item in items(folder):
            _take(found, item)
    except (PrunedError, NoteError, OSError):
        raise _damaged() from None
    return found


def readable_header(folder: Path) -> Header | None:
    """Return where the log begins by the word of the file, None where nothing was pruned.

    Raises:
        InputError: if the file is not of its form.
    """
    try:
        return read_header(folder)
    except PrunedError:
        raise _damaged() from None


def kept_numbers(folder: Path) -> list[int]:
    """Return the numbers of the segments that belong to the log, in order.

    Raises:
        InputError: if the file about pruned ones is not of its form.
    """
    header = readable_header(folder)
    first = header.segment if header else 1
    return [number for number in segment_numbers(folder) if number >= first]


def _damaged() -> InputError:
    return InputError(
        "what is kept of the pruned records cannot be read",
        code="audit.pruned_damaged",
        hint="run `secure-rag audit verify`",
    )


def _take(found: Beginning, item: Kept | Nodes) -> None:
    if isinstance(item, Nodes):
        at = item.start
        for level, digest in zip(item.levels, item.digests, strict=True):
            found.nodes[level, at >> level] = digest
            found.tree.push_node(digest, level)
            at += 1 << level
        return
    root = found.tree.root()
    found.nodes[0, item.index] = leaf_hash(item.line)
    found.tree.push(item.line)
    if item.index == 0:
        found.genesis = parse_verifier(str(item.record["data"].get("verifier")))
    elif item.record["type"] == records.CHECKPOINT:
        parse_checkpoint(parse_note(item.record["note"]).text)
        found.checkpoints.append(item)
        found.roots.append(root)


def _header(line: bytes) -> Header:
    try:
        found = decode(line)
    except NotCanonicalError:
        raise PrunedError from None
    if found.keys() != _HEADER or not all(type(value) is int for value in found.values()):
        raise PrunedError
    if found["format"] != _FORMAT or found["first"] < 2 or found["segment"] < 2:
        raise PrunedError
    return Header(found["first"], found["segment"])


def _item(line: bytes, index: int) -> Kept | Nodes:
    try:
        found = decode(line)
        if found.keys() == _NODES:
            return _nodes(found, index)
    except (NotCanonicalError, NoteError):
        raise PrunedError(index) from None
    if not records.has_envelope(found) or found["type"] not in _KEPT:
        raise PrunedError(index)
    if (found["seq"], found["format"]) != (index, records.FORMAT):
        raise PrunedError(index)
    if (found["type"] == Genesis.TYPE) != (index == 0):
        raise PrunedError(index)
    return Kept(index, line, found)


def _nodes(found: dict[str, Any], index: int) -> Nodes:
    end, nodes = found["end"], found["nodes"]
    if type(end) is not int or end <= index or not isinstance(nodes, list):
        raise PrunedError(index)
    if len(nodes) != len(range_levels(index, end)) or not all(type(one) is str for one in nodes):
        raise PrunedError(index)
    return Nodes(index, end, tuple(from_base64(one, HASH_BYTES) for one in nodes))
