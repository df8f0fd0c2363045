"""`policy capture`: make a case skeleton from a passage, personal values replaced."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.policy_passage import choose_policy, read_passage
from secure_rag.cli.render import safe
from secure_rag.errors import InputError, UsageError
from secure_rag.resources import resource
from secure_rag.values import FIELDS


@click.command("capture", cls=Command)
@click.argument("file", required=False, metavar="[FILE | -]")
@click.option(
    "--policy", metavar="NAME|FILE", help="Policy (default: the workspace's, or default)."
)
@click.option(
    "--lines", metavar="FROM-TO", help="Only these lines of the text, as `policy explain` counts."
)
@click.option(
    "--field",
    type=click.Choice(FIELDS),
    default="body",
    show_default=True,
    help="The field that the passage stands in.",
)
@click.option(
    "--quarantined",
    metavar="DOC",
    help="The passage of a document in quarantine, opened with the vault key.",
)
@click.option("--id", "id_", metavar="ID", help="Id of the case (default: captured-DIGEST).")
@click.option(
    "-o",
    "--append",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Add the case to this case file instead of printing it.",
)
@click.pass_obj
def capture(
    context: Context,
    file: str | None,
    policy: str | None,
    lines: str | None,
    field: str,
    quarantined: str | None,
    id_: str | None,
    output: Path | None,
) -> None:
    """Make a case skeleton from a passage, personal values replaced.

    What the policy finds becomes marks around surrogates of the same shape: other names, other
    digits with valid check digits, other dates. What no recognizer finds cannot be replaced:
    read the case before you keep it.

    \b
    Example:  secure-rag policy capture mail.txt --lines 3-9
              pbpaste | secure-rag policy capture - --id refund-by-phone
              secure-rag policy capture note.txt -o policies/contracts.test.yaml
              secure-rag policy capture --quarantined 7Q2F9KX3M4 --lines 12-14
    """
    _check_id(id_)
    path = _source(context, file, quarantined)
    write = [output.absolute().parent] if output is not None else []
    chosen = choose_policy(context, policy, path, write=write)
    text = _cut(read_passage(context, path, field=field)[0], lines)
    from secure_rag.policy.model import Scope
    from secure_rag.policytest.capture import append_case, case_yaml
    from secure_rag.policytest.capture import capture as make_case
    from secure_rag.policytest.real import Bench

    bench = Bench(chosen.workspace, unsafe_no_isolation=context.unsafe_no_isolation)
    equipment = bench.equip(chosen.policy)
    redactor = equipment.redactor(Scope(context.collection))
    captured = make_case(redactor, text, pseudonyms=equipment.pseudonyms(), field=field, id_=id_)
    item = case_yaml(captured)
    if output is not None:
        folders = [chosen.workspace.policies] if chosen.workspace else [resource("policies")]
        append_case(output, captured, policy=chosen.policy.name, folders=folders)
    value = {
        "id": captured.id,
        "yaml": item,
        "replaced": captured.count,
        "not_found": list(captured.lost),
        "file": str(output) if output else None,
    }
    context.result(value, schema="policy-capture", text="" if output else safe(item))
    if output is not None:
        context.say(f"added {captured.id} to {output}")
    if captured.lost:
        context.warn(
            f"{', '.join(captured.lost)}: not found in the case as in the passage; mend it by hand"
        )
    context.say("read it before you keep it: what no recognizer finds was not replaced")


def _check_id(id_: str | None) -> None:
    from secure_rag.policy.case_reader import CASE_ID

    if id_ is not None and not CASE_ID.fullmatch(id_):
        raise UsageError("--id wants small letters, digits and hyphens, at most 100")


def _source(context: Context, file: str | None, quarantined: str | None) -> Path | None:
    """Return the file to read; None is standard input.

    Raises:
        UsageError: there is none, or there are two.
        InputError: the document is not in quarantine, or its file is gone.
    """
    if quarantined is not None:
        if file is not None:
            raise UsageError("either a FILE or --quarantined")
        return _open_quarantined(context, quarantined)
    if file is None and sys.stdin.isatty():
        raise UsageError(
            "nothing to capture", hint="secure-rag policy capture FILE, or - for stdin"
        )
    return None if file in (None, "-") else Path(str(file))


def _open_quarantined(context: Context, document: str) -> Path:
    """Open the sealed path of a document in quarantine, which is an event."""
    from secure_rag.pipeline.originals import open_originals
    from secure_rag.pipeline.quarantine import read_records

    workspace = context.find_workspace()
    shown = {
        record.document: record.path
        for record in read_records(workspace.quarantine, collection=context.collection)
    }
    if document not in shown:
        raise InputError(
            "no such document in quarantine",
            code="document.unknown",
            hint="`secure-rag index quarantine` lists them",
        )
    [original] = open_originals(
        workspace,
        [(document, shown[document])],
        purpose="policy.capture",
        collection=context.collection,
        key_file=context.key_file,
        key_fd=context.key_fd,
    )
    if original.path is None:
        raise InputError("its file is gone, or came on standard input", code="input.unreadable")
    return original.path


def _cut(text: str, lines: str | None) -> str:
    """Return the lines that were asked for.

    Raises:
        UsageError: not a range of lines of the text.
    """
    if lines is None:
        return text
    first, _, last = lines.partition("-")
    every = text.splitlines(keepends=True)
    if not first.isdecimal() or not (last or first).isdecimal():
        raise UsageError("--lines wants FROM-TO", hint="--lines 3-9")
    start, end = int(first), int(last or first)
    if not 1 <= start <= end <= len(every):
        raise UsageError(f"--lines: the text has {len(every)} lines")
    return "".join(every[start - 1 : end])
