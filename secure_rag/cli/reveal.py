"""`reveal`: show original values."""

from __future__ import annotations

import click

from secure_rag.cli.arguments import TEXT
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import safe
from secure_rag.errors import UsageError


@click.command("reveal", cls=Command)
@click.argument("placeholders", nargs=-1, metavar="PLACEHOLDER…", type=TEXT)
@click.option("--approve", type=int, metavar="N", help="Agree to the request of event N.")
@click.option(
    "--reason", required=True, type=TEXT, metavar="TEXT", help="Why; goes into the log, redacted."
)
@click.pass_obj
def reveal(
    context: Context, placeholders: tuple[str, ...], approve: int | None, reason: str
) -> None:
    """Show original values, with --reason, to who holds the vault key.

    \b
    Examples: secure-rag reveal '<PERSON_7Q2F9KX3M4>' --reason "reply to the client"
              secure-rag reveal --approve 1204 --reason "checked with the court order"

    The request is on record before the values are shown. A placeholder that this
    collection's vault did not issue is refused (exit 6), and so is what is over the limits of
    [reveal] in the settings. For many values they may demand that another user of the system
    approves the request first.
    """
    if bool(placeholders) == (approve is not None):
        raise UsageError("name placeholders, or the request to --approve")
    if approve is not None:
        _approve(context, approve, reason)
        return
    with context.session("reveal") as session:
        from secure_rag.pipeline.reveal import reveal as reveal_values

        values = reveal_values(session, placeholders, reason=reason)
    lines = [f"{placeholder}  {safe(values[placeholder])}" for placeholder in placeholders]
    context.result({"values": values}, schema="reveal", text="\n".join(lines))


def _approve(context: Context, request: int, reason: str) -> None:
    with context.session("reveal --approve") as session:
        from secure_rag.pipeline.reveal_limits import approve

        seq = approve(session, request, reason=reason)
    context.result(
        {"request": request, "audit_seq": seq},
        schema="reveal-approve",
        text=f"request {request} approved: event {seq}",
    )
