"""Thousands of random logs: no alarm on honest ones, both verifiers agree on changed ones.

A live log whose sealed records were changed must fail; anything else ends the program.

Run: .venv/bin/python benchmarks/audit_trials.py [FOLDER] [--honest 10000] [--changed 20000]
FOLDER should be in memory (/dev/shm): the logs are small, the syncs are what takes time.
The test suite runs a sample of the same trials (tests/unit/audit/test_independent.py).
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from secure_rag.audit.chain import Since
from tests.unit.audit.audit_mutations import (
    honest_log,
    is_sealed_part_whole,
    mutate,
    sealed_parts,
)
from tests.unit.audit.audit_support import verify_twice

PER_LOG = 20


def honest(folder: Path, count: int, dice: random.Random) -> int:
    """Return how many honest logs were called tampered."""
    alarms = 0
    for number in range(count):
        made = honest_log(folder / str(number), dice)
        alarms += not verify_twice(made.folder, genesis=made.genesis).ok
        shutil.rmtree(made.folder)
    return alarms


def changed(folder: Path, count: int, dice: random.Random) -> Counter[str]:
    """Return how often each code stood first among what failed; disagreement raises."""
    said: Counter[str] = Counter()
    for number in range(0, count, PER_LOG):
        made = honest_log(folder / str(number), dice)
        parts = sealed_parts(made)
        for part in range(min(PER_LOG, count - number)):
            copy = made.copy(folder / f"{number}-{part}")
            mutate(copy, dice)
            since = dice.choice([None, None, Since(dice.randrange(9))])
            genesis = dice.choice([made.genesis, None])
            exported = dice.random() < 0.3
            report = verify_twice(copy.folder, genesis=genesis, since=since, exported=exported)
            if report.ok and not exported and not is_sealed_part_whole(copy, parts):
                raise AssertionError(f"a change was missed in trial {number}-{part}")
            said[report.failed[0].code if report.failed else "nothing failed"] += 1
            shutil.rmtree(copy.folder)
        shutil.rmtree(made.folder)
    return said


def main() -> None:
    """Print what was found; a disagreement ends the program with an error."""
    parser = argparse.ArgumentParser(description="Try both verifiers on random logs.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--honest", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path, help="result as JSON")
    given = parser.parse_args()
    dice = random.Random(given.seed)
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        alarms = honest(Path(name), given.honest, dice)
        print(f"{given.honest} honest logs: {alarms} false alarms", flush=True)
        said = changed(Path(name), given.changed, dice)
    print(f"{given.changed} changed logs: both verifiers said the same of each")
    for code, count in said.most_common():
        print(f"  {code:<22} {count}")
    if given.output:
        result: dict[str, Any] = {"honest": given.honest, "alarms": alarms, "seed": given.seed,
                                  "changed": given.changed, "first_code": dict(said)}  # fmt: skip
        given.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    raise SystemExit(bool(alarms))


if __name__ == "__main__":
    main()
