"""`index rebuild`: what the policy or models in force did not make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.child import run_json
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command, PathOfDocuments
from secure_rag.cli.render import plural, progress, safe
from secure_rag.errors import ExitCode

if TYPE_CHECKING:
    from secure_rag.pipeline.ingest import AddReport
    from secure_rag.pipeline.rebuild import Stale


@click.command("rebuild", cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH]…", type=PathOfDocuments())
@click.option("--dry-run", is_flag=True, help="List what would be rebuilt, and why.")
@click.pass_obj
def rebuild(context: Context, paths: tuple[Path, ...], dry_run: bool) -> None:
    """Redact and embed again what another policy or model produced.

    Without PATH the sealed source paths are opened with the vault key; with PATH… only
    what is found there is rebuilt, and the vault key is not needed.

    \b
    Examples: secure-rag index rebuild --dry-run
              secure-rag index rebuild
              secure-rag index rebuild ~/contracts
    """
    if dry_run:
        with context.session("index rebuild --dry-run") as session:
            from secure_rag.pipeline.rebuild import find_stale

            stale = find_stale(session)
        _report(context, stale)
        return
    command = "index rebuild"
    if paths:
        with context.session(command, read=paths) as session:
            from secure_rag.pipeline.ingest import AddOptions, sources_of
            from secure_rag.pipeline.rebuild import find_stale
            from secure_rag.pipeline.rebuild import rebuild as rebuild_documents

            unread: list[None] = []
            found = sources_of(session, paths, AddOptions(), unread=lambda: unread.append(None))
            sources = list(found)
            with progress(
                "redacting", len(sources), quiet=context.quiet, color=context.color
            ) as bar:
                report = rebuild_documents(session, sources, progress=bar)
            report.unread = len(unread)
            _report(context, find_stale(session), report)
        return
    _rebuild_all(context, command)


def _rebuild_all(context: Context, command: str) -> None:
    """Rebuild from the sealed paths."""
    from secure_rag.pipeline.rebuild import find_stale, open_stale
    from secure_rag.pipeline.rebuild import rebuild as rebuild_documents
    from secure_rag.pipeline.sources import is_readable

    workspace = context.find_workspace()
    (listed,) = run_json(context, [*command.split(), "--dry-run"])
    stale = listed["stale"]
    sources = open_stale(
        workspace,
        stale,
        collection=context.collection,
        key_file=context.key_file,
        key_fd=context.key_fd,
    )
    here = [source.path for source in sources if is_readable(source.path)]
    with context.session(command, read=here) as session:
        with progress("redacting", len(here), quiet=context.quiet, color=context.color) as bar:
            report = rebuild_documents(session, sources, progress=bar)
        _report(context, find_stale(session), report, is_all=True)


def _report(
    context: Context,
    stale: Sequence[Stale],
    report: AddReport | None = None,
    *,
    is_all: bool = False,
) -> None:
    """Print what was rebuilt, and what is stale (still)."""
    rows: list[dict[str, Any]] = [
        {"document": one.document, "path": one.path, "reasons": list(one.reasons)} for one in stale
    ]
    quarantined = [
        {"document": document, "path": path, "reason": reason}
        for document, path, reason in (report.quarantined if report else ())
    ]
    value = {
        "dry_run": report is None,
        "rebuilt": report.updated if report else 0,
        "quarantined": quarantined,
        "stale": rows,
    }
    lines = list(_lines(rows, quarantined, report))
    context.result(value, schema="index-rebuild", text="\n".join(lines))
    if quarantined or (report and report.unread):
        context.exit_code = ExitCode.INPUT
    if report and report.unread:
        context.warn(
            f"{plural(report.unread, 'place')} below the folders named may not be looked at"
        )
    if rows and is_all:
        context.warn(
            f"{plural(len(rows), 'document')} could not be rebuilt: name the files that they "
            "came from, or remove them with `secure-rag index remove`"
        )
        context.exit_code = ExitCode.INPUT


def _lines(
    stale: Sequence[dict[str, Any]],
    quarantined: Sequence[dict[str, Any]],
    report: AddReport | None,
) -> Iterator[str]:
    if report is not None:
        yield f"{plural(report.updated, 'document')} rebuilt, {len(quarantined)} quarantined"
        for one in quarantined:
            yield f"  quarantined {one['document']}  {safe(one['path'])}  {one['reason']}"
    for one in stale:
        yield f"stale  {one['document']}  {', '.join(one['reasons'])}  {safe(one['path'])}"
    if not stale and report is None:
        yield "nothing to rebuild"
