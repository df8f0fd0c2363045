"""JSON Lines on standard input, for the `--batch` commands."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import Any, NoReturn


def read_json_lines() -> Iterator[dict[str, Any] | None]:
    """Yield the object of each line of stdin that is not blank; None for a bad line."""
    for raw in sys.stdin.buffer:
        if not raw.strip():
            continue
        try:
            value = json.loads(raw, parse_constant=_refuse, parse_float=_finite)
        except (ValueError, RecursionError):
            value = None
        yield value if isinstance(value, dict) else None


def _finite(number: str) -> float:
    """Return a number that can be written again: `1e400` is none that JSON's readers hold."""
    value = float(number)
    return value if math.isfinite(value) else _refuse(number)


def _refuse(name: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which Python reads and JSON does not know."""
    raise ValueError("no number of JSON")


def text_of(line: dict[str, Any] | None, key: str) -> str | None:
    """Return the string under `key`, or None."""
    value = line.get(key) if line else None
    return value if isinstance(value, str) else None
