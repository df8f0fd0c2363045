"""A report as one page: no script, no picture, nothing that is fetched; readable in print.

Outcomes are words; shades and borders only repeat them, so that black and white is enough.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from secure_rag.policytest.outcome import (
    Difference,
    Kind,
    Outcome,
    Report,
    Result,
    count_entities,
    quoted,
    total,
)
from secure_rag.policytest.report import measured_words, summary, uncovered_words

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;color:#111;background:#fff;max-width:72rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:1.5rem 0 .25rem}
.verdict{border:3px solid #111;padding:.5rem 1rem;font-weight:700}
.verdict.fail{border-style:double;border-width:6px}
table{border-collapse:collapse;margin:.5rem 0 1rem;font-size:.9rem}
caption{text-align:left;font-weight:700;padding:.25rem 0}
th,td{border:1px solid #767676;padding:.2rem .5rem;text-align:left;vertical-align:top}
thead th{background:#eee}td.n{text-align:right}
td.bad{font-weight:700;background:#ddd}
.scroll{overflow-x:auto}
.case{border-left:4px solid #111;padding-left:.75rem;margin:1rem 0}
dt{font-weight:700}dd{margin:0 0 .5rem 1rem}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.hint{font-style:italic}footer{margin-top:3rem;font-size:.8rem}
@media print{body{margin:0;max-width:none;font-size:11pt}.case,tr{break-inside:avoid}}
"""
_WORDS: Final = {
    Outcome.PASSED: "pass",
    Outcome.FAILED: "FAIL",
    Outcome.ERROR: "ERROR",
    Outcome.GAP: "known gap",
    Outcome.CLOSED_GAP: "STALE gap",
}
_ORDER: Final = (Outcome.FAILED, Outcome.ERROR, Outcome.CLOSED_GAP, Outcome.GAP)


def to_html(reports: Sequence[Report], *, strict: bool, unmet: Sequence[str] = ()) -> str:
    """Return the page.

    Args:
        unmet: what else was demanded of the run and is not so, in words.
    """
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Policy test report</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{_verdict(reports, unmet, strict=strict)}\n"
        + "\n".join(_section(report) for report in reports)
        + f"\n{_entities(reports)}\n"
        "<footer>Written by <code>secure-rag policy test</code>. Words of cases are shown: they "
        "are test data of the policy's author. Of documents only places are shown.</footer>\n"
        "</body>\n</html>\n"
    )


def _verdict(reports: Sequence[Report], unmet: Sequence[str], *, strict: bool) -> str:
    totals = total(reports)
    failing = sum(len(report.failures(strict=strict)) for report in reports)
    count = failing + totals.thresholds - totals.thresholds_met + len(unmet)
    if count:
        noun = "check does" if count == 1 else "checks do"
        words, kind = f"FAIL: {count} {noun} not hold", "fail"
    else:
        words, kind = "PASS: every case holds", "pass"
    return (
        "<h1>Policy test report</h1>\n"
        f'<p class="verdict {kind}">{words}</p>\n'
        f"<p>{escape(summary(totals, filtered=False))}</p>"
        + "".join(f"\n<p>{_safe(words)}</p>" for words in unmet)
    )


def _section(report: Report) -> str:
    parts = [
        f"<h2>Policy <code>{escape(report.policy.name)}</code></h2>",
        f"<p>Cases: <code>{_safe(str(report.path))}</code><br>"
        f"Policy digest: <code>{report.policy.digest}</code></p>",
    ]
    for outcome in _ORDER:
        parts += [_case(report, one) for one in report.results if one.outcome is outcome]
    parts += [_coverage(report), _thresholds(report), _cases(report)]
    return "\n".join(part for part in parts if part)


def _case(report: Report, result: Result) -> str:
    case = result.case
    head = (
        f'<div class="case"><h3>{_WORDS[result.outcome]}: {escape(case.id)}</h3>'
        f"<p><code>{_safe(str(report.path))}:{case.line}</code></p>"
    )
    body = ""
    if result.error is not None:
        body += f"<p>Did not run: {_safe(result.error)}</p>"
    if case.known_gap is not None:
        body += f"<p>Known gap: {_safe(case.known_gap)}</p>"
    if result.outcome is Outcome.CLOSED_GAP:
        body += "<p>It passes now: delete <code>known_gap</code>.</p>"
    if result.differences:
        body += f"<dl>{''.join(_difference(one) for one in result.differences)}</dl>"
    return f"{head}{body}</div>"


def _difference(found: Difference) -> str:
    words = f" <code>{_safe(quoted(found.value))}</code>" if found.value else ""
    place = f" at {_safe(found.place)}" if found.place else ""
    hint = f'<br><span class="hint">Hint: {_safe(found.hint)}</span>' if found.hint else ""
    return (
        f"<dt>{escape(str(found.kind))} {escape(found.entity)}</dt>"
        f"<dd>{words}{place}<br>{_safe(found.detail)}{hint}</dd>"
    )


def _coverage(report: Report) -> str:
    rows = [
        (
            f'<th scope="row"><code>{escape(one.rule)}</code></th>',
            _number(one.line),
            _number(one.fired),
            _number(one.silent),
            _flag("covered" if one.is_covered else uncovered_words(one), ok=one.is_covered),
        )
        for one in report.coverage
    ]
    heads = ("Rule", "Line", "Cases in which it acts", "Cases in which it is silent", "Result")
    return _table("Rule coverage, by passing cases", heads, rows)


def _thresholds(report: Report) -> str:
    rows = [
        (
            f'<th scope="row">{escape(one.threshold.entity)}</th>',
            _cell(one.threshold.measure),
            _flag(measured_words(one), ok=one.is_met),
        )
        for one in report.measured
    ]
    return _table("Labelled sets", ("Entity", "Measure", "Result"), rows)


def _cases(report: Report) -> str:
    """Return a row for each case: which entities were found, missed and unexpected."""
    rows = []
    for result in report.results:
        missed, extra = (
            Counter(one.entity for one in result.differences if one.kind is kind)
            for kind in (Kind.MISSED, Kind.UNEXPECTED)
        )
        other = Counter(
            f"{one.kind} {one.entity}".strip()
            for one in result.differences
            if one.kind not in (Kind.MISSED, Kind.UNEXPECTED)
        )
        rows.append(
            (
                f'<th scope="row">{escape(result.case.id)}</th>',
                _number(result.case.line),
                _flag(_WORDS[result.outcome], ok=result.outcome is Outcome.PASSED),
                _cell(_listed(Counter(result.marked) - missed)),
                *(_flag(_listed(counts), ok=not counts) for counts in (missed, extra, other)),
            )
        )
    heads = ("Case", "Line", "Outcome", "Found", "Missed", "Unexpected", "Otherwise different")
    return _table("All cases", heads, rows)


def _listed(counts: Counter[str]) -> str:
    """Return `PERSON, IBAN_CODE (2)`."""
    return ", ".join(
        name if count == 1 else f"{name} ({count})" for name, count in sorted(counts.items())
    )


def _entities(reports: Sequence[Report]) -> str:
    rows = []
    for one in count_entities(reports):
        found = one.found + one.unexpected
        rows.append(
            (
                f'<th scope="row">{escape(one.entity)}</th>',
                *map(_number, (one.marked, one.found, one.missed, one.unexpected)),
                _cell(_share(one.found, one.marked)),
                _cell(_share(one.found, found)),
            )
        )
    heads = ("Entity", "Marked", "Found", "Missed", "Unexpected", "Recall", "Precision")
    return _table("Entities over all cases, known gaps left out", heads, rows)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def _table(caption: str, heads: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(words: str) -> str:
    return f"<td>{_safe(words)}</td>"


def _number(value: int) -> str:
    return f'<td class="n">{value}</td>'


def _flag(words: str, *, ok: bool) -> str:
    return _cell(words) if ok else f'<td class="bad">{_safe(words)}</td>'


def _safe(text: str) -> str:
    """Return text for HTML, control and direction characters spelt out."""
    return escape("".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text))
