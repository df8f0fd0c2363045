"""What isolation adds to the start of a command, in a process of its own each time.

    python benchmarks/isolation_start.py [RUNS]

Each run imports what every command has imported anyway (click, dataclasses), then times the
import of `secure_rag.isolation` and `enter()` with the paths of a usual workspace command.
The bar is 25 ms for both together. Run it on an idle machine; the processor time (`cpu`) tells
what of it was waiting.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

BAR_MS = 25.0
PROGRAM = """
import json, time
from pathlib import Path
import click, dataclasses, secure_rag.cli.context
begin, began = time.perf_counter(), time.process_time()
from secure_rag.isolation import enter
imported = time.perf_counter()
evidence = enter(read=[Path("models"), Path("policies")], write=[Path("/tmp")])
done, ended = time.perf_counter(), time.process_time()
print(json.dumps({"import": 1000 * (imported - begin), "enter": 1000 * (done - imported),
                  "cpu": 1000 * (ended - began), "seccomp": evidence.seccomp,
                  "landlock": evidence.landlock_abi, "network": evidence.network}))
"""


def main(runs: str = "40") -> None:
    """Print medians and the slowest of ten runs in a hundred."""
    found = [_one() for _ in range(int(runs))]
    first = found[0]
    print(
        f"{len(found)} runs; seccomp {first['seccomp']}, Landlock {first['landlock']}, "
        f"network {first['network']}"
    )
    for name in ("import", "enter"):
        _line(name, [run[name] for run in found])
    total = [run["import"] + run["enter"] for run in found]
    _line("both", total)
    _line("cpu", [run["cpu"] for run in found])
    verdict = "within" if statistics.median(total) <= BAR_MS else "OVER"
    print(f"median {verdict} the bar of {BAR_MS:.0f} ms")


def _one() -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _line(name: str, values: list[float]) -> None:
    high = sorted(values)[int(len(values) * 0.9)]
    print(f"{name:<7} median {statistics.median(values):6.2f} ms   p90 {high:6.2f} ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
