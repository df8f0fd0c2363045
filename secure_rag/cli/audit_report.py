"""`audit report`: a page for a reviewer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from secure_rag.cli.audit_reading import record
from secure_rag.cli.audit_survey import run_survey, survey_options
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural
from secure_rag.errors import InputError, UsageError


@click.command("report", cls=Command)
@click.option("-o", "--output", metavar="FILE", required=True, help="The page to write (.html).",
              type=click.Path(path_type=Path, dir_okay=False))  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@survey_options
@click.pass_obj
def report(context: Context, /, output: Path, force: bool, **options: Any) -> None:
    """Write a page for a reviewer: the verdict, counts, flags, reveals with their reasons.

    \b
    Examples: secure-rag audit report -o report.html --since 2026-11-01
              secure-rag audit report -o report.html --genesis genesis.txt --log COPY

    One file without scripts that loads nothing and prints in black and white. It holds what
    the log holds: user names, ids, redacted reasons; never text of documents. Exit code 1 if
    the log does not verify; the page says so first.
    """
    if output.suffix != ".html":
        raise UsageError("the page is written as .html", hint="-o report.html")
    if not os.path.isdir(output.absolute().parent):
        raise UsageError(f"there is no folder for {output.name!a}")
    if os.path.exists(output) and not force:
        raise UsageError(f"{output.name!a} is there already", hint="add --force to replace it")
    done = run_survey(context, write=output.absolute().parent, **options)
    from secure_rag.cli.audit_page import page

    write_private(output, page(done.overview, title=done.place.absolute().parent.name).encode())
    recorded = record(
        context, done.place, "report", done.options, done.overview.events, skip=done.skip
    )
    found = done.overview
    word = "OK" if found.verdict.ok else "FAIL"
    context.result(
        {
            "ok": found.verdict.ok, "file": str(output), "events": found.events,
            "anomalies": len(found.anomalies), "recorded": recorded,
        },
        schema="audit-report",
        text=f"{word}  {plural(found.events, 'event')}, "
        f"{plural(len(found.anomalies), 'flag')}: written to {output.name!a}",
    )  # fmt: skip


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read; a link is never followed.

    Raises:
        InputError: if it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        text = f"{path.name!a} cannot be written: {error.strerror}"
        raise InputError(text, code="audit.output") from None
