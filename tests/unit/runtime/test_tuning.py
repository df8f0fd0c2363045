"""Self-tuning: the fastest wins, and a record that cannot be used counts as none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from secure_rag.runtime.engine import Tuning
from secure_rag.runtime.tuning import default_tuning, recall, record, recorded, tune
from tests.assets.engines import FakeEngine

DIGEST = "d" * 64


class Machine:
    """A clock that engines push forward: a second thread helps or harms, as one says."""

    def __init__(self, cost: dict[str, float]) -> None:
        self.now = 0.0
        self.cost = cost
        self.opened: list[FakeEngine] = []

    def open(self, tuning: Tuning) -> FakeEngine:
        each = self.cost.get(f"{tuning.threads} threads", 4 / tuning.threads)
        each *= self.cost.get(f"batch {tuning.batch}", 1.0)
        each *= self.cost.get("flash", 1.5) if tuning.is_flash else 1.0
        machine = self

        class Slow(FakeEngine):
            def compute(self, tokens, *, at, scored):  # type: ignore[no-untyped-def]
                machine.now += 0.001 * each * (1 + 0.2 * len(tokens))
                return super().compute(tokens, at=at, scored=scored)

        self.opened.append(Slow(lambda text: np.zeros(257, np.float32)))
        return self.opened[-1]

    def tune(self, **how: float):  # type: ignore[no-untyped-def]
        return tune(self.open, cores=4, clock=lambda: self.now, **how)


@pytest.mark.parametrize(
    ("cost", "threads", "batch", "is_flash"),
    [
        ({}, 4, 512, False),
        ({"4 threads": 9.0}, 3, 512, False),
        ({"2 threads": 0.5}, 2, 512, False),
        ({"1 threads": 0.5}, 1, 512, False),
        ({"flash": 0.5}, 4, 512, True),
        ({"batch 128": 0.9, "flash": 0.9}, 4, 128, True),
        ({"4 threads": 1.3}, 3, 512, False),
    ],
)
def test_tune_keeps_what_is_clearly_faster(
    cost: dict[str, float], threads: int, batch: int, is_flash: bool
) -> None:
    machine = Machine(cost)
    best = machine.tune().best.tuning
    assert (best.threads, best.batch, best.is_flash) == (threads, batch, is_flash)
    assert all(engine.is_closed for engine in machine.opened)
    assert best.drafts.of(4) == pytest.approx(1.8 / 1.2)


def test_tune_stops_when_its_time_is_up() -> None:
    tuned = Machine({"1 threads": 20.0}).tune(budget_s=1.0)
    assert len(tuned.tried) == 1


def test_tune_candidate_that_hardly_moves_is_given_up() -> None:
    machine = Machine({f"{count} threads": 5000.0 for count in (2, 3, 4)})
    tuned = machine.tune(budget_s=60.0)
    assert tuned.best.tuning.threads == 1
    assert all(len(engine.calls) == 1 for engine in machine.opened[1:4])


def test_record_is_recalled_and_threads_of_the_settings_override(tmp_path: Path) -> None:
    tuned = Machine({"1 threads": 1.0, "2 threads": 0.5}).tune()
    assert record(DIGEST, tuned, folder=tmp_path)
    assert recall(DIGEST, folder=tmp_path).threads == 2
    assert recall(DIGEST, threads=1, folder=tmp_path).threads == 1
    found = recorded(DIGEST, folder=tmp_path)
    assert found is not None and found.answer_per_s == pytest.approx(1666.7, abs=0.1)
    assert recall("e" * 64, folder=tmp_path) == default_tuning()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"machine": "another"},
        {"threads": 0},
        {"threads": 10_000},
        {"threads": "x"},
        {"batch": 1},
        {"draft_base": -1},
        {"prompt_per_s": 0},
        {"answer_per_s": None},
    ],
)
def test_recall_record_that_cannot_be_used_counts_as_none(
    change: dict[str, object], tmp_path: Path
) -> None:
    record(DIGEST, Machine({"1 threads": 1.0, "2 threads": 0.5}).tune(), folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert recall(DIGEST, folder=tmp_path) == default_tuning()


@pytest.mark.parametrize("content", ["", "[]", "{", "null", "x" * 100_000])
def test_recall_damaged_record_counts_as_none(content: str, tmp_path: Path) -> None:
    record(DIGEST, Machine({"1 threads": 1.0, "2 threads": 0.5}).tune(), folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(content)
    assert recall(DIGEST, folder=tmp_path) == default_tuning()


def test_record_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert not record(DIGEST, Machine({}).tune(), folder=blocked / "tuning")
    assert recall(DIGEST, folder=blocked / "tuning") == default_tuning()
