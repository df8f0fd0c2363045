"""JSON Lines on standard input, for the `--batch` commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any


def read_json_lines() -> Iterator[dict[str, Any] | None]:
    """Yield the object of each line of stdin that is not blank; None for a bad line."""
    for raw in sys.stdin.buffer:
        if not raw.strip():
            continue
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            value = None
        yield value if isinstance(value, dict) else None


def text_of(line: dict[str, Any] | None, key: str) -> str | None:
    """Return the string under `key`, or None."""
    value = line.get(key) if line else None
    return value if isinstance(value, str) else None
