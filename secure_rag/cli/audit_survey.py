"""What `audit stats` and `audit report` share: options, the survey, and the skip of a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from secure_rag.cli.audit_anchor import anchor_check
from secure_rag.cli.audit_reading import FOLDER, enter
from secure_rag.cli.audit_verify import (
    as_genesis_file,
    promised_minutes,
    read_text,
    verifier_line,
)
from secure_rag.cli.context import Context
from secure_rag.errors import ExitCode

if TYPE_CHECKING:
    from secure_rag.audit.overview import Overview

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Surveyed:
    """A log, what was found in it, and why the reading is not to be recorded."""

    place: Path
    overview: Overview
    options: dict[str, Any]
    skip: str | None


def survey_options(command: _Function) -> _Function:
    """Add the options that say which log is surveyed, and against what."""
    for option in reversed(
        (
            click.option("--since", metavar="TIME", default="", help="From this time (UTC) on."),
            click.option("--until", metavar="TIME", default="", help="Before; a date is included."),
            click.option("--genesis", metavar="LINE|FILE", help="Verifier line of `init`."),
            click.option("--checkpoint", metavar="FILE", type=_FILE, help="One kept elsewhere."),
            click.option("--rules", metavar="FOLDER", type=FOLDER, help="Your own rules (*.toml)."),
            click.option("--log", "folder", metavar="FOLDER", type=FOLDER, help="Read a copy."),
        )
    ):
        command = option(command)
    return command


def run_survey(context: Context, *, write: Path | None = None, **options: Any) -> Surveyed:
    """Verify and survey the log that the options name; a failed verdict makes exit code 1."""
    from secure_rag.resources import resource

    folder, genesis, checkpoint = options["folder"], options["genesis"], options["checkpoint"]
    genesis_file = as_genesis_file(genesis)
    named = [resource("audit"), *filter(None, (genesis_file, checkpoint, options["rules"]))]
    place, is_copy = _enter(context, folder, named, write)
    from secure_rag.audit.filters import Filters, parse_when
    from secure_rag.audit.overview import survey
    from secure_rag.audit.rules import load_rules
    from secure_rag.audit.verdict import VerifyReport
    from secure_rag.audit.whole import verify_whole

    def check(log: Path) -> VerifyReport:
        return verify_whole(
            log,
            anchor_check(context, log, (), None, is_copy=is_copy),
            genesis=verifier_line(genesis_file) if genesis_file else genesis,
            checkpoint=read_text(checkpoint) if checkpoint else None,
            exported=is_copy,
            heartbeat=0 if is_copy else promised_minutes(context),
        )

    since = parse_when(options["since"])
    until = parse_when(options["until"], is_end=True)
    filters = Filters(since=since, until=until) if since or until else None
    found = survey(place, load_rules(options["rules"]), filters=filters, check=check)
    if not found.verdict.ok:
        context.exit_code = ExitCode.CHECK_FAILED
    failed = None if found.verdict.ok else "verification failed"
    used = {"since": since, "until": until, "rules": bool(options["rules"])}
    return Surveyed(place, found, used, "the log is a copy" if is_copy else failed)


def _enter(
    context: Context, folder: Path | None, named: list[Path], write: Path | None
) -> tuple[Path, bool]:
    """Isolate; a file that is written elsewhere needs its folder to be writable."""
    if write is not None:
        root = [] if folder else [context.find_workspace().root]
        read = [*named, *([folder] if folder else []), *root]
        context.isolate(read=read, write=[write, *root])
    return enter(context, folder, read=named)
