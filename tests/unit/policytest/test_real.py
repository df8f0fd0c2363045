"""Running cases with the real parts: as fast as a person at an editor needs it."""

from __future__ import annotations

import time
from dataclasses import replace

from secure_rag.policy.cases import load_cases
from secure_rag.policy.loader import TEST_SUFFIXES, load_policy
from secure_rag.policytest.real import Bench
from secure_rag.resources import resource

CASES = 500
CORES = 2
WALL_S = 5.0


def test_run_500_cases_fit_into_five_seconds_of_two_cores() -> None:
    policy = load_policy("default")
    file = load_cases(resource("policies") / f"default{TEST_SUFFIXES[0]}")
    bench = Bench()
    bench.run(policy, file)  # models and tables are loaded now
    rounds = -(-CASES // len(file.cases))
    many = [replace(case, id=f"{case.id}-{n}") for n in range(rounds) for case in file.cases]
    started = time.process_time()
    report = bench.run(policy, replace(file, cases=tuple(many[:CASES])))
    assert time.process_time() - started <= CORES * WALL_S
    assert len(report.results) == CASES
