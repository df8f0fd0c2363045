"""The page of `audit report`: one file, no script, nothing loaded, printable in black and white.

Its content security policy allows its own style element, by hash, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from secure_rag.cli.audit_reading import one_line
from secure_rag.cli.audit_timeline import legend, timeline
from secure_rag.cli.render import plural

if TYPE_CHECKING:
    from secure_rag.audit.anomalies import Anomaly
    from secure_rag.audit.overview import Overview
    from secure_rag.audit.verdict import Statement

STYLE = """
:root { color-scheme: light; }
body { font: 11pt/1.45 "Liberation Sans", Arial, sans-serif; color: #000; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.1rem; margin: 1.8rem 0 .4rem; }
.verdict { border: 2px solid #000; padding: .8rem 1rem; margin: 1rem 0; }
.verdict strong { font-size: 1.3rem; }
.failed { border-width: 5px; border-style: double; }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 .8rem; }
caption { text-align: left; font-weight: bold; padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .15rem .6rem .15rem 0;
  border-bottom: 1px solid #999; overflow-wrap: break-word; }
td:last-child { overflow-wrap: anywhere; }
.columns table { align-self: start; break-inside: avoid; }
th { white-space: nowrap; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr));
  gap: 0 2rem; }
code, .hash { font-family: "Liberation Mono", monospace; font-size: .9em; overflow-wrap: anywhere; }
pre { border: 1px solid #999; padding: .6rem; white-space: pre-wrap; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; } svg text { font: 11px "Liberation Sans", Arial, sans-serif; }
svg.key { width: 1em; height: 1em; vertical-align: -.1em; }
.end { text-anchor: end; } .grid { stroke: #bbb; stroke-width: 1; fill: none; }
.bar { stroke: #000; stroke-width: .8; fill: #fff; } .reveals { fill: #000; }
.questions { fill: url(#p-questions); } .documents { fill: url(#p-documents); }
.hatch { stroke: #000; stroke-width: .8; fill: none; } .dot, .flag { fill: #000; }
footer { margin-top: 2rem; border-top: 1px solid #000; font-size: .85em; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; }
  tr, .verdict, svg { break-inside: avoid; } thead { display: table-header-group; } }
"""


def page(found: Overview, *, title: str, made: datetime | None = None) -> str:
    """Return the whole page: the verdict first, then counts, flags, reveals and how to verify."""
    when = (made or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    body = "\n".join(
        (
            *_verdict(found, title, when),
            *_counts(found),
            *_flags(found.anomalies),
            *_reveals(found),
            *_not_checkable(found.verdict.not_checkable),
            *_how_to_verify(found),
            "<footer>Made by secure_rag on the machine that holds the log. This page proves "
            "nothing by itself: check the log, or an export of it, with the verifier.</footer>",
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>Audit report {_text(title)}</title>\n<style>{STYLE}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _verdict(found: Overview, title: str, when: str) -> Iterator[str]:
    report = found.verdict
    grave = sum(one.severity == "high" for one in found.anomalies)
    yield f"<h1>Audit report</h1><p>{_text(title)}, made {_text(when)}</p>"
    if report.ok:
        yield (
            '<div class="verdict"><p><strong>VERIFIED, as far as it can be checked</strong></p>'
            f"<p>Nothing failed. {plural(len(report.not_checkable), 'point')} could not be "
            "checked; they are listed below.</p>"
        )
    else:
        where = "" if report.first_bad is None else f" Doubt begins at record {report.first_bad}."
        yield (
            '<div class="verdict failed"><p><strong>FAILED: the log is not what was '
            f"written</strong></p><p>Do not rely on what stands below.{where}</p>"
        )
        yield _statements(report.failed)
    head = f"{report.head.size:,} records, root {report.head.root}" if report.head else "no head"
    period = f"{found.first[:16].replace('T', ' ')} to {found.last[:16].replace('T', ' ')} UTC"
    yield (
        f"<p>{plural(found.events, 'event')}, {_text(period)}. "
        f"{plural(len(found.anomalies), 'flag')}, {grave} of them high.</p>"
        f'<p class="hash">{_text(head)}</p></div>'
    )
    if report.verified:
        yield "<details open><summary>What was verified</summary>"
        yield _statements(report.verified) + "</details>"


def _counts(found: Overview) -> Iterator[str]:
    flagged = Counter(one.time[:10] for one in found.anomalies)
    yield "<h2>When</h2>" + timeline(found.day_kinds, flagged) + legend()
    yield '<h2>How much</h2><div class="columns">'
    for caption, counts in (
        ("Events by kind", found.kinds),
        ("Events by user", found.users),
        ("Sessions by policy", found.policies),
        ("Events by outcome", found.outcomes),
    ):
        yield _count_table(caption, counts)
    yield "</div>"
    if found.unproven:
        yield f"<p><strong>{plural(found.unproven, 'event')} cannot be proven.</strong></p>"


def _flags(anomalies: Sequence[Anomaly]) -> Iterator[str]:
    yield f"<h2>Flags ({len(anomalies)})</h2>"
    if not anomalies:
        yield "<p>No rule found anything.</p>"
        return
    yield "<p>Places to look at, no verdicts: <code>secure-rag audit show N</code>.</p>"
    rows = [
        (one.severity, one.time[:16].replace("T", " "), f"{one.title}: {one.text}",
         ", ".join(map(str, one.records)), one.rule)
        for one in anomalies
    ]  # fmt: skip
    yield _table("", ("Weight", "When (UTC)", "What", "Records", "Rule"), rows)


def _reveals(found: Overview) -> Iterator[str]:
    yield f"<h2>Original values asked for ({len(found.reveals)})</h2>"
    if not found.reveals:
        yield "<p>Nobody asked for original values.</p>"
        return
    rows = [
        (str(one.seq), one.time[:16].replace("T", " "), one.user, one.type, one.what, one.reason)
        for one in found.reveals
    ]
    yield _table("", ("Record", "When (UTC)", "Who", "What", "Placeholders", "Reason"), rows)
    if found.reveal_count > len(found.reveals):
        yield f"<p>The first {len(found.reveals):,} of {found.reveal_count:,}.</p>"


def _not_checkable(statements: Sequence[Statement]) -> Iterator[str]:
    yield f"<h2>What could not be checked ({len(statements)})</h2>"
    yield _statements(statements) if statements else "<p>Nothing.</p>"


def _how_to_verify(found: Overview) -> Iterator[str]:
    head = found.verdict.head
    yield "<h2>How to verify this yourself</h2><ol>"
    for step in (
        "Get the line that <code>secure-rag init</code> printed once, from whoever keeps it, not "
        "from this machine.",
        "On this machine: <code>secure-rag audit verify --genesis LINE --checkpoint FILE</code>.",
        "On another: <code>secure-rag audit export -o bundle.zip</code>, carry it over, and run "
        "<code>python3 verify.py</code> in it. That file imports nothing of secure_rag.",
    ):
        yield f"<li>{step}</li>"
    yield "</ol>"
    if head is not None:
        yield f"<pre>records {head.size}\nroot    {_text(head.root)}</pre>"
        yield "<p>A log that shows another root for so many records is another log.</p>"


def _statements(statements: Sequence[Statement]) -> str:
    return _table("", ("Code", "Statement"), [(one.code, one.text) for one in statements])


def _count_table(caption: str, counts: Mapping[str, int]) -> str:
    rows = "".join(
        f'<tr><td>{_text(name)}</td><td class="number">{count:,}</td></tr>'
        for name, count in sorted(counts.items())
    )
    return f"<table><caption>{_text(caption)}</caption><tbody>{rows}</tbody></table>"


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{_text(one)}</th>" for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    title = f"<caption>{_text(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(text: str) -> str:
    """Return text that is only text: no markup, no control or direction characters."""
    return html.escape(one_line(text), quote=True)
