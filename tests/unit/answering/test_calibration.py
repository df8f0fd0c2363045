"""The fitted weights are data, checked when read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from secure_rag.answering.calibration import FILE, Logistic, load_calibration
from secure_rag.errors import FormatError

CHANGES: dict[str, dict[str, Any]] = {
    "other format": {"format": 2},
    "other signals": {"evidence": {"bias": 0, "weights": {"colour": 1.0}}},
}


@pytest.mark.parametrize("name", CHANGES)
def test_load_calibration_that_does_not_fit_the_program_is_refused(
    name: str, tmp_path: Path
) -> None:
    table = {**json.loads(FILE.read_text("utf-8")), **CHANGES[name]}
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(table), "utf-8")
    with pytest.raises(FormatError):
        load_calibration(path)


def test_load_calibration_of_the_program_states_where_it_comes_from() -> None:
    provenance = json.loads(FILE.read_text("utf-8"))["provenance"]
    refused = provenance["three_fold_over_articles"]["refused"]
    assert refused["other"] > 0.95
    assert refused["same topic"] > 0.6
    assert refused["answerable"] < 0.15
    assert 0 < load_calibration().threshold < 1


@pytest.mark.parametrize(("signal", "expected"), [(1e9, 1.0), (-1e9, 0.0), (0.0, 0.5)])
def test_probability_of_any_signal_stays_between_nothing_and_certain(
    signal: float, expected: float
) -> None:
    assert Logistic(("one",), (1.0,), 0.0).probability([signal]) == pytest.approx(expected)
