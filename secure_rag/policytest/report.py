"""Reports of a run: text that shows only differences, and plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from secure_rag.policytest.outcome import (
    Coverage,
    Difference,
    EntityCount,
    Measured,
    Outcome,
    Report,
    Result,
    Totals,
    count_entities,
    quoted,
    total,
)

LABELS: Final = {
    Outcome.FAILED: "FAIL ",
    Outcome.ERROR: "ERROR",
    Outcome.CLOSED_GAP: "STALE",
}


def to_text(reports: Sequence[Report], *, strict: bool, verbose: bool, filtered: bool) -> str:
    """Return what differs, case by case, and one line of sums at the end."""
    lines: list[str] = []
    for report in reports:
        for result in report.results:
            lines += result_lines(report, result, strict=strict, verbose=verbose)
        for measured in report.measured:
            if verbose or not measured.is_met:
                lines.append(_measured_line(report, measured))
    if not filtered:
        lines += _uncovered_lines(reports)
    if verbose:
        lines += _entity_lines(reports)
    if lines:
        lines.append("")
    lines.append(summary(total(reports), filtered=filtered))
    return "\n".join(lines)


def summary(totals: Totals, *, filtered: bool) -> str:
    """Return the sums in one line: `14 cases: 13 passed, 1 known gap; rules covered 6 of 6`."""
    parts = [f"{totals.passed} passed"]
    for number, one, many in (
        (totals.failed, "failed", "failed"),
        (totals.errors, "error", "errors"),
        (totals.gaps, "known gap", "known gaps"),
        (totals.closed_gaps, "of them a stale gap", "of them stale gaps"),
    ):
        if number:
            parts.append(f"{number} {one if number == 1 else many}")
    noun = "case" if totals.cases == 1 else "cases"
    line = f"{totals.cases} {noun}: {', '.join(parts)}"
    if not filtered:
        line += f"; rules covered {totals.rules_covered} of {totals.rules}"
    if totals.thresholds:
        line += f"; thresholds met {totals.thresholds_met} of {totals.thresholds}"
    return line


def to_json(reports: Sequence[Report], *, strict: bool) -> dict[str, Any]:
    """Return the run as plain values (CLI.md, `policy test --json`)."""
    totals = total(reports)
    return {
        "cases": totals.cases,
        "passed": totals.passed,
        "failed": totals.failed,
        "errors": totals.errors,
        "gaps": totals.gaps,
        "stale_gaps": totals.closed_gaps,
        "rules_covered": totals.rules_covered,
        "rules": totals.rules,
        "failures": [
            _failure(report, result)
            for report in reports
            for result in report.failures(strict=strict)
        ],
        "policies": [_policy(report) for report in reports],
        "entities": [_entity(count) for count in count_entities(reports)],
        "thresholds": [
            _measured(report, measured) for report in reports for measured in report.measured
        ],
        "results": [_result(report, result) for report in reports for result in report.results],
    }


# -- text --------------------------------------------------------------------------------


def result_lines(report: Report, result: Result, *, strict: bool, verbose: bool) -> list[str]:
    """Return what one case shows: nothing if it passed, unless `verbose`."""
    label = LABELS.get(result.outcome)
    where = f"{report.path}:{result.case.line}  {result.case.id}"
    if result.outcome is Outcome.ERROR:
        return [f"ERROR {where}", f"      did not run  {result.error}"]
    if result.outcome is Outcome.CLOSED_GAP:
        advice = "this known gap passes now: delete `known_gap`"
        return [f"{label if strict else 'note '} {where}", f"      {advice}"]
    if result.outcome is Outcome.GAP and verbose:
        return [
            f"gap   {where}",
            f"      {result.case.known_gap}",
            *_differences(result),
        ]
    if result.outcome is Outcome.PASSED and verbose:
        return [f"pass  {where}"]
    return [f"{label} {where}", *_differences(result)] if label else []


def uncovered_words(coverage: Coverage) -> str:
    """Return what a rule lacks."""
    lacks = "acts" if not coverage.fired else "stays silent"
    return f"no passing case in which it {lacks}"


def measured_words(measured: Measured) -> str:
    """Return what was reached, in words."""
    wanted = measured.threshold
    if measured.reached is None:
        return f"{wanted.measure} cannot be measured: the sets hold none; demanded {wanted.least}"
    return f"{wanted.measure} {measured.reached:.3f} of {measured.count}, demanded {wanted.least:g}"


def _differences(result: Result) -> list[str]:
    lines: list[str] = []
    for found in result.differences:
        lines.append(f"      {found.kind:<10}  {_subject(found)}  ({found.detail})")
        if found.hint:
            lines.append(f"      {'':10}  hint: {found.hint}")
    return lines


def _subject(found: Difference) -> str:
    words = quoted(found.value) if found.value else ""
    place = f"at {found.place}" if found.place and words else found.place
    entity = f"{found.entity:<15}" if found.entity else ""
    return " ".join(part for part in (entity, words, place) if part)


def _uncovered_lines(reports: Sequence[Report]) -> list[str]:
    return [
        f"note  {report.policy_path}:{coverage.line}  rule {coverage.rule}: "
        f"{uncovered_words(coverage)}"
        for report in reports
        for coverage in report.coverage
        if not coverage.is_covered
    ]


def _measured_line(report: Report, measured: Measured) -> str:
    label = "pass " if measured.is_met else "FAIL "
    wanted = measured.threshold
    return f"{label} {report.path}:{wanted.line}  {wanted.entity} {measured_words(measured)}"


def _entity_lines(reports: Sequence[Report]) -> list[str]:
    lines = ["", f"{'entity':<20} {'marked':>7} {'found':>7} {'missed':>7} {'unexpected':>11}"]
    lines += [
        f"{one.entity:<20} {one.marked:>7} {one.found:>7} {one.missed:>7} {one.unexpected:>11}"
        for one in count_entities(reports)
    ]
    return lines


# -- plain values ------------------------------------------------------------------------


def _policy(report: Report) -> dict[str, Any]:
    return {
        "policy": report.policy.name,
        "policy_digest": report.policy.digest,
        "file": str(report.path),
        "rules": len(report.coverage),
        "uncovered": [coverage.rule for coverage in report.coverage if not coverage.is_covered],
    }


def _result(report: Report, result: Result) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "file": str(report.path),
        "line": result.case.line,
        "outcome": str(result.outcome),
        "seconds": round(result.seconds, 4),
    }


def _failure(report: Report, result: Result) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "file": str(report.path),
        "line": result.case.line,
        "policy": report.policy.name,
        "outcome": str(result.outcome),
        "error": result.error,
        "differences": [
            {
                "kind": str(found.kind),
                "entity": found.entity or None,
                "text": found.value or None,
                "place": found.place or None,
                "start": found.start if found.start >= 0 else None,
                "end": found.end if found.start >= 0 else None,
                "score": None if found.score is None else round(found.score, 4),
                "rule": found.rule,
                "recognizer": found.recognizer,
                "detail": found.detail,
                "hint": found.hint,
            }
            for found in result.differences
        ],
    }


def _entity(count: EntityCount) -> dict[str, Any]:
    return {
        "entity": count.entity,
        "marked": count.marked,
        "found": count.found,
        "missed": count.missed,
        "unexpected": count.unexpected,
    }


def _measured(report: Report, measured: Measured) -> dict[str, Any]:
    return {
        "file": str(report.path),
        "line": measured.threshold.line,
        "entity": measured.threshold.entity,
        "measure": measured.threshold.measure,
        "demanded": measured.threshold.least,
        "reached": None if measured.reached is None else round(measured.reached, 4),
        "count": measured.count,
        "ok": measured.is_met,
    }
