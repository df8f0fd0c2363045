"""Attacks on a log that is pruned, or that is to look as if it were: what finds them.

Run: .venv/bin/python benchmarks/audit_pruning.py

A log of ten sealed sessions in several segments; the attacker is root and has the live key.
Off the machine are the line that `init` printed and one checkpoint from the oldest segment,
kept before anything was pruned. Where an attack can be carried out in several ways, all are
tried. Both verifiers judge each of them, and must agree.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.audit_attacks import ORIGIN, TIME, Scene, event, forged, is_found
from secure_rag.audit.canonical import decode, encode
from secure_rag.audit.epoch import EpochKey, open_slots
from secure_rag.audit.events import HoldSet
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import CheckpointText, sign
from secure_rag.audit.pruned import kept_numbers, pruned_path, read_beginning
from secure_rag.audit.record import Author, Moment, checkpoint_line, event_line
from secure_rag.audit.retention import (
    Draft,
    Plan,
    carry_out,
    left_segments,
    plan_pruning,
    write_draft,
)
from secure_rag.audit.segments import segment_path

SESSIONS, EVENTS, SEGMENT_BYTES = 10, 8, 6000
LEVELS = ("copy alone", "+ live key", "+ genesis line", "+ kept checkpoint")


def build(root: Path) -> Scene:
    """Record the sessions; keep the checkpoint of the second."""
    folder = root / "machine"
    folder.mkdir()
    scene = Scene(folder, folder, folder, AuditLog.create(folder, origin=ORIGIN), "")
    for session in range(SESSIONS):
        log = AuditLog.open(folder, session=f"s{session}", segment_bytes=SEGMENT_BYTES)
        for number in range(EVENTS):
            log.append(event(number))
        note = log.close().note
        scene.anchor = note if session == 1 else scene.anchor
    return scene


def plan_for(scene: Scene, segments: int) -> Plan:
    """Plan to prune so many of the segments that are there."""
    path = segment_path(scene.folder, kept_numbers(scene.folder)[segments])
    plan = plan_pruning(scene.folder, str(decode(path.read_bytes().split(b"\n")[0])["time"]))
    if plan is None:
        raise AssertionError("nothing can be pruned")
    return plan


def prune(scene: Scene, segments: int) -> None:
    """Prune as the program does."""
    draft = write_draft(scene.folder, plan_for(scene, segments))
    with AuditLog.open(scene.folder, session="prune") as log:
        event = draft.event(reason="the records plan", retention_days=0)
        carry_out(log, scene.folder, draft, event)


def put_in_place(scene: Scene) -> None:
    """Carry out what the draft says, past all checks."""
    os.rename(pruned_path(scene.folder).with_suffix(".new"), pruned_path(scene.folder))
    for path in left_segments(scene.folder):
        path.unlink()


def announce(
    scene: Scene, draft: Draft, *, before: str, key: EpochKey, is_held: bool = False
) -> None:
    """Announce and seal with a key that the attacker has."""
    numbers = kept_numbers(scene.folder)
    lines = b"".join(segment_path(scene.folder, one).read_bytes() for one in numbers)
    tree = read_beginning(scene.folder).tree.copy()
    for line in lines.split(b"\n")[:-1]:
        tree.push(line)
    event = draft.event(reason="", retention_days=0)
    object.__setattr__(event, "before", before)
    new = []
    for one in (*([HoldSet(hold="h", reason="")] if is_held else []), event):
        new.append(event_line(tree.size, Author.current("forged"), one))
        tree.push(new[-1])
    following = EpochKey.generate(key.epoch + 1)
    root = tree.root()
    text = CheckpointText(ORIGIN, tree.size, root, key.epoch, TIME, following.public).encode()
    new.append(checkpoint_line(tree.size, sign(text, ORIGIN, key.private)))
    with segment_path(scene.folder, numbers[-1]).open("ab") as file:
        file.write(b"\n".join([*new, b""]))
    with open_slots(scene.folder) as slots:
        slots.write(following.slot, following.pack())
        slots.erase(1 - following.slot)


# -- the attacks: each yields the machine as it is left, once per way of doing it -------------


def delete_segment(scene: Scene) -> Iterator[Scene]:
    """Remove a segment of a pruned log: the first, or one between."""
    prune(scene, 2)
    for place in (0, 1):
        copy = scene.copy(scene.folder.with_name(f"deleted-{place}"))
        segment_path(copy.folder, kept_numbers(copy.folder)[place]).unlink()
        yield copy


def cut_front(scene: Scene) -> Iterator[Scene]:
    """Remove segments from the front, without and with the true hashes in their place."""
    copy = scene.copy(scene.folder.with_name("bare"))
    segment_path(copy.folder, 1).unlink()
    yield copy
    write_draft(scene.folder, plan_for(scene, 2))
    put_in_place(scene)
    yield scene


def prune_more(scene: Scene) -> Iterator[Scene]:
    """Prune one segment more than was announced."""
    prune(scene, 1)
    write_draft(scene.folder, plan_for(scene, 1))
    put_in_place(scene)
    yield scene


def without_key(scene: Scene) -> Iterator[Scene]:
    """Announce with a key of one's own, and without a seal."""
    before = Moment.now().text
    for way in ("own", "none"):
        copy = scene.copy(scene.folder.with_name(f"forged-{way}"))
        draft = write_draft(copy.folder, plan_for(copy, 2))
        if way == "own":
            key = EpochKey.generate(copy.live_key.epoch)
            announce(copy, draft, before=before, key=key)
        else:
            log = AuditLog.open(copy.folder, session="forged")
            log.append(draft.event(reason="", retention_days=0))
            log._release()
        put_in_place(copy)
        yield copy


def under_hold(scene: Scene) -> Iterator[Scene]:
    """Prune with the live key although a hold stands."""
    draft = write_draft(scene.folder, plan_for(scene, 2))
    announce(scene, draft, before=Moment.now().text, key=scene.live_key, is_held=True)
    put_in_place(scene)
    yield scene


def too_young(scene: Scene) -> Iterator[Scene]:
    """Prune younger records than the announcement says."""
    draft = write_draft(scene.folder, plan_for(scene, 2))
    announce(scene, draft, before="2020-01-01T00:00:00.000000Z", key=scene.live_key)
    put_in_place(scene)
    yield scene


def rewrite_then_prune(scene: Scene) -> Iterator[Scene]:
    """Rewrite the oldest records, seal all that follows anew, and prune the evidence away."""
    numbers = kept_numbers(scene.folder)
    paths = [segment_path(scene.folder, one) for one in numbers]
    counts = [len(path.read_bytes().split(b"\n")) - 1 for path in paths]
    lines = b"".join(path.read_bytes() for path in paths).split(b"\n")[:-1]
    lines[3] = lines[3].replace(b'"query_id":"q', b'"query_id":"x')
    for attempt, first in enumerate((scene.live_key, EpochKey.generate(7))):
        copy = scene.copy(scene.folder.with_name(f"rewritten-{attempt}"))
        out, key = forged(lines, 3, first)
        sizes = []
        for number, (one, count) in enumerate(zip(numbers, counts, strict=True)):
            chunk, out = out[:count], out[count:]
            if number:  # the border names the size of the segment before
                start = decode(chunk[0])
                start["data"]["previous_bytes"] = sizes[-1]
                chunk[0] = encode(start)
            segment_path(copy.folder, one).write_bytes(b"\n".join([*chunk, b""]))
            sizes.append(segment_path(copy.folder, one).stat().st_size)
        copy.put_key(key)
        draft = write_draft(copy.folder, plan_for(copy, 2))
        announce(copy, draft, before=Moment.now().text, key=key)
        put_in_place(copy)
        yield copy


def change_what_is_kept(scene: Scene) -> Iterator[Scene]:
    """Change the kept file, and announce the changed one with the live key."""
    plan = plan_for(scene, 2)
    write_draft(scene.folder, plan)
    path = pruned_path(scene.folder).with_suffix(".new")
    lines = path.read_bytes().split(b"\n")[:-1]
    ranges = [n for n, line in enumerate(lines) if line.startswith(b'{"end"')]
    lines[ranges[0]] = lines[ranges[0]].replace(b'["', b'["A', 1).replace(b'=",', b'",', 1)
    other = [n for n in range(2, len(lines)) if b'"note"' in lines[n]][1]
    for number, kept in enumerate((lines, [*lines[:other], *lines[other + 1 :]])):
        copy = scene.copy(scene.folder.with_name(f"kept-{number}"))
        pruned_path(copy.folder).with_suffix(".new").write_bytes(b"\n".join([*kept, b""]))
        digest = _digest(pruned_path(copy.folder).with_suffix(".new"))
        draft = Draft(plan, Frontier().root().hex(), digest)
        announce(copy, draft, before=Moment.now().text, key=copy.live_key)
        put_in_place(copy)
        yield copy


def _digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def older_backup(scene: Scene) -> Iterator[Scene]:
    """Put log and key back from before the kept checkpoint, then prune as the program does."""
    shutil.rmtree(scene.folder)
    scene.folder.mkdir()
    AuditLog.create(scene.folder, origin=ORIGIN)
    for session in range(4):
        with AuditLog.open(
            scene.folder, session=f"s{session}", segment_bytes=SEGMENT_BYTES // 2
        ) as log:
            for number in range(EVENTS):
                log.append(event(number))
    prune(scene, 1)
    yield scene


def by_the_rules(scene: Scene) -> Iterator[Scene]:
    """Prune as the program does: an act of who has the live key, and on record."""
    prune(scene, 2)
    yield scene


@dataclass(frozen=True)
class Attack:
    """One attack on the beginning of a log."""

    name: str
    run: Callable[[Scene], Iterator[Scene]]


ATTACKS = [
    Attack("delete a segment of a pruned log", delete_segment),
    Attack("cut the front, with or without the true hashes in its place", cut_front),
    Attack("prune one segment more than was announced", prune_more),
    Attack("announce without the live key, or without a seal", without_key),
    Attack("prune with the live key under a legal hold", under_hold),
    Attack("prune younger records than the announcement says", too_young),
    Attack("rewrite old records, seal anew, prune the evidence", rewrite_then_prune),
    Attack("change or drop what is kept, and announce that", change_what_is_kept),
    Attack("start over, then prune", older_backup),
    Attack("prune by the rules, as who has the live key", by_the_rules),
]
MISSED = {"prune by the rules, as who has the live key"}
"""No change of the log: `verify` says who pruned what, and when."""


def judge_all(root: Path) -> dict[str, list[bool]]:
    """Carry out every attack; return for each whether each level found it."""
    clean = build(root)
    table: dict[str, list[bool]] = {}
    for number, attack in enumerate(ATTACKS):
        place = root / f"attack-{number}"
        place.mkdir()
        found = [True] * len(LEVELS)
        for left in attack.run(clean.copy(place / "machine")):
            for level in range(len(LEVELS)):
                found[level] = found[level] and is_found(left, level + 1)
        table[attack.name] = found
        shutil.rmtree(place)
    return table


def text(table: dict[str, list[bool]]) -> str:
    """Return it as a Markdown table."""
    rows = [" | ".join(("| attack", *LEVELS)) + " |", "|---" * (len(LEVELS) + 1) + "|"]
    for name, levels in table.items():
        words = ["found" if one else "**missed**" for one in levels]
        rows.append(" | ".join((f"| {name}", *words)) + " |")
    return "\n".join(rows)


def main() -> None:
    """Print the table; exit 1 if it is not the stated one."""
    with tempfile.TemporaryDirectory() as name:
        table = judge_all(Path(name))
    print(text(table))
    raise SystemExit({name for name, levels in table.items() if not levels[-1]} != MISSED)


if __name__ == "__main__":
    main()
