"""What running cases gives: an outcome for each case, and what differed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from secure_rag.policy.case_model import Case, Threshold
from secure_rag.policy.model import Policy


class Outcome(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """It did not run."""
    GAP = "gap"
    """Declared as `known_gap`, and still failing."""
    CLOSED_GAP = "closed_gap"
    """Declared as `known_gap`, but passing: the declaration is stale."""


class Kind(StrEnum):
    """What is different from what the case says."""

    MISSED = "missed"
    """Marked, and not found."""
    KEPT = "kept"
    """Marked and found, but the policy keeps it."""
    ACTION = "action"
    """Found, but another action was taken than the mark demands."""
    UNEXPECTED = "unexpected"
    """Found, and not marked."""
    RESULT = "redacted"
    """The redacted text is not the expected one."""
    LINK = "link"
    """Values that must share a placeholder do not, or the other way round."""
    REFUSED = "refused"
    """A document was redacted that must be refused, or refused for another reason."""


@dataclass(frozen=True)
class Difference:
    """One thing that a failed case shows.

    Words of texts in the case file are test data and are shown; of a document only the place.
    """

    kind: Kind
    entity: str
    value: str
    """Empty for documents."""
    detail: str
    """Score, recognizer and rule that decided, in words."""
    hint: str | None = None
    start: int = -1
    end: int = -1
    score: float | None = None
    rule: str | None = None
    recognizer: str | None = None
    place: str = ""
    """Where it stands: `5-15`, `text 2, title 0-8`, `page 3, body 120-131`."""


@dataclass(frozen=True)
class Result:
    """One case and how it ended."""

    case: Case
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    error: str | None = None
    fired: frozenset[str] = frozenset()
    """Ids of the rules that decided a finding."""
    seconds: float = 0.0
    marked: tuple[str, ...] = ()
    """The entity of each mark, in no order."""


@dataclass(frozen=True)
class Coverage:
    """Whether the cases show a rule both acting and staying silent."""

    rule: str
    line: int
    fired: int
    """Passing cases in which it decided something."""
    silent: int
    """Passing cases in which it decided nothing."""

    @property
    def is_covered(self) -> bool:
        return self.fired > 0 and self.silent > 0


@dataclass(frozen=True)
class Measured:
    """What a threshold of the case file demands on its labelled sets, and what was reached."""

    threshold: Threshold
    reached: float | None
    """None if the sets mark, or the policy finds, nothing of the entity."""
    count: int
    """Mentions of the entity in the sets (recall), or findings of it (precision)."""

    @property
    def is_met(self) -> bool:
        return self.reached is not None and self.reached >= self.threshold.least


@dataclass(frozen=True)
class Report:
    """The cases of one file, run against its policy."""

    policy: Policy
    policy_path: Path
    path: Path
    results: tuple[Result, ...]
    measured: tuple[Measured, ...] = ()

    def count(self, *outcomes: Outcome) -> int:
        """Return how many cases ended in one of these ways."""
        return sum(result.outcome in outcomes for result in self.results)

    def failures(self, *, strict: bool) -> list[Result]:
        """Return what makes the run fail; with `strict`, stale gaps as well."""
        failing = {Outcome.FAILED, Outcome.ERROR}
        if strict:
            failing.add(Outcome.CLOSED_GAP)
        return [result for result in self.results if result.outcome in failing]

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """Return the coverage of each rule in the policy's own file, by the cases that pass.

        What it inherits is covered by the cases of the policy that says it.
        """
        passing = [
            result
            for result in self.results
            if result.outcome in {Outcome.PASSED, Outcome.CLOSED_GAP}
        ]
        return tuple(
            Coverage(
                rule=rule.id,
                line=rule.line,
                fired=sum(rule.id in result.fired for result in passing),
                silent=sum(rule.id not in result.fired for result in passing),
            )
            for rule in self.policy.rules
            if rule.origin is None
        )


@dataclass(frozen=True)
class Totals:
    """Sums over several reports."""

    cases: int
    passed: int
    failed: int
    errors: int
    gaps: int
    closed_gaps: int
    rules: int
    rules_covered: int
    thresholds: int = 0
    thresholds_met: int = 0

    @property
    def percent_covered(self) -> float:
        """Return the share of rules that are covered; a policy without rules needs none."""
        return 100.0 * self.rules_covered / self.rules if self.rules else 100.0


def total(reports: Sequence[Report]) -> Totals:
    """Add up; a policy that several files test counts once, covered by any of them."""

    def count(*outcomes: Outcome) -> int:
        return sum(report.count(*outcomes) for report in reports)

    measured = [one for report in reports for one in report.measured]
    covered = [coverage for report in reports for coverage in _by_policy(report)]
    rules = {key for key, _, _ in covered}
    fired = {key for key, did_fire, _ in covered if did_fire}
    silent = {key for key, _, was_silent in covered if was_silent}
    return Totals(
        cases=sum(len(report.results) for report in reports),
        passed=count(Outcome.PASSED, Outcome.CLOSED_GAP),
        failed=count(Outcome.FAILED),
        errors=count(Outcome.ERROR),
        gaps=count(Outcome.GAP),
        closed_gaps=count(Outcome.CLOSED_GAP),
        rules=len(rules),
        rules_covered=len(fired & silent),
        thresholds=len(measured),
        thresholds_met=sum(one.is_met for one in measured),
    )


@dataclass(frozen=True)
class EntityCount:
    """How often an entity was marked, found, missed and found without a mark."""

    entity: str
    marked: int
    missed: int
    unexpected: int

    @property
    def found(self) -> int:
        return self.marked - self.missed


def count_entities(reports: Sequence[Report]) -> list[EntityCount]:
    """Return a row for each entity that cases mark or recognizers found, known gaps left out."""
    marked: Counter[str] = Counter()
    counted: dict[Kind, Counter[str]] = {Kind.MISSED: Counter(), Kind.UNEXPECTED: Counter()}
    for result in (one for report in reports for one in report.results):
        if result.outcome in {Outcome.GAP, Outcome.ERROR}:
            continue
        marked.update(result.marked)
        for difference in result.differences:
            if difference.kind in counted:
                counted[difference.kind][difference.entity] += 1
    missed, unexpected = counted[Kind.MISSED], counted[Kind.UNEXPECTED]
    return [
        EntityCount(name, marked[name], missed[name], unexpected[name])
        for name in sorted(marked | missed | unexpected)
    ]


def quoted(value: str) -> str:
    """Return words in quotes with control characters spelt out, so no case can paint."""
    spelt = "".join(char if char.isprintable() else repr(char)[1:-1] for char in value)
    return f'"{spelt}"'


def _by_policy(report: Report) -> Iterable[tuple[tuple[str, str], bool, bool]]:
    for coverage in report.coverage:
        key = (str(report.policy_path), coverage.rule)
        yield key, coverage.fired > 0, coverage.silent > 0
