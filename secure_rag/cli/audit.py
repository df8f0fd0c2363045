"""`audit`: its group and `audit show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.audit_checkpoint import checkpoint, witness
from secure_rag.cli.audit_export import export
from secure_rag.cli.audit_find import find
from secure_rag.cli.audit_hold import hold, reviewer_key
from secure_rag.cli.audit_list import NOT_SEALED, list_events, row
from secure_rag.cli.audit_prune import prune
from secure_rag.cli.audit_reading import FOLDER, enter, one_line, record
from secure_rag.cli.audit_report import report
from secure_rag.cli.audit_stats import stats
from secure_rag.cli.audit_verify import heartbeat, verify
from secure_rag.cli.context import Context
from secure_rag.cli.options import Group
from secure_rag.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from secure_rag.audit.review import Shown


@click.group("audit", cls=Group)
def audit() -> None:
    """Check and read the audit log."""


audit.add_command(verify)
audit.add_command(heartbeat)
audit.add_command(list_events)
audit.add_command(find)
audit.add_command(stats)
audit.add_command(report)
audit.add_command(export)
audit.add_command(checkpoint)
audit.add_command(witness)
audit.add_command(hold)
audit.add_command(prune)
audit.add_command(reviewer_key)


@audit.command("show")
@click.argument("number", metavar="N", type=click.IntRange(0))
@click.option("-C", "--context", "around", metavar="N", default=2, help="Neighbours shown.")
@click.option("--log", "folder", metavar="FOLDER", type=FOLDER, help="Read a copy instead.")
@click.option("--open", "opens", is_flag=True, help="Open a sealed text with --key-file FILE.")
@click.pass_obj
def show(context: Context, number: int, around: int, folder: Path | None, opens: bool) -> None:
    """Show event N, its neighbours, and the proof that the last checkpoint seals it.

    \b
    Examples: secure-rag audit show 42
              secure-rag audit show 43 --open --key-file reviewer.key
    """
    if opens and context.key_file is None:
        raise UsageError("--open needs the reviewer's key", hint="--key-file FILE")
    place, is_copy = enter(context, folder)
    from secure_rag.audit.review import show as show_record

    found = show_record(place, number, context=around)
    is_doubtful = found.sealed_by is not None and not found.is_proven
    skip = "the log is a copy" if is_copy else NOT_SEALED if is_doubtful else None
    opened = _opened(context, found) if opens else None
    record(context, place, "show", {"number": number, "open": opens}, 1, skip=skip)
    if is_doubtful:
        context.exit_code = ExitCode.CHECK_FAILED
    value, text = _shown_value(found), _shown_text(found)
    if opened is not None:
        value["opened"] = opened
        text += "".join(f"\nopened     {one_line(line)}" for line in opened.splitlines())
    context.result(value, schema="audit-show", text=text)


def _opened(context: Context, shown: Shown) -> str:
    from secure_rag.audit.log_events import PayloadSealed
    from secure_rag.audit.payload import open_text

    found = shown.entry.record
    if found is None or found["type"] != PayloadSealed.TYPE or context.key_file is None:
        raise InputError(f"record {shown.entry.seq} holds no sealed text", code="audit.sealed")
    data = found["data"]
    query, part = str(data.get("query_id")), str(data.get("part"))
    return open_text(str(data.get("payload")), context.key_file, query=query, part=part)


def _shown_text(shown: Shown) -> str:
    import json

    marked = [
        *((" ", e) for e in shown.before),
        (">", shown.entry),
        *((" ", e) for e in shown.after),
    ]
    lines = [f"{mark}{row(entry)}" for mark, entry in marked]
    found = shown.entry.record
    if found is not None:
        body = json.dumps(found, indent=2, sort_keys=True)
        lines += ["", *(one_line(line) for line in body.splitlines())]
    lines += ["", f"leaf hash  {shown.leaf}"]
    if shown.sealed_by is None:
        return "\n".join([*lines, "sealed     not yet: it stands after the last checkpoint"])
    lines += [f"proof      {step}" for step in shown.proof]
    lines += [f"root       {shown.root}", f"tree size  {shown.size}"]
    word = "proven by" if shown.is_proven else "NOT PROVEN by"
    return "\n".join([*lines, f"sealed     {word} the checkpoint at {shown.sealed_by}"])


def _shown_value(shown: Shown) -> dict[str, Any]:
    return {
        "seq": shown.entry.seq,
        "record": shown.entry.record,
        "line": shown.entry.line.decode("ascii", errors="backslashreplace"),
        "before": [entry.record for entry in shown.before],
        "after": [entry.record for entry in shown.after],
        "leaf": shown.leaf,
        "checkpoint": shown.sealed_by,
        "size": shown.size,
        "root": shown.root,
        "proof": shown.proof,
        "proven": shown.is_proven,
    }
