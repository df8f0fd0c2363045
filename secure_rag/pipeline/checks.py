"""One finding of `doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One line: `ok`, `warn` or `fail`, what was looked at, what was seen."""

    state: str
    subject: str
    detail: str
    hint: str | None = None
