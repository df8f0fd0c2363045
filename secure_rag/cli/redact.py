"""`redact`: print a text or document with personal data redacted, store nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.arguments import read_stdin
from secure_rag.cli.context import Context, policy_files
from secure_rag.cli.lines import read_json_lines, text_of
from secure_rag.cli.options import Command
from secure_rag.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from secure_rag.pipeline.redact import BatchLine, TextRedactor
    from secure_rag.redaction.engine import RedactedText
    from secure_rag.values import Block


@click.command("redact", cls=Command)
@click.argument("file", required=False, metavar="[FILE | -]")
@click.option(
    "--policy", metavar="NAME|FILE", help="Policy (default: the workspace's, or default)."
)
@click.option("--batch", is_flag=True, help="Texts as JSON Lines on stdin.")
@click.pass_obj
def redact(context: Context, file: str | None, policy: str | None, batch: bool) -> None:
    """Print a text or document with personal data redacted, store nothing.

    \b
    Examples: secure-rag redact letter.docx
              echo "Call Anna Novak" | secure-rag redact -
              secure-rag redact --batch --json < texts.jsonl

    Placeholders of the workspace are looked up, never issued: unknown values are
    numbered. A line of --batch is {"id", "text"}.
    """
    if batch and file:
        raise UsageError("--batch reads its texts from stdin")
    if not batch and file is None and sys.stdin.isatty():
        raise UsageError("nothing to redact", hint="secure-rag redact FILE, or - for stdin")
    path = Path(file) if file not in (None, "-") else None
    with _redactor(context, policy, path) as redactor:
        if batch:
            _redact_batch(context, redactor)
            return
        result = redactor.redact(*_read(path))
        redactor.record(texts=1, findings=result.findings)
    context.result(
        {**_result(result), "policy_digest": redactor.policy.digest},
        schema="redact",
        text=result.text,
    )


def _redact_batch(context: Context, redactor: TextRedactor) -> None:
    lines = (
        (line.get("id") if line else None, text_of(line, "text")) for line in read_json_lines()
    )
    # Closed, and with that recorded, also when whoever reads the results has stopped.
    with closing(redactor.redact_lines(lines)) as results:
        for one in results:
            context.line(_batch_line(one, redactor.policy.digest))
            if one.redacted is None:
                context.exit_code = ExitCode.INPUT


def _batch_line(one: BatchLine, policy_digest: str) -> dict[str, Any]:
    if one.redacted is None:
        return {"id": one.id, "error": one.error}
    return {
        "schema": "secure-rag/redact/1",
        "id": one.id,
        **_result(one.redacted),
        "policy_digest": policy_digest,
    }


@contextmanager
def _redactor(context: Context, policy: str | None, path: Path | None) -> Iterator[TextRedactor]:
    """Open the workspace if there is one; without, use the packs and write nothing."""
    read = [*policy_files(policy), *([path] if path and os.path.exists(path) else [])]
    if context.optional_workspace() is None:
        context.isolate(read=read)
        from secure_rag.pipeline.redact import TextRedactor
        from secure_rag.policy.loader import load_policy
        from secure_rag.resources import resource
        from secure_rag.settings import policy_in_force

        chosen = load_policy(policy or policy_in_force(None), folders=(resource("policies"),))
        yield TextRedactor(context.warn_of(chosen), session=None)
        return
    with context.session("redact", read=read) as session:
        from secure_rag.pipeline.redact import TextRedactor

        chosen = context.warn_of(session.load_policy(policy))
        yield TextRedactor(chosen, session=session)


def _read(path: Path | None) -> tuple[str, Sequence[Block]]:
    from secure_rag.pipeline.redact import read_fields
    from secure_rag.settings import IngestSettings

    if path is None:
        return read_stdin(), ()
    return read_fields(path, IngestSettings())


def _result(result: RedactedText) -> dict[str, Any]:
    findings = [
        {
            "entity": one.entity,
            "start": one.start,
            "end": one.end,
            "score": round(one.score, 4),
            "recognizer": one.recognizer,
            "action": one.action,
            "placeholder": one.placeholder,
        }
        for one in result.findings
    ]
    return {"text": result.text, "findings": findings}
