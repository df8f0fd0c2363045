"""`init`: create a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from secure_rag import workspace as workspaces
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command

_NEXT = (
    "next: secure-rag doctor                    are the models here?\n"
    "      secure-rag policy test               does the policy do what it says?\n"
    "      secure-rag index add DOCUMENTS       redact, then embed and store"
)


@click.command("init", cls=Command)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("."))
@click.pass_obj
def init(context: Context, folder: Path) -> None:
    """Create a workspace with a tested starter policy and an empty sealed log.

    \b
    Example: secure-rag init work

    The vault key is written outside the workspace, readable by you alone. The verifier
    of the log is printed once and kept nowhere: note it down, off this machine.
    """
    folder = folder.absolute()
    workspace_id = workspaces.new_workspace_id()
    key_file = context.key_file or workspaces.default_key_path(workspace_id)
    workspaces.check_key_place(folder, key_file)
    folder.mkdir(parents=True, exist_ok=True)
    key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    context.isolate(write=[folder, key_file.parent])
    from secure_rag.pipeline.start import create_workspace

    made = create_workspace(folder, workspace_id=workspace_id, key_file=key_file)
    context.result(
        {
            "workspace": str(made.workspace.root),
            "workspace_id": workspace_id,
            "key_file": str(made.key_file),
            "genesis": made.genesis,
            "policy": {"name": "default", "rules": made.rules, "cases": made.cases},
        },
        schema="init",
        text=(
            f"created {made.workspace.root}\n"
            f"  policy    policies/default.yaml ({made.rules} rules, {made.cases} cases)\n"
            f"  vault key {made.key_file}\n"
            f"  audit log audit/log/, sealed. Its verifier, shown this once, to keep elsewhere:\n"
            f"\n    {made.genesis}\n"
        ),
    )
    context.say(_NEXT)
