"""`audit export`: events with their proofs and the verifiers, in one bundle."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from secure_rag.cli.audit_list import NOT_SEALED, filter_options, make_filters
from secure_rag.cli.audit_reading import FOLDER, enter, record
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural
from secure_rag.errors import ExitCode, InputError, UsageError

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@click.command("export", cls=Command)
@click.option("-o", "--output", metavar="PATH", required=True,
              help="A new folder, or a new file that ends in .zip.",
              type=click.Path(path_type=Path))  # fmt: skip
@click.option("--format", "formats", metavar="LIST", default="jsonl,csv,ocsf",
              help="Of jsonl, csv, ocsf (default: all); jsonl is always there.")  # fmt: skip
@filter_options
@click.option("--log", "folder", metavar="FOLDER", type=FOLDER, help="Export a copy instead.")
@click.pass_obj
def export(
    context: Context, /, output: Path, formats: str, folder: Path | None, **options: str
) -> None:
    """Write events with all that an outsider needs to check them.

    \b
    Examples: secure-rag audit export -o bundle.zip
              secure-rag audit export -o reveals --type reveal --since 2026-11-01

    The bundle holds the stored records, an inclusion proof for each, every checkpoint, the
    keys, and two verifiers that need no secure_rag. Without filters it holds the whole log
    too; with them it shows that these events are in the log, not that there are no others.
    CSV is safe to open in a spreadsheet; OCSF is version 1.9. Exit code 1 if the log shows
    records that no checkpoint proves although one stands after them.
    """
    if os.path.exists(output):
        raise UsageError(f"{output.name!a} is there already", hint="name a new folder or file")
    if not os.path.isdir(output.absolute().parent):
        raise UsageError(f"there is no folder for {output.name!a}")
    place, is_copy = _enter(context, folder, output.absolute().parent)
    wanted = _formats(formats)
    from secure_rag.audit.export import bundle, collect

    filters = make_filters(options)
    is_filtered = any(asdict(filters).values())
    found = collect(place, filters if is_filtered else None)
    files = bundle(found, wanted)
    (_write_zip if output.suffix == ".zip" else _write_folder)(output, files)
    is_whole = len(found.checkpoints) > 0 and found.note in _last_note(found.checkpoints)
    if not is_whole:
        context.warn("the last checkpoint does not seal this log: run `secure-rag audit verify`")
        context.exit_code = ExitCode.CHECK_FAILED
    skip = "the log is a copy" if is_copy else None if is_whole else NOT_SEALED
    used = {name: value for name, value in asdict(filters).items() if value}
    recorded = record(context, place, "export", used, len(found.chosen), skip=skip)
    value: dict[str, Any] = {
        "output": str(output), "events": len(found.chosen), "unsealed": found.unsealed,
        "checkpoint": found.size, "root": found.tree.root().hex(), "whole_log": found.is_whole,
        "recorded": recorded,
    }  # fmt: skip
    text = f"{plural(len(found.chosen), 'event')} written to {output.name!a}"
    context.result(value, schema="audit-export", text=text)


def _formats(formats: str) -> list[str]:
    """Return the formats wanted, before anything is written.

    Raises:
        UsageError: if one is unknown.
    """
    from secure_rag.audit.export import FORMATS

    wanted = [word.strip() for word in formats.split(",") if word.strip()]
    if unknown := sorted(set(wanted) - set(FORMATS)):
        raise UsageError(f"unknown format {unknown[0]!a}", hint=", ".join(FORMATS))
    return wanted


def _last_note(checkpoints: list[bytes]) -> tuple[str, ...]:
    from secure_rag.audit.tail import parse

    found = parse(checkpoints[-1])
    return (str(found["note"]),) if found else ()


def _enter(context: Context, folder: Path | None, write: Path) -> tuple[Path, bool]:
    from secure_rag.resources import resource

    named = [resource("audit"), *([folder] if folder else [])]
    root = [] if folder else [context.find_workspace().root]
    context.isolate(read=[*named, *root], write=[write, *root])
    return enter(context, folder)


def _write_folder(output: Path, files: Iterable[tuple[str, bytes]]) -> None:
    try:
        output.mkdir(mode=0o700)
        for name, content in files:
            path = output / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o600)
    except OSError as error:
        raise _cannot_write(output, error) from None


def _write_zip(output: Path, files: Iterable[tuple[str, bytes]]) -> None:
    import zipfile

    try:
        with output.open("xb") as file:
            output.chmod(0o600)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in files:
                    info = zipfile.ZipInfo(f"{output.stem}/{name}", _ZIP_TIME)
                    info.external_attr = 0o600 << 16
                    info.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(info, content)
    except OSError as error:
        raise _cannot_write(output, error) from None


def _cannot_write(output: Path, error: OSError) -> InputError:
    text = f"{output.name!a} cannot be written: {error.strerror}"
    return InputError(text, code="audit.output")
