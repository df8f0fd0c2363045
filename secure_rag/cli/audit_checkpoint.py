"""`audit checkpoint` and `audit witness`: heads of the log, kept where its machine cannot reach."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag import workspace as workspaces
from secure_rag.cli.audit_anchor import audit_settings
from secure_rag.cli.audit_reading import demand_right
from secure_rag.cli.audit_verify import as_genesis_file, read_text, verifier_line
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from secure_rag.audit.log import Checkpoint
    from secure_rag.audit.witness import Decision, Witness

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_NEW = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("checkpoint", cls=Command)
@click.option("-o", "--output", metavar="FILE", type=_NEW, help="Also write .svg (QR) or .txt.")
@click.option("--qr/--no-qr", default=None, help="QR code on the terminal (default: if it is one).")
@click.option(
    "--witness-request", "request", metavar="FILE", type=_NEW, help="For `audit witness`."
)
@click.option("--since", metavar="SIZE", type=click.IntRange(0), help="Records the witness keeps.")
@click.option("--add-cosignature", "cosigned", metavar="FILE", type=_FILE, help="Keep an anchor.")
@click.pass_obj
def checkpoint(
    context: Context,
    output: Path | None,
    qr: bool | None,
    request: Path | None,
    since: int | None,
    cosigned: Path | None,
) -> None:
    """Print the signed head of the log, to be kept elsewhere.

    \b
    Examples: secure-rag audit checkpoint -o head.svg
              secure-rag audit checkpoint --witness-request request.json
              secure-rag audit checkpoint --add-cosignature cosigned.txt

    The head covers everything up to this command, itself included. Kept on paper or on another
    machine, it shows whether log and key were put back from a backup (`audit verify
    --checkpoint`). --witness-request also writes what a witness needs to cosign it, and
    --add-cosignature keeps the witness's answer beside the log.
    """
    if since is not None and request is None:
        raise UsageError("--since belongs to --witness-request")
    if output is not None and output.suffix not in (".svg", ".txt"):
        raise UsageError("-o: a name that ends in .svg or .txt")
    workspace = context.find_workspace()
    named = [path.absolute().parent for path in (output, request) if path is not None]
    context.isolate(
        read=[workspace.root, *([cosigned] if cosigned else [])], write=[workspace.root, *named]
    )
    demand_right(workspace.audit)
    if cosigned is not None:
        _add(context, workspace.audit, cosigned)
        return
    head = _sealed(workspace.audit, "witness-request" if request else "checkpoint")
    if request is not None:
        _write_request(context, workspace.audit, request, since)
    _show(context, head, output, qr)


@click.command("witness", cls=Command)
@click.argument("file", metavar="[FILE]", type=_FILE, required=False)
@click.option("--genesis", metavar="LINE|FILE", help="Line that `init` printed: for a new log.")
@click.option("--state", metavar="DIR", type=_FOLDER, help="Key and kept heads (default: XDG).")
@click.option("-o", "--output", metavar="FILE", type=_NEW, help="Also write the cosigned head.")
@click.pass_obj
def witness(
    context: Context,
    file: Path | None,
    genesis: str | None,
    state: Path | None,
    output: Path | None,
) -> None:
    """Cosign the head of another machine's log, if it extends the one kept here.

    \b
    Examples: secure-rag audit witness request.json --genesis genesis.txt -o cosigned.txt
              secure-rag audit witness                        # the line of this witness

    FILE comes from `audit checkpoint --witness-request` and needs no trusted way. A witness
    keeps one head per log and refuses what does not extend it: exit code 1. Run it on a
    machine that the log's machine cannot reach, and give it a state folder that is not put
    back from backups.
    """
    folder = state or workspaces.data_home() / "witness"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    genesis_file = as_genesis_file(genesis)
    named = [path for path in (file, genesis_file) if path is not None]
    outputs = [output.absolute().parent] if output else []
    context.isolate(read=[folder, *named], write=[folder, *outputs])
    from secure_rag.audit.witness import Witness

    own = Witness(folder)
    context.say(f"this witness is {own.key.line()}")
    if file is None:
        context.result({"witness": own.key.line()}, schema="audit-witness", text=own.key.line())
        return
    decision = _decide(own, file, verifier_line(genesis_file) if genesis_file else genesis)
    if decision.is_accepted and decision.kept is not None and output is not None:
        _write(output, decision.kept.note)
    if not decision.is_accepted:
        context.exit_code = ExitCode.CHECK_FAILED
    context.result(
        _decision_value(own, decision), schema="audit-witness", text=_decision_text(decision)
    )


def _decide(own: Witness, file: Path, genesis: str | None) -> Decision:
    import time

    from secure_rag.audit.heads import MAX_REQUEST_BYTES, parse_request

    try:
        with file.open(encoding="utf-8", newline="") as stream:
            text = stream.read(MAX_REQUEST_BYTES)
    except (OSError, ValueError):
        raise InputError(f"{file.name!a} cannot be read as text") from None
    return own.cosign(parse_request(text), genesis=genesis, now=int(time.time()))


def _decision_value(own: Witness, decision: Decision) -> dict[str, Any]:
    kept = decision.kept
    return {
        "ok": decision.is_accepted,
        "code": decision.code or None,
        "message": decision.text,
        "witness": own.key.line(),
        "kept": None if kept is None else {
            "origin": kept.text.origin, "size": kept.text.size, "root": kept.text.root.hex(),
            "time": kept.text.time,
        },
        "note": kept.note if kept is not None and decision.is_accepted else None,
    }  # fmt: skip


def _decision_text(decision: Decision) -> str:
    if decision.is_accepted and decision.kept is not None:
        return decision.kept.note
    lines = [f"REFUSED  {decision.code}: {decision.text}"]
    if decision.kept is None:
        return "\n".join([*lines, "kept: nothing of this log"])
    head = decision.kept.text
    lines.append(f"kept: {head.size} records of {head.origin}, {head.time}, root {head.root.hex()}")
    return "\n".join(lines)


def _sealed(folder: Path, kind: str) -> Checkpoint:
    """Record the reading, then seal: the head covers the record of its own making."""
    import secrets

    from secure_rag.audit.log import AuditLog
    from secure_rag.audit.log_events import AuditRead

    with AuditLog.open(folder, session=secrets.token_hex(8)) as log:
        log.append(AuditRead(kind=kind))
        return log.seal()


def _write_request(context: Context, folder: Path, path: Path, since: int | None) -> None:
    from secure_rag.audit.anchors import newest_anchor
    from secure_rag.audit.heads import make_request

    if since is None:
        last = newest_anchor(folder, audit_settings(context).witnesses)
        since = last.text.size if last else 0
    request = make_request(folder, since)
    _write(path, request.encode())
    context.say(f"the request starts from {since} records; give it to `secure-rag audit witness`")


def _add(context: Context, folder: Path, path: Path) -> None:
    import secrets

    from secure_rag.audit.anchors import add_anchor, clock_text

    found = add_anchor(
        folder, read_text(path), audit_settings(context).witnesses, session=secrets.token_hex(8)
    )
    value = {
        "size": found.text.size, "witness": found.witness.line(), "time": clock_text(found.time),
    }  # fmt: skip
    text = f"anchor over {found.text.size} records kept: {found.witness.name} at {value['time']}"
    context.result(value, schema="audit-anchor", text=text)


def _show(context: Context, head: Checkpoint, output: Path | None, qr: bool | None) -> None:
    from secure_rag.cli.qr import svg_code, terminal_code

    if output is not None:
        is_svg = output.suffix == ".svg"
        _write(output, svg_code(head.note, head.origin) if is_svg else head.note)
    if qr is None:
        may_color = context.color and not os.environ.get("NO_COLOR")
        is_terminal = os.isatty(context.out.fileno()) and os.environ.get("TERM") != "dumb"
        qr = may_color and is_terminal and not context.json
    value = {"origin": head.origin, "size": head.size, "root": head.root, "note": head.note}
    text = f"{head.note}\n{terminal_code(head.note)}" if qr else head.note
    context.result(value, schema="audit-checkpoint", text=text)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError:
        raise InputError(f"{path.name!a} cannot be written") from None
