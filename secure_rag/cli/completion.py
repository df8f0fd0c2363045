"""`completion`: print a completion script for a shell."""

from __future__ import annotations

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Command


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a completion script for bash, zsh or fish.

    \b
    Example: secure-rag completion bash > ~/.local/share/bash-completion/completions/secure-rag
    """
    from click.shell_completion import get_completion_class

    chosen = get_completion_class(shell)
    assert chosen is not None
    script = chosen(ctx.find_root().command, {}, "secure-rag", "_SECURE_RAG_COMPLETE").source()
    ctx.ensure_object(Context).out.write(script + "\n")
