#!/usr/bin/env python3
"""Verify a secure_rag audit log without secure_rag.

One file for a reviewer's own machine: Python 3.9 or newer and the package `cryptography`.
Written from FORMAT.md beside it, whose section numbers stand in brackets below. It changes
nothing, records nothing and uses no network.

    python3 verify.py FOLDER --genesis LINE --checkpoint FILE --require genesis,anchor

FOLDER is a copy of a workspace or of its audit folder. Exit code 0: nothing failed.
1: something failed. 2: wrong arguments.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import struct
import sys
import time
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

try:
    import fcntl
except ImportError:  # not Unix: only copies are verified there
    fcntl = None  # type: ignore[assignment]

MAX_LINE = 65_535
MAX_INT = 2**53 - 1
MAX_DEPTH = 6
EVENT = {
    "boot": str, "data": dict, "format": int, "monotonic_us": int, "outcome": str, "seq": int,
    "session": str, "time": str, "tty": str, "type": str, "uid": int, "user": str,
}  # fmt: skip
SEAL = {"format": int, "note": str, "seq": int, "type": str}
NAME = r"[\x21-\x2a\x2c-\x7e]{1,200}"
NUMBER = r"(?:0|[1-9][0-9]{0,15})"
HEAD = re.compile(
    rf"({NAME})\n({NUMBER})\n(\S+)\nepoch ({NUMBER})\n"
    r"time ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\nnext (\S+)\n"
)
SIGNATURE = re.compile(rf"\u2014 ({NAME}) (\S+)")
SEGMENT = re.compile(r"[0-9]{6}\.jsonl")
BACKUP = re.compile(r"[0-9a-f]{16}")
WHEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}.*)?")
PRUNED = "pruned.tree"
KEPT = ("genesis", "checkpoint", "log.pruned")


class MalformedError(Exception):
    """A text that is not what it should be."""


class BadRecordError(Exception):
    """The first wrong record: code, text, and the index where the doubt begins."""


# -- [2] canonical JSON -------------------------------------------------------------------------


def canonical(line: bytes) -> dict | None:
    """Return the object of a line, or None if the line is not its canonical form."""
    try:
        value = json.loads(line.decode("ascii"), parse_float=refuse, parse_constant=refuse)
        if not isinstance(value, dict) or len(line) > MAX_LINE:
            return None
        again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return value if again.encode() == line and is_allowed(value, 1) else None
    except (ValueError, RecursionError):
        return None


def refuse(_: str) -> None:
    raise ValueError


def is_allowed(value: object, depth: int) -> bool:
    """Tell whether a value holds only what [2] allows."""
    if isinstance(value, str):
        return value.isascii() or is_text(value)
    if isinstance(value, int):
        return -MAX_INT <= value <= MAX_INT
    if depth > MAX_DEPTH or not isinstance(value, (dict, list)):
        return False
    if isinstance(value, dict):
        return all(is_allowed(k, depth) and is_allowed(v, depth + 1) for k, v in value.items())
    return all(is_allowed(item, depth + 1) for item in value)


def is_text(text: str) -> bool:
    is_whole = not any(0xD800 <= ord(character) <= 0xDFFF for character in text)
    return is_whole and unicodedata.normalize("NFC", text) == text


def record_of(line: bytes) -> dict | None:
    """Return the record of a line, or None if it is none."""
    value = canonical(line)
    if value is None:
        return None
    fields = SEAL if value.get("type") == "checkpoint" else EVENT
    if value.keys() != fields.keys():
        return None
    return value if all(type(value[name]) is kind for name, kind in fields.items()) else None


# -- [3] Merkle tree ----------------------------------------------------------------------------


def leaf_hash(line: bytes) -> bytes:
    return hashlib.sha256(b"\0" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The roots of the complete subtrees, by height."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes | None] = []

    def add(self, line: bytes) -> None:
        carry = leaf_hash(line)
        height = 0
        peaks = self.peaks
        while height < len(peaks) and peaks[height] is not None:
            carry = node_hash(peaks[height], carry)
            peaks[height] = None
            height += 1
        if height == len(peaks):
            peaks.append(None)
        peaks[height] = carry
        self.size += 1

    def add_subtree(self, carry: bytes, height: int) -> None:
        """Append 2**height leaves by the head of their subtree [11]; the size allows it."""
        self.size += 2**height
        self.peaks += [None] * (height + 1 - len(self.peaks))
        while self.peaks[height] is not None:
            carry, self.peaks[height] = node_hash(self.peaks[height], carry), None
            height += 1
            if height == len(self.peaks):
                self.peaks.append(None)
        self.peaks[height] = carry

    def root(self) -> bytes:
        found = None
        for peak in self.peaks:
            if peak is not None:
                found = peak if found is None else node_hash(peak, found)
        return hashlib.sha256().digest() if found is None else found


def heights(start: int, end: int) -> list[int]:
    """Return the heights of the fewest complete subtrees from `start` to `end` [11]."""
    found = []
    while start < end:
        height = 0
        while start % 2 ** (height + 1) == 0 and start + 2 ** (height + 1) <= end:
            height += 1
        found.append(height)
        start += 2**height
    return found


def is_included(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Tell whether an inclusion proof (RFC 9162, 2.1.3.2) leads from a leaf hash to the root."""
    if not 0 <= index < size:
        return False
    steps = iter(proof)
    while size > 1:
        if index % 2 or index + 1 < size:
            step = next(steps, None)
            if step is None or len(step) != 32:
                return False
            leaf = node_hash(step, leaf) if index % 2 else node_hash(leaf, step)
        index, size = index // 2, (size + 1) // 2
    return next(steps, None) is None and leaf == root


# -- [4] notes, checkpoints, keys ---------------------------------------------------------------


def bytes_of(text: str) -> bytes:
    """Decode base64, strictly: one form only."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise MalformedError("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise MalformedError("not base64")
    return data


def public_of(text: str) -> bytes:
    data = bytes_of(text)
    if len(data) != 33 or data[0] != 1:
        raise MalformedError("not an Ed25519 key")
    return data[1:]


def key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def read_verifier(line: str) -> tuple[str, bytes]:
    """Return name and public key of a verifier line."""
    parts = line.strip().split("+", 2)
    if len(parts) != 3 or not re.fullmatch(NAME, parts[0]):
        raise MalformedError("not a verifier line")
    public = public_of(parts[2])
    if key_id(parts[0], public).hex() != parts[1]:
        raise MalformedError("the key id of the verifier line does not fit its key")
    return parts[0], public


def read_witness(line: str) -> tuple[str, bytes]:
    """Return name and public key of the line of a witness [9]."""
    parts = line.strip().split("+", 2)
    data = bytes_of(parts[2]) if len(parts) == 3 and re.fullmatch(NAME, parts[0]) else b""
    if len(data) != 33 or data[0] != 4:
        raise MalformedError("not the line of a witness")
    mine = hashlib.sha256(parts[0].encode() + b"\n\x04" + data[1:]).digest()[:4]
    if mine.hex() != parts[1]:
        raise MalformedError("the key id of the witness does not fit its key")
    return parts[0], data[1:]


class Checkpoint:
    """A signed note that holds a checkpoint."""

    def __init__(self, note: str) -> None:
        text, gap, tail = note.rpartition("\n\n")
        lines = tail.split("\n")
        found = HEAD.fullmatch(text + "\n")
        if not gap or lines.pop() != "" or not 1 <= len(lines) <= 16 or not found:
            raise MalformedError("not a checkpoint")
        self.text = text + "\n"
        self.origin, self.time = found[1], found[5]
        self.size, self.epoch = int(found[2]), int(found[4])
        self.root, self.next = bytes_of(found[3]), public_of(found[6])
        self.signatures = [self.signature(line) for line in lines]
        if len(self.root) != 32:
            raise MalformedError("not a checkpoint")

    @staticmethod
    def signature(line: str) -> tuple[str, bytes]:
        found = SIGNATURE.fullmatch(line)
        value = bytes_of(found[2]) if found else b""
        if len(value) < 5:
            raise MalformedError("not a signature line")
        return found[1], value

    def is_signed(self, public: bytes) -> bool:
        """Tell whether the log's key signed this, and no signature under its name is bad."""
        mine = key_id(self.origin, public)
        values = [v[4:] for name, v in self.signatures if name == self.origin and v[:4] == mine]
        try:
            for value in values:
                Ed25519PublicKey.from_public_bytes(public).verify(value, self.text.encode())
        except (InvalidSignature, ValueError):
            return False
        return bool(values)

    def cosigned(self, name: str, public: bytes) -> int | None:
        """Return when a witness cosigned this [9], None if it did not; a bad line spoils it."""
        mine = hashlib.sha256(name.encode() + b"\n\x04" + public).digest()[:4]
        times = []
        for who, value in self.signatures:
            if (who, value[:4]) != (name, mine):
                continue
            moment = int.from_bytes(value[4:12], "big")
            text = f"cosignature/v1\ntime {moment}\n{self.text}".encode()
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(value[12:], text)
            except (InvalidSignature, ValueError):
                return None
            times.append(moment)
        return max(times, default=None)


# -- [1], [6] files -----------------------------------------------------------------------------


def segment_sizes(folder: Path) -> dict[int, int]:
    try:
        names = sorted(name for name in os.listdir(folder / "log") if SEGMENT.fullmatch(name))
    except FileNotFoundError:
        return {}
    return {int(name[:6]): os.stat(folder / "log" / name).st_size for name in names}


def stray_names(folder: Path) -> list[str]:
    found = []
    try:
        for place in (folder, folder / "log"):
            names = sorted(os.listdir(place))
            found += [n for n in names if n.endswith(".jsonl") and not SEGMENT.fullmatch(n)]
    except OSError:
        return []
    return found


def read_slots(path: Path) -> tuple[list[bytes], int] | None:
    """Return the public keys whose private keys lie in `epoch.key`, and how many slots are used.

    None where there is no such file; no keys where it is damaged.
    """
    if not path.exists():
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with open(descriptor, "rb") as file:
            data = file.read(2**16)
    except OSError:
        return [], 0
    head = struct.Struct("<16sIIII")
    sum_of_head = hashlib.sha256(b"secure-rag slot" + bytes(8) + data[:32]).digest()[:16]
    if len(data) < 64 or data[32:64] != sum_of_head + bytes(16):
        return [], 0
    magic, version, slot_size, stride, _ = head.unpack(data[:32])
    needed = max(8 + slot_size + 16, 64)
    if magic != b"secure-rag slots" or version != 1 or stride != 1 << (needed - 1).bit_length():
        return [], 0
    first = max(64, min(stride, 4096))
    count = max(0, (len(data) - first) // stride)
    slots = [data[first + i * stride :][:stride] for i in range(min(count, 2))]
    keys = [slot_key(slot, number, slot_size) for number, slot in enumerate(slots)]
    return [key for key in keys if key], sum(any(slot) for slot in slots)


def slot_key(slot: bytes, number: int, slot_size: int) -> bytes | None:
    state, length = struct.unpack_from("<II", slot)
    end = 8 + slot_size
    found = hashlib.sha256(b"secure-rag slot" + struct.pack("<Q", number) + slot[:end]).digest()
    if state != 1 or length != 40 or length > slot_size or slot[end : end + 16] != found[:16]:
        return None
    epoch, seed = struct.unpack_from("<Q32s", slot, 8)
    if epoch % 2 != number or any(slot[end + 16 :]):
        return None
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


class Stock:
    """Sizes, keys and the beginning of the log at one moment [7], [11]."""

    def __init__(self, folder: Path) -> None:
        self.pruned, self.header = read_header(folder)
        first = self.header["segment"] if self.header else 1
        sizes = segment_sizes(folder)
        self.sizes = {number: size for number, size in sizes.items() if number >= first}
        self.left = [number for number in sizes if number < first]
        self.keys = read_slots(folder / "epoch.key")

    def has_moved(self, folder: Path) -> bool:
        """Tell whether the log was pruned since."""
        return (self.pruned, self.header) != read_header(folder)


def read_header(folder: Path) -> tuple[bool, dict | None]:
    """Return whether there is a file about pruned records, and its first line if that is right."""
    try:
        with open(folder / "log" / PRUNED, "rb") as file:
            line = file.readline(MAX_LINE + 1)
    except FileNotFoundError:
        return False, None
    value = canonical(line[:-1]) if line.endswith(b"\n") else None
    if value is None or value.keys() != {"first", "format", "segment"}:
        return True, None
    is_right = all(type(one) is int for one in value.values()) and value["format"] == 1
    return True, value if is_right and value["first"] >= 2 and value["segment"] >= 2 else None


def take_stock(folder: Path, is_live: bool) -> Stock:
    """Look at the log at one moment in which nobody writes."""
    lock = None
    if is_live and fcntl and (folder / "log.lock").exists():
        lock = os.open(folder / "log.lock", os.O_RDONLY)
        deadline = time.monotonic() + 60
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)
    try:
        return Stock(folder)
    finally:
        if lock is not None:
            os.close(lock)


# -- [7] the pass over all records --------------------------------------------------------------


class Torn:
    """Consecutive unreadable lines: what the record that accounts for them must say."""

    def __init__(self, first: int) -> None:
        self.first, self.lines, self.bytes, self.hash = first, 0, 0, hashlib.sha256()

    def add(self, line: bytes) -> Torn:
        self.hash.update(b"\n" + line if self.lines else line)
        self.lines, self.bytes = self.lines + 1, self.bytes + len(line)
        return self

    def data(self) -> dict:
        names = {"first": self.first, "lines": self.lines, "bytes": self.bytes}
        return {**names, "sha256": self.hash.hexdigest()}


class Pass:
    """State while all lines are read in order."""

    def __init__(self, anchor: Checkpoint | None, since: int | str | None, silence_us: int) -> None:
        self.anchor, self.since, self.silence_us = anchor, since, silence_us
        self.anchor_root = self.anchor_key = None
        self.tree = Tree()
        self.events = self.seals = self.hashed = self.checked_from = self.sealed = 0
        self.genesis: tuple[str, bytes] | None = None
        self.origin, self.key = "", b""
        self.last: Checkpoint | None = None
        self.torn: Torn | None = None
        self.is_torn_unsure = False
        self.recovered: list[tuple[int, int]] = []
        self.previous = b""
        self.border: tuple[int, int] | None = None
        self.kinds: dict[tuple, int] = {}
        self.heard: tuple[int, str, int] | None = None
        self.silences: list[int] = [0, 0, 0]
        self.first = 0
        self.first_time = ""
        self.is_covered = False
        self.holds: set[str] = set()
        self.prunings: list[dict] = []
        self.limit, self.after_range = 0, False
        self.file: dict | None = None

    def bad(self, code: str, index: int, text: str) -> BadRecordError:
        return BadRecordError(code, f"record {index} {text}", index)

    def unreadable(self) -> BadRecordError:
        index = self.torn.first if self.torn else self.tree.size
        return self.bad("record.unreadable", index, "is not a record")

    def kept(self, line: bytes, index: int) -> None:
        """Take in a line of `pruned.tree` after its header [11]."""
        value = canonical(line)
        if value is not None and value.keys() == {"end", "nodes"}:
            self.range(value, index)
            return
        record = record_of(line)
        if (
            record is None
            or record["type"] not in KEPT
            or (record["seq"], record["format"]) != (index, 1)
            or (record["type"] == "genesis") != (index == 0)
        ):
            raise MalformedError
        self.after_range = False
        if record["type"] == "checkpoint":
            self.seal(record, index)
        else:
            self.note_anchor(index)
        if index == 0:
            self.begin(record["data"])
        self.tree.add(line)
        if record["type"] == "checkpoint":
            self.sealed = self.tree.size

    def range(self, value: dict, index: int) -> None:
        end, nodes = value["end"], value["nodes"]
        if index == 0 or self.after_range or type(end) is not int or end <= index:
            raise MalformedError
        if end > self.limit or type(nodes) is not list or len(nodes) != len(heights(index, end)):
            raise MalformedError
        heads = [bytes_of(one) if type(one) is str else b"" for one in nodes]
        if any(len(head) != 32 for head in heads):
            raise MalformedError
        self.after_range = True
        for number, height in enumerate(heights(index, end)):
            self.tree.add_subtree(heads[number], height)

    def begin_segment(self, number: int, previous_size: int | None) -> None:
        if self.torn:
            raise self.unreadable()
        self.border = (number, previous_size) if number > 1 else None

    def line(self, line: bytes) -> None:
        """Check one line and take it into the tree."""
        index = self.tree.size
        if self.since is not None and self.is_before(index, line):
            self.note_anchor(index)
            self.is_torn_unsure = True
            self.hashed += 1
            self.tree.add(line)
            return
        record = record_of(line)
        if record is None:
            if index == 0 or self.border:
                raise self.unreadable()
            self.note_anchor(index)
            self.torn = (self.torn or Torn(index)).add(line)
            self.tree.add(line)
            return
        self.place(record, index)
        if record["type"] == "checkpoint":
            self.seal(record, index)
        else:
            self.note_anchor(index)
            self.event(record, index)
        self.tree.add(line)
        self.previous = line
        if record["type"] == "checkpoint":
            self.sealed = self.tree.size

    def is_before(self, index: int, line: bytes) -> bool:
        """Tell whether a line stands before --since, so that it is only hashed."""
        if isinstance(self.since, int):
            is_reached = index >= self.since
        else:
            start = line.rfind(b'"time":"')
            is_reached = start >= 0 and line[start + 8 : start + 35] >= self.since.encode()
        if is_reached:
            self.since, self.checked_from = None, index
            return False
        if index == 0 or self.border or line.endswith(b'"type":"checkpoint"}'):
            return False
        is_marked = b'"type":"log.pruned"' in line or b'"type":"hold.' in line
        return not is_marked or record_of(line) is None

    def note_anchor(self, index: int) -> None:
        if self.anchor and self.anchor.size == index:
            self.anchor_root = self.tree.root()

    def place(self, record: dict, index: int) -> None:
        kind = record["type"]
        if record["seq"] != index:
            text = f"is numbered {record['seq']}: some are missing, added or out of order"
            raise self.bad("record.seq", index, text)
        if record["format"] != 1:
            raise self.bad("record.format", index, "is of another format")
        if (kind == "genesis") != (index == 0):
            raise self.bad("record.genesis", index, "must be genesis, or must not")
        if self.border or kind == "log.segment":
            data = record.get("data", {})
            found = (data.get("segment"), data.get("previous_bytes"))
            if self.border and self.border[1] is None:
                found, self.first_time = (found[0], None), str(record.get("time"))
            if kind != "log.segment" or found != self.border:
                raise self.bad("segment.start", index, "does not fit the segment it stands in")
            self.border = None
        if kind == "log.recovered":
            self.recovery(record["data"], index)
        elif self.torn:
            raise self.unreadable()

    def recovery(self, data: dict, index: int) -> None:
        torn, self.torn = self.torn or Torn(index - 1).add(self.previous), None
        if self.is_torn_unsure:
            return
        if data != torn.data():
            raise self.bad("record.recovery", torn.first, "is not the torn write that was noted")
        self.recovered.append((torn.first, torn.lines))

    def event(self, record: dict, index: int) -> None:
        self.events += 1
        shape = (record["type"], *sorted(record["data"]))
        if len(self.kinds) < 10_000 or shape in self.kinds:
            self.kinds[shape] = self.kinds.get(shape, 0) + 1
        if self.silence_us and self.since is None:
            self.hear(index, record["boot"], record["monotonic_us"])
        if index == 0:
            self.begin(record["data"])
        elif record["type"] in ("hold.set", "hold.cleared", "log.pruned"):
            self.prune(record, index)

    def begin(self, data: dict) -> None:
        try:
            self.genesis = read_verifier(str(data["verifier"]))
        except (MalformedError, KeyError):
            raise self.bad("record.genesis", 0, "does not name a key") from None
        self.origin, self.key = self.genesis
        if data.get("origin") != self.origin:
            raise self.bad("record.genesis", 0, "names two origins")

    def prune(self, record: dict, index: int) -> None:
        """Take in an event about a legal hold or a pruning [11]."""
        hold = str(record["data"].get("hold"))
        if record["type"] == "hold.set":
            self.holds.add(hold)
        elif record["type"] == "hold.cleared":
            self.holds.discard(hold)
        else:
            more = {"index": index, "held": bool(self.holds), "covered": self.is_covered}
            self.prunings.append({**more, "time": record["time"], "data": record["data"]})

    def hear(self, index: int, boot: str, clock: int) -> None:
        """Note a stretch without any event: [count, longest, last record before the first]."""
        if self.heard:
            passed = clock - self.heard[2] if boot == self.heard[1] else clock
            if passed > self.silence_us:
                count, longest, first = self.silences
                self.silences = [count + 1, max(longest, passed), first if count else self.heard[0]]
        self.heard = (index, boot, clock)

    def seal(self, record: dict, index: int) -> None:
        epoch = self.last.epoch + 1 if self.last else 0
        try:
            found = Checkpoint(record["note"])
        except MalformedError:
            raise self.bad("checkpoint.form", index, "is not a checkpoint") from None
        if found.origin != self.origin or len(found.signatures) != 1:
            raise self.bad("checkpoint.form", index, "is not a checkpoint of this log")
        if (found.size, found.epoch) != (index, epoch):
            raise self.bad("checkpoint.epoch", index, "stands at another place than it says")
        if not found.is_signed(self.key):
            raise self.bad("checkpoint.signature", index, f"is not signed by epoch {epoch}'s key")
        if found.root != self.tree.root():
            text = f"a record from {self.sealed} to {index - 1} is not what record {index} sealed"
            raise BadRecordError("checkpoint.root", text, self.sealed)
        self.note_anchor(index)
        if self.anchor and self.anchor.epoch == epoch:
            self.anchor_key = self.key
        self.is_covered = self.is_covered or index >= self.limit
        self.seals += 1
        self.last, self.key = found, found.next
        self.is_torn_unsure = False


# -- [7] the verdict ----------------------------------------------------------------------------


class Report:
    """Three lists that never claim more than was checked."""

    def __init__(self) -> None:
        self.verified: list[dict] = []
        self.failed: list[dict] = []
        self.not_checkable: list[dict] = []
        self.events = self.checkpoints = 0
        self.head: dict | None = None
        self.first_bad: int | None = None

    def passed(self, code: str, text: str) -> None:
        self.verified.append({"code": code, "text": text})

    def fail(self, code: str, text: str) -> None:
        self.failed.append({"code": code, "text": text})

    def fail_at(self, code: str, index: int, text: str) -> None:
        self.fail(code, text)
        self.first_bad = index if self.first_bad is None else self.first_bad

    def skip(self, code: str, text: str) -> None:
        self.not_checkable.append({"code": code, "text": text})

    def to_dict(self) -> dict:
        return {"ok": not self.failed, **vars(self)}


def verify(
    folder: str | os.PathLike,
    *,
    genesis: str | None = None,
    checkpoint: str | None = None,
    require: tuple[str, ...] | frozenset | set = (),
    since: int | str | None = None,
    heartbeat: int = 0,
    is_live: bool = False,
    catalogue: dict[str, set] | None = None,
) -> Report:
    """Verify the log below an audit folder; raises MalformedError for wrong arguments."""
    folder = Path(folder)
    if set(require) - {"genesis", "anchor"}:
        raise MalformedError("only genesis and anchor can be required")
    trusted = None if genesis is None else read_verifier(genesis)
    anchor = None
    if checkpoint is not None:
        anchor = Checkpoint(checkpoint if checkpoint.endswith("\n") else checkpoint + "\n")
    for _ in range(3):
        stock, is_whole = None, False
        report, state = Report(), Pass(anchor, since, heartbeat * 120_000_000)
        try:
            stock = take_stock(folder, is_live)
            is_whole = run(folder, stock, state, report)
        except OSError:
            report.fail("log.unreadable", "the log cannot be read")
        if is_whole or stock is None or not stock.has_moved(folder):
            break
    if not any(one["code"] == "log.unreadable" for one in report.failed):
        judge_records(report, state, stock.sizes, is_whole, catalogue)
        judge_prunings(report, state, stock, is_whole)
        judge_genesis(report, state, trusted)
        judge_anchor(report, state, anchor, is_whole)
        if is_whole:
            judge_key(report, state, stock.keys, is_live)
            judge_silence(report, state, heartbeat, is_live)
        for name in stray_names(folder):
            report.skip("stray", f"{name!a} is no part of the log, but is named like one")
    proven = {one["code"] for one in report.verified}
    for name in sorted(set(require) - proven):
        report.fail(f"require.{name}", f"{name} was required and could not be verified")
    return report


def run(folder: Path, stock: Stock, state: Pass, report: Report) -> bool:
    """Read all segments; return whether no record was wrong."""
    if not stock.sizes:
        report.fail("log.missing", "there is no log here")
        return False
    first, previous = 1, 0
    try:
        if stock.pruned:
            run_pruned(folder, stock, state)
            first, previous = stock.header["segment"], None
        for expected, number in enumerate(stock.sizes, first):
            if number != expected:
                raise BadRecordError(
                    "segment.missing", f"segment {expected} is missing", state.tree.size
                )
            if stock.sizes[number] == 0:
                raise BadRecordError("segment.empty", f"segment {number} is empty", state.tree.size)
            state.begin_segment(number, previous)
            run_segment(folder, number, stock.sizes, state, report)
            previous = stock.sizes[number]
        if state.last is None:
            raise BadRecordError("checkpoint.missing", "the log has no checkpoint: it was cut", 0)
    except BadRecordError as bad:
        code, text, report.first_bad = bad.args
        report.fail(code, text)
        return False
    return True


def run_pruned(folder: Path, stock: Stock, state: Pass) -> None:
    """Read what is kept of pruned records [11]."""
    digest = hashlib.sha256()
    state.limit = stock.header["first"] if stock.header else 0
    try:
        with open(folder / "log" / PRUNED, "rb") as file:
            digest.update(file.readline(MAX_LINE + 1))
            while line := file.readline(MAX_LINE + 1):
                if not line.endswith(b"\n") or state.tree.size >= state.limit:
                    raise MalformedError
                digest.update(line)
                state.kept(line[:-1], state.tree.size)
        if not stock.header or state.tree.size != state.limit:
            raise MalformedError
    except MalformedError:
        text = "what is kept of pruned records is not of its form"
        raise BadRecordError("pruned.form", text, state.tree.size) from None
    state.checked_from = state.first = state.limit
    state.file = {
        "segments": stock.header["segment"] - 1, "first": state.first,
        "root": state.tree.root().hex(), "sha256": digest.hexdigest(),
    }  # fmt: skip


def run_segment(
    folder: Path, number: int, sizes: dict[int, int], state: Pass, report: Report
) -> None:
    left = sizes[number]
    with open(folder / "log" / f"{number:06d}.jsonl", "rb", buffering=2**18) as file:
        while left:
            line = file.readline(min(left, MAX_LINE + 1))
            left -= len(line)
            if line.endswith(b"\n"):
                state.line(line[:-1])
            elif not line:
                raise BadRecordError("segment.short", f"segment {number} was cut", state.tree.size)
            elif left == 0 and number == max(sizes) and len(line) <= MAX_LINE:
                text = f"{len(line)} bytes at the end are an interrupted write"
                report.skip("torn", text + "; nothing acted on it")
            else:
                raise state.unreadable()


def judge_records(
    report: Report, state: Pass, sizes: dict, is_whole: bool, catalogue: dict[str, set] | None
) -> None:
    size = state.tree.size
    report.events, report.checkpoints = state.events, state.seals
    report.head = {"size": size, "root": state.tree.root().hex()}
    if is_whole and state.since is None:
        count = size - state.checked_from
        text = f"{count} records in {len(sizes)} segment(s) are well formed, whole and in order"
        report.passed("records", text)
    if state.last:
        text = f"{state.seals} checkpoint(s) of one chain of keys seal records 0 to"
        report.passed("seals", f"{text} {state.sealed - 1}")
    if not is_whole:
        if size:
            report.skip("rest", f"records from {state.sealed} on are not proven")
        return
    if state.hashed:
        report.skip("since", f"{state.hashed} record(s) before --since were hashed, not read")
    if state.sealed < size:
        text = f"{size - state.sealed} record(s) from {state.sealed} on stand after the last"
        report.skip("window", text + " checkpoint: changes to them would not be seen")
    if state.torn:
        report.skip("torn", f"the last {state.torn.lines} line(s) are interrupted writes")
    for first, lines in state.recovered:
        report.skip("torn", f"{lines} line(s) from {first} on are an interrupted write, noted")
    if catalogue is None:
        report.skip("catalogue", "events.schema.json not given: types of events were not checked")
        return
    known = {(kind, *sorted(names)) for kind, names in catalogue.items()}
    unknown = sum(count for shape, count in state.kinds.items() if shape not in known)
    if unknown:
        report.skip("unknown", f"{unknown} event(s) are of a kind or shape that is not known")


def judge_prunings(report: Report, state: Pass, stock: Stock, is_whole: bool) -> None:
    """Say what was pruned, and whether the log has it on record [11]."""
    if not is_whole:
        if state.file:
            report.skip("pruned", f"that records before {state.first} were pruned is not proven")
        return
    if state.file:
        judge_file(report, state)
    if stock.left:
        report.skip("pruned.left", f"{len(stock.left)} pruned segment(s) are still there, not read")
    for event in state.prunings:
        index, first = event["index"], event["data"].get("first")
        if event["held"]:
            report.fail_at("pruned.hold", index, f"record {index} prunes while a legal hold stood")
        if type(first) is int and first > state.first:
            report.skip("pruning-open", f"what record {index} announces was not carried out")


def judge_file(report: Report, state: Pass) -> None:
    found = [
        event for event in state.prunings
        if {name: event["data"].get(name) for name in state.file} == state.file
    ]  # fmt: skip
    event = found[-1] if found else None
    if event is None or event["index"] >= state.sealed or not event["covered"]:
        text = f"the segments before {state.file['segments'] + 1} are gone, and no sealed record"
        report.fail_at("pruned.unrecorded", 0, text + " of a pruning covers them")
        return
    index, before = event["index"], str(event["data"].get("before"))
    if not state.first_time <= before <= event["time"]:
        text = f"the pruning of record {index} removed younger records than it says"
        report.fail_at("pruned.young", index, text)
        return
    report.passed("pruning", f"what was pruned is what record {index} announced")
    text = f"records before {state.first} were pruned at {event['time']} (record {index}): their"
    report.skip("pruned", text + " events cannot be read any more")


def judge_genesis(report: Report, state: Pass, trusted: tuple[str, bytes] | None) -> None:
    if trusted is None:
        text = "genesis key not given: a log that was started over with a new key looks the same"
        report.skip("genesis", text)
    elif state.genesis is None:
        report.skip("genesis", "no record was reached that could be held against the key")
    elif state.genesis != trusted:
        text = "the log does not begin with the given genesis key: another log, or started over"
        report.fail("genesis.key", text)
    elif state.last:
        report.passed("genesis", f"the log {trusted[0]} begins with the given genesis key")
    else:
        report.skip("genesis", "no checkpoint was reached that the key could verify")


def judge_anchor(report: Report, state: Pass, anchor: Checkpoint | None, is_whole: bool) -> None:
    if anchor is None:
        text = "no checkpoint kept elsewhere was given: a log and key put back from a backup"
        report.skip("anchor", text + " look the same")
    elif state.genesis and anchor.origin != state.genesis[0]:
        report.fail("anchor.origin", "the kept checkpoint belongs to another log")
    elif state.anchor_root is None and anchor.size < state.first:
        report.fail("anchor.differs", f"the log never had a checkpoint over {anchor.size} records")
    elif state.anchor_root is None or state.anchor_key is None:
        if is_whole:
            text = f"the kept checkpoint seals {anchor.size} records, the log has"
            report.fail("anchor.beyond", f"{text} {state.tree.size}: it was cut, or put back")
        else:
            report.skip("anchor", "the kept checkpoint lies beyond the first wrong record")
    elif state.anchor_root != anchor.root or not anchor.is_signed(state.anchor_key):
        text = f"the first {anchor.size} records are not those that the kept checkpoint seals"
        report.fail("anchor.differs", text)
    else:
        text = f"the kept checkpoint of {anchor.time} seals {anchor.size} records"
        report.passed("anchor", text)


def judge_key(report: Report, state: Pass, keys: tuple | None, is_live: bool) -> None:
    if not is_live:
        report.skip("live-key", "a copy has no live key: a tail that was cut would not be seen")
    elif keys is None:
        text = "epoch.key is missing: the tail of the log may have been cut"
        report.fail("live-key.missing", text)
    elif state.key not in keys[0]:
        text = "the live key is not the one that the last checkpoint announced: the tail of the"
        report.fail("live-key.differs", text + " log was cut, or the key file replaced")
    else:
        report.passed("live-key", "the live key is the one that the last checkpoint announced")
        if keys[1] > 1:
            report.skip("second-key", "a sealing was interrupted; a second key waits for erasure")


def judge_silence(report: Report, state: Pass, minutes: int, is_live: bool) -> None:
    if not minutes:
        return
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    if is_live and clock is not None:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        state.hear(state.tree.size, boot, time.clock_gettime_ns(clock) // 1000)
    count, longest, first = state.silences
    if count:
        text = f"a sign of life every {minutes} minutes is promised, but after record {first}"
        text += (
            f" the log was silent ({count} time(s), the longest {longest // 60_000_000} minutes)"
        )
        report.skip("heartbeat", text)
    else:
        report.passed("heartbeat", f"the log was never silent for {2 * minutes} minutes")


# -- [12] logs of before ------------------------------------------------------------------------


def complete_lines(folder: Path) -> Iterator[tuple[int, bytes]]:
    """Yield index and bytes of each line with a line feed, as far as the log can be read."""
    pruned, header = read_header(folder)
    if pruned and header is None:
        return
    index, first = (header["first"], header["segment"]) if header else (0, 1)
    for number in segment_sizes(folder):
        if number < first:
            continue
        with open(folder / "log" / f"{number:06d}.jsonl", "rb", buffering=2**18) as file:
            while line := file.readline(MAX_LINE + 1):
                if line.endswith(b"\n"):
                    yield index, line[:-1]
                    index += 1


def head_of(data: dict) -> tuple[int, str]:
    size = data.get("records")
    return size if type(size) is int else 0, str(data.get("root"))


def named_by(folder: Path) -> dict | None:
    """Return the data of `workspace.restored` among the first eight records, None if none."""
    try:
        for index, line in complete_lines(folder):
            if index >= 8:
                break
            record = record_of(line) if b'"type":"workspace.restored"' in line else None
            if record and record["type"] == "workspace.restored":
                is_named = BACKUP.fullmatch(str(record["data"].get("backup")))
                return record["data"] if is_named else None
    except OSError:
        pass
    return None


def earlier_logs(folder: Path) -> list[dict]:
    """Return what the log says of each log of before, the newest first."""
    found: dict[str, dict] = {}
    data = named_by(folder)
    while data and data["backup"] not in found:
        found[data["backup"]] = data
        data = named_by(folder / "before" / data["backup"])
    return list(found.values())


def announcements(folder: Path) -> dict:
    """Return the sealed events that say that a log of before goes."""
    found, waiting, holds = {}, {}, set()
    try:
        for index, line in complete_lines(folder):
            if line.endswith(b'"type":"checkpoint"}'):
                found, waiting = {**found, **waiting}, {}
            is_marked = b'"type":"log.earlier_pruned"' in line or b'"type":"hold.' in line
            record = record_of(line) if is_marked else None
            data = record["data"] if record else {}
            if record and record["type"] == "hold.set":
                holds.add(str(data.get("hold")))
            elif record and record["type"] == "hold.cleared":
                holds.discard(str(data.get("hold")))
            elif record and record["type"] == "log.earlier_pruned":
                event = {"index": index, "time": record["time"], "held": bool(holds)}
                event["before"] = str(data.get("before"))
                waiting[str(data.get("backup")), head_of(data)] = event
    except OSError:
        pass
    return found


def judge_earlier(report: Report, folder: Path, is_live: bool) -> None:
    """Hold each log of before against the event that names it."""
    logs = earlier_logs(folder)
    announced = announcements(folder) if logs else {}
    for data in logs:
        backup, made = data["backup"], str(data.get("made"))
        text = f"restored from backup {backup} made at {made}: what came after it is not here"
        report.skip("restored", text)
        event = announced.get((backup, head_of(data)))
        place = folder / "before" / backup
        if event:
            judge_gone(report, place, made, event)
        elif not is_live and not (folder / "before").exists():
            report.skip("earlier", f"the log of before, {head_of(data)[0]} records, is not in here")
        elif judge_one(report, place, head_of(data)):
            announced = {**announcements(place), **announced}
    try:
        names = sorted(os.listdir(folder / "before"))
    except OSError:
        names = []
    for name in names:
        if name not in {data["backup"] for data in logs}:
            report.skip("earlier.stranger", f"no event names what lies in before/{name!a}")


def judge_one(report: Report, place: Path, head: tuple[int, str]) -> bool:
    if not place.is_dir():
        report.fail("earlier.missing", f"the log of before is not in before/{place.name}")
        return False
    found = verify(place)
    if found.head is None or (found.head["size"], found.head["root"]) != head:
        report.fail("earlier.differs", f"before/{place.name} is not the log that the backup held")
    elif found.failed:
        report.fail("earlier.failed", f"before/{place.name} fails: {found.failed[0]['code']}")
    else:
        report.passed("earlier", f"the log of before, {head[0]} records, is that of the backup")
        return True
    return False


def judge_gone(report: Report, place: Path, made: str, event: dict) -> None:
    number, before = event["index"], event["before"]
    if event["held"]:
        text = f"record {number} says that a log of before goes, though a legal hold stood"
        report.fail("earlier.hold", text)
    elif made[:19] > before[:19] or before > event["time"]:
        text = f"the log of before that went by record {number} is younger than it says"
        report.fail("earlier.young", text)
    elif place.is_symlink() or place.exists():
        report.skip("earlier.left", f"before/{place.name} is pruned and still there, not read")
    else:
        report.skip("earlier.pruned", f"a log of before was pruned by record {number}")


# -- command line -------------------------------------------------------------------------------


def read_catalogue(path: Path) -> dict[str, set]:
    """Return the fields of each type of event from events.schema.json."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    return {
        one["properties"]["type"]["const"]: set(one["properties"]["data"]["required"])
        for one in schema["oneOf"]
        if "data" in one["properties"]
    }


def when(text: str) -> int | str:
    """Read --since: an index, or a date or time in UTC."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        if not WHEN.fullmatch(text):
            raise ValueError
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise argparse.ArgumentTypeError("neither a number nor a date or time") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone.utc)
    found = (found - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
    moment = datetime(1970, 1, 1) + timedelta(microseconds=found)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify a secure_rag audit log.")
    parser.add_argument("folder", type=Path, help="copy of a workspace or of its audit folder")
    parser.add_argument("--genesis", metavar="LINE|FILE", help="verifier line that init printed")
    parser.add_argument("--checkpoint", metavar="FILE", type=Path, help="checkpoint kept elsewhere")
    parser.add_argument("--require", default="", metavar="LIST", help="genesis,anchor")
    parser.add_argument("--since", metavar="N|TIME", type=when, help="read records from there on")
    parser.add_argument("--heartbeat", metavar="MINUTES", type=int, default=0, help="as promised")
    parser.add_argument("--live", action="store_true", help="no copy: check the live key too")
    parser.add_argument("--events", metavar="FILE", type=Path, help="events.schema.json")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser.parse_args()


def read_text(path: Path | str) -> str:
    with open(path, encoding="utf-8", newline="") as file:
        return file.read(100_000)


def genesis_line(given: str | None) -> str | None:
    if given is None or given.count("+") >= 2:
        return given
    lines = read_text(given).splitlines()
    return next((line for line in lines if line.count("+") >= 2), "")


def printable(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def show(report: Report) -> None:
    for title in ("verified", "failed", "not_checkable"):
        found = getattr(report, title)
        print(f"{title.replace('_', ' ')}: {len(found) or 'nothing'}")
        for one in found:
            print(f"  {one['code']:<22} {printable(one['text'])}")
    if report.first_bad is not None:
        print(f"first bad record: {report.first_bad}")
    head = "head {size} {root}".format(**report.head) if report.head else "no head"
    word = "FAIL" if report.failed else "OK"
    print(f"{word}  {report.events} events, {report.checkpoints} checkpoints, {head}")


def main() -> int:
    given = arguments()
    folder = given.folder if (given.folder / "log").is_dir() else given.folder / "audit"
    schema = given.events or Path(__file__).resolve().with_name("events.schema.json")
    try:
        report = verify(
            folder,
            genesis=genesis_line(given.genesis),
            checkpoint=read_text(given.checkpoint) if given.checkpoint else None,
            require={word.strip() for word in given.require.split(",") if word.strip()},
            since=given.since,
            heartbeat=given.heartbeat,
            is_live=given.live,
            catalogue=read_catalogue(schema) if given.events or schema.exists() else None,
        )
        judge_earlier(report, folder, given.live)
    except (MalformedError, OSError, UnicodeDecodeError) as error:
        print(f"verify.py: {printable(str(error))}", file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps(report.to_dict()))
    else:
        show(report)
    print("verify.py changes nothing: this reading is not recorded in the log", file=sys.stderr)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
