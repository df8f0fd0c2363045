"""Measure ingest by stage, cold and warm `ask`, search and memory on this machine.

    .venv/bin/python benchmarks/ingest.py [--copies N] [-o benchmarks/results/ingest.json]

The corpus is the example documents, copied N times with another reference line in each
copy, so that no copy is skipped as unchanged. Everything runs through the command line in
child processes; memory is the highest sum of proportional set sizes over all processes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from machine import processor

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "How much notice ends the maintenance agreement for the lifts?"


@dataclass
class Result:
    """All figures of one run."""

    machine: dict[str, object]
    documents: int = 0
    megabytes: float = 0.0
    ingest: dict[str, float] = field(default_factory=dict)
    ask: dict[str, float] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    memory_mib: dict[str, float] = field(default_factory=dict)


class MemoryWatch:
    """Samples the proportional set size of a process tree and keeps the highest sum."""

    def __init__(self, pid: int) -> None:
        self.peak_mib = 0.0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._done.set()
        self._thread.join()
        return self.peak_mib

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            total = sum(_pss_kib(pid) for pid in _tree(self._pid))
            self.peak_mib = max(self.peak_mib, total / 1024)


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _pss_kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def machine() -> dict[str, object]:
    """Describe what the figures were measured on."""
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def run(*arguments: object, home: Path) -> tuple[dict[str, object], float, float]:
    """Run one command; return its JSON, its seconds and its memory peak."""
    command = [sys.executable, "-m", "secure_rag", *map(str, arguments), "--json"]
    command += ["--workspace", str(home / "work"), "--key-file", str(home / "key")]
    began = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    watch = MemoryWatch(child.pid)
    out, _ = child.communicate()
    seconds = time.perf_counter() - began
    return json.loads(out or "{}"), seconds, watch.stop()


def make_corpus(folder: Path, copies: int) -> float:
    """Copy the examples; return megabytes."""
    size = 0
    for copy in range(copies):
        for path in sorted((ROOT / "examples" / "documents").rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            if path.suffix in (".txt", ".md") and copy:
                data += f"\nReference number of this copy: {copy}.\n".encode()
            target = folder / f"{copy:03}" / path.relative_to(ROOT / "examples" / "documents")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            size += len(data)
    return size / 1e6


def measure(home: Path, copies: int) -> Result:
    """Run everything once."""
    result = Result(machine())
    run_init(home)
    corpus = home / "corpus"
    result.megabytes = round(make_corpus(corpus, copies), 3)
    result.documents = sum(1 for path in corpus.rglob("*") if path.is_file())
    report, seconds, peak = run("index", "add", corpus, home=home)
    result.memory_mib["index add"] = round(peak)
    result.ingest = {
        "seconds": round(seconds, 2),
        "documents_per_s": round(result.documents / seconds, 2),
        "megabytes_per_s": round(result.megabytes / seconds, 4),
        # what JSON holds is an object to the checker
        **{f"{k}_worker_s": v for k, v in dict(report.get("stages", {})).items()},  # type: ignore[call-overload]
    }
    _, again_s, _ = run("index", "add", corpus, home=home)
    result.ingest["unchanged_again_s"] = round(again_s, 2)
    _, search_s, _ = run("search", QUESTION, home=home)
    answer, ask_s, peak = run("ask", QUESTION, home=home)
    result.memory_mib["ask"] = round(peak)
    result.ask = {"cold_search_s": round(search_s, 2), "cold_ask_s": round(ask_s, 2)}
    # what JSON holds is an object to the checker
    result.ask |= {f"cold_{k}": v for k, v in dict(answer["timings"]).items()}  # type: ignore[call-overload]
    result.ask |= warm(home)
    for name, arguments in {"--help": ["--help"], "policy check": ["policy", "check"]}.items():
        result.start[name] = round(min(_seconds(arguments) for _ in range(5)), 3)
    return result


def run_init(home: Path) -> None:
    command = [sys.executable, "-m", "secure_rag", "init", str(home / "work")]
    subprocess.run(
        [*command, "--key-file", str(home / "key")], cwd=ROOT, check=True, capture_output=True
    )


def warm(home: Path) -> dict[str, float]:
    """Ask five times in one process; the first of them loads the models."""
    lines = "".join(json.dumps({"id": n, "question": QUESTION}) + "\n" for n in range(5))
    command = [sys.executable, "-m", "secure_rag", "ask", "--batch", "--json"]
    command += ["--workspace", str(home / "work"), "--key-file", str(home / "key")]
    done = subprocess.run(
        command, cwd=ROOT, input=lines, capture_output=True, text=True, check=True
    )
    spent = [sum(json.loads(line)["timings"].values()) for line in done.stdout.splitlines()]
    return {"first_s": round(spent[0], 3), "warm_median_s": round(sorted(spent[1:])[2], 3)}


def _seconds(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "secure_rag", *arguments], cwd=ROOT, capture_output=True, check=False
    )
    return time.perf_counter() - began


def main() -> None:
    """Print the figures, and write them where `-o` says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options.copies)
    text = json.dumps(asdict(result), indent=2)
    print(text)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
