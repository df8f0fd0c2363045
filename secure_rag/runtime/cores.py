"""Count the physical cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

_TOPOLOGY = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


def physical_cores() -> int:
    """Return the number of physical cores in this process's CPU set, at least 1.

    Two hyper-threads of one core only slow each other down in matrix products.
    """
    allowed = sorted(os.sched_getaffinity(0))
    cores = set()
    for cpu in allowed:
        try:
            cores.add(Path(_TOPOLOGY.format(cpu)).read_text().strip())
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))
