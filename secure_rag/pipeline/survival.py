"""Do tasks in several processes, in order, and outlive those that the system kills.

A process that is killed (most often for lack of memory) takes its pool with it, and nobody
says over which task. So the unfinished tasks are done again one at a time, in a process
that has loaded its models before: what kills that process, too, is lost, and told so. Then
the pool goes on. A process that is killed while it loads cannot do anything here.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

from secure_rag.errors import ArtifactError

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
_IN_FLIGHT = 3
"""Tasks of each process that were drawn and are not taken yet."""


@dataclass(frozen=True)
class Work(Generic[_Task, _Result]):
    """What the processes do; `load` and `call` are functions of a module, run over there."""

    pool: Callable[[int], ProcessPoolExecutor]
    """Makes a pool of so many processes."""
    load: Callable[[], None]
    """Makes a process ready for tasks."""
    call: Callable[[_Task], _Result]
    lost: Callable[[_Task], _Result]
    """Gives the result of a task that kills whoever does it; called here."""


def in_order(work: Work[_Task, _Result], count: int, tasks: Iterator[_Task]) -> Iterator[_Result]:
    """Yield a result for each task, in their order; tasks are drawn as results are taken.

    Raises:
        ArtifactError: a process was killed before it could begin (`worker.died`).
    """
    pool = work.pool(count)
    waiting: deque[tuple[_Task, Future[_Result]]] = deque()
    try:
        while True:
            while len(waiting) < _IN_FLIGHT * count and (task := next(tasks, None)) is not None:
                waiting.append((task, _submit(pool, work.call, task)))
            if not waiting:
                return
            task, future = waiting.popleft()
            if not isinstance(future.exception(), BrokenProcessPool):
                yield future.result()
                continue
            pool.shutdown(wait=True)
            unfinished, waiting = [(task, future), *waiting], deque()
            yield from _one_by_one(work, unfinished)
            pool = work.pool(count)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _one_by_one(
    work: Work[_Task, _Result], unfinished: list[tuple[_Task, Future[_Result]]]
) -> Iterator[_Result]:
    """Yield the results of a broken pool's tasks; do again what was not done."""
    pool: ProcessPoolExecutor | None = None
    try:
        for task, future in unfinished:
            if not isinstance(future.exception(), BrokenProcessPool):
                yield future.result()
                continue
            if pool is None:
                pool = _loaded(work)
            again = _submit(pool, work.call, task)
            if not isinstance(again.exception(), BrokenProcessPool):
                yield again.result()
                continue
            pool.shutdown(wait=True)
            pool = None
            yield work.lost(task)
    finally:
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def _loaded(work: Work[_Task, _Result]) -> ProcessPoolExecutor:
    pool = work.pool(1)
    ready = _submit(pool, _load, work.load)
    if ready.exception() is None:
        return pool
    pool.shutdown(wait=True)
    if not isinstance(ready.exception(), BrokenProcessPool):
        ready.result()  # what it raises is the caller's
    raise ArtifactError(
        "a worker process was killed while it loaded its models",
        code="worker.died",
        hint="often too little memory: set `workers = 1` under [ingest] in secure-rag.toml, "
        "and run the same command again; what was stored stays",
    )


def _load(load: Callable[[], None]) -> None:
    load()


def _submit(
    pool: ProcessPoolExecutor, call: Callable[[_Task], _Result], task: _Task
) -> Future[_Result]:
    """Submit a task; a process started by this ignores Ctrl-C, which is for the parent."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return pool.submit(call, task)
    except BrokenProcessPool as error:
        broken: Future[_Result] = Future()
        broken.set_exception(error)
        return broken
    finally:
        signal.signal(signal.SIGINT, before)
