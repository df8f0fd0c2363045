"""Spread cases over the cores, but only where that is quicker than starting processes.

A process that detects needs seconds to start. The first cases run here; what they took says
how long the rest would take. If processes are started, they take cases from the end while
this one goes on from the front, so that nobody waits for anybody's start.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from secure_rag.errors import SecureRagError
from secure_rag.policy.case_model import Case
from secure_rag.policy.model import Policy
from secure_rag.policytest.outcome import Result
from secure_rag.policytest.real import Bench
from secure_rag.policytest.run import Runner
from secure_rag.workspace import Workspace

_FIRST = 16
"""So many cases run before anything is guessed: the first ones load models."""
_START_S = 3.0
"""What a process costs before its first result, in seconds of both cores."""
_CHUNK = 8


@dataclass(frozen=True)
class Job:
    """One case under one policy of the run."""

    policy: int
    case: Case


@dataclass(frozen=True)
class Setup:
    """What a process needs to run cases."""

    workspace: Workspace | None
    policies: tuple[Policy, ...]
    unsafe_no_isolation: bool = False
    processes: int | None = None
    """None decides by the cores and by what the first cases took; 1 starts none."""


class Spread:
    """Runs jobs in their order of results, here and in as many processes as pay."""

    def __init__(self, setup: Setup, bench: Bench) -> None:
        self._setup = setup
        self._runners = _Runners(setup, bench)

    def run(self, jobs: Sequence[Job]) -> list[Result]:
        """Run all jobs and return their results in the order of the jobs."""
        results: list[Result] = []
        started = time.monotonic()
        for number, job in enumerate(jobs):
            if number == _FIRST:
                started = time.monotonic()
            if number > _FIRST and self._pays(number, len(jobs), time.monotonic() - started):
                return results + self._spread(jobs[number:])
            results.append(self._runners.run(job))
        return results

    def _processes(self) -> int:
        if self._setup.processes is not None:
            return self._setup.processes
        return len(os.sched_getaffinity(0))

    def _pays(self, done: int, count: int, seconds: float) -> bool:
        """Say whether further processes end the run sooner, by the cases after the first."""
        processes = self._processes()
        if processes < 2:
            return False
        if self._setup.processes is not None:
            return True
        remaining = (count - done) * seconds / (done - _FIRST)
        return remaining - remaining / processes > _START_S

    def _spread(self, jobs: Sequence[Job]) -> list[Result]:
        chunks = [jobs[start : start + _CHUNK] for start in range(0, len(jobs), _CHUNK)]
        executor = ProcessPoolExecutor(
            self._processes() - 1,
            multiprocessing.get_context("spawn"),
            _initialise,
            (self._setup,),
        )
        try:
            futures = _submit(executor, chunks)
            results: list[Result] = []
            for chunk, future in zip(chunks, futures, strict=True):
                if future.cancel():
                    results += [self._runners.run(job) for job in chunk]
                else:
                    results += future.result()
            return results
        except BrokenProcessPool:
            raise SecureRagError(
                "a process that ran cases died",
                code="worker.died",
                hint="often too little memory: run the same command with --processes 1",
            ) from None
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


class _Runners:
    """A runner for each policy of the run, made on first use."""

    def __init__(self, setup: Setup, bench: Bench) -> None:
        self._setup = setup
        self._bench = bench
        self._made: dict[int, Runner] = {}

    def run(self, job: Job) -> Result:
        if job.policy not in self._made:
            policy = self._setup.policies[job.policy]
            self._made[job.policy] = Runner(policy, self._bench.equip(policy))
        return self._made[job.policy].run(job.case)


_runners: _Runners | None = None


def _initialise(setup: Setup) -> None:
    global _runners
    bench = Bench(setup.workspace, unsafe_no_isolation=setup.unsafe_no_isolation)
    _runners = _Runners(setup, bench)


def _run_chunk(jobs: Sequence[Job]) -> list[Result]:
    assert _runners is not None
    return [_runners.run(job) for job in jobs]


def _submit(
    executor: ProcessPoolExecutor, chunks: Sequence[Sequence[Job]]
) -> list[Future[list[Result]]]:
    """Submit chunks, last first; processes started by this ignore Ctrl-C, which is for us."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return [executor.submit(_run_chunk, chunk) for chunk in reversed(chunks)][::-1]
    finally:
        signal.signal(signal.SIGINT, before)
