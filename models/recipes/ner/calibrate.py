"""Fit the calibration of an exported model on the choosing parts, and write it into its config.

Platt's sigmoid over the log odds of "this word is of some entity" (Platt 1999; for networks Guo et
al. 2017): two numbers, fitted by Newton's method to the words of all choosing parts, each part with
the same weight, so that the largest does not decide alone. Prints the expected calibration error of
each part before and after.

    python calibrate.py --model ../../ner-minilm --data DATA
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from corpora import LABELS, PUBLIC_TYPES, Document
from evaluate import TOKENS, Model, parts, windows_of

Numbers = npt.NDArray[np.float64]
_BINS = 10
_TINY = 1e-6
_SURE = 1e-3
"""Words that the model is sure to be none are left out: there is nothing to calibrate."""
_RIDGE = 1e-6
_LONGEST_STEP = 0.5
"""Newton's full steps can overshoot where the sigmoid is flat."""
_PUBLIC = [n for n, label in enumerate(LABELS) if label[2:] in PUBLIC_TYPES]
_ANY = list(range(1, len(LABELS)))


def shares_of(model: Model, documents: Sequence[Document]) -> tuple[Numbers, Numbers]:
    """Return the probability of any entity of each word, and whether it is of one (1.0 or 0.0)."""
    complete = documents[0].is_complete
    windows = [w for d in documents for w in windows_of(d, model.pieces, tokens=TOKENS)]
    said: list[float] = []
    true: list[float] = []
    for window, shares in zip(windows, model.probabilities(windows), strict=True):
        said.extend(shares[:, _ANY if complete else _PUBLIC].sum(axis=1))
        true.extend(float(tag != "O") for tag in window.tags)
    kept = np.array(said) > _SURE
    return np.array(said, float)[kept], np.array(true)[kept]


def log_odds(shares: Numbers) -> Numbers:
    """Return log(p / (1 - p)), bounded."""
    shares = np.clip(shares, _TINY, 1 - _TINY)
    return np.asarray(np.log(shares / (1 - shares)))


def sigmoid(values: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-values)))


def fit(said: Numbers, true: Numbers, weights: Numbers) -> tuple[float, float]:
    """Return slope and offset of the likeliest sigmoid."""
    rows = np.stack([log_odds(said), np.ones_like(said)], axis=1)
    found = np.array([1.0, 0.0])
    for _ in range(50):
        guess = sigmoid(rows @ found)
        slope = rows.T @ (weights * (guess - true))
        curve = (rows * (weights * guess * (1 - guess))[:, None]).T @ rows
        step = np.linalg.solve(curve + _RIDGE * np.eye(2), slope)
        found = found - step / max(1.0, float(np.linalg.norm(step)) / _LONGEST_STEP)
    return float(found[0]), float(found[1])


def error(said: Numbers, true: Numbers) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    bins = np.minimum((said * _BINS).astype(int), _BINS - 1)
    chosen = [bins == number for number in range(_BINS) if (bins == number).any()]
    gaps = [abs(said[b].mean() - true[b].mean()) * b.sum() for b in chosen]
    return float(sum(gaps) / len(said))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with `ner` and `pii`")
    options = parser.parse_args()
    model = Model(options.model)
    choosing = parts(options.data, "choosing")
    choosing.pop("synthetic_held")  # too like the training documents to tell anything
    seen = {name: shares_of(model, documents) for name, documents in choosing.items()}
    said = np.concatenate([one for one, _ in seen.values()])
    true = np.concatenate([two for _, two in seen.values()])
    weights = np.concatenate([np.full(len(one), 1 / len(one)) for one, _ in seen.values()])
    slope, offset = fit(said, true, weights)
    for name, (one, two) in seen.items():
        after = sigmoid(slope * log_odds(one) + offset)
        print(f"{name:16} calibration error {error(one, two):.3f} -> {error(after, two):.3f}")
    path = options.model / "config.json"
    config = json.loads(path.read_text("utf-8"))
    config["calibration"] = [round(slope, 4), round(offset, 4)]
    path.write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    print("calibration", config["calibration"])


if __name__ == "__main__":
    main()
