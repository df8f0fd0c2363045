"""The fitted weights of the evidence gate, stored as data with where they come from."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from secure_rag.answering.signals import (
    EVIDENCE_SIGNALS,
    PASSAGE_WORDS,
    SENTENCE_SIGNALS,
    SENTENCE_WORDS,
)
from secure_rag.errors import FormatError

FORMAT = 2
FILE = Path(__file__).with_name("calibration.json")
SIGNALS = {
    "sentence_words": SENTENCE_WORDS,
    "passage_words": PASSAGE_WORDS,
    "sentence": SENTENCE_SIGNALS,
    "evidence": EVIDENCE_SIGNALS,
}
"""What each part of the file weighs."""


@dataclass(frozen=True)
class Logistic:
    """A logistic function of named signals."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float

    def log_odds(self, signals: Sequence[float]) -> float:
        """Return the log-odds that the fitted statement holds."""
        total = self.bias + sum(w * s for w, s in zip(self.weights, signals, strict=True))
        return max(-30.0, min(30.0, total))

    def probability(self, signals: Sequence[float]) -> float:
        """Return the probability that the fitted statement holds."""
        return self.chance(self.log_odds(signals))

    @staticmethod
    def chance(log_odds: float) -> float:
        """Return the probability of log-odds."""
        return 1 / (1 + math.exp(-log_odds))


@dataclass(frozen=True)
class Calibration:
    """What `calibrate_words.py` and `calibrate_evidence.py` of benchmarks/ fitted."""

    sentence_words: Logistic
    """That the answer stands in a sentence, by its words alone."""
    passage_words: Logistic
    """That the passages hold an answer, by their words alone."""
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
        FormatError: another format, something missing, or signals that this program does not
            compute.
    """
    table: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if table.get("format") != FORMAT:
        raise FormatError(f"{path.name} is not of format {FORMAT}")
    try:
        parts = {name: _logistic(table[name]) for name in SIGNALS}
        threshold = float(table["threshold"])
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path.name} lacks weights or the threshold") from error
    if any(parts[name].names != names for name, names in SIGNALS.items()):
        raise FormatError(f"{path.name} weighs other signals than this program computes")
    return Calibration(**parts, threshold=threshold)


def _logistic(table: dict[str, Any]) -> Logistic:
    weights: dict[str, float] = table["weights"]
    return Logistic(tuple(weights), tuple(weights.values()), float(table["bias"]))
