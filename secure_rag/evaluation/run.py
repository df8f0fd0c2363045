"""Run a system over the texts of a set, over all cores, in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from secure_rag.errors import DocumentError, SecureRagError
from secure_rag.evaluation.labelled import LabelledText
from secure_rag.evaluation.systems import Masked, System, SystemSetup

_BATCH = 20_000
"""Characters that make one task."""
_FEW = 60_000
"""Up to so many characters one process is quicker than starting several."""


@dataclass(frozen=True)
class Found:
    """What a system hides in one text."""

    number: int
    spans: tuple[Masked, ...] = field(repr=False)
    seconds: float
    """Processor time of detection, sweep left out."""
    by_threshold: tuple[tuple[Masked, ...], ...] = field(default=(), repr=False)
    error: str | None = None
    """Code of the error that would put the document into quarantine."""


Task = tuple[int, str, str]


def run(
    setup: SystemSetup,
    texts: Sequence[LabelledText],
    *,
    workers: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Found]:
    """Return what is found in each text; a document that fails carries its error code.

    Args:
        workers: processes; 0 is one per core.

    Raises:
        ArtifactError: a model is missing or different.
        SecureRagError: a worker died.
    """
    tasks = [(text.number, text.text, text.field) for text in texts]
    count = workers or os.cpu_count() or 1
    found: list[Found] = []
    is_short = sum(len(text) for _, text, _ in tasks) <= _FEW and not workers
    stream = _here(setup, tasks) if count == 1 or is_short else _spawned(setup, tasks, count)
    for group in stream:
        found += group
        progress(len(found))
    return found


def _here(setup: SystemSetup, tasks: Sequence[Task]) -> Iterator[list[Found]]:
    system = setup.build()
    for task in tasks:
        yield [_find(system, setup, task)]


def _spawned(setup: SystemSetup, tasks: Sequence[Task], count: int) -> Iterator[list[Found]]:
    executor = ProcessPoolExecutor(
        count, multiprocessing.get_context("spawn"), _initialise, (setup,)
    )
    try:
        waiting = [_submit(executor, batch) for batch in _batches(tasks)]
        for future in waiting:
            yield future.result()
    except BrokenProcessPool:
        raise SecureRagError(
            "a worker process died", code="worker.died", hint="try again with --workers 1"
        ) from None
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _submit(executor: ProcessPoolExecutor, batch: list[Task]) -> Future[list[Found]]:
    """Submit a batch; a process started by this ignores Ctrl-C, which is for the parent."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return executor.submit(_find_all, batch)
    finally:
        signal.signal(signal.SIGINT, before)


def _batches(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    batch: list[Task] = []
    length = 0
    for task in tasks:
        if batch and length + len(task[1]) > _BATCH:
            yield batch
            batch, length = [], 0
        batch.append(task)
        length += len(task[1])
    if batch:
        yield batch


_setup: SystemSetup | None = None
_system: System | None = None


def _initialise(setup: SystemSetup) -> None:
    """Remember the set-up; models load with the first task, so that errors reach the parent."""
    global _setup
    _setup = setup


def _find_all(batch: list[Task]) -> list[Found]:
    global _system
    assert _setup is not None
    if _system is None:
        _system = _setup.build()
    return [_find(_system, _setup, task) for task in batch]


def _find(system: System, setup: SystemSetup, task: Task) -> Found:
    number, text, field_name = task
    started = time.process_time()
    try:
        spans = system.find(text, field_name)
        seconds = time.process_time() - started
        swept = system.sweep(text, field_name, setup.thresholds) if setup.thresholds else []
    except DocumentError as error:
        return Found(number, (), time.process_time() - started, error=error.code)
    return Found(number, tuple(spans), seconds, tuple(tuple(one) for one in swept))
