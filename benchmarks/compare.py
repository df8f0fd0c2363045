"""Compare the arms on our example cases and on two public sets, and write what was measured.

    SECURE_RAG_DATA=… python benchmarks/compare.py [--sets support,policyqa] [--limit N]
        [--policyqa-limit N] [--imperialism-limit N] [--arms base,rag] [--adapter SET=NAME]
        [--page] [-o compare.md] [--guide rag-or-fine-tuning.md] [--results compare.json]

Each set is one run of `secure-rag eval compare`, so that memory and times are those of a command,
and all arms are asked in it: the intervals of differences want the cases of one run. Raw results
are kept by set: a run of some sets replaces those alone. A set that cannot be measured, for want of
its adapter perhaps, keeps what it had; the others are measured, and the exit code is 1.

The adapter of each set is that of `compare_sets.ADAPTERS`; `--adapter support=mine` takes another,
`--adapter support=` none. `--page` measures nothing and writes compare.md, and the table of the
guide, from what is there. The public sets are evaluation only: nothing was chosen or trained on
them. Without SECURE_RAG_DATA they are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import machine
from benchmarks.compare_page import GUIDE, page, scores, with_table
from benchmarks.compare_sets import POLICYQA, UNSEEN, adapters, command, wanted, write_unseen
from secure_rag.evaluation.compare_cases import PUBLIC

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "compare.json"


def main(arguments: Sequence[str]) -> None:
    """Measure the sets that are wanted, and write the pages of all that were ever measured."""
    given = parse(arguments)
    kept, guide = Path(given.results), Path(given.guide)
    result = json.loads(kept.read_text("utf-8")) if kept.exists() else {"sets": {}}
    failed = measure(result, given)
    if not result["sets"]:
        sys.exit("nothing is measured yet")
    Path(given.output).write_text("\n".join(page(result)) + "\n", "utf-8")
    guide.write_text(with_table(guide.read_text("utf-8"), result), "utf-8")
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; `sets` and `adapter` are checked and whole."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--sets", default="", help="names, parted by commas (default: all)")
    parser.add_argument("--limit", type=int, default=0, help="cases of an example; 0: all")
    parser.add_argument("--policyqa-limit", type=int, default=1000)
    parser.add_argument("--imperialism-limit", type=int, default=150)
    parser.add_argument("--arms", default="", help="as for `eval compare`")
    parser.add_argument("--adapter", action="append", default=[], metavar="SET=NAME",
                        help="another adapter for a set; SET= for none")  # fmt: skip
    parser.add_argument("--page", action="store_true", help="write the pages only")
    parser.add_argument("-o", "--output", default=str(HERE / "compare.md"))
    parser.add_argument("--guide", default=str(GUIDE), help="the page whose table is written")
    parser.add_argument("--results", default=str(RESULTS), help="raw results, read and replaced")
    given = parser.parse_args(arguments)
    try:
        given.adapter = adapters(given.adapter)
        given.sets = wanted(given.sets, has_data=bool(os.environ.get("SECURE_RAG_DATA")))
    except ValueError as error:
        parser.error(str(error))
    return given


def measure(result: dict[str, Any], given: argparse.Namespace) -> list[str]:
    """Measure one set after the other, keep each at once; return those that could not be."""
    failed = []
    sets = [] if given.page else given.sets
    for number, name in enumerate(sets, start=1):
        adapter = given.adapter[name] or "none"
        said(f"[{number} of {len(sets)}] {name}, adapter: {adapter}")
        clock = time.monotonic()
        report = measured(name, given)
        spent = f"{time.monotonic() - clock:.0f} s"
        if report is None:
            said(f"  not measured, after {spent}")
            failed.append(name)
            continue
        result["sets"][name] = report
        result["machine"] = machine.line()
        kept = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
        Path(given.results).write_text(kept, "utf-8")
        said(f"  {spent}; {scores(report)}")
    return failed


def measured(name: str, given: argparse.Namespace) -> dict[str, Any] | None:
    """Return the report of one set, a process of its own; None if it could not be measured."""
    limits = {POLICYQA: given.policyqa_limit, UNSEEN: given.imperialism_limit}
    limit = limits.get(name, given.limit)
    with tempfile.TemporaryDirectory() as folder:
        cases = name
        if name == UNSEEN:
            cases = str(Path(folder) / f"{UNSEEN}.jsonl")
            write_unseen(Path(os.environ["SECURE_RAG_DATA"]) / PUBLIC["squad"], Path(cases))
        line = command(name, cases, adapter=given.adapter[name], limit=limit, arms=given.arms)
        # its errors and its progress are seen as they come
        done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False, cwd=HERE.parent)
    if done.returncode:
        return None
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def said(text: str) -> None:
    """Say how far it is."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
