"""Write benchmarks/audit.md from the measured results and the attack program.

Run: .venv/bin/python benchmarks/audit_append.py -o benchmarks/results/audit.json
     .venv/bin/python benchmarks/audit_trials.py /dev/shm -o benchmarks/results/audit_trials.json
     .venv/bin/python benchmarks/audit_page.py
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import audit_pruning
from benchmarks.audit_attacks import judge_all

HERE = Path(__file__).resolve().parent


def figures(found: dict[str, Any]) -> list[str]:
    """Return the table of speeds."""
    durable, disk, group = found["durable"], found["disk"], found["grouped"]
    ours, other = found["verify"]["ours"], found["verify"]["independent"]
    tenth = found["verify_tenth"]
    size = f"{found['events']:,} events of {found['bytes_per_event']:.0f} bytes"
    return [
        "| What | Figure | Bar |",
        "|---|---|---|",
        f"| the disk: plain append + fdatasync, each beside one of ours | {disk['per_s']:,.0f}/s, "
        f"median {disk['p50_ms']:.2f} ms, p99 {disk['p99_ms']:.2f} ms | |",
        f"| durable event, one by one | {durable['per_s']:,.0f}/s, median "
        f"{durable['p50_ms']:.2f} ms, p99 {durable['p99_ms']:.2f} ms | 1,000/s, p99 < 5 ms where "
        "the disk allows |",
        f"| durable events, groups of 100 to a sync | {group['per_s']:,.0f}/s by the clock, "
        f"{group['cpu_per_s']:,.0f}/s of processor time | 10,000/s |",
        f"| sealing a session, the slowest of all | {group['sealing_ms']:.1f} ms | |",
        f"| opening a sealed log of {found['events']:,} events | {found['opening_ms']:.1f} ms | |",
        f"| `audit verify`, {size}, one core | {ours['cpu_s']:.1f} s of processor time, "
        f"{ours['wall_s']:.1f} s by the clock | 30 s |",
        f"| `audit/verify.py`, the same log | {other['cpu_s']:.1f} s of processor time, "
        f"{other['wall_s']:.1f} s by the clock | 30 s |",
        f"| peak memory of both, a tenth of the log / all of it | "
        f"{tenth['ours']['peak_mib']:.0f} and {tenth['independent']['peak_mib']:.0f} MiB / "
        f"{ours['peak_mib']:.0f} and {other['peak_mib']:.0f} MiB | flat |",
    ]


ATTACKS = """\
# The audit log: attacks, trials, speed

Written by `audit_page.py` from the programs named below; do not edit.

## Thirteen attacks: `audit_attacks.py`

900 events in 45 sealed sessions; the attacker is root from then on and has the live key. Off the
machine are the line that `init` printed and one checkpoint of event 800. An attack that can be
carried out in several ways counts as found only if every way is. Both verifiers judged each and
agreed. The suite demands this table (tests/acceptance/test_audit_attacks.py).

{table}

The two that remain are those that no log on one machine can find.
"""
PRUNING = """
## Ten attacks that pretend to be a pruning: `audit_pruning.py`

A log of ten sealed sessions in several segments; the attacker is root and has the live key. Off the
machine are the line that `init` printed and a checkpoint from the oldest segment, kept before
anything was pruned. The suite demands this table too (tests/acceptance/test_audit_pruning.py).

{table}

The last is no change of the log: who prunes by the rules is on record, and `verify` names it.
"""
TRIALS = """
## Random logs: `audit_trials.py`

{honest:,} honest logs of random sessions, segments, crashes and prunings: **{alarms} false
alarms**.

{changed:,} changed logs (bits, bytes, lines, fields, notes, segments, keys, seals made anew,
prunings): both verifiers gave the same codes, first bad record, counts and head for each, and no
live log whose sealed records were changed passed. What was said first:

| Code | Logs |
|---|---|
{codes}

*Nothing failed* are trials whose change came to nothing, or fell behind the last checkpoint, beside
the log, or on the tail of a copy: places that the report names as not checkable.
"""
SPEED = """
## Speed: `audit_append.py`

{machine}; load {load:.1f} at the end of the run (2 is all there is). Clock times are those of a
machine shared with other work; processor times suffer less from it.

"""


def page(found: dict[str, Any], trials: dict[str, Any], table: str, pruning: str) -> str:
    """Return the whole page."""
    codes = sorted(trials["first_code"].items(), key=lambda item: -item[1])
    rows = "\n".join(f"| {code} | {count:,} |" for code, count in codes)
    parts = (
        ATTACKS.format(table=table),
        PRUNING.format(table=pruning),
        TRIALS.format(**trials, codes=rows),
        SPEED.format(**found),
        "\n".join(figures(found)) + "\n",
    )
    return "".join(parts)


def main() -> None:
    """Carry out the attacks and write the page."""
    found = json.loads((HERE / "results" / "audit.json").read_text("utf-8"))
    trials = json.loads((HERE / "results" / "audit_trials.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as name:
        table = judge_all(Path(name)).text()
    with tempfile.TemporaryDirectory() as name:
        pruning = audit_pruning.text(audit_pruning.judge_all(Path(name)))
    text = page(found, trials, table, pruning)
    (HERE / "audit.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
