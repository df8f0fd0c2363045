"""Random honest logs, and random hands that change them.

Used by test_independent.py with a small number, and by benchmarks/audit_trials.py with
a large one. Everything follows from the seed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit.canonical import NotCanonicalError, decode, encode
from secure_rag.audit.epoch import FILE_NAME, EpochKey, open_slots, read_keys
from secure_rag.audit.events import Event, HoldSet, LogPruned
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import Frontier, leaf_hash
from secure_rag.audit.note import CheckpointText, parse_checkpoint, parse_note, sign
from secure_rag.audit.pruned import kept_numbers, pruned_path, read_header
from secure_rag.audit.record import Author, Moment, checkpoint_line, event_line
from secure_rag.audit.retention import left_segments, plan_pruning, write_draft
from secure_rag.audit.segments import segment_numbers, segment_path
from tests.unit.audit.audit_support import (
    ORIGIN,
    FailingDisk,
    Killed,
    Made,
    abandon,
    make_log,
    refused,
    retrieved,
)


def honest_log(folder: Path, dice: random.Random) -> Made:
    """Make a log of some sessions, segments, crashes and, now and then, an open window."""
    made = make_log(folder)
    for session in range(dice.randint(0, 4)):
        size = dice.choice([900, 2500, 2**20])
        log = AuditLog.open(made.folder, session=f"s{session}", segment_bytes=size)
        for _ in range(dice.randint(0, 3)):
            events = [retrieved(n, dice.randint(0, 3)) for n in range(dice.randint(0, 3))]
            log.append_many([*events, refused(session)])
        if dice.random() < 0.2:
            _crash(made, log, dice)
        else:
            log.close()
        if dice.random() < 0.25:
            _prune(made, dice)
    return made


def _prune(made: Made, dice: random.Random) -> None:
    """Prune some of the oldest segments, now and then killed on the way."""
    count = len(kept_numbers(made.folder)) - 1
    if count < 1:
        return
    disk = FailingDisk(dice.randrange(30), dice.choice(["before", "middle", "after"]))
    with suppress(Killed):
        made.prune(dice.randint(1, count), disk if dice.random() < 0.3 else None)


def _crash(made: Made, log: AuditLog, dice: random.Random) -> None:
    """Stop a session without its checkpoint, often in the middle of a write."""
    log.append(refused(99))
    abandon(log)
    path = segment_path(made.folder, kept_numbers(made.folder)[-1])
    last = path.read_bytes()[:-1].rpartition(b"\n")[2]
    if dice.random() < 0.7:
        os.truncate(path, path.stat().st_size - dice.randint(1, len(last)))


# -- single changes; each returns whether it changed anything ---------------------------------


def _pick(made: Made, dice: random.Random) -> Path:
    return segment_path(made.folder, dice.choice(kept_numbers(made.folder)))


def flip_bit(made: Made, dice: random.Random) -> None:
    path = dice.choice([_pick(made, dice), _pick(made, dice), made.folder / FILE_NAME])
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def change_bytes(made: Made, dice: random.Random) -> None:
    path = _pick(made, dice)
    data = path.read_bytes()
    start = dice.randrange(len(data))
    new = bytes(dice.choice(b'{}[]":,0129.eE+- \\unlltrue\n\t\x7f\xc3') for _ in range(2))
    path.write_bytes(data[:start] + new[: dice.randint(0, 2)] + data[start + dice.randint(0, 2) :])


def cut_bytes(made: Made, dice: random.Random) -> None:
    path = _pick(made, dice)
    os.truncate(path, dice.randrange(path.stat().st_size))


def change_lines(made: Made, dice: random.Random) -> None:
    """Delete, repeat, swap or empty whole lines of a segment."""
    path = _pick(made, dice)
    lines = path.read_bytes().splitlines(keepends=True)
    one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
    act = dice.randrange(5)
    if act == 0:
        del lines[one]
    elif act == 1:
        lines.insert(two, lines[one])
    elif act == 2:
        lines[one], lines[two] = lines[two], lines[one]
    elif act == 3:
        lines.insert(one, dice.choice([b"\n", b"{}\n", b"null\n", b"[" * 70_000, b"7\n"]))
    else:
        del lines[one:]
    path.write_bytes(b"".join(lines))


def change_field(made: Made, dice: random.Random) -> None:
    """Change a value of a record and write it in canonical form, or nearly so."""
    path = _pick(made, dice)
    lines = path.read_bytes().split(b"\n")
    number = dice.randrange(len(lines))
    record = _record(lines[number])
    if record is None:
        return
    name = dice.choice(sorted(record))
    record[name] = dice.choice([0, 1, -1, 2**53, 1.5, True, "x", "e\u0301", "\ud800", {}, [], None])
    if dice.random() < 0.3:
        record[dice.choice(["x", "data", "note"])] = dice.choice([1, {"a": {"b": [[[[1]]]]}}])
    lines[number] = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    path.write_bytes(b"\n".join(lines))


def change_note(made: Made, dice: random.Random) -> None:
    """Change a character of a checkpoint's note, inside the JSON."""
    path = _pick(made, dice)
    lines = path.read_bytes().split(b"\n")
    seals = [n for n, line in enumerate(lines) if b'"note"' in line and _record(line)]
    if not seals:
        return
    number = dice.choice(seals)
    record = _record(lines[number]) or {}
    note = str(record.get("note", ""))
    start = dice.randrange(len(note) + 1)
    new = dice.choice(["", "0", "9", "A", "=", "\n", " ", "+", "\u2014", "\u0660", "\x00", "z"])
    record["note"] = note[:start] + new + note[start + dice.randint(0, 1) :]
    lines[number] = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    path.write_bytes(b"\n".join(lines))


def change_pruned(made: Made, dice: random.Random) -> None:
    """Change, cut, swap, drop or invent what is kept of pruned records."""
    path = pruned_path(made.folder)
    if not path.exists():
        _invent(made, dice)
        return
    lines = path.read_bytes().splitlines(keepends=True)
    one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
    act = dice.randrange(8)
    if act == 0:
        del lines[one]
    elif act == 1:
        lines[one], lines[two] = lines[two], lines[one]
    elif act == 2:
        lines.insert(two, dice.choice([lines[one], b'{"end":9,"nodes":[]}\n', b"{}\n", b"\n"]))
    elif act == 3:
        flipped = bytearray(lines[one])
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        lines[one] = bytes(flipped)
    elif act == 4:
        path.unlink()
        return
    elif act == 5:
        _merge(lines, one)
    elif act == 6:
        header = decode(lines[0][:-1])
        name = dice.choice(["first", "format", "segment"])
        header[name] = header[name] + dice.choice([-1, 1, 7])
        lines[0] = encode(header) + b"\n"
    else:
        _invent(made, dice)
        return
    path.write_bytes(b"".join(lines))


def _merge(lines: list[bytes], place: int) -> None:
    """Hide a kept record in a range, in canonical form."""
    record = _record(lines[place][:-1]) or {}
    if isinstance(record.get("seq"), int):
        node = base64.b64encode(leaf_hash(lines[place][:-1])).decode()
        lines[place] = encode({"end": record["seq"] + 1, "nodes": [node]}) + b"\n"


def _invent(made: Made, dice: random.Random) -> None:
    """Prune for good, with the true hashes, without a word in the log or more than it says."""
    numbers = kept_numbers(made.folder)
    if len(numbers) < 2:
        return
    following = segment_path(made.folder, dice.choice(numbers[1:]))
    time = decode(following.read_bytes().split(b"\n")[0])["time"]
    plan = plan_pruning(made.folder, str(time))
    if plan is None:
        return
    write_draft(made.folder, plan)
    os.rename(pruned_path(made.folder).with_suffix(".new"), pruned_path(made.folder))
    if dice.random() < 0.7:
        for path in left_segments(made.folder):
            path.unlink()


def announce(made: Made, dice: random.Random) -> None:
    """Append an announcement without the key, or add a hold before a pruning that is there."""
    path = segment_path(made.folder, kept_numbers(made.folder)[-1])
    lines = path.read_bytes().split(b"\n")[:-1]
    last = _record(lines[-1])
    if last is None or not isinstance(last["seq"], int):
        return
    author, seq = Author.current("forged"), last["seq"] + 1
    header = read_header(made.folder)
    digest = hashlib.sha256(pruned_path(made.folder).read_bytes()).hexdigest() if header else ""
    event: Event = LogPruned(
        segments=header.segment - 1 if header else 1, first=header.first if header else 3,
        root="00", sha256=digest, before=Moment.now().text, reason="",
    )  # fmt: skip
    if dice.random() < 0.5:
        event = HoldSet(hold="h", reason="forged")
    path.write_bytes(b"\n".join([*lines, event_line(seq, author, event), b""]))


def move_segments(made: Made, dice: random.Random) -> None:
    numbers = kept_numbers(made.folder)
    one = segment_path(made.folder, dice.choice(numbers))
    act = dice.randrange(5)
    if act == 0:
        one.unlink()
    elif act == 1:
        one.rename(segment_path(made.folder, numbers[-1] + dice.randint(1, 2)))
    elif act == 2:
        segment_path(made.folder, numbers[-1] + 1).write_bytes(b"")
    elif act == 3:
        shutil.copyfile(one, segment_path(made.folder, numbers[-1] + 1))
    else:
        (made.folder / "log" / "notes.jsonl").write_text("{}\n")


def renumber(made: Made, dice: random.Random) -> None:
    """Delete a record and number all that follow anew, as someone would who knows the format."""
    path = _pick(made, dice)
    lines = path.read_bytes().splitlines()
    if len(lines) < 2:
        return
    del lines[dice.randrange(1, len(lines))]
    first = (_record(lines[0]) or {}).get("seq", 0)
    renumbered = []
    for offset, line in enumerate(lines):
        record = _record(line)
        renumbered.append(encode({**record, "seq": first + offset}) if record else line)
    path.write_bytes(b"\n".join([*renumbered, b""]))


def reseal(made: Made, dice: random.Random) -> None:
    """Edit an event, then seal all anew with the live key and put a key of one's own in place."""
    keys = _keys(made)
    lines = made.whole().split(b"\n")[:-1]
    if not keys or len(lines) < 3 or segment_numbers(made.folder) != [1]:
        return
    number = dice.randrange(2, len(lines))
    lines = [line for n, line in enumerate(lines[: number + 2]) if n != number]
    tree = Frontier()
    for line in lines:
        tree.push(line)
    key, following = keys[-1], EpochKey.generate(keys[-1].epoch + 1)
    epoch = dice.choice([key.epoch, key.epoch - 1])
    text = CheckpointText(
        ORIGIN, tree.size, tree.root(), epoch, "2026-11-22T00:00:00Z", following.public
    )
    lines.append(checkpoint_line(tree.size, sign(text.encode(), ORIGIN, key.private)))
    made.segment.write_bytes(b"\n".join([*lines, b""]))
    if dice.random() < 0.7:
        with open_slots(made.folder) as slots:
            slots.write(following.slot, following.pack())
            slots.erase(key.slot)


def change_keys(made: Made, dice: random.Random) -> None:
    path = made.folder / FILE_NAME
    act = dice.randrange(4)
    if act == 0:
        path.unlink()
    elif act == 1:
        path.write_bytes(path.read_bytes()[: dice.randrange(192)])
    else:
        with open_slots(made.folder) as slots:
            key = EpochKey.generate(dice.randrange(5))
            slots.write(key.slot if act == 2 else 1 - key.slot, key.pack())


MUTATIONS: list[Callable[[Made, random.Random], None]] = [
    flip_bit, flip_bit, change_bytes, change_bytes, cut_bytes, change_lines, change_lines,
    change_field, change_field, change_note, change_note, move_segments, renumber, reseal,
    change_keys, change_pruned, change_pruned, announce,
]  # fmt: skip


def mutate(made: Made, dice: random.Random) -> list[str]:
    """Change a log in one to three ways; return their names."""
    names = []
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        change = dice.choice(MUTATIONS)
        try:
            change(made, dice)
        except Exception:  # noqa: BLE001 - an earlier change left nothing for this one
            continue
        names.append(change.__name__)
    return names


@dataclass(frozen=True)
class SealedParts:
    """What a live log must fail without."""

    lasting: dict[int, bytes]
    """Of each segment, up to the last checkpoint that its key cannot undo.

    The key that signed a checkpoint is erased after it (FORMAT.md, section 6, step 5); a log
    that was killed in between still has it, and that checkpoint can be cut or made anew.
    """
    signed: bytes
    """All segments: an announcement of a pruning counts from its checkpoint on."""


def sealed_parts(made: Made) -> SealedParts:
    """Return what is sealed of a log."""
    left = {key.epoch for key in _keys(made)}
    parts = {n: segment_path(made.folder, n).read_bytes() for n in kept_numbers(made.folder)}
    signed = b"".join(parts.values())
    for number in sorted(parts, reverse=True):
        end = _end_of_seal(parts[number], left)
        if end:
            parts[number] = parts[number][:end]
            break
        del parts[number]
    return SealedParts(parts, signed[: _end_of_seal(signed, set())])


def _end_of_seal(data: bytes, left: set[int]) -> int:
    """Return where the last checkpoint ends whose key is not among those left; 0 for none."""
    end = len(data)
    while (start := data.rfind(b'"type":"checkpoint"}\n', 0, end)) >= 0:
        line = data[data.rfind(b"\n", 0, start) + 1 : start] + b'"type":"checkpoint"}'
        text = parse_note(str(decode(line)["note"])).text
        if parse_checkpoint(text).epoch not in left:
            return start + len(b'"type":"checkpoint"}\n')
        end = start
    return 0


def is_sealed_part_whole(made: Made, parts: SealedParts) -> bool:
    """Tell whether what was sealed is still there; if not, a live log must fail.

    Segments may go, and what is kept of them may change, as a sealed announcement has it.
    """
    first = 1
    if pruned_path(made.folder).exists():
        digest = hashlib.sha256(pruned_path(made.folder).read_bytes()).hexdigest().encode()
        header = read_header(made.folder)
        if header is None or digest not in parts.signed:
            return False
        first = header.segment
    for number, data in parts.lasting.items():
        if number < first:
            continue
        path = segment_path(made.folder, number)
        found = path.read_bytes() if path.is_file() else b""
        if found[: len(data)] != data or (number < max(parts.lasting) and found != data):
            return False
    return True


def _record(line: bytes) -> dict[str, object] | None:
    try:
        return decode(line)
    except NotCanonicalError:
        return None


def _keys(made: Made) -> list[EpochKey]:
    with open_slots(made.folder) as slots:
        return read_keys(slots)
