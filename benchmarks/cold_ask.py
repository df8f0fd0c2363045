"""Measure a cold `ask`: each question in a process of its own, files in the disk cache.

    .venv/bin/python benchmarks/cold_ask.py [--runs N] [-o benchmarks/results/cold_ask.json]
        [--page benchmarks/cold_ask.md]

A workspace holds the example documents. Each run starts `secure-rag ask` on a terminal of its
own, as a user has it, and takes the time from the start of the process to the first shown
character and to the end, and the processor time of all its threads. One run before the others
is not counted: it fills the disk cache and lets the program measure its threads.

The phases are from runs of their own, in which the process notes when a phase begins; the
last line of the table is where the first words are ready.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

from ingest import QUESTION, ROOT, machine, run_init

BAR_S = 3.0
_PROGRAM = """
import json, sys, time
notes = [("interpreter", float(sys.argv.pop(1))), ("command line", time.time())]
from secure_rag.cli.main import run
def note(owner, name, phase, after=False):
    real = getattr(owner, name)
    def noted(*arguments, **named):
        if not after:
            notes.append((phase, time.time()))
        result = real(*arguments, **named)
        if after:
            notes.append((phase, time.time()))
        return result
    setattr(owner, name, noted)
from secure_rag.cli.context import Context
note(Context, "isolate", "settings, isolation, log")
import secure_rag.cli.ask as command
def asker(*arguments, **named):
    notes.append(("import of asking", time.time()))
    import secure_rag.pipeline.ask as ask
    notes.append(("detectors and vault", time.time()))
    note(ask.Asker, "ask", "question redacted")
    note(ask.Asker, "_retrieve", "index opened, passages found")
    note(ask.Asker, "_answer", "passages read and rated")
    note(ask.Asker, "_conclude", "end")
    return made(*arguments, **named)
made, command._asker = command._asker, asker
try:
    sys.exit(run())
finally:
    print("\\n" + json.dumps(notes), file=sys.stderr)
"""


@dataclass
class Result:
    """All figures of one run of this program."""

    machine: dict[str, object]
    cores_used: int
    runs: int
    bar_s: float = BAR_S
    question: str = QUESTION
    first_s: dict[str, float] = field(default_factory=dict)
    end_s: dict[str, float] = field(default_factory=dict)
    processor_s: dict[str, float] = field(default_factory=dict)
    phases_ms: dict[str, float] = field(default_factory=dict)


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return median, 95th percentile (nearest rank) and the smallest value."""
    ordered = sorted(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    high = ordered[-(-95 * len(ordered) // 100) - 1]
    return {"median": round(middle, 3), "p95": round(high, 3), "least": round(ordered[0], 3)}


def ask_on_terminal(home: Path) -> tuple[float, float, float]:
    """Ask once; return seconds to the first character, to the end, and of the processor."""
    reading, writing = pty.openpty()
    before = _spent()
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "secure_rag", *_arguments(home)],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    first = 0.0
    while _read(reading):
        first = first or time.perf_counter() - began
    code = child.wait()
    end = time.perf_counter() - began
    os.close(reading)
    if code or not first:
        raise SystemExit(f"the question was not answered (exit {code})")
    return first, end, _spent() - before


def phases(home: Path) -> dict[str, float]:
    """Return milliseconds by phase of one more cold question, in order."""
    command = [sys.executable, "-c", _PROGRAM, str(time.time()), *_arguments(home), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    noted = json.loads(done.stderr.splitlines()[-1])
    spent: dict[str, float] = {}
    for (phase, began), (_, ended) in pairwise(noted):
        spent[phase] = spent.get(phase, 0.0) + 1000 * (ended - began)
    return spent


def measure(home: Path, runs: int) -> Result:
    """Make the workspace and ask."""
    result = Result(machine(), len(os.sched_getaffinity(0)), runs)
    run_init(home)
    _index(home)
    ask_on_terminal(home)
    asked = [ask_on_terminal(home) for _ in range(runs)]
    result.first_s, result.end_s, result.processor_s = (
        summary(values) for values in zip(*asked, strict=True)
    )
    noted = [phases(home) for _ in range(max(3, runs // 3))]
    result.phases_ms = {
        phase: round(summary([one[phase] for one in noted])["median"]) for phase in noted[0]
    }
    return result


def page(result: Result) -> str:
    """Return the figures as a page in Markdown."""
    on = result.machine
    rows = [("first shown character", result.first_s), ("end of the process", result.end_s),
            ("processor time, user and system", result.processor_s)]  # fmt: skip
    lines = [
        "# A cold question",
        "",
        f"Written by `benchmarks/cold_ask.py`: {result.runs} questions, each in a process of its "
        "own, on a terminal,",
        "starter models, the example documents, files in the disk cache. The bar: the first shown "
        f"character within {result.bar_s:.0f} s.",
        "",
        f"Machine: {on['cpu']}, {on['cores']} cores ({result.cores_used} used), "
        f"{on['memory_gib']} GiB, Linux {on['kernel']}, Python {on['python']}, "
        f"load before {on['load_before']}.",
        "",
        "| Seconds from the start of the process | median | p95 | least |",
        "|---|---|---|---|",
        *(
            f"| {name} | {one['median']:.2f} | {one['p95']:.2f} | {one['least']:.2f} |"
            for name, one in rows
        ),
        "",
        "Phases, medians of runs of their own:",
        "",
        "| Phase | ms |",
        "|---|---|",
        *(f"| {phase} | {spent:.0f} |" for phase, spent in result.phases_ms.items()),
        f"| together, to the first words | {sum(result.phases_ms.values()):.0f} |",
    ]
    return re.sub(r"[ \t]+$", "", "\n".join(lines), flags=re.MULTILINE) + "\n"


def _arguments(home: Path) -> list[str]:
    return ["ask", QUESTION, "--workspace", str(home / "work"), "--key-file", str(home / "key")]


def _index(home: Path) -> None:
    command = [sys.executable, "-m", "secure_rag", "index", "add", "examples/documents"]
    command += _arguments(home)[2:]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read(terminal: int) -> bytes:
    """Return what was shown; nothing when the process has closed its terminal."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def main() -> None:
    """Print the figures, and write them where the options say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options.runs)
    print(page(result))
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")
    if options.page:
        options.page.write_text(page(result), encoding="utf-8")


if __name__ == "__main__":
    main()
