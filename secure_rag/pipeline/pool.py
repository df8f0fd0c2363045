"""Run ingest tasks over all cores, in order, with a bounded number in flight."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, islice

from secure_rag.pipeline.survival import Work, in_order
from secure_rag.pipeline.worker import (
    Ingested,
    Rejected,
    Task,
    Worker,
    WorkerSetup,
    hidden_name,
    ingest_in_pool,
    initialise,
    load_in_pool,
)

_FEW = 2
"""Up to this many documents one process is quicker than starting several, …"""
_LARGE_BYTES = 150_000
"""… unless two of them are so large that reading takes longer than starting."""


def ingest_all(setup: WorkerSetup, tasks: Iterable[Task]) -> Iterator[Ingested | Rejected]:
    """Yield a result for each task, in the tasks' order.

    Tasks are drawn as results are taken, so neither side grows with the corpus. A document
    over which its worker is killed is rejected, `document.killed`; where all is done in
    this process, there is no worker to be killed.

    Raises:
        ArtifactError: workers are killed before they can begin (`worker.died`).
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
    def pool(size: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(size, multiprocessing.get_context("spawn"), initialise, (setup,))

    work = Work(pool, load_in_pool, ingest_in_pool, _killed)
    yield from in_order(work, count, chain(first, rest))


def _killed(task: Task) -> Rejected:
    """Return the rejection of a document over which its worker was killed."""
    return Rejected(task, "", "document.killed", hidden_name(task.name), {})
