"""Functions for processes of a pool: some tasks kill whoever does them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor

from secure_rag.errors import DocumentError

DEADLY, FAILING = 7, 5


def pool(size: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(size, multiprocessing.get_context("spawn"))


def load() -> None:
    """Nothing to load."""


def load_and_die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def load_and_fail() -> None:
    raise DocumentError("no model", code="model.missing")


def double(task: int) -> int:
    """Return twice the number; killed by every seventh, raising for 5."""
    time.sleep(0.01)
    if task % DEADLY == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if task == FAILING:
        raise DocumentError("five", code="document.empty")
    return 2 * task


def double_when_alone(task: int) -> int:
    """Killed unless the process is the only one: what too little memory for two looks like."""
    siblings = [name for name in os.listdir("/proc") if name.isdigit() and _is_sibling(int(name))]
    if len(siblings) > 1:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * task


def _is_sibling(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
            parent = int(file.read().rpartition(")")[2].split()[1])
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return parent == os.getppid() and b"spawn_main" in file.read()
    except (OSError, ValueError):
        return False
