"""The fitted weights are data, checked when read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from secure_rag.answering.calibration import FILE, Logistic, load_calibration
from secure_rag.errors import FormatError
from secure_rag.runtime.manifest import Models

CHANGES: dict[str, dict[str, Any]] = {
    "other format": {"format": 1},
    "other signals": {"evidence": {"bias": 0, "weights": {"colour": 1.0}}},
    "other signals of the first layer": {"passage_words": {"bias": 0, "weights": {"colour": 1.0}}},
    "a layer missing": {"sentence": None},
    "no threshold": {"threshold": None},
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


def test_load_calibration_of_the_program_was_fitted_with_the_pinned_reader() -> None:
    provenance = json.loads(FILE.read_text("utf-8"))["provenance"]
    assert provenance["evidence"]["reader_digest"] == Models().pinned_digests()["reader"]
    assert provenance["words"]["cases"] > provenance["evidence"]["cases"]
    assert 0 < load_calibration().threshold < 1


@pytest.mark.parametrize(("signal", "expected"), [(1e9, 1.0), (-1e9, 0.0), (0.0, 0.5)])
def test_probability_of_any_signal_stays_between_nothing_and_certain(
    signal: float, expected: float
) -> None:
    assert Logistic(("one",), (1.0,), 0.0).probability([signal]) == pytest.approx(expected)
