#!/usr/bin/env python3
"""Check the events of a secure_rag export without secure_rag.

Needs verify.py beside it, Python 3.9 or newer and the package `cryptography`. Reads only.

    python3 check_export.py [FOLDER] --genesis LINE|FILE --witness LINE|FILE

1. checkpoints.jsonl is a chain: each is signed by the key that the one before announced, the
   first by the genesis key;
2. checkpoint.txt is one of them;
3. every event of events.jsonl is proven by proofs.jsonl to stand under it;
4. every note in audit/anchors that a given witness cosigned is a checkpoint of the chain; the
   newest says when the witness saw this history.

Exit code 0: nothing failed. 1: something failed. 2: wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from verify import (
    Checkpoint,
    MalformedError,
    Report,
    genesis_line,
    is_included,
    leaf_hash,
    printable,
    read_verifier,
    read_witness,
    record_of,
    show,
)


def check(folder: Path, genesis: str | None = None, witnesses: tuple = ()) -> Report:
    """Check a bundle and say what is verified, what failed and what cannot be checked."""
    report = Report()
    known = [read_witness(line) for line in witnesses]
    try:
        chain: dict[int, Checkpoint] = {}
        anchor = check_chain(folder, genesis, report, chain)
        if anchor is not None:
            check_events(folder, anchor, report)
            check_anchors(folder, chain, known, report)
    except (OSError, ValueError, KeyError, TypeError, MalformedError):
        report.fail(
            "bundle.unreadable", "a file of the bundle is missing or is not what it must be"
        )
    return report


def check_chain(
    folder: Path, genesis: str | None, report: Report, chain: dict[int, Checkpoint]
) -> Checkpoint | None:
    """Steps 1 and 2; fill the chain, and return the checkpoint that the proofs lead to."""
    if genesis is None:
        line = (folder / "keys.txt").read_text(encoding="ascii").rstrip("\n").splitlines()[-1]
        report.skip("genesis", "genesis key not given (--genesis): the bundle's own was taken")
    else:
        line = genesis
    name, key = read_verifier(line)
    wanted = (folder / "checkpoint.txt").read_bytes().decode("utf-8")
    anchor, size = None, 0
    for number, text in enumerate(lines_of(folder / "checkpoints.jsonl")):
        record = record_of(text)
        if record is None or record["type"] != "checkpoint":
            raise MalformedError("not a checkpoint")
        seal = Checkpoint(record["note"])
        place = (seal.origin, seal.epoch, seal.size)
        if place != (name, number, record["seq"]) or seal.size < size or not seal.is_signed(key):
            text = f"checkpoint {number} (record {record['seq']}) is not signed by its epoch's key"
            report.fail("chain", text)
            report.first_bad = record["seq"]
            return None
        chain[seal.size] = seal
        key, size, report.checkpoints = seal.next, seal.size + 1, number + 1
        if record["note"] == wanted:
            anchor = seal
    if anchor is None:
        report.fail("checkpoint", "checkpoint.txt is none of the chain")
        return None
    if genesis is not None:
        report.passed("genesis", "the chain of keys begins with the given genesis key")
    report.passed("chain", f"{report.checkpoints} checkpoints, each signed by the key before")
    report.head = {"size": anchor.size, "root": anchor.root.hex()}
    return anchor


def check_events(folder: Path, anchor: Checkpoint, report: Report) -> None:
    """Step 3."""
    proofs = {}
    for text in lines_of(folder / "proofs.jsonl"):
        found = json.loads(text)
        proofs[found["seq"]] = [bytes.fromhex(step) for step in found["proof"]]
    seen, wrong, waiting = -1, [], 0
    for line in lines_of(folder / "events.jsonl"):
        report.events += 1
        record = record_of(line)
        seq = record["seq"] if record else None
        if seq is None or seq <= seen:
            wrong.append(seen + 1)
            continue
        seen = seq
        if seq >= anchor.size and seq not in proofs:
            waiting += 1
        elif seq not in proofs or not is_included(
            leaf_hash(line), seq, anchor.size, proofs.pop(seq), anchor.root
        ):
            wrong.append(seq)
    if wrong:
        report.first_bad = min(wrong)
        report.fail(
            "events", f"{len(wrong)} event(s) are not what was sealed, from {min(wrong)} on"
        )
    elif report.events > waiting:
        report.passed("events", f"{report.events - waiting} event(s) stand under the checkpoint")
    if proofs:
        report.fail("missing", f"{len(proofs)} event(s) that have a proof are not in the bundle")
    if waiting:
        report.skip("window", f"{waiting} event(s) stand after the checkpoint")
    report.skip("complete", "that no event was left out is shown by a whole log only (verify.py)")


def check_anchors(folder: Path, chain: dict, known: list, report: Report) -> None:
    """Step 4."""
    unknown, last = 0, (0, 0, "")
    for path in sorted((folder / "audit" / "anchors").glob("*.note")):
        try:
            note = Checkpoint(path.read_bytes().decode("utf-8"))
        except (MalformedError, ValueError):
            unknown += 1
            continue
        times = [(note.cosigned(*one), one[0]) for one in known]
        found = max(((when, name) for when, name in times if when is not None), default=None)
        if found is None:
            unknown += 1
        elif note.size not in chain or chain[note.size].text != note.text:
            text = (
                f"the checkpoint over {note.size} records that was cosigned is not of this history"
            )
            report.fail("witness.differs", text)
        else:
            last = max(last, (found[0], note.size, found[1]))
    if last[2]:
        text = f"{last[2]} cosigned the checkpoint over {last[1]} records at {clock_text(last[0])}"
        report.passed("witness", text)
    if unknown:
        text = f"{unknown} anchor(s) without a cosignature of a given witness (--witness)"
        report.skip("witness-unknown", text)


def clock_text(seconds: int) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return str(seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def lines_of(path: Path) -> list[bytes]:
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        raise MalformedError("not whole lines")
    return data.split(b"\n")[:-1]


def main() -> int:
    parser = argparse.ArgumentParser(description="Check an export of a secure_rag audit log.")
    here = Path(__file__).resolve().parent
    parser.add_argument("folder", type=Path, nargs="?", default=here, help="the unpacked bundle")
    parser.add_argument("--genesis", metavar="LINE|FILE", help="verifier line that init printed")
    parser.add_argument("--witness", metavar="LINE|FILE", action="append", default=[],
                        help="line of a witness whose cosignatures count")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args()
    try:
        line = genesis_line(given.genesis)
        if line is not None:
            read_verifier(line)
        witnesses = tuple(genesis_line(one) for one in given.witness)
        for one in witnesses:
            read_witness(one)
    except (MalformedError, OSError, UnicodeDecodeError) as error:
        print(f"check_export.py: {printable(str(error))}", file=sys.stderr)
        return 2
    report = check(given.folder, line, witnesses)
    if given.json:
        print(json.dumps(report.to_dict()))
    else:
        show(report)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
