"""`index`: add, list, show, quarantine, rebuild, remove."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from secure_rag.cli.arguments import TEXT
from secure_rag.cli.context import Context, key_folder, policy_files
from secure_rag.cli.index_rebuild import rebuild
from secure_rag.cli.options import Group, PathOfDocuments
from secure_rag.cli.render import plural, progress, safe
from secure_rag.cli.subject import report_erasure
from secure_rag.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from secure_rag.pipeline.ingest import AddReport


@click.group("index", cls=Group)
def index() -> None:
    """Add documents to the index, and look at what it holds."""


@index.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=PathOfDocuments())
@click.option("--include", multiple=True, metavar="GLOB", help="Below folders: only these.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Below folders: not these.")
@click.option("--policy", metavar="NAME|FILE", help="Another policy than the workspace's.")
@click.option(
    "--name", metavar="NAME", type=TEXT, help="Name of the document on stdin (with its suffix)."
)
@click.option(
    "--label",
    "labels",
    type=TEXT,
    metavar="LABEL",
    multiple=True,
    help="Give the documents this label, for rules of the policy and of access (default: as they "
    "have).",
)
@click.option("--dry-run", is_flag=True, help="Redact and report, store nothing.")
@click.pass_obj
def add(
    context: Context,
    paths: tuple[Path, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    policy: str | None,
    name: str | None,
    labels: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Redact documents, then embed and store them (files, folders, -).

    \b
    Examples: secure-rag index add ~/contracts
              secure-rag index add mail/ --include '*.eml' --exclude 'drafts/*'
              pdftotext letter.pdf - | secure-rag index add - --name letter.txt

    Unchanged files cost nothing. What cannot be read or redacted with certainty goes
    to quarantine (exit 4); the rest is stored. Who may see documents with a label is written in
    secure-rag.toml; one with several labels needs all of them.
    """
    files = [path for path in paths if str(path) != "-"]
    with context.session("index add", read=[*files, *policy_files(policy)]) as session:
        from secure_rag.pipeline.ingest import AddOptions, sources_of
        from secure_rag.pipeline.ingest import add as add_documents
        from secure_rag.pipeline.sources import read_stdin

        options = AddOptions(include, exclude, policy, dry_run, name, labels)
        stdin = None
        if len(files) < len(paths):
            stdin = read_stdin(session.settings.ingest.max_file_mb)
        unread: list[None] = []
        counted = sources_of(session, files, options, unread=lambda: unread.append(None))
        total = sum(1 for _ in counted) + (stdin is not None)
        sources = sources_of(session, files, options)
        with progress("redacting", total, quiet=context.quiet, color=context.color) as bar:
            report = add_documents(session, sources, options=options, stdin=stdin, progress=bar)
        if session.access.hides_unlabelled(session.collection) and not labels:
            context.warn("no --label: what is new can be seen by those under `unlabelled` only")
        report.unread = len(unread)
        _report(context, report, dry_run=dry_run)


def _report(context: Context, report: AddReport, *, dry_run: bool) -> None:
    if report.quarantined or report.unread or report.pathless:
        context.exit_code = ExitCode.INPUT
    quarantined = [
        {"document": document, "path": path, "reason": reason}
        for document, path, reason in report.quarantined
    ]
    value = {
        "added": report.added,
        "unchanged": report.unchanged,
        "updated": report.updated,
        "skipped": report.skipped,
        "gone": report.gone,
        "unreadable": report.unread,
        "without_path": report.pathless,
        "quarantined": quarantined,
        "chunks": report.chunks,
        "seconds": round(report.seconds, 3),
        "stages": {stage: round(spent, 3) for stage, spent in sorted(report.stages.items())},
        "dry_run": dry_run,
    }
    lines = [
        f"{plural(report.added, 'document')} added, {report.updated} updated, "
        f"{report.unchanged} unchanged, {len(quarantined)} quarantined"
        + (f", {report.skipped} of other types passed over" if report.skipped else "")
        + (f", {report.gone} gone from the disk" if report.gone else ""),
        f"{plural(report.chunks, 'chunk')}, {report.seconds:.1f} s"
        + ("; dry run: nothing was stored" if dry_run else ""),
    ]
    lines += [
        f"  quarantined {q['document']}  {safe(q['path'])}  {q['reason']}" for q in quarantined
    ]
    context.result(value, schema="index-add", text="\n".join(lines))
    _warn(context, report)
    if quarantined and not dry_run:
        context.say("see them again with `secure-rag index quarantine`")


def _warn(context: Context, report: AddReport) -> None:
    """Say what could not be tried at all."""
    if report.unread:
        context.warn(
            f"{plural(report.unread, 'place')} below the folders named may not be looked at: "
            "nothing of what is there was added"
        )
    if report.pathless:
        context.warn(
            f"{plural(report.pathless, 'document')} in quarantine came from no file that is known: "
            "add them again, or take them out with `secure-rag index remove`"
        )


@index.command("list")
@click.pass_obj
def list_(context: Context) -> None:
    """List indexed documents and the policy that redacted them.

    \b
    Example: secure-rag index list --json
    """
    with context.session("index list") as session:
        from secure_rag.pipeline.documents import list_documents

        for one in list_documents(session):
            context.line(
                {
                    "document": one.document,
                    "path": one.path,
                    "media_type": one.media_type,
                    "chunks": one.chunks,
                    "labels": list(one.labels),
                    "counts": dict(one.counts),
                    "policy_digest": one.policy_digest,
                    "redaction_digest": one.redaction_digest,
                    "added": one.added,
                },
                text=None
                if context.json
                else f"{one.document}  {plural(one.chunks, 'chunk'):>10}  "
                f"policy {one.policy_digest[:12]}  {safe(one.path)}{_labels_text(one.labels)}",
            )


def _labels_text(labels: Sequence[str]) -> str:
    return f"  [{', '.join(safe(label) for label in labels)}]" if labels else ""


@index.command("show")
@click.argument("document", metavar="DOC")
@click.pass_obj
def show(context: Context, document: str) -> None:
    """Show one document as it is stored, its chunks and findings by entity.

    \b
    Example: secure-rag index show 7Q2F9KX3M4
    """
    with context.session("index show") as session:
        from secure_rag.pipeline.documents import show_document

        shown = show_document(session, document)
    stored = shown.document
    counts = ", ".join(f"{entity} {count}" for entity, count in stored.counts.items())
    chunks = [
        {"chunk": c.chunk, "start": c.start, "end": c.end, "place": c.place.to_dict()}
        for c in shown.chunks
    ]
    context.result(
        {
            "document": stored.document,
            "path": stored.path,
            "media_type": stored.media_type,
            "labels": list(stored.labels),
            "text": stored.text,
            "counts": dict(stored.counts),
            "flags": list(stored.flags),
            "policy_digest": stored.policy_digest,
            "redaction_digest": stored.redaction_digest,
            "chunks": chunks,
        },
        schema="document",
        text=(
            f"{stored.document}  {safe(stored.path)}{_labels_text(stored.labels)}\n"
            f"redacted: {counts or 'nothing'}\n"
            f"policy {stored.policy_digest[:12]}, {plural(len(chunks), 'chunk')}\n\n"
            f"{safe(stored.text)}"
        ),
    )


@index.command("quarantine")
@click.option("--retry", is_flag=True, help="Try the quarantined documents again.")
@click.pass_obj
def quarantine(context: Context, retry: bool) -> None:
    """List quarantined documents and why; --retry tries them again.

    \b
    Example: secure-rag index quarantine --retry
    """
    if retry:
        _retry(context)
        return
    with context.session("index quarantine") as session:
        from secure_rag.pipeline.quarantine import read_records

        records = [
            record
            for record in read_records(session.workspace.quarantine, collection=session.collection)
            if session.clearance.sees(record.labels)
        ]
    for record in records:
        context.line(
            {
                "document": record.document,
                "path": record.path,
                "reason": record.reason,
                "time": record.time,
            },
            text=None
            if context.json
            else f"{record.document}  {record.time}  {record.reason}  {safe(record.path)}",
        )
    if not records:
        context.say("nothing in quarantine")


def _retry(context: Context) -> None:
    from secure_rag.pipeline.retry import open_paths, retry_quarantine

    workspace = context.find_workspace()
    sources, pathless = open_paths(workspace, context.collection, context.key_file, context.key_fd)
    paths = [source.path for source in sources]
    with context.session("index quarantine --retry", read=paths) as session:
        with progress("redacting", len(paths), quiet=context.quiet, color=context.color) as bar:
            report = retry_quarantine(session, sources, progress=bar)
        report.pathless = pathless
        _report(context, report, dry_run=False)


@index.command("remove")
@click.argument("documents", nargs=-1, required=True, metavar="DOC…")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(context: Context, documents: tuple[str, ...], yes: bool) -> None:
    """Remove documents, their vectors and old versions; print a receipt.

    \b
    Example: secure-rag index remove 7Q2F9KX3M4

    The files are searched for what was to go (exit code 1 if something is left).
    """
    if len(set(documents)) != len(documents):
        raise UsageError("a document is named twice")
    context.confirm(f"Remove {plural(len(documents), 'document')} for good?", yes=yes)
    with context.session("index remove", write=[key_folder(context.key_file)]) as session:
        from secure_rag.pipeline.documents import remove_documents

        done = remove_documents(session, documents)
        report_erasure(
            context,
            done,
            {"removed": list(documents), "chunks": done.chunks},
            schema="index-remove",
            text=f"{plural(len(documents), 'document')} removed, {plural(done.chunks, 'chunk')}",
        )


index.add_command(rebuild)
