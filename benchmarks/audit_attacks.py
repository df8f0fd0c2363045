"""Thirteen attacks on a log of 900 events, and what finds them: the table of the threat model.

Run: .venv/bin/python benchmarks/audit_attacks.py

The attacker becomes root when the log holds 900 events: everything on the machine, the live
key included, is his from then on. Off the machine are the line that `init` printed and one
checkpoint, kept when the log held 800. Where an attack can be carried out in several ways,
all are tried, and it counts as found only if every one is. Both verifiers judge each of
them, and must agree. The first column is a plain hash chain over the same events.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secure_rag.audit.canonical import decode, encode
from secure_rag.audit.epoch import FILE_NAME, EpochKey, create_slots, open_slots, read_keys
from secure_rag.audit.events import PassagesRetrieved
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import CheckpointText, sign
from secure_rag.audit.record import checkpoint_line
from secure_rag.audit.segments import segment_path
from secure_rag.audit.verify import verify

EVENTS, SESSION = 900, 20
ANCHOR_AT, OLDER_AT, NEWER_AT = 800, 760, 840
ORIGIN = "secure-rag/attacked"
LEVELS = ("hash chain", "copy alone", "+ live key", "+ genesis line", "+ kept checkpoint")
TIME = "2026-11-22T12:00:00Z"


def load_independent() -> Any:
    """Load the one-file verifier."""
    path = Path(__file__).resolve().parents[1] / "audit" / "verify.py"
    spec = importlib.util.spec_from_file_location("one_file_verifier", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


INDEPENDENT = load_independent()


def event(number: int) -> PassagesRetrieved:
    """Return an event that names one document."""
    return PassagesRetrieved(query_id=f"q{number}", chunks=[f"d{number}#0"], documents=[])


@dataclass
class Scene:
    """The machine at 900 events, two backups of it, and what is kept elsewhere."""

    folder: Path
    older: Path
    newer: Path
    genesis: str
    anchor: str

    @property
    def lines(self) -> list[bytes]:
        return segment_path(self.folder, 1).read_bytes().split(b"\n")[:-1]

    def write(self, lines: list[bytes]) -> None:
        segment_path(self.folder, 1).write_bytes(b"\n".join([*lines, b""]))

    @property
    def live_key(self) -> EpochKey:
        with open_slots(self.folder) as slots:
            return read_keys(slots)[-1]

    def put_key(self, key: EpochKey) -> None:
        (self.folder / FILE_NAME).unlink()
        with create_slots(self.folder) as slots:
            slots.write(key.slot, key.pack())

    def restore(self, backup: Path) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(backup, self.folder)

    def copy(self, folder: Path) -> Scene:
        shutil.copytree(self.folder, folder)
        return Scene(folder, self.older, self.newer, self.genesis, self.anchor)


def build(root: Path) -> Scene:
    """Record 900 events in sealed sessions."""
    folder = root / "machine"
    folder.mkdir()
    scene = Scene(folder, root / "older", root / "newer", "", "")
    scene.genesis = AuditLog.create(folder, origin=ORIGIN)
    for first in range(0, EVENTS, SESSION):
        log = AuditLog.open(folder, session=f"s{first}")
        log.append_many([event(number) for number in range(first, first + SESSION)])
        head, count = log.close(), first + SESSION
        if count == ANCHOR_AT:
            scene.anchor = head.note
        for at, place in ((OLDER_AT, scene.older), (NEWER_AT, scene.newer)):
            if count == at:
                shutil.copytree(folder, place)
    return scene


# -- forging: as well as it can be done ---------------------------------------------------------


def is_seal(line: bytes) -> bool:
    return line.endswith(b'"type":"checkpoint"}')


def edited(line: bytes) -> bytes:
    """Make an event tell of another question; checkpoints stay."""
    return line.replace(b'"query_id":"q', b'"query_id":"x')


def event_at(lines: list[bytes], place: int) -> int:
    """Return the first event at or after a place."""
    return next(n for n in range(place, len(lines)) if not is_seal(lines[n]))


def forged(lines: list[bytes], start: int, first: EpochKey) -> tuple[list[bytes], EpochKey]:
    """Number and seal everything anew from `start` on; the first seal is made with `first`.

    Returns the log and the key that its last checkpoint announces.
    """
    epoch = sum(map(is_seal, lines[:start]))
    tree, out, key = Frontier(), lines[:start], first
    for line in out:
        tree.push(line)
    for line in lines[start:]:
        if is_seal(line):
            following = EpochKey.generate(epoch + 1)
            text = CheckpointText(
                ORIGIN, tree.size, tree.root(), epoch, TIME, following.public
            ).encode()
            line = checkpoint_line(tree.size, sign(text, ORIGIN, key.private))
            key, epoch = following, epoch + 1
        else:
            line = encode(decode(line) | {"seq": tree.size})
        tree.push(line)
        out.append(line)
    return out, key


def forge(scene: Scene, lines: list[bytes], start: int) -> Iterator[Scene]:
    """Try the keys an attacker can have: the live one, and one of his own."""
    for attempt, first in enumerate((scene.live_key, EpochKey.generate(7))):
        for is_key_left in (True, False):
            copy = scene.copy(scene.folder.with_name(f"forged-{attempt}-{is_key_left}"))
            out, key = forged(lines, start, first)
            copy.write(out)
            if not is_key_left:
                copy.put_key(key)
            yield copy


# -- the attacks: each yields the machine as it is left, once per way of doing it -------------


def edit(scene: Scene) -> Iterator[Scene]:
    lines = scene.lines
    place = event_at(lines, 500)
    lines[place] = edited(lines[place])
    scene.write(lines)
    yield scene


def delete(scene: Scene) -> Iterator[Scene]:
    lines = scene.lines
    del lines[event_at(lines, 500)]
    scene.write(lines)
    yield scene


def swap(scene: Scene) -> Iterator[Scene]:
    lines = scene.lines
    one, two = event_at(lines, 400), event_at(lines, 600)
    lines[one], lines[two] = lines[two], lines[one]
    scene.write(lines)
    yield scene


def replay(scene: Scene) -> Iterator[Scene]:
    lines = scene.lines
    lines.insert(700, lines[event_at(lines, 300)])
    scene.write(lines)
    yield scene


def cut(scene: Scene) -> Iterator[Scene]:
    """Cut at every record of the last epoch; no key is needed."""
    lines = scene.lines
    for size in range(len(lines) - SESSION - 1, len(lines)):
        copy = scene.copy(scene.folder.with_name(f"cut-{size}"))
        copy.write(lines[:size])
        yield copy


def edit_and_recompute(scene: Scene) -> Iterator[Scene]:
    lines = scene.lines
    place = event_at(lines, 500)
    lines[place] = edited(lines[place])
    yield from forge(scene, lines, place)


def delete_and_recompute(scene: Scene) -> Iterator[Scene]:
    lines = scene.lines
    place = event_at(lines, 500)
    yield from forge(scene, lines[:place] + lines[place + 1 :], place)


def cut_and_regrow(scene: Scene) -> Iterator[Scene]:
    lines = scene.lines
    start = len(lines) - 50
    start = next(n for n in range(start, 0, -1) if is_seal(lines[n])) + 1
    yield from forge(scene, [*lines[:start], *map(edited, lines[start:])], start)


def cut_and_keep_the_key(scene: Scene) -> Iterator[Scene]:
    """Cut behind a seal, and leave a key file of the attacker's choice."""
    live = scene.live_key
    lines = scene.lines
    ends = [n + 1 for n, line in enumerate(lines) if is_seal(line)][-4:-1]
    for size in ends:
        older = EpochKey(live.epoch - 1, live.pack()[8:])
        for number, key in enumerate((live, older, EpochKey.generate(44))):
            copy = scene.copy(scene.folder.with_name(f"kept-{size}-{number}"))
            copy.write(lines[:size])
            copy.put_key(key)
            yield copy


def restore_newer(scene: Scene) -> Iterator[Scene]:
    scene.restore(scene.newer)
    yield scene


def restore_older(scene: Scene) -> Iterator[Scene]:
    scene.restore(scene.older)
    yield scene


def start_over(scene: Scene) -> Iterator[Scene]:
    lines = [edited(line) for line in scene.lines if not is_seal(line)]
    shutil.rmtree(scene.folder)
    scene.folder.mkdir()
    AuditLog.create(scene.folder, origin=ORIGIN)
    for first in range(1, len(lines), SESSION):
        with AuditLog.open(scene.folder, session=f"s{first}") as log:
            log.append_many([event(number) for number in range(SESSION)])
    yield scene


def lie(scene: Scene) -> Iterator[Scene]:
    with AuditLog.open(scene.folder, session="lies") as log:
        log.append_many([event(number) for number in range(5000, 5050)])
    yield scene


@dataclass(frozen=True)
class Attack:
    """One attack: on our log, and on a hash chain (None: the chain is made anew after it)."""

    name: str
    run: Callable[[Scene], Iterator[Scene]]
    on_chain: Callable[[list[str]], list[str]]
    is_recomputed: bool = True


def _swapped(events: list[str]) -> list[str]:
    return [*events[:400], events[600], *events[401:600], events[400], *events[601:]]


ATTACKS = [
    Attack("edit one event", edit, lambda e: [*e[:500], "x", *e[501:]], False),
    Attack("delete one event", delete, lambda e: e[:500] + e[501:], False),
    Attack("swap two events", swap, _swapped, False),
    Attack("insert or replay an event", replay, lambda e: [*e[:700], e[300], *e[700:]], False),
    Attack("cut the tail, no key needed", cut, lambda e: e[:-20]),
    Attack("edit, recompute everything", edit_and_recompute, lambda e: [*e[:500], "x", *e[501:]]),
    Attack("delete, renumber, recompute", delete_and_recompute, lambda e: e[:500] + e[501:]),
    Attack("cut 50, grow 50 fakes", cut_and_regrow, lambda e: e[:-50] + ["x"] * 50),
    Attack("cut the tail, keep or change the key file", cut_and_keep_the_key, lambda e: e[:-20]),
    Attack("restore log and key from a backup newer than the kept checkpoint", restore_newer,
           lambda e: e[:NEWER_AT]),
    Attack("restore log and key to before the kept checkpoint", restore_older,
           lambda e: e[:OLDER_AT]),
    Attack("start over with a fresh genesis key", start_over, lambda e: ["x"] * len(e)),
    Attack("append lies after taking over", lie, lambda e: [*e, "x"]),
]  # fmt: skip
MISSED = {
    "restore log and key from a backup newer than the kept checkpoint",
    "append lies after taking over",
}
"""What no log on one machine can find."""


# -- judging -------------------------------------------------------------------------------------


def chain(events: list[str]) -> list[tuple[str, str]]:
    """Return a plain hash chain: each entry with the hash over itself and the hash before."""
    out, last = [], ""
    for text in events:
        last = hashlib.sha256((last + text).encode()).hexdigest()
        out.append((text, last))
    return out


def chain_misses(attack: Attack) -> bool:
    events = [f"event {number}" for number in range(EVENTS)]
    hashes = dict(chain(events))
    after = attack.on_chain(events)
    stored = chain(after) if attack.is_recomputed else [(e, hashes.get(e, "0")) for e in after]
    return chain(after) == stored


def is_found(scene: Scene, level: int) -> bool:
    """Return whether both verifiers find something wrong; they must agree on what."""
    options: dict[str, Any] = {}
    if level >= 3:
        options["genesis"] = scene.genesis
    if level >= 4:
        options["checkpoint"] = scene.anchor
    own = verify(scene.folder, exported=level < 2, **options)
    other = INDEPENDENT.verify(scene.folder, is_live=level >= 2, **options)
    codes = ([s.code for s in own.failed], [s["code"] for s in other.failed])
    if codes[0] != codes[1]:
        raise AssertionError(f"the verifiers disagree: {codes}")
    return not own.ok


@dataclass
class Table:
    """For each attack, whether each level found it."""

    found: dict[str, list[bool]] = field(default_factory=dict)

    def missed(self, level: int) -> set[str]:
        return {name for name, levels in self.found.items() if not levels[level]}

    def text(self) -> str:
        """Return it as a Markdown table."""
        rows = [" | ".join(("| attack", *LEVELS)) + " |", "|---" * (len(LEVELS) + 1) + "|"]
        for name, levels in self.found.items():
            words = ["found" if one else "**missed**" for one in levels]
            rows.append(" | ".join((f"| {name}", *words)) + " |")
        counts = [f"**{len(self.missed(level))}**" for level in range(len(LEVELS))]
        rows.append(" | ".join((f"| **missed of {len(self.found)}**", *counts)) + " |")
        return "\n".join(rows)


def judge_all(root: Path) -> Table:
    """Carry out every attack and judge it at every level."""
    clean = build(root)
    if any(is_found(clean, level) for level in range(1, len(LEVELS))):
        raise AssertionError("the honest log raises an alarm")
    table = Table()
    for number, attack in enumerate(ATTACKS):
        place = root / f"attack-{number}"
        place.mkdir()
        found = [True] * len(LEVELS)
        found[0] = not chain_misses(attack)
        for left in attack.run(clean.copy(place / "machine")):
            for level in range(1, len(LEVELS)):
                found[level] = found[level] and is_found(left, level)
        table.found[attack.name] = found
        shutil.rmtree(place)
    return table


def main() -> None:
    """Print the table; exit 1 if it is not the stated one."""
    with tempfile.TemporaryDirectory() as name:
        table = judge_all(Path(name))
    print(table.text())
    raise SystemExit(table.missed(len(LEVELS) - 1) != MISSED)


if __name__ == "__main__":
    main()
