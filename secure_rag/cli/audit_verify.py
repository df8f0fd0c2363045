"""`audit verify` and `audit heartbeat`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from secure_rag.cli.audit_anchor import anchor_check, anchor_options, anchor_value, anchor_words
from secure_rag.cli.audit_reading import FOLDER, enter, one_line, record
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural
from secure_rag.errors import ExitCode, InputError, SecureRagError, UsageError

if TYPE_CHECKING:
    from secure_rag.audit.anchors import AnchorCheck
    from secure_rag.audit.chain import Since
    from secure_rag.audit.verdict import VerifyReport

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_MAX_ANCHOR_BYTES = 100_000


@click.command("verify", cls=Command)
@click.argument("folder", metavar="[FOLDER]", type=FOLDER, required=False)
@click.option("--genesis", metavar="LINE|FILE", help="Verifier line that `init` printed.")
@click.option("--checkpoint", metavar="FILE", type=_FILE, help="Checkpoint kept elsewhere.")
@click.option("--since", metavar="N|TIME", default="", help="Read the records from there on only.")
@click.option("--require", metavar="LIST", default="", help="What must be given: genesis,anchor.")
@anchor_options
@click.pass_obj
def verify(
    context: Context,
    folder: Path | None,
    genesis: str | None,
    checkpoint: Path | None,
    since: str,
    require: str,
    witness: tuple[str, ...],
    max_age: int | None,
) -> None:
    """Say what of the log is verified, what failed, and what cannot be checked.

    \b
    Examples: secure-rag audit verify --genesis "$(cat genesis.txt)"
              secure-rag audit verify COPY --genesis genesis.txt --require genesis
              secure-rag audit verify --checkpoint kept.txt --since 2026-11-01

    With --since the records before are hashed and held against their seals, but not read.
    Cosigned checkpoints beside the log are held against it where their witness is known.
    FOLDER is a copy of a workspace or of its audit folder, or an unpacked export, which is
    checked as its `check_export.py` does; without it, the log of this workspace is verified
    and the reading recorded. Exit code 1 if anything failed.
    """
    named = [checkpoint] if checkpoint else []
    genesis_file = as_genesis_file(genesis)
    named += [genesis_file] if genesis_file else []
    place, is_copy = enter(context, folder, read=named)
    from secure_rag.audit.bundle import add_bundle
    from secure_rag.audit.whole import verify_whole

    line = verifier_line(genesis_file) if genesis_file else genesis
    wanted = {word.strip() for word in require.split(",") if word.strip()}
    stored = anchor_check(context, place, witness, max_age, is_copy=is_copy)
    beside = _judge_bundle(folder, stored, line, wanted, has_more=bool(checkpoint or since))
    if beside is not None and not (place / "log").is_dir():
        report = beside
    else:
        report = verify_whole(
            place,
            stored,
            genesis=line,
            checkpoint=read_text(checkpoint) if checkpoint else None,
            require=wanted,
            exported=is_copy,
            since=_since(since),
            heartbeat=0 if is_copy else promised_minutes(context),
        )
        if beside is not None:
            add_bundle(report, beside)
    skip = "the log is a copy" if is_copy else None if report.ok else "verification failed"
    options = {
        "genesis": bool(genesis), "checkpoint": bool(checkpoint), "require": require,
        "since": since,
    }  # fmt: skip
    recorded = record(context, place, "verify", options, report.events, skip=skip)
    if not report.ok:
        context.exit_code = ExitCode.CHECK_FAILED
    value = {**report.to_dict(), "recorded": recorded, "last_anchor": anchor_value(stored)}
    text = "\n".join(_verdict_lines(report, anchor_words(stored)))
    context.result(value, schema="audit-verify", text=text)


@click.command("heartbeat", cls=Command)
@click.pass_obj
def heartbeat(context: Context) -> None:
    """Record a sign of life and seal the log: for a timer to call.

    \b
    Example: secure-rag audit heartbeat --workspace /srv/cases --quiet

    Where the settings promise one (`heartbeat_minutes` in [audit]), `audit verify` flags the
    stretches without any. Timer and cron line: packaging/ of the sources.
    """
    workspace = context.find_workspace()
    context.isolate(read=[workspace.root], write=[workspace.root])
    from secure_rag.audit.heartbeat import beat
    from secure_rag.settings import load_settings

    settings = load_settings(workspace.settings_file)
    head = beat(workspace.audit, promised_minutes=settings.audit.heartbeat_minutes)
    context.result(
        {"seq": head.seq - 1, "size": head.size, "root": head.root, "epoch": head.epoch},
        schema="audit-heartbeat",
        text=f"recorded as event {head.seq - 1}, sealed by the checkpoint at {head.seq}",
    )


def _judge_bundle(
    folder: Path | None,
    stored: AnchorCheck,
    genesis: str | None,
    require: set[str],
    *,
    has_more: bool,
) -> VerifyReport | None:
    """Check what an export holds beside the log, all of it where it has none; None for a copy."""
    from secure_rag.audit.anchors import AnchorCheck
    from secure_rag.audit.bundle import is_bundle, judge_bundle

    if folder is None or not is_bundle(folder):
        return None
    if (folder / "audit" / "log").is_dir():
        return judge_bundle(folder, AnchorCheck(), genesis=genesis)
    if has_more:
        raise UsageError(
            "--checkpoint and --since need a whole log",
            hint="this export holds chosen events: ask for a whole one",
        )
    return judge_bundle(folder, stored, genesis=genesis, require=require)


def _since(text: str) -> Since | None:
    from secure_rag.audit.chain import Since
    from secure_rag.audit.filters import parse_when

    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) < 16
    return Since(int(text)) if is_number else Since(time=parse_when(text))


def promised_minutes(context: Context) -> int:
    """Return what the settings promise; a log can be verified without readable settings."""
    from secure_rag.settings import load_settings

    try:
        settings = load_settings(context.find_workspace().settings_file)
    except SecureRagError:
        context.warn("the settings cannot be read: whether a sign of life is promised is unknown")
        return 0
    return settings.audit.heartbeat_minutes


def as_genesis_file(genesis: str | None) -> Path | None:
    """Return the file that `--genesis` names; a verifier line has plus signs and spaces none."""
    if genesis is None or genesis.count("+") >= 2:
        return None
    path = Path(genesis)
    if not os.path.isfile(path):
        raise UsageError("--genesis: neither a verifier line nor a file that holds one")
    return path


def verifier_line(path: Path) -> str:
    lines = [line.strip() for line in read_text(path).splitlines() if line.count("+") >= 2]
    return lines[0] if lines else ""


def read_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(_MAX_ANCHOR_BYTES)
    except (OSError, ValueError):
        raise InputError(f"{path.name!a} cannot be read as text") from None


def _verdict_lines(report: VerifyReport, last_anchor: str) -> Iterator[str]:
    for title, statements in (
        ("verified", report.verified),
        ("failed", report.failed),
        ("not checkable", report.not_checkable),
    ):
        yield f"{title}: {len(statements) or 'nothing'}"
        for statement in statements:
            yield f"  {statement.code:<22} {one_line(statement.text)}"
    if report.first_bad is not None:
        yield f"first bad record: {report.first_bad}"
    yield f"last anchor: {last_anchor}"
    word = "OK" if report.ok else "FAIL"
    counts = f"{plural(report.events, 'event')}, {plural(report.checkpoints, 'checkpoint')}"
    head = f"head {report.head.size} {report.head.root}" if report.head else "no head"
    yield f"{word}  {counts}, {head}"
