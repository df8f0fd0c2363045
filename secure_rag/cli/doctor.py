"""`doctor`: check models, policies, index, vault, audit log and isolation."""

from __future__ import annotations

from dataclasses import asdict

import click

from secure_rag.cli.context import Context, tuning_folders
from secure_rag.cli.options import Command
from secure_rag.errors import ExitCode, UsageError


@click.command("doctor", cls=Command)
@click.option("--tune", is_flag=True, help="Measure how the writer runs fastest here first.")
@click.pass_obj
def doctor(context: Context, tune: bool) -> None:
    """Check models, policies, index, vault, audit log and isolation.

    \b
    Example: secure-rag doctor --json

    Outside a workspace it checks the machine only. Exit 1 if a check failed; each
    failure names the command that repairs it.
    """
    workspace = context.optional_workspace()
    if workspace is None:
        evidence = context.isolate(write=tuning_folders())
        from secure_rag.pipeline.doctor import check_machine

        checks = list(check_machine(evidence, None))
        if tune:
            raise UsageError("--tune needs a workspace: its settings name the writer")
        context.say("no workspace here: only the machine was checked")
    else:
        with context.session("doctor") as session:
            from secure_rag.pipeline.doctor import check_machine, check_workspace, check_writer

            checks = list(check_machine(context.isolate(), workspace))
            if tune:
                session.tune_writer(say=context.say)
            checks.append(check_writer(session))
            checks += check_workspace(session)
    failed = sum(check.state == "fail" for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.state:<5} {check.subject:<16} {check.detail}")
        if check.hint:
            lines.append(f"      hint: {check.hint}")
    context.result(
        {
            "ok": not failed,
            "checks": [asdict(check) for check in checks],
            "isolation": context.isolate().to_dict(),
        },
        schema="doctor",
        text="\n".join(lines),
    )
    if failed:
        context.exit_code = ExitCode.CHECK_FAILED
