"""`demo`: the ten-minute tour on sample documents, in a throw-away workspace."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural, progress
from secure_rag.errors import ExitCode
from secure_rag.resources import resource

if TYPE_CHECKING:
    from secure_rag.cli.stage import Stage
    from secure_rag.pipeline.session import Session
    from secure_rag.pipeline.start import NewWorkspace


@click.command("demo", cls=Command)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where to put the demo (default: a new folder for temporary files).",
)
@click.pass_obj
def demo(context: Context, folder: Path | None) -> None:
    """The ten-minute tour on sample documents, in a throw-away workspace.

    \b
    Example: secure-rag demo

    Makes a workspace, redacts and indexes the examples, shows one document before and
    after, asks four questions, reveals one placeholder, verifies the log, and says
    where everything lies.
    """
    home = folder or Path(tempfile.mkdtemp(prefix="secure-rag-demo-"))
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    key_file = home / "keys" / "demo.key"
    key_file.parent.mkdir(mode=0o700, exist_ok=True)
    evidence = context.isolate(write=[home])
    from secure_rag.cli.stage import Stage
    from secure_rag.pipeline.start import create_workspace

    script = tomllib.loads((resource("examples") / "demo.toml").read_text("utf-8"))
    stage = Stage(context, evidence)
    stage.open(home)
    made = create_workspace(home / "workspace", key_file=key_file)
    stage.workspace_made(made)
    _ingest(context, stage, made)
    _before_and_after(context, stage, made, script["before_after"])
    placeholder = _ask(context, stage, made, script["questions"])
    if placeholder:
        _reveal(context, stage, made, placeholder)
    _verify(context, stage, made)
    stage.close(home, made)


@contextmanager
def _session(context: Context, made: NewWorkspace, command: str) -> Iterator[Session]:
    from secure_rag.pipeline.session import open_session

    with open_session(
        made.workspace,
        command=f"demo: {command}",
        collection="default",
        evidence=context.isolate(),
        key_file=made.key_file,
    ) as session:
        yield session


def _ingest(context: Context, stage: Stage, made: NewWorkspace) -> None:
    from secure_rag.pipeline.documents import list_documents
    from secure_rag.pipeline.ingest import AddOptions, add, sources_of

    folder = resource("examples") / "documents"
    options = AddOptions()
    stage.heading("Redact, then embed and store", f"secure-rag index add {folder.name}")
    with _session(context, made, "index add") as session:
        sources = list(sources_of(session, [folder], options))
        with progress("redacting", len(sources), quiet=context.quiet, color=context.color) as bar:
            report = add(session, sources, options=options, progress=bar)
        stage.ingested(report, list_documents(session))


def _before_and_after(context: Context, stage: Stage, made: NewWorkspace, name: str) -> None:
    from secure_rag.pipeline.documents import find_document
    from secure_rag.pipeline.redact import read_text

    original = resource("examples") / "documents" / name
    with _session(context, made, "index show") as session:
        stored = find_document(session, original)
        before = read_text(original, session.settings.ingest)
    stage.heading(
        "One document, as it was and as it is stored", f"secure-rag index show {stored.document}"
    )
    stage.side_by_side(before, stored.text)


def _ask(
    context: Context, stage: Stage, made: NewWorkspace, questions: list[dict[str, Any]]
) -> str | None:
    """Ask the demo's questions; return a person's placeholder out of a question or answer."""
    from secure_rag.pipeline.ask import Asker
    from secure_rag.vault.placeholders import find_placeholders

    stage.heading("Ask", 'secure-rag ask "…"')
    person: str | None = None
    with _session(context, made, "ask") as session:
        asker = Asker(session)
        for question in questions:
            answered = asker.ask(question["text"])
            stage.answered(question["text"], question.get("about", ""), answered)
            shown = [answered.answer.text, *(one.quote for one in answered.answer.citations)]
            for *_, found in find_placeholders("\n".join([answered.answer.question, *shown])):
                if person is None and found.startswith("<PERSON_"):
                    person = found
    return person


def _reveal(context: Context, stage: Stage, made: NewWorkspace, placeholder: str) -> None:
    from secure_rag.pipeline.reveal import reveal

    stage.heading(
        "Reveal one name, with a reason on record", f"secure-rag reveal '{placeholder}' --reason …"
    )
    with _session(context, made, "reveal") as session:
        values = reveal(session, [placeholder], reason="demonstration of the reveal command")
    stage.revealed(placeholder, values[placeholder])


def _verify(context: Context, stage: Stage, made: NewWorkspace) -> None:
    from secure_rag.audit.verify import verify

    stage.heading("Verify the audit log", "secure-rag audit verify")
    report = verify(made.workspace.audit, genesis=made.genesis)
    stage.verified(report)
    if not report.ok:
        context.exit_code = ExitCode.CHECK_FAILED
        context.warn(f"{plural(len(report.failed), 'check')} of the log failed")
