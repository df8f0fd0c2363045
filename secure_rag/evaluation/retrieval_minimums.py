"""What a user demands of retrieval: `--min recall@5=0.95`, `--min raw:lexical:ndcg@10=0.7`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from secure_rag.errors import UsageError
from secure_rag.evaluation.retrieval_scores import FIGURES

_MODES = ("lexical", "vector", "hybrid")
_ARMS = ("raw", "redacted", "index")
_SLICES = ("all", "naming")


@dataclass(frozen=True)
class RetrievalMinimum:
    """A figure that must be reached."""

    arm: str | None
    """None is the last that is measured: redacted text, or the index."""
    mode: str
    of: str
    figure: str
    demanded: float

    @property
    def what(self) -> str:
        """How it was asked for, in full."""
        return ":".join(filter(None, (self.arm, self.mode, self.of, self.figure)))


def parse_retrieval_minimums(given: Iterable[str]) -> tuple[RetrievalMinimum, ...]:
    """Read `[raw:|redacted:][MODE:][all:|naming:]FIGURE=X`.

    Raises:
        UsageError: an unknown word, or no number from 0 to 1.
    """
    return tuple(_minimum(text) for text in given)


def _minimum(text: str) -> RetrievalMinimum:
    name, _, value = text.partition("=")
    *words, figure = name.strip().lower().split(":")
    try:
        demanded = float(value)
    except ValueError:
        demanded = -1.0
    known = {"arm": _ARMS, "mode": _MODES, "of": _SLICES}
    chosen: dict[str, str] = {}
    for word in words:
        kind = next((kind for kind, all_of in known.items() if word in all_of), None)
        if kind is None or kind in chosen:
            raise _usage_error()
        chosen[kind] = word
    if figure not in FIGURES or not 0 <= demanded <= 1:
        raise _usage_error()
    return RetrievalMinimum(
        chosen.get("arm"), chosen.get("mode", "hybrid"), chosen.get("of", "all"), figure, demanded
    )


def _usage_error() -> UsageError:
    return UsageError(
        "--min wants [raw:|redacted:][MODE:][naming:]FIGURE=NUMBER",
        hint=f"for example --min recall@5=0.95 or --min raw:lexical:ndcg@10=0.7; figures: "
        f"{', '.join(FIGURES)}",
    )


def check_retrieval_minimums(
    report: dict[str, Any], minimums: Iterable[RetrievalMinimum], most_lost: float | None
) -> list[dict[str, Any]]:
    """Compare a report with what is demanded; what was not measured is not reached."""
    arms = {arm["name"]: arm for arm in report["arms"]}
    last = report["arms"][-1]
    rows = []
    for one in minimums:
        arm = arms.get(one.arm) if one.arm else last
        found = arm["modes"].get(one.mode, {}).get(one.of) if arm else None
        reached = found[one.figure] if found else None
        is_reached = reached is not None and reached >= one.demanded
        rows.append(_row(one.what, one.demanded, reached, is_ok=is_reached))
    if most_lost is not None:
        lost = next(
            (
                loss["ndcg@10"]["mean"]
                for loss in report["losses"]
                if (loss["mode"], loss["of"]) == ("hybrid", "all")
            ),
            None,
        )
        is_ok = lost is not None and lost <= most_lost
        rows.append(_row("raw - redacted, hybrid:ndcg@10, at most", most_lost, lost, is_ok=is_ok))
    return rows


def _row(what: str, demanded: float, reached: float | None, *, is_ok: bool) -> dict[str, Any]:
    return {"what": what, "demanded": demanded, "reached": reached, "ok": is_ok}
