"""How fast the audit log appends, seals, opens and verifies, beside the disk's own sync rate.

Run: .venv/bin/python benchmarks/audit_append.py [FOLDER] [--events 1000000] [-o results/audit.json]
FOLDER (default: the system's temporary folder) decides which disk is measured. Each durable
append is followed by a plain append and sync of the same size, so that both meet the same
load. Verifiers run in processes of their own: processor time and peak memory are theirs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from secure_rag.audit.events import PassagesRetrieved
from secure_rag.audit.log import AuditLog

ROOT = Path(__file__).resolve().parents[1]
SINGLE, GROUP, SESSION = 3000, 100, 10_000
OURS = """
import sys
from pathlib import Path
from secure_rag.audit.verify import verify
report = verify(Path(sys.argv[1]), genesis=sys.argv[2])
if not report.ok:
    raise SystemExit(1)
"""
INDEPENDENT = f"""
import runpy, sys
sys.argv = ["verify.py", sys.argv[1], "--live", "--genesis", sys.argv[2]]
try:
    runpy.run_path({str(ROOT / "audit" / "verify.py")!r}, run_name="__main__")
except SystemExit as end:
    if end.code:
        raise
"""
USAGE = """
import json, re, resource
usage = resource.getrusage(resource.RUSAGE_SELF)
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
print(json.dumps({"cpu_s": usage.ru_utime + usage.ru_stime, "peak_mib": int(peak[1]) / 1024}))
"""


def event(number: int) -> PassagesRetrieved:
    """Return an event of the usual size (about 500 bytes stored)."""
    document = f"{number:016x}"
    chunks = [f"{document}#{n}" for n in range(6)]
    return PassagesRetrieved(query_id=f"{number:032x}", chunks=chunks, documents=[document])


def percentiles(times: list[float]) -> dict[str, float]:
    """Return rate, median and 99th percentile of single acts."""
    ordered = sorted(times)
    return {
        "per_s": len(times) / sum(times),
        "p50_ms": ordered[len(times) // 2] * 1e3,
        "p99_ms": ordered[int(len(times) * 0.99)] * 1e3,
    }


def singles(folder: Path, log: AuditLog, size: int) -> dict[str, Any]:
    """Measure durable appends, each beside a plain append and sync of as many bytes."""
    descriptor = os.open(folder / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    data, ours, disk = b"x" * size, [], []
    for number in range(SINGLE):
        start = time.perf_counter()
        log.append(event(number))
        middle = time.perf_counter()
        os.write(descriptor, data)
        os.fdatasync(descriptor)
        ours.append(middle - start)
        disk.append(time.perf_counter() - middle)
    os.close(descriptor)
    return {"durable": percentiles(ours), "disk": percentiles(disk)}


def grouped(folder: Path, first: int, last: int) -> dict[str, float]:
    """Append events in groups, in sessions that are sealed; return rate and times."""
    sealing, spent, cpu = [], 0.0, time.process_time()
    for session in range(first, last, SESSION):
        log = AuditLog.open(folder, session=f"{session:016x}")
        start = time.perf_counter()
        for number in range(session, min(last, session + SESSION), GROUP):
            log.append_many([event(n) for n in range(number, number + GROUP)])
        middle = time.perf_counter()
        log.close()
        spent += middle - start
        sealing.append(time.perf_counter() - middle)
    cpu = time.process_time() - cpu
    count = last - first
    return {"per_s": count / spent, "cpu_per_s": count / cpu, "sealing_ms": max(sealing) * 1e3}


def verified(folder: Path, genesis: str) -> dict[str, dict[str, float]]:
    """Run both verifiers as programs; return their times and peak memory."""
    found = {}
    for name, program in (("ours", OURS), ("independent", INDEPENDENT)):
        command = [sys.executable, "-c", program + USAGE, str(folder), genesis]
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        usage = json.loads(done.stdout.splitlines()[-1])
        found[name] = {"wall_s": time.perf_counter() - start, **usage}
    return found


def measure(folder: Path, total: int) -> dict[str, Any]:
    """Make a log of `total` events and measure everything on the way."""
    genesis = AuditLog.create(folder, origin="secure-rag/benchmark")
    with AuditLog.open(folder, session="benchmark") as log:
        result = singles(folder, log, size=470)
    result["grouped"] = grouped(folder, SINGLE, total // 10)
    result["verify_tenth"] = verified(folder, genesis)
    result["grouped"] = grouped(folder, total // 10, total)
    result["verify"] = verified(folder, genesis)
    start = time.perf_counter()
    AuditLog.open(folder, session="again").close()
    size = sum(path.stat().st_size for path in (folder / "log").iterdir())
    return result | {
        "events": total,
        "bytes_per_event": size / total,
        "opening_ms": (time.perf_counter() - start) * 1e3,
        "load": os.getloadavg()[0],
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
    }


def main() -> None:
    """Print the figures as JSON, and write them where -o says."""
    parser = argparse.ArgumentParser(description="Measure the audit log on this machine.")
    parser.add_argument("folder", nargs="?", type=Path, help="on the disk to measure")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        text = json.dumps(measure(Path(name), given.events), indent=1) + "\n"
    print(text, end="")
    if given.output:
        given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
