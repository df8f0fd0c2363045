"""Shapes are found alike before and after they are sorted out by how they begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.redaction.recognizers.catalogue import SHAPES
from secure_rag.redaction.recognizers.shapes import FEW, ShapeDetector
from tests.conftest import ROOT

TEXTS = [
    *sorted((ROOT / "examples" / "documents").rglob("*.md")),
    *sorted((ROOT / "examples" / "documents").rglob("*.txt")),
    *sorted((ROOT / "tests" / "unit" / "redaction").glob("test_*.py")),
]
NUMBERS = "7 " * FEW


@pytest.fixture(scope="module")
def sorted_out() -> ShapeDetector:
    """A detector that has looked at many values."""
    detector = ShapeDetector("shapes", SHAPES)
    detector.find(NUMBERS)
    return detector


def test_texts_hold_many_values(sorted_out: ShapeDetector) -> None:
    """The control: without values, finding alike would mean nothing."""
    assert sum(path.suffix != ".py" for path in TEXTS) > 8
    found = [span for path in TEXTS for span in sorted_out.find(path.read_text("utf-8"))]
    assert len(found) > 300 and len({span.recognizer for span in found}) > 40


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_a_new_detector_finds_what_a_sorted_one_finds(
    sorted_out: ShapeDetector, path: Path
) -> None:
    text = path.read_text("utf-8")
    assert ShapeDetector("shapes", SHAPES).find(text) == sorted_out.find(text)


def test_short_texts_sort_nothing_out() -> None:
    detector = ShapeDetector("shapes", SHAPES)
    detector.find("paid on 12 March 2024 with 4111 1111 1111 1111")
    assert not {"_groups", "_every"} & vars(detector).keys()
    detector.find(NUMBERS + "8")
    assert "_groups" in vars(detector)
