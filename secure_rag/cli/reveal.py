"""`reveal`: show original values."""

from __future__ import annotations

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import safe


@click.command("reveal", cls=Command)
@click.argument("placeholders", nargs=-1, required=True, metavar="PLACEHOLDER…")
@click.option("--reason", required=True, metavar="TEXT", help="Why; goes into the log, redacted.")
@click.pass_obj
def reveal(context: Context, placeholders: tuple[str, ...], reason: str) -> None:
    """Show original values, with --reason, to who holds the vault key.

    \b
    Example: secure-rag reveal '<PERSON_7Q2F9KX3M4>' --reason "reply to the client"

    The request is on record before the values are shown. A placeholder that this
    collection's vault did not issue is refused (exit 6).
    """
    with context.session("reveal") as session:
        from secure_rag.pipeline.reveal import reveal as reveal_values

        values = reveal_values(session, placeholders, reason=reason)
    lines = [f"{placeholder}  {safe(values[placeholder])}" for placeholder in placeholders]
    context.result({"values": values}, schema="reveal", text="\n".join(lines))
