"""Command and group classes that take the global options before and after the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from secure_rag.cli.context import Context

_Setter = Callable[[click.Context, click.Parameter, Any], Any]


def _store(name: str) -> _Setter:
    """Return a callback that writes a given value to the shared `Context`."""

    def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        context = ctx.ensure_object(Context)
        if name == "no_color":
            context.color = context.color and not value
        elif name == "verbose":
            context.verbose = max(context.verbose, int(value))
        elif value is not None and value is not False:
            setattr(context, name, value)
        return value

    return callback


def global_options(*, hidden: bool) -> list[click.Option]:
    """Return fresh instances of the global options; hidden where the help would repeat them."""

    def make(*names: str, target: str, help_text: str, **kind: Any) -> click.Option:
        return click.Option(
            names,
            expose_value=False,
            callback=_store(target),
            help=help_text,
            hidden=hidden,
            **kind,
        )

    folder = click.Path(path_type=Path, file_okay=False)
    file = click.Path(path_type=Path, dir_okay=False)
    return [
        make(
            "--workspace",
            target="workspace_dir",
            type=folder,
            metavar="DIR",
            help_text="Workspace folder (default: the current folder or one above).",
        ),
        make(
            "--collection",
            target="collection",
            metavar="NAME",
            help_text="Collection of documents (default: default).",
        ),
        make("-q", "--quiet", target="quiet", is_flag=True, help_text="Results and errors only."),
        make(
            "-v", "--verbose", target="verbose", count=True, help_text="Say more; -vv: even more."
        ),
        make("--no-color", target="no_color", is_flag=True, help_text="No colours."),
        make("--json", target="json", is_flag=True, help_text="Print one JSON document."),
        make(
            "--key-file",
            target="key_file",
            type=file,
            metavar="FILE",
            help_text="Vault key, if it is not in its usual place.",
        ),
        make(
            "--key-fd",
            target="key_fd",
            type=int,
            metavar="N",
            help_text="Read the vault key from this open descriptor.",
        ),
        make(
            "--unsafe-no-isolation",
            target="unsafe_no_isolation",
            is_flag=True,
            help_text="Run without the kernel's socket filter; goes on record.",
        ),
    ]


class Command(click.Command):
    """A command that also takes the global options."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *global_options(hidden=True)]


class Group(click.Group):
    """A group whose commands take the global options, listed in the order written."""

    command_class = Command

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *global_options(hidden=ctx.parent is not None)]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


Group.group_class = Group
