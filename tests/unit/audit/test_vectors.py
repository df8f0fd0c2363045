"""A known log with known verdicts: what another program must say about the same bytes.

UPDATE_VECTORS=log makes a new one, needed only where the format changes; with any other value
only the verdicts are written anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from secure_rag.audit.canonical import decode
from secure_rag.audit.epoch import FILE_NAME, EpochKey, create_slots
from secure_rag.audit.events import (
    AnswerGiven,
    Genesis,
    LogRecovered,
    PassagesRetrieved,
    QueryReceived,
    RevealRequested,
)
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import CheckpointText, VerifierKey, sign
from secure_rag.audit.record import Author, checkpoint_line, event_line
from secure_rag.audit.segments import segment_path
from secure_rag.audit.verdict import VerifyReport
from tests.unit.audit.audit_support import verdict, verify_twice

VERDICTS = Path(__file__).resolve().parents[3] / "audit" / "vectors" / "verdicts.json"
PATH = Path(__file__).resolve().parents[3] / "audit" / "vectors" / "log.json"
ORIGIN = "secure-rag/test-vector"
AUTHOR = Author(
    "5e55105e55105e55", "auditor", 1000, "/dev/pts/0", "00000000-0000-4000-8000-000000000000"
)
SEEDS = [bytes([n]) * 32 for n in range(1, 5)]


def build() -> dict[str, Any]:
    """Make the log from fixed keys: two sealed epochs, a torn write, an event with escapes."""
    keys = [EpochKey(n, seed) for n, seed in enumerate(SEEDS)]
    lines: list[bytes] = []
    tree = Frontier()

    def add(line: bytes) -> None:
        lines.append(line)
        tree.push(line)

    def seal(epoch: int) -> None:
        time = f"2026-11-22T08:3{epoch}:00Z"
        text = CheckpointText(ORIGIN, tree.size, tree.root(), epoch, time, keys[epoch + 1].public)
        add(checkpoint_line(tree.size, sign(text.encode(), ORIGIN, keys[epoch].private)))

    genesis = VerifierKey(ORIGIN, keys[0].public).line()
    add(event_line(0, AUTHOR, Genesis(origin=ORIGIN, verifier=genesis)))
    seal(0)
    for event in (
        QueryReceived(query_id="q1", question_digest="0a" * 32, entities={"PERSON": 1}),
        PassagesRetrieved(query_id="q1", chunks=["d1#0", "d2#3"], documents=["d1", "d2"]),
        AnswerGiven(query_id="q1", chunks=["d1#0"], documents=["d1"], tokens=12),
    ):
        add(event_line(tree.size, AUTHOR, event))
    seal(1)
    torn = event_line(tree.size, AUTHOR, QueryReceived(query_id="q2", question_digest="0b"))[:90]
    add(torn)
    digest = hashlib.sha256(torn).hexdigest()
    add(event_line(7, AUTHOR, LogRecovered(first=6, lines=1, bytes=len(torn), sha256=digest)))
    add(event_line(8, AUTHOR, RevealRequested(placeholders=[], reason="caf\u00e9 \x1b[31m \u202e")))
    seal(2)
    return {
        "about": "lines of audit/log/000001.jsonl without newlines; the key is a test key",
        "genesis": genesis,
        "live_key": {"epoch": 3, "seed": SEEDS[3].hex()},
        "lines": [line.decode("ascii") for line in lines],
        "head": {"size": tree.size, "root": tree.root().hex()},
    }


def _vector() -> dict[str, Any]:
    if os.environ.get("UPDATE_VECTORS") == "log":
        PATH.write_text(json.dumps(build(), indent=1) + "\n", encoding="utf-8")
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


VECTOR = _vector()
LINES = [line.encode("ascii") for line in VECTOR["lines"]]


def write_log(folder: Path, data: bytes) -> None:
    segment_path(folder, 1).parent.mkdir(parents=True)
    segment_path(folder, 1).write_bytes(data)
    key = EpochKey(VECTOR["live_key"]["epoch"], bytes.fromhex(VECTOR["live_key"]["seed"]))
    with create_slots(folder) as slots:
        slots.write(key.slot, key.pack())


def check(folder: Path, lines: list[bytes]) -> VerifyReport:
    write_log(folder, b"".join(line + b"\n" for line in lines))
    return verify_twice(folder, genesis=VECTOR["genesis"])


def _other_genesis() -> str:
    return VerifierKey(ORIGIN, EpochKey(0, bytes([9]) * 32).public).line()


def test_vector_log_verifies_with_the_known_head(tmp_path: Path) -> None:
    report = check(tmp_path, LINES)
    assert report.ok
    assert report.head is not None
    assert {"size": report.head.size, "root": report.head.root} == VECTOR["head"]
    assert {s.code for s in report.not_checkable} == {"anchor", "torn"}


def test_vector_keys_give_the_signed_bytes_again() -> None:
    """Ed25519 is deterministic: another program that seals must make the same notes."""
    for index in (1, 5, 9):
        note = decode(LINES[index])["note"]
        text = note.partition("\n\n")[0] + "\n"
        epoch = (1, 5, 9).index(index)
        assert sign(text, ORIGIN, EpochKey(epoch, SEEDS[epoch]).private) == note


# -- the same bytes, changed, and what a verifier must say of them ---------------------------

CASES: dict[str, dict[str, Any]] = {
    "unchanged": {},
    "document of another chunk": {"edits": [[3, "d2#3", "d2#4"]]},
    "epoch in a note": {"edits": [[5, "epoch 1", "epoch 2"]]},
    "time in a note": {"edits": [[5, "08:31", "08:30"]]},
    "name in a note": {"edits": [[5, "vector\\n5", "vectop\\n5"]]},
    "two empty lines in a note": {"edits": [[5, "\\n\\n", "\\n\\n\\n"]]},
    "torn line": {"edits": [[6, "{", "["]]},
    "account of the torn line": {"edits": [[7, "\"lines\":1", "\"lines\":2"]]},
    "user in genesis": {"edits": [[0, "auditor", "auditoR"]]},
    "key in genesis": {"edits": [[0, "AYqI", "AYqJ"]]},
    "space after a comma": {"edits": [[2, ",\"format\"", ", \"format\""]]},
    "number with a fraction": {"edits": [[2, "\"seq\":2", "\"seq\":2.0"]]},
    "another format": {"edits": [[2, "\"format\":1", "\"format\":2"]]},
    "field added": {"edits": [[2, "\"outcome\"", "\"other\":1,\"outcome\""]]},
    "genesis once more": {"edits": [[3, "passages.retrieved", "genesis"]]},
    "record left out": {"keep": [0, 1, 2, 4, 5, 6, 7, 8, 9]},
    "account left out": {"keep": [0, 1, 2, 3, 4, 5, 6, 8, 9]},
    "records swapped": {"keep": [0, 1, 3, 2, 4, 5, 6, 7, 8, 9]},
    "record repeated": {"keep": [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9]},
    "cut in the last epoch": {"keep": [0, 1, 2, 3, 4, 5, 6, 7, 8]},
    "cut behind a checkpoint": {"keep": [0, 1, 2, 3, 4, 5]},
    "cut behind a checkpoint, as a copy": {"keep": [0, 1, 2, 3, 4, 5], "live": False},
    "cut to the first record": {"keep": [0]},
    "no line at all": {"keep": []},
    "an older checkpoint at the end": {
        "keep": [0, 1, 2, 3, 4, 5, 6, 7, 8, 1], "edits": [[9, "\"seq\":1", "\"seq\":9"]]
    },
    "without its last line feed": {"unfinished": True},
    "another genesis line": {"genesis": _other_genesis()},
    "without genesis line": {"genesis": None},
    "kept checkpoint of the second seal": {"kept": 5},
    "kept checkpoint beyond a cut": {"keep": [0, 1, 2, 3, 4, 5], "kept": 9},
    "kept checkpoint beyond a change": {"edits": [[3, "d2#3", "d2#4"]], "kept": 9},
}  # fmt: skip


def judged(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Carry a case out, and return what both verifiers say."""
    lines = [VECTOR["lines"][n] for n in case.get("keep", range(len(LINES)))]
    for number, old, new in case.get("edits", []):
        assert old in lines[number]
        lines[number] = lines[number].replace(old, new, 1)
    data = "".join(line + "\n" for line in lines).encode("ascii")
    write_log(folder, data[:-1] if case.get("unfinished") else data)
    kept = json.loads(VECTOR["lines"][case["kept"]])["note"] if "kept" in case else None
    report = verify_twice(
        folder,
        genesis=case.get("genesis", VECTOR["genesis"]),
        checkpoint=kept,
        exported=not case.get("live", True),
    )
    return {**verdict(report), "live_key_file": (folder / FILE_NAME).read_bytes().hex()}


def verdicts(folder: Path) -> dict[str, Any]:
    cases = []
    for number, (name, case) in enumerate(CASES.items()):
        said = judged(case, folder / str(number))
        key_file = said.pop("live_key_file")
        cases.append({"name": name, **case, "verdict": said})
    return {
        "about": "changes of log.json: `keep` names the lines that stay, then `edits` replace text "
        "in a line (the first occurrence), `unfinished` drops the last line feed; `kept` is the "
        "line whose note is given as kept checkpoint; genesis is that of log.json, the log is live",
        "epoch_key": key_file,
        "cases": cases,
    }


def test_vector_changed_logs_get_the_known_verdicts(tmp_path: Path) -> None:
    """Both verifiers say what the file says; another program can be held against it."""
    found = verdicts(tmp_path)
    if os.environ.get("UPDATE_VECTORS"):
        VERDICTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert json.loads(VERDICTS.read_text(encoding="utf-8")) == found
    said = [case["verdict"]["ok"] for case in found["cases"]]
    assert said.count(True) == 4


def test_vector_key_file_is_read_as_specified() -> None:
    """FORMAT.md, section 4: offsets, lengths, checksums."""
    data = bytes.fromhex(json.loads(VERDICTS.read_text(encoding="utf-8"))["epoch_key"])
    seed = bytes.fromhex(VECTOR["live_key"]["seed"])
    assert len(data) == 192 and data[:16] == b"secure-rag slots"
    slot = b"\1\0\0\0" + b"\x28\0\0\0" + b"\3" + bytes(7) + seed
    assert not any(data[64:128]) and data[128:176] == slot
    checked = b"secure-rag slot" + b"\1" + bytes(7) + slot
    assert data[176:] == hashlib.sha256(checked).digest()[:16]
