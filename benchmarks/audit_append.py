"""How fast the audit log appends, seals, opens and verifies, beside the disk's own sync rate.

Run: .venv/bin/python benchmarks/audit_append.py [FOLDER] [--events N]
FOLDER (default: the system's temporary folder) decides which disk is measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

from secure_rag.audit.events import PassagesRetrieved
from secure_rag.audit.log import AuditLog
from secure_rag.audit.verify import verify

_SINGLE = 2000
_GROUP = 100


def event(number: int) -> PassagesRetrieved:
    """Return an event of the usual size (about 500 bytes stored)."""
    document = f"{number:016x}"
    chunks = [f"{document}#{n}" for n in range(6)]
    return PassagesRetrieved(query_id=f"{number:032x}", chunks=chunks, documents=[document])


def disk_rate(folder: Path, size: int) -> float:
    """Return how often a second the disk takes an append of `size` bytes and a sync."""
    path = folder / "plain"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    data = b"x" * size
    start = time.perf_counter()
    for _ in range(_SINGLE):
        os.write(descriptor, data)
        os.fdatasync(descriptor)
    took = time.perf_counter() - start
    os.close(descriptor)
    return _SINGLE / took


def singles(log: AuditLog) -> list[float]:
    """Return the seconds that each durable append took."""
    times = []
    for number in range(_SINGLE):
        start = time.perf_counter()
        log.append(event(number))
        times.append(time.perf_counter() - start)
    return times


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description="Measure the audit log on this machine.")
    parser.add_argument("folder", nargs="?", type=Path, help="on the disk to measure")
    parser.add_argument("--events", type=int, default=100_000)
    options = parser.parse_args()
    total = options.events
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        genesis = AuditLog.create(folder, origin="secure-rag/benchmark")
        log = AuditLog.open(folder, session="benchmark")
        times = sorted(singles(log))
        start = time.perf_counter()
        for first in range(0, total - _SINGLE, _GROUP):
            log.append_many([event(number) for number in range(first, first + _GROUP)])
        grouped = (total - _SINGLE) / (time.perf_counter() - start)
        start = time.perf_counter()
        log.close()
        sealing = time.perf_counter() - start
        size = sum(path.stat().st_size for path in (folder / "log").iterdir())
        start = time.perf_counter()
        AuditLog.open(folder, session="again").close()
        opening = time.perf_counter() - start
        start = time.perf_counter()
        report = verify(folder, genesis=genesis)
        verifying = report.events / (time.perf_counter() - start)
        disk = disk_rate(folder, size // report.events)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{report.events} events, {size // report.events} bytes each, verified: {report.ok}")
    print(f"disk: append + fdatasync       {disk:10,.0f} /s")
    print(f"durable append, one by one     {_SINGLE / sum(times):10,.0f} /s")
    print(f"  median, p99                  {statistics.median(times) * 1e3:10.2f} ms, "
          f"{times[int(_SINGLE * 0.99)] * 1e3:.2f} ms")  # fmt: skip
    print(f"durable append, groups of {_GROUP}  {grouped:10,.0f} /s")
    print(f"sealing                        {sealing * 1e3:10.2f} ms")
    print(f"opening a sealed log           {opening * 1e3:10.2f} ms")
    print(f"verify                         {verifying:10,.0f} events/s, one core")


if __name__ == "__main__":
    main()
