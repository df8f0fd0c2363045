"""Check an export: what `check_export.py` checks in it, with the same verdicts and codes.

1. `checkpoints.jsonl` is a chain of keys, from the genesis key on;
2. `checkpoint.txt` is one of them;
3. every event of `events.jsonl` is proven by `proofs.jsonl` to stand under it;
4. each note in `audit/anchors` that a known witness cosigned is a checkpoint of the chain.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from secure_rag.audit import record as records
from secure_rag.audit.anchors import AnchorCheck
from secure_rag.audit.merkle import Frontier, check_inclusion, leaf_hash
from secure_rag.audit.note import (
    CheckpointText,
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier,
)
from secure_rag.audit.tail import parse
from secure_rag.audit.verdict import Head, Statement, VerifyReport
from secure_rag.audit.verify import check_requirements, demand, read_genesis

EVENTS, PROOFS = "events.jsonl", "proofs.jsonl"
_DAMAGED = "a file of the bundle is missing or is not what it must be"


def is_bundle(folder: Path) -> bool:
    """Return whether a folder holds an unpacked export."""
    return (folder / EVENTS).is_file() and (folder / PROOFS).is_file()


def judge_bundle(
    folder: Path, stored: AnchorCheck, *, genesis: str | None, require: Collection[str] = ()
) -> VerifyReport:
    """Check a bundle by what it holds beside the log.

    Args:
        folder: the unpacked bundle.
        stored: the anchors in it.
        genesis: verifier line that `init` printed; without it the bundle's own is taken.
        require: as in `verify`.

    Raises:
        UsageError: if `genesis` is no verifier line, or something else is required.
    """
    check_requirements(require)
    report, given = VerifyReport(), read_genesis(genesis)
    try:
        anchor = _judge_chain(folder, given, stored, report)
        if anchor is not None:
            _judge_events(folder, anchor, report)
            stored.judge(report, None, require)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        _fail(report, "bundle.unreadable", _DAMAGED)
    return demand(report, require)


def add_bundle(report: VerifyReport, beside: VerifyReport) -> None:
    """Add what was found beside the log to the verdict on the log itself."""
    for own, more in (
        (report.verified, beside.verified),
        (report.failed, beside.failed),
        (report.not_checkable, beside.not_checkable),
    ):
        known = {one.code for one in own}
        # That the chosen events are all there is, the log itself has shown.
        own += [one for one in more if one.code not in {*known, "complete"}]


def _judge_chain(
    folder: Path, given: VerifierKey | None, stored: AnchorCheck, report: VerifyReport
) -> CheckpointText | None:
    """Steps 1 and 2; return the checkpoint that the proofs lead to."""
    key = given or _own_key(folder, report)
    wanted = (folder / "checkpoint.txt").read_bytes().decode()
    anchor, size = None, 0
    for epoch, line in enumerate(_lines(folder / "checkpoints.jsonl")):
        found = parse(line)
        if found is None or found["type"] != records.CHECKPOINT:
            raise NoteError("not a checkpoint")
        note = parse_note(found["note"])
        seal = parse_checkpoint(note.text)
        place = (seal.origin, seal.epoch, seal.size)
        if (
            place != (key.name, epoch, found["seq"])
            or size > seal.size
            or not note.is_signed_by(key)
        ):
            text = f"checkpoint {epoch} (record {found['seq']}) is not signed by its epoch's key"
            _fail(report, "chain", text)
            report.first_bad = found["seq"]
            return None
        stored.watch(seal.size, Frontier(), seal, key)
        key, size = VerifierKey(key.name, seal.next_public), seal.size + 1
        report.checkpoints = epoch + 1
        anchor = seal if found["note"] == wanted else anchor
    if anchor is None:
        _fail(report, "checkpoint", "checkpoint.txt is none of the chain")
        return None
    if given is not None:
        text = "the chain of keys begins with the given genesis key"
        report.verified.append(Statement("genesis", text))
    text = f"{report.checkpoints} checkpoints, each signed by the key before"
    report.verified.append(Statement("chain", text))
    report.head = Head(anchor.size, anchor.root.hex())
    return anchor


def _own_key(folder: Path, report: VerifyReport) -> VerifierKey:
    """Return the first key by the bundle's own word."""
    line = (folder / "keys.txt").read_text("ascii").rstrip("\n").split("\n")[-1]
    text = "genesis key not given (--genesis): the bundle's own was taken"
    report.not_checkable.append(Statement("genesis", text))
    return parse_verifier(line)


def _judge_events(folder: Path, anchor: CheckpointText, report: VerifyReport) -> None:
    """Step 3."""
    proofs: dict[int, list[bytes]] = {}
    for line in _lines(folder / PROOFS):
        found = json.loads(line)
        proofs[found["seq"]] = [bytes.fromhex(step) for step in found["proof"]]
    seen, wrong, waiting = -1, list[int](), 0
    for line in _lines(folder / EVENTS):
        report.events += 1
        record = parse(line)
        if record is None or record["seq"] <= seen:
            wrong.append(seen + 1)
            continue
        seen = record["seq"]
        if seen >= anchor.size and seen not in proofs:
            waiting += 1
        elif seen not in proofs or not check_inclusion(
            leaf_hash(line), seen, anchor.size, proofs.pop(seen), anchor.root
        ):
            wrong.append(seen)
    if wrong:
        report.first_bad = min(wrong)
        text = f"{len(wrong)} event(s) are not what was sealed, from {min(wrong)} on"
        _fail(report, "events", text)
    elif report.events > waiting:
        text = f"{report.events - waiting} event(s) stand under the checkpoint"
        report.verified.append(Statement("events", text))
    if proofs:
        _fail(report, "missing", f"{len(proofs)} event(s) that have a proof are not in the bundle")
    if waiting:
        text = f"{waiting} event(s) stand after the checkpoint"
        report.not_checkable.append(Statement("window", text))
    text = "that no event was left out is shown by a whole log only"
    report.not_checkable.append(Statement("complete", text))


def _lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        raise ValueError("not whole lines")
    return data.split(b"\n")[:-1]


def _fail(report: VerifyReport, code: str, text: str) -> None:
    report.failed.append(Statement(code, text))
