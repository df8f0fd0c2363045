"""What a benchmark ran on, in the same words everywhere."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor() -> str:
    """Return the name of the processor, or its architecture where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def cores() -> str:
    """Return how many cores there are, and of how many this process may use where not of all."""
    there, used = os.cpu_count() or 1, len(os.sched_getaffinity(0))
    return f"{there} cores" if used >= there else f"{there} cores ({used} used)"


def line() -> str:
    """Return processor, cores and version of Python in one line."""
    return f"{processor()}, {cores()}, Python {platform.python_version()}"
