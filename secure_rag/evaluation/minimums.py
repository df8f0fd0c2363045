"""What a user demands of a measurement: `--min-recall 0.9`, `--min-f2 PERSON=0.9`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from secure_rag.errors import UsageError
from secure_rag.evaluation.span_match import ANY


@dataclass(frozen=True)
class Minimum:
    """A figure that must be reached."""

    figure: str
    """`recall`, `precision` or `f2`."""
    entity: str
    """`*` for all together."""
    demanded: float


def parse_minimums(given: Mapping[str, Iterable[str]]) -> tuple[Minimum, ...]:
    """Read `0.9` and `ENTITY=0.9` by figure.

    Raises:
        UsageError: no number from 0 to 1.
    """
    return tuple(_minimum(figure, text) for figure, texts in given.items() for text in texts)


def _minimum(figure: str, text: str) -> Minimum:
    entity, sign, value = text.rpartition("=")
    try:
        demanded = float(value)
    except ValueError:
        demanded = -1.0
    if not 0 <= demanded <= 1 or (sign and not entity):
        raise UsageError(
            f"--min-{figure} wants a number from 0 to 1, or ENTITY=NUMBER",
            hint=f"for example --min-{figure} PERSON=0.9",
        )
    return Minimum(figure, entity.strip().upper() or ANY, demanded)


def refuse_unmeasured(minimums: Iterable[Minimum], measured: Collection[str]) -> None:
    """Check, before anything runs, that every demand is about something that is measured.

    Raises:
        UsageError: an entity that is not measured.
    """
    for one in minimums:
        if one.entity != ANY and one.entity not in measured:
            raise UsageError(
                f"--min-{one.figure}: {one.entity} is not measured here",
                hint=f"measured: {', '.join(sorted(measured))}",
            )


def check_minimums(report: Mapping[str, Any], minimums: Iterable[Minimum]) -> list[dict[str, Any]]:
    """Compare a report with what is demanded.

    All together: words under any type. One entity: recall is its coverage, words hidden under
    any type; precision and F2 are those of words under the right type.
    """
    rows = []
    for one in minimums:
        reached = _reached(report, one)
        rows.append(
            {
                "figure": one.figure,
                "entity": one.entity,
                "demanded": one.demanded,
                "reached": reached,
                "ok": reached is not None and reached >= one.demanded,
            }
        )
    return rows


def _reached(report: Mapping[str, Any], minimum: Minimum) -> float | None:
    if minimum.entity == ANY:
        figure = report["overall"]["words"][minimum.figure]
    else:
        entity = report["entities"][minimum.entity]
        is_recall = minimum.figure == "recall"
        figure = entity["coverage"] if is_recall else entity["words"][minimum.figure]
    return None if figure is None else float(figure)
