"""`audit stats`: the verdict, counts and anomaly flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.audit_reading import one_line, record
from secure_rag.cli.audit_survey import run_survey, survey_options
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural

if TYPE_CHECKING:
    from secure_rag.audit.overview import Overview

_MAX_DAYS = 31


@click.command("stats", cls=Command)
@survey_options
@click.pass_obj
def stats(context: Context, /, **options: Any) -> None:
    """Count events by kind, day, user and policy; flag what deserves a look.

    \b
    Examples: secure-rag audit stats --since 2026-11-01
              secure-rag audit stats --rules ./our-rules --json

    The log is verified first: exit code 1 if that fails. Flags follow the rules in audit/rules,
    readable files with their thresholds; a copy of them, changed, is named with --rules. A flag
    is a place to look at, no verdict, and does not change the exit code.
    """
    done = run_survey(context, **options)
    recorded = record(
        context, done.place, "stats", done.options, done.overview.events, skip=done.skip
    )
    value = {**done.overview.to_dict(), "recorded": recorded}
    context.result(value, schema="audit-stats", text="\n".join(_lines(done.overview)))


def _lines(found: Overview) -> Iterator[str]:
    report = found.verdict
    head = f"head {report.head.size} {report.head.root}" if report.head else "no head"
    yield f"{'OK' if report.ok else 'FAIL'}  {head}"
    yield from (f"  failed: {one_line(str(one))}" for one in report.failed)
    yield f"{plural(found.events, 'event')}  {found.first[:19]} to {found.last[:19]}"
    if found.unproven:
        yield f"{plural(found.unproven, 'event')} cannot be proven"
    days = dict(sorted(found.days.items())[-_MAX_DAYS:])
    for title, counts in (
        ("by kind", found.kinds),
        (f"by day (last {_MAX_DAYS})", days),
        ("by user", found.users),
        ("sessions by policy", found.policies),
    ):
        yield from _table(title, counts)
    yield f"flags: {len(found.anomalies) or 'none'}"
    for flag in found.anomalies:
        records = ", ".join(map(str, flag.records))
        yield one_line(
            f"  {flag.severity:<7} {flag.rule:<20} {flag.time[:16]:<16}  {flag.text}"
            + (f"  records {records}" if records else "")
        )


def _table(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    yield f"{title}:"
    for name, count in sorted(counts.items()):
        yield one_line(f"  {count:>9,}  {name}")
