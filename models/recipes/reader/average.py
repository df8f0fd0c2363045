"""Average the weights of runs that started from the same weights with other seeds.

    python average.py --weights a/weights.pt b/weights.pt --out weights.pt

Runs that share their start lie near enough for the mean of the weights to read better than either
(Wortsman et al. 2022, "model soups"), at the cost of one model.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch


def average(states: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return the mean of each weight; what is no float is that of the first."""
    first = states[0]
    return {
        name: torch.stack([state[name] for state in states]).mean(0)
        if value.is_floating_point()
        else value
        for name, value in first.items()
    }


def main() -> None:
    """Write the average."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.save(average([torch.load(p, weights_only=True) for p in options.weights]), options.out)


if __name__ == "__main__":
    main()
