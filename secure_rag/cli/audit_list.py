"""`audit list`: events by filters, and the three questions of a review."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from secure_rag.cli.audit_reading import FOLDER, enter, one_line, record
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural
from secure_rag.errors import ExitCode

if TYPE_CHECKING:
    from secure_rag.audit.filters import Filters
    from secure_rag.audit.listing import Listed
    from secure_rag.audit.review import Entry

_Function = TypeVar("_Function", bound=Callable[..., Any])
NOT_SEALED = "the log is not what was sealed"
_MARKS = {"sealed": " ", "open": "~", "unproven": "!"}


def filter_options(command: _Function) -> _Function:
    """Add the options that choose events; they arrive as `since`, `until`, `kind`, ..."""
    for option in reversed(
        (
            click.option("--since", metavar="TIME", default="", help="From this time (UTC) on."),
            click.option("--until", metavar="TIME", default="", help="Before; a date is included."),
            click.option("--actor", metavar="USER", default="", help="User name or number."),
            click.option("--session", metavar="ID", default="", help="Session, or its beginning."),
            click.option(
                "--type", "kind", metavar="TYPE", default="", help="Type: reveal.granted, reveal."
            ),
            click.option("--document", metavar="ID", default="", help="Events that name it."),
            click.option(
                "--subject", metavar="PLACEHOLDER", default="", help="Events that name it."
            ),
            click.option("--outcome", metavar="WORD", default="", help="ok, refused, denied, ..."),
        )
    ):
        command = option(command)
    return command


@click.command("list", cls=Command)
@filter_options
@click.option("--saw", metavar="DOCUMENT", default="", help="Who saw this document.")
@click.option("--revealed-by", metavar="USER", default="", help="What this user revealed.")
@click.option("--used", metavar="SOURCE", default="", help="Which answers used this document.")
@click.option("-n", "--last", "--limit", "last", metavar="N", type=click.IntRange(1),
              help="Only the last N events.")  # fmt: skip
@click.option("--log", "folder", metavar="FOLDER", type=FOLDER, help="Read a copy instead.")
@click.pass_obj
def list_events(context: Context, /, folder: Path | None, last: int | None, **options: str) -> None:
    """List events, oldest first.

    \b
    Examples: secure-rag audit list --type reveal --since 2026-11-01
              secure-rag audit list --saw 7f3a91c2          who saw this document
              secure-rag audit list --revealed-by mara      what she asked to see, and got
              secure-rag audit list --used 7f3a91c2         which answers cited it
              secure-rag audit list --subject PERSON_7Q2F9KX3M4 --json

    Every record is hashed again and held against the tree that the last checkpoint signed:
    ~ marks one that no checkpoint seals yet, ! one that is not what was sealed (exit code 1).
    With --json each line is the stored record, byte for byte.
    """
    place, is_copy = enter(context, folder)
    from secure_rag.audit.listing import select

    filters = make_filters(options)
    listing = select(place, filters, last=last, indexed=not is_copy)
    for listed in listing.found:
        context.out.write((_stored(listed) if context.json else marked_row(listed)) + "\n")
    context.out.flush()
    if listing.rebuilt:
        context.warn("the search index did not fit the log and was made anew")
    is_doubtful = say_doubts(context, listing.found)
    skip = "the log is a copy" if is_copy else NOT_SEALED if is_doubtful else None
    options_used = {name: value for name, value in asdict(filters).items() if value}
    record(context, place, "list", options_used, len(listing.found), skip=skip)


def make_filters(options: dict[str, str]) -> Filters:
    """Return the filters that the options of a command line name."""
    from secure_rag.audit.filters import Filters, parse_when

    return Filters(
        since=parse_when(options["since"]),
        until=parse_when(options["until"], is_end=True),
        actor=options["actor"],
        session=options["session"],
        type=options["kind"],
        document=options["document"],
        subject=options["subject"],
        outcome=options["outcome"],
        saw=options.get("saw", ""),
        revealed_by=options.get("revealed_by", ""),
        used=options.get("used", ""),
    )


def say_doubts(context: Context, found: Sequence[Listed]) -> bool:
    """Warn of records that no checkpoint proves; return whether any is not as it was sealed.

    That makes exit code 1, and nothing is added to such a log.
    """
    wrong = sum(listed.proof == "unproven" for listed in found)
    waiting = sum(listed.proof == "open" for listed in found)
    if wrong:
        context.warn(
            f"{plural(wrong, 'record')} shown cannot be proven: the log is not what was sealed; "
            "run `secure-rag audit verify`"
        )
        context.exit_code = ExitCode.CHECK_FAILED
    if waiting:
        context.say(f"{plural(waiting, 'record')} shown after the last checkpoint, not sealed yet")
    return wrong > 0


def marked_row(listed: Listed) -> str:
    """Return a record in one line, with a mark where no checkpoint proves it."""
    return (_MARKS[listed.proof] + row(listed.entry)).rstrip()


def row(entry: Entry) -> str:
    """Return a record in one line that cannot drive the terminal."""
    from secure_rag.audit.review import summarise

    found = entry.record or {}
    columns = (
        f"{entry.seq:>6}",
        f"{entry.time[:19].replace('T', ' '):<19}",
        f"{str(found.get('user', ''))[:12]:<12}",
        f"{str(found.get('session', ''))[:8]:<8}",
        f"{found.get('type', 'unreadable')!s:<22}",
        f"{found.get('outcome', '')!s:<9}",
        summarise(found) if found else "",
    )
    return one_line("  ".join(columns)).rstrip()


def _stored(listed: Listed) -> str:
    return listed.entry.line.decode("ascii")
