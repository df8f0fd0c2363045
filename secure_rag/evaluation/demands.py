"""What a user demands of named figures: `--min f1=0.6`, `--max other.leaks=0`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from secure_rag.errors import UsageError


@dataclass(frozen=True)
class Demand:
    """A figure that must be reached, or not be passed."""

    name: str
    limit: float
    is_most: bool

    def holds(self, reached: float | None) -> bool:
        """Say whether a figure is as demanded; what was not measured is not."""
        if reached is None:
            return False
        return reached <= self.limit if self.is_most else reached >= self.limit


def parse_demands(least: Iterable[str], most: Iterable[str]) -> tuple[Demand, ...]:
    """Read the `NAME=VALUE` of `--min` and `--max`.

    Raises:
        UsageError: not of that form.
    """
    return (
        *(_demand(text, "--min", is_most=False) for text in least),
        *(_demand(text, "--max", is_most=True) for text in most),
    )


def _demand(text: str, option: str, *, is_most: bool) -> Demand:
    name, _, value = text.partition("=")
    try:
        limit = float(value)
    except ValueError:
        limit = float("nan")
    if not name.strip() or limit != limit:
        raise UsageError(f"{option} wants NAME=NUMBER", hint=f"for example {option} f1=0.6")
    return Demand(name.strip(), limit, is_most)


def refuse_unknown(demands: Iterable[Demand], names: Iterable[str]) -> None:
    """Check, before anything runs, that every demand is about a figure there is.

    Raises:
        UsageError: another name.
    """
    known = sorted(names)
    for one in demands:
        if one.name not in known:
            raise UsageError(
                f"there is no figure of that name: {one.name}",
                hint=f"figures: {', '.join(known)}",
            )


def check_demands(
    figures: Mapping[str, float | None], demands: Iterable[Demand]
) -> list[dict[str, Any]]:
    """Compare figures with what is demanded of them."""
    return [
        {
            "figure": one.name,
            "at": "most" if one.is_most else "least",
            "demanded": one.limit,
            "reached": figures.get(one.name),
            "ok": one.holds(figures.get(one.name)),
        }
        for one in demands
    ]
