"""Run ingest tasks over all cores, in order, with a bounded number in flight."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from secure_rag.errors import SecureRagError
from secure_rag.pipeline.worker import (
    Ingested,
    Rejected,
    Task,
    Worker,
    WorkerSetup,
    ingest_in_pool,
    initialise,
)

_FEW = 2
"""Up to this many documents one process is quicker than starting several, …"""
_LARGE_BYTES = 150_000
"""… unless two of them are so large that reading takes longer than starting."""


def ingest_all(setup: WorkerSetup, tasks: Iterable[Task]) -> Iterator[Ingested | Rejected]:
    """Yield a result for each task, in the tasks' order.

    Tasks are drawn as results are taken, so neither side grows with the corpus.
    """
    stream = iter(tasks)
    first = list(islice(stream, _FEW + 1))
    count = setup.limits.workers or os.cpu_count() or 1
    if count == 1 or (len(first) <= _FEW and sum(map(_is_large, first)) < 2):
        yield from _ingest_here(setup, first, stream)
    else:
        yield from _ingest_spawned(setup, count, first, stream)


def _is_large(task: Task) -> bool:
    if task.data is not None:
        return len(task.data) >= _LARGE_BYTES
    try:
        return task.path is not None and task.path.stat().st_size >= _LARGE_BYTES
    except OSError:
        return False  # the worker says what is wrong with it


def _ingest_here(
    setup: WorkerSetup, first: list[Task], rest: Iterator[Task]
) -> Iterator[Ingested | Rejected]:
    if not first:
        return
    worker = Worker(setup)
    try:
        for task in first:
            yield worker.ingest(task)
        for task in rest:
            yield worker.ingest(task)
    finally:
        worker.close()


def _ingest_spawned(
    setup: WorkerSetup, count: int, first: list[Task], rest: Iterator[Task]
) -> Iterator[Ingested | Rejected]:
    executor = ProcessPoolExecutor(
        count, multiprocessing.get_context("spawn"), initialise, (setup,)
    )
    waiting: deque[Future[Ingested | Rejected]] = deque()
    try:
        for task in first:
            waiting.append(_submit(executor, task))
        while waiting:
            while len(waiting) < 3 * count and (task_or_none := next(rest, None)) is not None:
                waiting.append(_submit(executor, task_or_none))
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise SecureRagError(
            "a worker process died",
            code="worker.died",
            hint="often too little memory: set `workers = 1` under [ingest] in secure-rag.toml, "
            "and run the same command again; what was stored stays",
        ) from None
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _submit(executor: ProcessPoolExecutor, task: Task) -> Future[Ingested | Rejected]:
    """Submit a task; a process started by this ignores Ctrl-C, which is for the parent."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return executor.submit(ingest_in_pool, task)
    finally:
        signal.signal(signal.SIGINT, before)
