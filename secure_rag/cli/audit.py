"""`audit`: verify the log, list its events, show one with its proof.

Reading comes first and is recorded afterwards; a log that fails, cannot be written, or
is a copy gets no record, and the command says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Group
from secure_rag.cli.render import plural, safe
from secure_rag.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from secure_rag.audit.review import Entry, Filters, Shown
    from secure_rag.audit.verdict import VerifyReport

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_MAX_ANCHOR_BYTES = 100_000


@click.group("audit", cls=Group)
def audit() -> None:
    """Check and read the audit log."""


@audit.command("verify")
@click.argument("folder", metavar="[FOLDER]", type=_FOLDER, required=False)
@click.option("--genesis", metavar="LINE|FILE", help="Verifier line that `init` printed.")
@click.option("--checkpoint", metavar="FILE", type=_FILE, help="Checkpoint kept elsewhere.")
@click.option("--require", metavar="LIST", default="", help="What must be given: genesis,anchor.")
@click.pass_obj
def verify(
    context: Context,
    folder: Path | None,
    genesis: str | None,
    checkpoint: Path | None,
    require: str,
) -> None:
    """Say what of the log is verified, what failed, and what cannot be checked.

    \b
    Examples: secure-rag audit verify --genesis "$(cat genesis.txt)"
              secure-rag audit verify COPY --genesis genesis.txt --require genesis

    FOLDER is a copy of a workspace or of its audit folder; without it, the log of this
    workspace is verified and the reading recorded. Exit code 1 if anything failed.
    """
    named = [checkpoint] if checkpoint else []
    genesis_file = _as_file(genesis)
    named += [genesis_file] if genesis_file else []
    place, is_copy = _enter(context, folder, read=named)
    from secure_rag.audit.verify import verify as verify_log

    report = verify_log(
        place,
        genesis=_verifier_line(genesis_file) if genesis_file else genesis,
        checkpoint=_read(checkpoint) if checkpoint else None,
        require={word.strip() for word in require.split(",") if word.strip()},
        exported=is_copy,
    )
    skip = "the log is a copy" if is_copy else None if report.ok else "verification failed"
    options = {"genesis": bool(genesis), "checkpoint": bool(checkpoint), "require": require}
    recorded = _record(context, place, "verify", options, report.events, skip=skip)
    if not report.ok:
        context.exit_code = ExitCode.CHECK_FAILED
    context.result(
        {**report.to_dict(), "recorded": recorded}, schema="audit-verify", text=_verdict(report)
    )


@audit.command("list")
@click.option("--since", metavar="TIME", default="", help="From this date or time (UTC) on.")
@click.option("--until", metavar="TIME", default="", help="Before this time; a date is included.")
@click.option("--actor", metavar="USER", default="", help="User name or number.")
@click.option("--session", metavar="ID", default="", help="Session, or how its id begins.")
@click.option("--type", "kind", metavar="TYPE", default="", help="Type, or its first words.")
@click.option("--document", metavar="ID", default="", help="Events that name this document.")
@click.option("--outcome", metavar="WORD", default="", help="ok, refused, denied, failed, ...")
@click.option("-n", "--last", metavar="N", type=click.IntRange(1), help="Only the last N events.")
@click.option("--log", "folder", metavar="FOLDER", type=_FOLDER, help="Read a copy instead.")
@click.pass_obj
def list_events(context: Context, /, folder: Path | None, last: int | None, **options: str) -> None:
    """List events, oldest first.

    \b
    Examples: secure-rag audit list --type reveal --since 2026-11-01
              secure-rag audit list --document 7f3a --json

    With --json each line is the stored record, byte for byte.
    """
    place, is_copy = _enter(context, folder)
    from secure_rag.audit.review import select

    filters = _filters(options)
    shown = 0
    for entry in select(place, filters, last=last):
        context.out.write((entry.line.decode("ascii") if context.json else _row(entry)) + "\n")
        shown += 1
    context.out.flush()
    skip = "the log is a copy" if is_copy else None
    _record(context, place, "list", asdict(filters), shown, skip=skip)


@audit.command("show")
@click.argument("number", metavar="N", type=click.IntRange(0))
@click.option("-C", "--context", "around", metavar="N", default=2, help="Neighbours shown.")
@click.option("--log", "folder", metavar="FOLDER", type=_FOLDER, help="Read a copy instead.")
@click.pass_obj
def show(context: Context, number: int, around: int, folder: Path | None) -> None:
    """Show event N, its neighbours, and the proof that the last checkpoint seals it.

    \b
    Example: secure-rag audit show 42
    """
    place, is_copy = _enter(context, folder)
    from secure_rag.audit.review import show as show_record

    found = show_record(place, number, context=around)
    skip = "the log is a copy" if is_copy else None
    _record(context, place, "show", {"number": number}, 1, skip=skip)
    if found.sealed_by is not None and not found.is_proven:
        context.exit_code = ExitCode.CHECK_FAILED
    context.result(_shown_value(found), schema="audit-show", text=_shown_text(found))


def _enter(
    context: Context, folder: Path | None, read: list[Path] | None = None
) -> tuple[Path, bool]:
    """Isolate, and return the audit folder and whether it is a copy."""
    if folder is None:
        workspace = context.find_workspace()
        context.isolate(read=[workspace.root, *(read or [])], write=[workspace.root])
        return workspace.audit, False
    context.isolate(read=[folder, *(read or [])])
    return (folder if (folder / "log").is_dir() else folder / "audit"), True


def _record(
    context: Context,
    place: Path,
    kind: str,
    options: dict[str, Any],
    count: int,
    *,
    skip: str | None,
) -> int | None:
    """Record the reading, or say why not."""
    from secure_rag.audit.review import record_reading

    recorded = skip or record_reading(place, kind=kind, options=options, records=count)
    if isinstance(recorded, int):
        context.say(f"this reading is event {recorded}")
        return recorded
    context.warn(f"this reading was not recorded: {recorded}")
    return None


def _filters(options: dict[str, str]) -> Filters:
    from secure_rag.audit.review import Filters, parse_when

    return Filters(
        since=parse_when(options["since"]),
        until=parse_when(options["until"], is_end=True),
        actor=options["actor"],
        session=options["session"],
        type=options["kind"],
        document=options["document"],
        outcome=options["outcome"],
    )


def _as_file(genesis: str | None) -> Path | None:
    """Return the file that `--genesis` names; a verifier line has plus signs and spaces none."""
    if genesis is None or genesis.count("+") >= 2:
        return None
    path = Path(genesis)
    if not path.is_file():
        raise UsageError("--genesis: neither a verifier line nor a file that holds one")
    return path


def _verifier_line(path: Path) -> str:
    lines = [line.strip() for line in _read(path).splitlines() if line.count("+") >= 2]
    return lines[0] if lines else ""


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(_MAX_ANCHOR_BYTES)
    except (OSError, ValueError):
        raise InputError(f"{path.name!a} cannot be read as text") from None


def _verdict(report: VerifyReport) -> str:
    return "\n".join(_verdict_lines(report))


def _verdict_lines(report: VerifyReport) -> Iterator[str]:
    for title, statements in (
        ("verified", report.verified),
        ("failed", report.failed),
        ("not checkable", report.not_checkable),
    ):
        yield f"{title}: {len(statements) or 'nothing'}"
        for statement in statements:
            yield f"  {statement.code:<22} {_one_line(statement.text)}"
    word = "OK" if report.ok else "FAIL"
    counts = f"{plural(report.events, 'event')}, {plural(report.checkpoints, 'checkpoint')}"
    head = f"head {report.head.size} {report.head.root}" if report.head else "no head"
    yield f"{word}  {counts}, {head}"


def _row(entry: Entry) -> str:
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
    return _one_line("  ".join(columns)).rstrip()


def _shown_text(shown: Shown) -> str:
    import json

    marked = [
        *((" ", e) for e in shown.before),
        (">", shown.entry),
        *((" ", e) for e in shown.after),
    ]
    lines = [f"{mark}{_row(entry)}" for mark, entry in marked]
    found = shown.entry.record
    if found is not None:
        body = json.dumps(found, indent=2, sort_keys=True)
        lines += ["", *(_one_line(line) for line in body.splitlines())]
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


def _one_line(text: str) -> str:
    """Return text that can neither drive the terminal nor break the line it stands in."""
    return "".join(
        f"\\u{ord(character):04x}" if character in "\n\t\u2028\u2029" else character
        for character in safe(text)
    )
