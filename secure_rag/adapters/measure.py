"""What an adapter gains on examples it was not trained on: with it, and without."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from secure_rag.adapters.examples import NOT_FOUND, Example
from secure_rag.runtime.decoding import TextGenerator
from secure_rag.squad import f1

MOST: Final = 40
"""Examples that are written, of all that are held out."""

_TOKENS: Final = 128


def measure(
    kind: str,
    examples: Sequence[Example],
    generator: TextGenerator,
    *,
    on_example: Callable[[int], None] = lambda done: None,
) -> dict[str, float]:
    """Return the means of a kind's figures, from 0 to 1, each over the examples that have it."""
    found: dict[str, list[float]] = {}
    taken = examples[:MOST]
    for number, one in enumerate(taken, 1):
        pieces = generator.generate(one.conversation(), max_tokens=_TOKENS)
        for name, value in figures(kind, one.answer, "".join(pieces).strip()).items():
            found.setdefault(name, []).append(value)
        on_example(number)
    return {name: round(sum(values) / len(values), 4) for name, values in found.items()}


def figures(kind: str, wanted: str, said: str) -> dict[str, float]:
    """Compare one text with what was wanted; F1 is that of `eval` (SQuAD's scoring)."""
    if kind == "format":
        return _format(wanted, said)
    if kind == "classify":
        return {"exact": float(wanted.casefold() == said.casefold())}
    if kind == "grounded-qa":
        agrees = (wanted == NOT_FOUND) == said.startswith(NOT_FOUND.rstrip("."))
        return {"f1": f1(said, (wanted,)), "refusal_accuracy": float(agrees)}
    return {"f1": f1(said, (wanted,))}


def _format(wanted: str, said: str) -> dict[str, float]:
    try:
        found: Any = json.loads(said)
    except ValueError:
        found = None
    try:
        fields = json.loads(wanted)
    except ValueError:
        return {"exact": float(wanted == said)}
    is_valid = isinstance(found, dict) and isinstance(fields, dict) and set(found) == set(fields)
    right = sum(found[key] == fields[key] for key in fields) if is_valid else 0
    return {"valid": float(is_valid), "fields": right / max(1, len(fields))}
