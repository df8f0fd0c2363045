"""`audit prune`: retention by whole segments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.arguments import TEXT
from secure_rag.cli.audit_anchor import audit_settings
from secure_rag.cli.audit_reading import enter
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural
from secure_rag.errors import UsageError

if TYPE_CHECKING:
    from secure_rag.audit.earlier_retention import EarlierPlan
    from secure_rag.audit.retention import Plan
    from secure_rag.pipeline.prune import Term


@click.command("prune", cls=Command)
@click.option("--before", metavar="TIME", default="", help="Records from before this time (UTC).")
@click.option("--keep-days", "days", metavar="N", type=click.IntRange(1, 36500),
              help="Records older than N days (default: the settings).")  # fmt: skip
@click.option(
    "--reason", default="", type=TEXT, metavar="TEXT", help="Why; goes into the log, redacted."
)
@click.option("--dry-run", is_flag=True, help="Say what would go or be refused; remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def prune(
    context: Context, before: str, days: int | None, reason: str, dry_run: bool, yes: bool
) -> None:
    """Remove the oldest segments of the log; all that is left stays verifiable.

    \b
    Examples: secure-rag audit prune --dry-run
              secure-rag audit prune --keep-days 730 --reason "two years, by the records plan"

    Whole segments go, of which every record is older. Kept are the first record, every checkpoint
    and what proves the tree: checkpoints and anchors from before still hold the log. The pruning is
    an event, sealed before anything goes. Without --before and --keep-days, `retention_days` of the
    settings counts; a shorter time is refused, and so is any pruning under a legal hold. Each call
    begins a new segment if this one is older than a day. Nothing is pruned unless this is called.
    Logs of before, which `restore` set aside, go by the same rules, each whole and with an event.
    """
    if before and days is not None:
        raise UsageError("--before and --keep-days exclude each other")
    if (before or days is not None) and not reason.strip() and not dry_run:
        raise UsageError("a reason is needed", hint='add --reason "which rule says so"')
    enter(context, None)
    from secure_rag.audit.filters import parse_when
    from secure_rag.pipeline.prune import make_term

    kept_days = audit_settings(context).retention_days
    term = make_term(kept_days, before=parse_when(before), days=days)
    value: dict[str, Any] = {"before": term.before, "dry_run": dry_run}
    if dry_run:
        value |= _look(context, term, reason)
    else:
        context.confirm(f"Remove what was recorded before {term.before[:10]} for good?", yes=yes)
        value |= _prune(context, term, reason)
    context.result(value, schema="audit-prune", text=_words(value))


def _look(context: Context, term: Term, reason: str) -> dict[str, Any]:
    with context.session("audit prune --dry-run") as session:
        from secure_rag.pipeline.prune import look

        plans = look(session, term, reason)
    value = {**_plan_value(plans.segments), "finished": plans.left}
    return {**value, **_earlier_value(plans.earlier)}


def _prune(context: Context, term: Term, reason: str) -> dict[str, Any]:
    with context.session("audit prune") as session:
        from secure_rag.pipeline.prune import prune as prune_log

        done = prune_log(session, term, reason)
    value = {**_plan_value(done.plan), "finished": done.finished, "audit_seq": done.audit_seq}
    return {**value, **_earlier_value(done.earlier)}


def _earlier_value(plan: EarlierPlan) -> dict[str, Any]:
    logs = [
        {"backup": one.backup, "made": one.made, "records": one.head.size} for one in plan.going
    ]
    return {"earlier": logs, "earlier_finished": [one.backup for one in plan.left]}


def _plan_value(plan: Plan | None) -> dict[str, Any]:
    if plan is None:
        return {"segments": 0, "records": 0, "bytes": 0, "first": None}
    return {
        "segments": plan.segments, "records": plan.records, "bytes": plan.size_bytes,
        "first": plan.new.first,
    }  # fmt: skip


def _words(value: dict[str, Any]) -> str:
    words = ["would be removed" if value["dry_run"] else "removed"]
    if value["finished"]:
        left = plural(value["finished"], "segment")
        words.append(f"(and {left} of a pruning that was interrupted)")
    if not value["segments"]:
        nothing = f"no whole segment is older than {value['before'][:19]}Z: nothing"
        return "\n".join([*_earlier_words(value), " ".join([nothing, *words])])
    what = f"{plural(value['records'], 'record')} in {plural(value['segments'], 'segment')}"
    begins = "would begin" if value["dry_run"] else "begins"
    last = " ".join([what, *words]) + f"; the log {begins} with record {value['first']}"
    return "\n".join([*_earlier_words(value), last])


def _earlier_words(value: dict[str, Any]) -> Iterator[str]:
    removed = "would be removed" if value["dry_run"] else "removed"
    for backup in value["earlier_finished"]:
        yield f"what an interrupted pruning left of the log of before {backup} {removed}"
    for one in value["earlier"]:
        made = f"the log of before {one['backup']}, {plural(one['records'], 'record')}"
        yield f"{made} up to {one['made']}, {removed}"
