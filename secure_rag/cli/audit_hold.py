"""`audit hold` and `audit reviewer-key`: what is decided about the log, not read from it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from secure_rag.cli.arguments import TEXT
from secure_rag.cli.audit_reading import enter, one_line, record
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.errors import UsageError


@click.command("hold", cls=Command)
@click.option("--set", "is_set", is_flag=True, help="Set a hold; needs --reason.")
@click.option("--clear", metavar="ID", help="Clear a hold; needs --reason.")
@click.option(
    "--reason", default="", type=TEXT, metavar="TEXT", help="Why; goes into the log, redacted."
)
@click.pass_obj
def hold(context: Context, is_set: bool, clear: str | None, reason: str) -> None:
    """List, set or clear legal holds: while one stands, the log may not be pruned.

    \b
    Examples: secure-rag audit hold --set --reason "court order 3 O 112/26"
              secure-rag audit hold --clear 1f2e3d4c --reason "order lifted"

    Holds are events of the log and nothing else. While one stands, `audit prune` refuses (exit
    code 6), and `audit verify` fails where a pruning was announced all the same.
    """
    if is_set and clear is not None:
        raise UsageError("--set and --clear exclude each other")
    if not is_set and clear is None:
        if reason:
            raise UsageError("--reason belongs to --set or --clear")
        _list(context)
        return
    with context.session("audit hold") as session:
        from secure_rag.pipeline.hold import clear_hold, set_hold

        if clear is None:
            name, seq = set_hold(session, reason)
        else:
            name, seq = clear, clear_hold(session, clear, reason)
    word = "set" if is_set else "cleared"
    context.result(
        {"hold": name, "state": word, "audit_seq": seq},
        schema="audit-hold",
        text=f"hold {name} {word}: event {seq}",
    )


@click.command("reviewer-key", cls=Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def reviewer_key(context: Context, file: Path) -> None:
    """Make a reviewer's key pair: FILE holds the private key, the public one is printed.

    \b
    Example: secure-rag audit reviewer-key reviewer.key

    Run it on the reviewer's machine. Where the settings name the printed line as `reviewer_key`
    under [audit], redacted questions and answers are sealed to it; `audit show N --open` reads
    them.
    """
    context.isolate(write=[file.absolute().parent])
    from secure_rag.audit.payload import create_reviewer

    key = create_reviewer(file)
    value = {"reviewer_key": key.line(), "id": key.key_id}
    context.result(value, schema="audit-reviewer-key", text=key.line())


def _list(context: Context) -> None:
    place, _ = enter(context, None)
    from secure_rag.audit.holds import standing_holds
    from secure_rag.audit.review import check_exists

    check_exists(place)
    holds = standing_holds(place)
    record(context, place, "hold", {}, len(holds), skip=None)
    lines = [
        one_line(f"{one.hold}  {one.time[:19]}Z  {one.user}  {one.reason}  (event {one.seq})")
        for one in holds
    ]
    context.result(
        {"holds": [asdict(one) for one in holds]},
        schema="audit-holds",
        text="\n".join(lines or ["no hold stands"]),
    )
