"""Reports of a run: text that shows only differences, JSON, and JUnit XML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from xml.etree import ElementTree

from secure_rag.policytest.outcome import (
    Difference,
    Outcome,
    Report,
    Result,
    Totals,
    quoted,
    total,
)

_LABELS: Final = {
    Outcome.FAILED: "FAIL ",
    Outcome.ERROR: "ERROR",
    Outcome.CLOSED_GAP: "STALE",
}
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_text(reports: Sequence[Report], *, strict: bool, verbose: bool, filtered: bool) -> str:
    """Return what differs, case by case, and one line of sums at the end."""
    lines: list[str] = []
    for report in reports:
        for result in report.results:
            lines += _result_lines(report, result, strict=strict, verbose=verbose)
    totals = total(reports)
    if not filtered:
        lines += _uncovered_lines(reports)
    if lines:
        lines.append("")
    lines.append(summary(totals, filtered=filtered))
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
    return line if filtered else f"{line}; rules covered {totals.rules_covered} of {totals.rules}"


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
        "policies": [
            {
                "policy": report.policy.name,
                "policy_digest": report.policy.digest,
                "file": str(report.path),
                "uncovered": [
                    coverage.rule for coverage in report.coverage if not coverage.is_covered
                ],
            }
            for report in reports
        ],
    }


def to_junit(reports: Sequence[Report], *, strict: bool) -> str:
    """Return JUnit XML: a suite for each file, a test case for each case."""
    totals = total(reports)
    root = ElementTree.Element(
        "testsuites",
        name="secure-rag policy test",
        tests=str(totals.cases),
        failures=str(sum(_counts(report, strict=strict)[0] for report in reports)),
        errors=str(totals.errors),
    )
    for report in reports:
        root.append(_suite(report, strict=strict))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


# -- text --------------------------------------------------------------------------------


def _result_lines(report: Report, result: Result, *, strict: bool, verbose: bool) -> list[str]:
    label = _LABELS.get(result.outcome)
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


def _differences(result: Result) -> list[str]:
    lines: list[str] = []
    for found in result.differences:
        words = quoted(found.value)
        lines.append(f"      {found.kind:<10}  {_subject(found)}{words}  ({found.detail})")
        if found.hint:
            lines.append(f"      {'':10}  hint: {found.hint}")
    return lines


def _subject(found: Difference) -> str:
    return f"{found.entity:<15} " if found.entity else ""


def _uncovered_lines(reports: Sequence[Report]) -> list[str]:
    lines: list[str] = []
    for report in reports:
        for coverage in report.coverage:
            if not coverage.is_covered:
                lacks = "acts" if not coverage.fired else "stays silent"
                lines.append(
                    f"note  {report.policy_path}:{coverage.line}  rule {coverage.rule}: "
                    f"no passing case in which it {lacks}"
                )
    return lines


# -- JSON and JUnit ----------------------------------------------------------------------


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
                "text": found.value,
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


def _counts(report: Report, *, strict: bool) -> tuple[int, int]:
    """Return failures and errors of one file as JUnit counts them."""
    errors = report.count(Outcome.ERROR)
    return len(report.failures(strict=strict)) - errors, errors


def _suite(report: Report, *, strict: bool) -> ElementTree.Element:
    failures, errors = _counts(report, strict=strict)
    suite = ElementTree.Element(
        "testsuite",
        name=str(report.path),
        tests=str(len(report.results)),
        failures=str(failures),
        errors=str(errors),
        skipped=str(report.count(Outcome.GAP)),
        time=f"{sum(result.seconds for result in report.results):.3f}",
    )
    failing = report.failures(strict=strict)
    for result in report.results:
        element = ElementTree.SubElement(
            suite,
            "testcase",
            name=result.case.id,
            classname=report.policy.name,
            file=str(report.path),
            line=str(result.case.line),
            time=f"{result.seconds:.3f}",
        )
        _add_outcome(element, report, result, is_failing=result in failing)
    return suite


def _add_outcome(
    element: ElementTree.Element, report: Report, result: Result, *, is_failing: bool
) -> None:
    if result.outcome is Outcome.GAP:
        reason = result.case.known_gap or ""
        ElementTree.SubElement(element, "skipped", message=_xml_text(f"known gap: {reason}"))
    if not is_failing:
        return
    tag = "error" if result.outcome is Outcome.ERROR else "failure"
    lines = _result_lines(report, result, strict=True, verbose=False)
    child = ElementTree.SubElement(element, tag, message=_xml_text(lines[1].strip()))
    child.text = _xml_text("\n".join(lines))


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
