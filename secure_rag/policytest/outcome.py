"""What running cases gives: an outcome for each case, and what differed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from secure_rag.policy.cases import Case
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


@dataclass(frozen=True)
class Difference:
    """One thing that a failed case shows. The words are the case's own, which is test data."""

    kind: Kind
    entity: str
    value: str
    detail: str
    """Score, recognizer and rule that decided, in words."""
    hint: str | None = None
    start: int = -1
    end: int = -1
    score: float | None = None
    rule: str | None = None
    recognizer: str | None = None


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
class Report:
    """The cases of one file, run against its policy."""

    policy: Policy
    policy_path: Path
    path: Path
    results: tuple[Result, ...]

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
        """Return the coverage of each written rule, by the cases that pass."""
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

    @property
    def percent_covered(self) -> float:
        """Return the share of rules that are covered; a policy without rules needs none."""
        return 100.0 * self.rules_covered / self.rules if self.rules else 100.0


def total(reports: Sequence[Report]) -> Totals:
    """Add up; a policy that several files test counts once, covered by any of them."""

    def count(*outcomes: Outcome) -> int:
        return sum(report.count(*outcomes) for report in reports)

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
    )


def quoted(value: str) -> str:
    """Return words in quotes with control characters spelt out, so no case can paint."""
    spelt = "".join(char if char.isprintable() else repr(char)[1:-1] for char in value)
    return f'"{spelt}"'


def _by_policy(report: Report) -> Iterable[tuple[tuple[str, str], bool, bool]]:
    for coverage in report.coverage:
        key = (str(report.policy_path), coverage.rule)
        yield key, coverage.fired > 0, coverage.silent > 0
