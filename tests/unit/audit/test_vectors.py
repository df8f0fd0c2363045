"""A known log with known verdicts: what another program must say about the same bytes.

UPDATE_VECTORS=1 makes a new one; needed only where the format changes.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from secure_rag.audit.canonical import decode, encode
from secure_rag.audit.epoch import EpochKey, create_slots
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
from secure_rag.audit.verify import verify

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
    if os.environ.get("UPDATE_VECTORS"):
        PATH.write_text(json.dumps(build(), indent=1) + "\n", encoding="utf-8")
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


VECTOR = _vector()
LINES = [line.encode("ascii") for line in VECTOR["lines"]]


def check(folder: Path, lines: list[bytes], genesis: str = VECTOR["genesis"]) -> VerifyReport:
    segment_path(folder, 1).parent.mkdir(parents=True)
    segment_path(folder, 1).write_bytes(b"".join(line + b"\n" for line in lines))
    key = EpochKey(VECTOR["live_key"]["epoch"], bytes.fromhex(VECTOR["live_key"]["seed"]))
    with create_slots(folder) as slots:
        slots.write(key.slot, key.pack())
    return verify(folder, genesis=genesis)


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


def _edit(number: int, old: bytes, new: bytes) -> list[bytes]:
    assert old in LINES[number]
    return [*LINES[:number], LINES[number].replace(old, new), *LINES[number + 1 :]]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (_edit(3, b"d2#3", b"d2#4"), "checkpoint.root"),
        (_edit(5, b"epoch 1", b"epoch 2"), "checkpoint.epoch"),
        (_edit(5, b"08:31", b"08:30"), "checkpoint.signature"),
        (_edit(6, b"{", b"["), "record.recovery"),
        (_edit(0, b"auditor", b"auditoR"), "checkpoint.root"),
        (LINES[:3] + LINES[4:], "record.seq"),
        (LINES[:9], "live-key.differs"),
        (LINES[:6], "live-key.differs"),
        (LINES[:7] + LINES[8:], "record.seq"),
        ([*LINES[:9], encode(decode(LINES[1]) | {"seq": 9})], "checkpoint.epoch"),
    ],
    ids=range(10),
)
def test_vector_changed_log_gets_the_known_verdict(
    lines: list[bytes], code: str, tmp_path: Path
) -> None:
    assert [s.code for s in check(tmp_path, lines).failed] == [code]
