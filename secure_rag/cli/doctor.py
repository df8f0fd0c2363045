"""`doctor`: check models, policies, index, vault, audit log and isolation."""

from __future__ import annotations

from dataclasses import asdict

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.errors import ExitCode


@click.command("doctor", cls=Command)
@click.pass_obj
def doctor(context: Context) -> None:
    """Check models, policies, index, vault, audit log and isolation.

    \b
    Example: secure-rag doctor --json

    Outside a workspace it checks the machine only. Exit 1 if a check failed; each
    failure names the command that repairs it.
    """
    workspace = context.optional_workspace()
    if workspace is None:
        evidence = context.isolate()
        from secure_rag.pipeline.doctor import check_machine

        checks = list(check_machine(evidence, None))
        context.say("no workspace here: only the machine was checked")
    else:
        with context.session("doctor") as session:
            from secure_rag.pipeline.doctor import check_machine, check_workspace

            checks = list(check_machine(context.isolate(), workspace))
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
