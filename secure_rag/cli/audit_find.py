"""`audit find`: events about a value that the log does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from secure_rag.cli.arguments import TEXT, read_value
from secure_rag.cli.audit_list import marked_row, say_doubts
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural

if TYPE_CHECKING:
    from secure_rag.pipeline.find import FoundEvents


@click.command("find", cls=Command)
@click.argument("value", metavar="VALUE|-", type=TEXT)
@click.option(
    "--reason", required=True, type=TEXT, metavar="TEXT", help="Why; goes into the log, redacted."
)
@click.pass_obj
def find(context: Context, value: str, reason: str) -> None:
    """Find events about a name, number, file or question, without the log holding it.

    \b
    Examples: secure-rag audit find "Chidi Okafor" --reason "access request 14"
              secure-rag audit find - --reason "access request 14" < name.txt

    The value is turned into keyed hashes, which only who holds the vault's look-up key can
    make; it is never stored. The search is on record before its result is shown, and where it
    cannot be recorded nothing is shown (exit code 6). Found are events that name a placeholder
    of the value, or a document that holds one now or came from that file; a question that was
    asked in exactly these words; and earlier searches. With `-` the value is read from standard
    input, so that it stays out of the shell's history.
    """
    value = read_value(value)
    with context.session("audit find") as session:
        from secure_rag.pipeline.find import find as find_events

        found = find_events(session, value, reason=reason)
    if len(value.strip().splitlines()) > 1:
        context.warn("the value has several lines: it was looked for as one, such as a question")
    context.say(f"this search is event {found.audit_seq}")
    say_doubts(context, found.events)
    context.result(_value(found), schema="audit-find", text=_text(found))


def _value(found: FoundEvents) -> dict[str, object]:
    return {
        "placeholders": list(found.placeholders),
        "documents": list(found.documents),
        "audit_seq": found.audit_seq,
        "events": [
            {"seq": one.seq, "proof": one.proof, "record": one.entry.record} for one in found.events
        ],
    }


def _text(found: FoundEvents) -> str:
    known = " ".join(found.placeholders) or "no placeholder of this collection"
    lines = [f"known as   {known}"]
    if found.documents:
        lines.append(f"documents  {' '.join(found.documents)}")
    lines.append(plural(len(found.events), "event"))
    return "\n".join([*lines, *(marked_row(one) for one in found.events)])
