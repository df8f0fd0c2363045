"""What is measured: our redactor under one policy, or stock Presidio beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from secure_rag.errors import ConfigError
from secure_rag.policy.model import Policy
from secure_rag.workspace import Workspace

if TYPE_CHECKING:
    from secure_rag.redaction.engine import RedactedText, Redactor
    from secure_rag.redaction.pseudonyms import Pseudonyms

OURS: Final = "secure-rag"
STOCK: Final = "stock-presidio"
BASELINES: Final = (STOCK,)
LOWEST: Final = 0.05


@dataclass(frozen=True, slots=True)
class Masked:
    """A stretch of a text that a system hides, and what it takes it for."""

    start: int
    end: int
    entity: str
    score: float = 1.0


class System(Protocol):
    """Hides what it finds in a text."""

    def find(self, text: str, field: str) -> list[Masked]:
        """Return what is hidden, in order, without overlaps."""
        ...

    def sweep(self, text: str, field: str, thresholds: Sequence[float]) -> list[list[Masked]]:
        """Return what would be hidden at each threshold, from one pass of detection."""
        ...


@dataclass(frozen=True)
class SystemSetup:
    """What a worker needs to build its own system; crosses the process border."""

    name: str
    policy: Policy | None = None
    workspace: Workspace | None = None
    thresholds: tuple[float, ...] = ()
    """For a sweep; empty: none."""

    def build(self) -> System:
        """Load models and recognizers.

        Raises:
            ModelMissingError: the names model is not on this machine.
        """
        if self.name == STOCK:
            from secure_rag.evaluation.stock_presidio import StockPresidio

            return StockPresidio()
        if self.policy is None:
            raise ConfigError("a policy is needed", code="policy.missing")
        return Redaction(self.policy, self.workspace, sweeps=bool(self.thresholds))


class Redaction:
    """Our redactor as ingest uses it, propagation and gate included."""

    def __init__(self, policy: Policy, workspace: Workspace | None, *, sweeps: bool) -> None:
        from secure_rag.redaction.pseudonyms import LookupPseudonyms
        from secure_rag.redaction.setup import build_redactor
        from secure_rag.runtime.manifest import Models

        models = Models(workspace)
        self._policy = policy
        self._new_pseudonyms: Callable[[], Pseudonyms] = lambda: LookupPseudonyms(None)
        self._redactor = build_redactor(policy, models)
        self._lowest = build_redactor(uniform(policy, LOWEST), models) if sweeps else None
        self._by_threshold: dict[float, Redactor] = {}

    def find(self, text: str, field: str) -> list[Masked]:
        pseudonyms = self._new_pseudonyms()
        return _masked(self._redactor.redact_text(text, pseudonyms=pseudonyms, field=field))

    def sweep(self, text: str, field: str, thresholds: Sequence[float]) -> list[list[Masked]]:
        """Resolve the raw claims anew at each threshold; the gate does not look again."""
        from secure_rag.values import Block

        if self._lowest is None:
            return []
        claims = self._lowest.find(text)
        blocks = (Block(0, len(text), field),)
        return [
            _masked(
                self._at(threshold).replay(text, blocks, claims, pseudonyms=self._new_pseudonyms())
            )
            for threshold in thresholds
        ]

    def _at(self, threshold: float) -> Redactor:
        assert self._lowest is not None
        if threshold not in self._by_threshold:
            policy = uniform(self._policy, threshold)
            self._by_threshold[threshold] = self._lowest.under(policy)
        return self._by_threshold[threshold]


def _masked(redacted: RedactedText) -> list[Masked]:
    """Return what a redaction hides; what the policy keeps is not hidden."""
    return [
        Masked(one.start, one.end, one.entity, one.score)
        for one in redacted.findings
        if one.action != "keep"
    ]


def uniform(policy: Policy, threshold: float) -> Policy:
    """Return a policy with one threshold for everything."""
    rules = tuple(replace(rule, threshold=threshold) for rule in policy.rules)
    return replace(policy, rules=rules, default_threshold=threshold)


def without_overlaps(spans: Sequence[Masked]) -> list[Masked]:
    """Name every stretch by the best-scoring span over it; what is hidden stays hidden."""
    chosen: list[Masked] = []
    for span in sorted(spans, key=lambda one: (-one.score, one.start - one.end, one.start)):
        pieces = [(span.start, span.end)]
        for other in chosen:
            pieces = [
                piece
                for start, end in pieces
                for piece in ((start, min(end, other.start)), (max(start, other.end), end))
                if piece[0] < piece[1]
            ]
        chosen += [replace(span, start=start, end=end) for start, end in pieces]
    return sorted(chosen, key=lambda one: one.start)
