"""Measure redaction on all public dev sets at one operating point, and write the report.

    python benchmarks/redaction.py --data DATA             # the dev parts
    python benchmarks/redaction.py --data DATA --final     # test parts too: once, at the end
    python benchmarks/redaction.py --data DATA --quick --out FOLDER

Writes `results/redaction.json` and `redaction.md`. One policy for all sets; stock Presidio runs
on the same texts where a bar compares with it. Nothing of any text is written.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import redaction_sets as sets
from machine import processor
from redaction_page import page

from secure_rag.evaluation.labelled import LabelledSet
from secure_rag.evaluation.redaction import evaluate
from secure_rag.evaluation.run import run
from secure_rag.evaluation.systems import OURS, STOCK, SystemSetup
from secure_rag.policy.loader import load_policy
from secure_rag.redaction.setup import REDACTION_VERSION, redaction_digest
from secure_rag.runtime.manifest import Models

HERE = Path(__file__).resolve().parent
QUICK = 12
"""Documents per set of a quick run."""


class Bench:
    """Runs ours and stock Presidio over sets, at one operating point."""

    def __init__(self, policy_name: str, *, workers: int, quick: bool) -> None:
        self.policy = load_policy(policy_name)
        self.ours = SystemSetup(OURS, self.policy)
        self.stock = SystemSetup(STOCK)
        self._workers = workers
        self._quick = quick

    def measure(self, labelled: LabelledSet, *, stock: bool = False) -> dict[str, Any]:
        """Return the report of a set, without places of mistakes."""
        labelled = self._cut(labelled)
        started = time.monotonic()
        value = {
            "documents": len(labelled.texts),
            "characters": labelled.characters,
            "mentions": labelled.mentions,
            "complete": labelled.is_complete,
            **evaluate(labelled, self.ours, workers=self._workers, most_errors=0),
            "stock": (
                evaluate(labelled, self.stock, workers=self._workers, most_errors=0)
                if stock
                else None
            ),
        }
        print(f"{labelled.name:28} {time.monotonic() - started:6.1f} s", file=sys.stderr)
        return value

    def false_alarms(self, negative: LabelledSet) -> dict[str, dict[str, int]]:
        """Count, by type, strings in which a value of that type was wrongly reported."""
        counts: dict[str, dict[str, int]] = {}
        for name, setup in (("ours", self.ours), ("stock", self.stock)):
            texts = self._cut(negative).texts
            for text, found in zip(texts, run(setup, texts, workers=self._workers), strict=True):
                row = counts.setdefault(text.part, {"strings": 0, "ours": 0, "stock": 0})
                row["strings"] += name == "ours"
                row[name] += any(one.entity == text.part for one in found.spans)
        return dict(sorted(counts.items()))

    def secrets(self, given: sets.Secrets) -> dict[str, dict[str, int]]:
        """Count strings in which a secret was reported, by half of the rules."""
        counts: dict[str, dict[str, int]] = {}
        texts = given.texts.texts[:: 20 if self._quick else 1]
        kinds = given.kinds[:: 20 if self._quick else 1]
        found = run(self.ours, texts, workers=self._workers)
        for one, (half, is_secret, is_judged) in zip(found, kinds, strict=True):
            is_reported = any(span.entity.startswith("SECRET_") for span in one.spans)
            judged = (f"{half}, judged", "all, judged") if is_judged else ()
            for name in (half, "all", *judged):
                row = counts.setdefault(name, dict.fromkeys(_SECRET_COLUMNS, 0))
                row["secrets" if is_secret else "others"] += 1
                row["found" if is_secret else "false"] += is_reported
        return dict(sorted(counts.items()))

    def _cut(self, labelled: LabelledSet) -> LabelledSet:
        if not self._quick:
            return labelled
        step = max(1, len(labelled.texts) // QUICK)
        return replace(labelled, texts=labelled.texts[::step][:QUICK])


_SECRET_COLUMNS = ("secrets", "found", "others", "false")


def measure_all(bench: Bench, data: Path, *, final: bool) -> dict[str, Any]:
    """Run everything; returns plain values."""
    measured: dict[str, Any] = {"synth_v2_dev": bench.measure(sets.synth(data), stock=True)}
    for labelled in sets.ner_sets(data):
        measured[labelled.name] = bench.measure(labelled)
    vectors = sets.vectors(data)
    measured["presidio_vectors"] = bench.measure(vectors.positive, stock=True)
    varied = sets.unicode_variants(vectors.positive)
    measured["presidio_vectors_unicode"] = bench.measure(varied, stock=True)
    tests: dict[str, Any] = {}
    for labelled in sets.final_sets(data) if final else ():
        tests[labelled.name] = bench.measure(labelled)
    return {
        "dev": measured,
        "test": tests,
        "vectors_false_alarms": bench.false_alarms(vectors.negative),
        "secrets": bench.secrets(sets.secrets(data)),
    }


def about(bench: Bench, arguments: Iterable[str]) -> dict[str, Any]:
    """Return what was measured, with what, and on which machine."""
    models = Models()
    return {
        "command": " ".join(["python benchmarks/redaction.py", *arguments]),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "policy": bench.policy.name,
        "policy_digest": bench.policy.digest,
        "redaction_version": REDACTION_VERSION,
        "redaction_digest": redaction_digest(bench.policy, models),
        "names_model_digest": models.locate("ner").digest,
        "presidio": version("presidio-analyzer"),
        "python": platform.python_version(),
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()}",
    }


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("SECURE_RAG_DATA"),
                        help="folder of the public sets (default: SECURE_RAG_DATA)")  # fmt: skip
    parser.add_argument("--policy", default="strict", help="the one operating point")
    parser.add_argument("--workers", type=int, default=0, help="processes; 0: one per core")
    parser.add_argument("--final", action="store_true", help="the test parts too: run it once")
    parser.add_argument("--quick", action="store_true", help="a few documents of each set")
    parser.add_argument("--out", type=Path, default=HERE, help="where to write (default: here)")
    chosen = parser.parse_args()
    if chosen.data is None:
        parser.error("--data, or SECURE_RAG_DATA, must name the folder of the public sets")
    return chosen


def main() -> None:
    """Measure and write both files."""
    chosen = options()
    bench = Bench(chosen.policy, workers=chosen.workers, quick=chosen.quick)
    flags = [
        "--data DATA",
        *(["--final"] if chosen.final else []),
        *(["--quick"] if chosen.quick else []),
    ]
    measured = measure_all(bench, Path(chosen.data), final=chosen.final)
    value = {"about": about(bench, flags), **measured}
    results = chosen.out / "results"
    results.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    (results / "redaction.json").write_text(text, "utf-8")
    (chosen.out / "redaction.md").write_text(page(value), "utf-8")


if __name__ == "__main__":
    main()
