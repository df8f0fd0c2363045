"""A pruned log with known verdicts: what another program must say about the same bytes.

UPDATE_VECTORS=pruned makes a new one; with any other value only the verdicts are written anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from secure_rag.audit.epoch import EpochKey, create_slots, open_slots, read_keys
from secure_rag.audit.events import Genesis
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import CheckpointText, VerifierKey, sign
from secure_rag.audit.pruned import kept_numbers, pruned_path
from secure_rag.audit.record import checkpoint_line, event_line
from secure_rag.audit.retention import carry_out, plan_pruning, write_draft
from secure_rag.audit.segments import Disk, segment_path
from tests.unit.audit.audit_support import refused, verdict, verify_twice
from tests.unit.audit.test_vectors import AUTHOR, ORIGIN, SEEDS

PATH = Path(__file__).resolve().parents[3] / "audit" / "vectors" / "pruned.json"
ABOUT = (
    "files of a pruned log as text; the key is a test key. Of `cases`, `drop` names files that are "
    "missing, `edits` replace text in a file (the first occurrence), `cut` ends a file before a "
    "text's line, `kept` is a checkpoint that is given; the log is live, the genesis line given"
)
CASES: dict[str, dict[str, Any]] = {
    "unchanged": {},
    "a checkpoint from before the minimum index": {"kept": 1},
    "that checkpoint with another time": {"kept": 1, "kept_edit": ["time 2", "time 1"]},
    "without what is kept": {"drop": ["pruned.tree"]},
    "without the first segment that stays": {"drop": ["000003.jsonl"]},
    "minimum index in the header": {"edits": [["pruned.tree", "\"first\":", "\"first\":1"]]},
    "number of the segment in the header": {
        "edits": [["pruned.tree", "\"segment\":3", "\"segment\":4"]]
    },
    "another head of a subtree": {"edits": [["pruned.tree", "\"nodes\":[\"", "\"nodes\":[\"AAAA"]]},
    "time of a kept checkpoint": {"edits": [["pruned.tree", "epoch 1", "epoch 2"]]},
    "user in the kept genesis record": {"edits": [["pruned.tree", "auditor", "auditoR"]]},
    "the announcement cut off": {"cut": "\"type\":\"log.pruned\""},
    "reason of the announcement": {"edits": [["000004.jsonl", "records plan", "records plaN"]]},
}  # fmt: skip


def build(folder: Path) -> dict[str, Any]:
    """Make a log of five segments and prune two; only its times are not fixed."""
    keys = [EpochKey(n, seed) for n, seed in enumerate(SEEDS[:2])]
    genesis = VerifierKey(ORIGIN, keys[0].public).line()
    first = event_line(0, AUTHOR, Genesis(origin=ORIGIN, verifier=genesis))
    tree = Frontier()
    tree.push(first)
    text = CheckpointText(ORIGIN, 1, tree.root(), 0, "2026-11-22T08:30:00Z", keys[1].public)
    note = sign(text.encode(), ORIGIN, keys[0].private)
    segment_path(folder, 1).parent.mkdir(parents=True)
    segment_path(folder, 1).write_bytes(first + b"\n" + checkpoint_line(1, note) + b"\n")
    with create_slots(folder) as slots:
        slots.write(1, keys[1].pack())
    log = AuditLog(folder, AUTHOR, Disk(), 1500)
    for number in range(11):
        log.append(refused(number))
        if number % 3 == 2:
            log.seal()
    kept = [json.loads(line)["note"] for line in _lines(folder) if '"note"' in line]
    plan = plan_pruning(folder, json.loads(_lines(folder, 3)[0])["time"])
    assert plan is not None
    draft = write_draft(folder, plan)
    event = draft.event(reason="the records plan", retention_days=0)
    carry_out(log, folder, draft, event)
    log.close()
    assert kept_numbers(folder) == [3, 4, 5]
    with open_slots(folder) as slots:
        (key,) = read_keys(slots)
    paths = [pruned_path(folder), *(segment_path(folder, n) for n in (3, 4, 5))]
    return {
        "about": ABOUT,
        "genesis": genesis,
        "live_key": {"epoch": key.epoch, "seed": key.pack()[8:].hex()},
        "kept": kept[:3],
        "files": {path.name: path.read_text("ascii").splitlines() for path in paths},
    }


def _lines(folder: Path, number: int | None = None) -> list[str]:
    numbers = kept_numbers(folder) if number is None else [number]
    return [line for n in numbers for line in segment_path(folder, n).read_text().splitlines()]


def judged(vector: dict[str, Any], case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Carry a case out, and return what both verifiers say."""
    (folder / "log").mkdir(parents=True)
    for name, lines in vector["files"].items():
        text = "".join(line + "\n" for line in lines)
        for place, old, new in case.get("edits", []):
            assert place != name or old in text
            text = text.replace(old, new, 1) if place == name else text
        if "cut" in case and case["cut"] in text:
            text = text[: text.rindex("\n", 0, text.index(case["cut"])) + 1]
        if name not in case.get("drop", []):
            (folder / "log" / name).write_text(text, encoding="ascii")
    key = EpochKey(vector["live_key"]["epoch"], bytes.fromhex(vector["live_key"]["seed"]))
    with create_slots(folder) as slots:
        slots.write(key.slot, key.pack())
    kept = vector["kept"][case["kept"]] if "kept" in case else None
    if "kept_edit" in case:
        kept = kept.replace(*case["kept_edit"], 1)
    return verdict(verify_twice(folder, genesis=vector["genesis"], checkpoint=kept))


def test_vector_pruned_log_gets_the_known_verdicts(tmp_path: Path) -> None:
    update = os.environ.get("UPDATE_VECTORS")
    vector = build(tmp_path / "new") if update == "pruned" else json.loads(PATH.read_text("utf-8"))
    found = [
        {"name": name, **case, "verdict": judged(vector, case, tmp_path / str(number))}
        for number, (name, case) in enumerate(CASES.items())
    ]
    if update:
        text = json.dumps({**vector, "cases": found}, indent=1) + "\n"
        PATH.write_text(text, encoding="utf-8")
    assert json.loads(PATH.read_text("utf-8"))["cases"] == found
    assert [case["verdict"]["ok"] for case in found].count(True) == 2
