"""JUnit XML: a suite for each case file, a test case for each case and each threshold.

Elements and attributes are those of the schema that CI servers share (tests/assets/junit.xsd,
with its source): it has no place for `file` and `line` of a case, so the text of a failure
begins with them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from secure_rag.policytest.outcome import Measured, Outcome, Report, Result, total
from secure_rag.policytest.report import measured_words, result_lines

_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(reports: Sequence[Report], *, strict: bool, unmet: Sequence[str] = ()) -> str:
    """Return the run as JUnit XML.

    Args:
        unmet: what else was demanded of the run and is not so, in words: a suite of its own.
    """
    suites = [_suite(report, strict=strict) for report in reports]
    suites += [_demands(unmet)] if unmet else []
    seconds = sum(result.seconds for report in reports for result in report.results)
    root = ElementTree.Element(
        "testsuites",
        name="secure-rag policy test",
        tests=str(sum(int(suite.get("tests", "0")) for suite in suites)),
        failures=str(sum(int(suite.get("failures", "0")) for suite in suites)),
        errors=str(total(reports).errors),
        time=f"{seconds:.3f}",
    )
    root.extend(suites)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _demands(unmet: Sequence[str]) -> ElementTree.Element:
    count = str(len(unmet))
    suite = ElementTree.Element(
        "testsuite",
        name="demands",
        tests=count,
        failures=count,
        errors="0",
        skipped="0",
        time="0.000",
    )
    for words in map(_xml_text, unmet):
        case = ElementTree.SubElement(
            suite, "testcase", name=words, classname="demands", time="0.000"
        )
        ElementTree.SubElement(case, "failure", message=words, type="demand")
    return suite


def _suite(report: Report, *, strict: bool) -> ElementTree.Element:
    failing = report.failures(strict=strict)
    errors = report.count(Outcome.ERROR)
    unmet = [measured for measured in report.measured if not measured.is_met]
    suite = ElementTree.Element(
        "testsuite",
        name=_xml_text(str(report.path)),
        file=_xml_text(str(report.path)),
        tests=str(len(report.results) + len(report.measured)),
        failures=str(len(failing) - errors + len(unmet)),
        errors=str(errors),
        skipped=str(report.count(Outcome.GAP)),
        time=f"{sum(result.seconds for result in report.results):.3f}",
    )
    for result in report.results:
        element = _case(suite, report, result.case.id, result.seconds)
        _add_outcome(element, report, result, is_failing=result in failing)
    for measured in report.measured:
        wanted = measured.threshold
        name = f"threshold {wanted.entity} {wanted.measure}"
        _add_measured(_case(suite, report, name, 0.0), report, measured)
    return suite


def _case(
    suite: ElementTree.Element, report: Report, name: str, seconds: float
) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite,
        "testcase",
        name=name,
        classname=report.policy.name,
        time=f"{seconds:.3f}",
    )


def _add_outcome(
    element: ElementTree.Element, report: Report, result: Result, *, is_failing: bool
) -> None:
    if result.outcome is Outcome.GAP:
        reason = result.case.known_gap or ""
        ElementTree.SubElement(element, "skipped", message=_xml_text(f"known gap: {reason}"))
    if not is_failing:
        return
    tag = "error" if result.outcome is Outcome.ERROR else "failure"
    lines = result_lines(report, result, strict=True, verbose=False)
    kind = str(result.differences[0].kind) if result.differences else str(result.outcome)
    child = ElementTree.SubElement(element, tag, message=_xml_text(lines[1].strip()), type=kind)
    child.text = _xml_text("\n".join(lines))


def _add_measured(element: ElementTree.Element, report: Report, measured: Measured) -> None:
    if not measured.is_met:
        words = measured_words(measured)
        child = ElementTree.SubElement(element, "failure", message=words, type="threshold")
        child.text = _xml_text(f"{report.path}:{measured.threshold.line}  {words}")


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
