"""The fitted weights of the evidence gate, stored as data with where they come from."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from secure_rag.answering.signals import EVIDENCE_SIGNALS, SENTENCE_SIGNALS
from secure_rag.errors import FormatError

FORMAT = 1
FILE = Path(__file__).with_name("calibration.json")


@dataclass(frozen=True)
class Logistic:
    """A logistic function of named signals."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, signals: Sequence[float]) -> float:
        """Return the probability that the fitted statement holds."""
        total = self.bias + sum(w * s for w, s in zip(self.weights, signals, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True)
class Calibration:
    """What `benchmarks/calibrate_evidence.py` fitted."""

    sentence: Logistic
    """That the answer stands in a sentence."""
    evidence: Logistic
    """That the passages hold an answer."""
    threshold: float
    """Below this probability of evidence a question is refused."""


@cache
def load_calibration(path: Path = FILE) -> Calibration:
    """Read the calibration that comes with the program.

    Raises:
        FormatError: another format, or signals that this program does not compute.
    """
    table: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if table.get("format") != FORMAT:
        raise FormatError(f"{path.name} is not of format {FORMAT}")
    names = (tuple(table["sentence"]["weights"]), tuple(table["evidence"]["weights"]))
    if names != (SENTENCE_SIGNALS, EVIDENCE_SIGNALS):
        raise FormatError(f"{path.name} weighs other signals than this program computes")
    return Calibration(
        sentence=_logistic(table["sentence"]),
        evidence=_logistic(table["evidence"]),
        threshold=float(table["threshold"]),
    )


def _logistic(table: dict[str, Any]) -> Logistic:
    weights: dict[str, float] = table["weights"]
    return Logistic(tuple(weights), tuple(weights.values()), float(table["bias"]))
