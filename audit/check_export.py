#!/usr/bin/env python3
"""Check the events of a secure_rag export without secure_rag.

Needs verify.py beside it, Python 3.9 or newer and the package `cryptography`. Reads only.

    python3 check_export.py [FOLDER] --genesis LINE|FILE

1. checkpoints.jsonl is a chain: each is signed by the key that the one before announced, the
   first by the genesis key;
2. checkpoint.txt is one of them;
3. every event of events.jsonl is proven by proofs.jsonl to stand under it.

Exit code 0: nothing failed. 1: something failed. 2: wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
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
    record_of,
    show,
)


def check(folder: Path, genesis: str | None = None) -> Report:
    """Check a bundle and say what is verified, what failed and what cannot be checked."""
    report = Report()
    try:
        anchor = check_chain(folder, genesis, report)
        if anchor is not None:
            check_events(folder, anchor, report)
    except (OSError, ValueError, KeyError, TypeError, MalformedError):
        report.fail(
            "bundle.unreadable", "a file of the bundle is missing or is not what it must be"
        )
    return report


def check_chain(folder: Path, genesis: str | None, report: Report) -> Checkpoint | None:
    """Steps 1 and 2; return the checkpoint that the proofs lead to."""
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
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args()
    try:
        line = genesis_line(given.genesis)
        if line is not None:
            read_verifier(line)
    except (MalformedError, OSError, UnicodeDecodeError) as error:
        print(f"check_export.py: {printable(str(error))}", file=sys.stderr)
        return 2
    report = check(given.folder, line)
    if given.json:
        print(json.dumps(report.to_dict()))
    else:
        show(report)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
