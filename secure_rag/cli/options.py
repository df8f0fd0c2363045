"""Command and group classes that take the global options before and after the command."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from secure_rag.cli.context import Context
from secure_rag.workspace import FACTOR_FILES

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])
_Setter = Callable[[click.Context, click.Parameter, Any], Any]


def _store(name: str) -> _Setter:
    """Return a callback that writes a given value to the shared `Context`."""

    def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        context = ctx.ensure_object(Context)
        if name == "no_color":
            context.color = context.color and not value
        elif name in FACTOR_FILES and value is not None:
            # The private process is started from here and there: a setting, not a secret.
            os.environ[FACTOR_FILES[name]] = os.path.abspath(value)
        elif name == "verbose":
            context.verbose = max(context.verbose, int(value))
        elif value is not None and value is not False:
            setattr(context, name, value)
        return value

    return callback


class PathOfDocuments(click.Path):
    """A file or folder of documents; an empty one would be the current folder.

    Whether it may be read is for the reader to say: one file that may not goes to quarantine.
    """

    def __init__(self) -> None:
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty PATH names nothing; the current folder is `.`", param, ctx)
        return super().convert(value, param, ctx)


def _make(*names: str, target: str, help_text: str, hidden: bool, **kind: Any) -> click.Option:
    """Return one option that writes to the shared `Context` and reaches no command."""
    return click.Option(
        names,
        expose_value=False,
        callback=_store(target),
        help=help_text,
        hidden=hidden,
        **kind,
    )


def global_options(*, hidden: bool) -> list[click.Option]:
    """Return fresh instances of the global options; hidden where the help would repeat them."""
    make = functools.partial(_make, hidden=hidden)
    folder = click.Path(path_type=Path, file_okay=False)
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
        *_secret_options(hidden=hidden),
        make(
            "--unsafe-no-isolation",
            target="unsafe_no_isolation",
            is_flag=True,
            help_text="Run without the kernel's socket filter; goes on record.",
        ),
    ]


def _secret_options(*, hidden: bool) -> list[click.Option]:
    """Return the options that name where secrets are; a secret is never an option's value."""
    make = functools.partial(_make, hidden=hidden)
    file = click.Path(path_type=Path, dir_okay=False)
    return [
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
            "--passphrase-file",
            target="passphrase_file",
            type=file,
            metavar="FILE",
            help_text="Read the vault's passphrase from this file, not from the terminal.",
        ),
        make(
            "--share-file",
            target="share_file",
            type=file,
            metavar="FILE",
            help_text="The second person's share of the vault's key.",
        ),
    ]


def adapter_options(function: _Decorated) -> _Decorated:
    """Add `--adapter` and what lets one be used that should not be."""
    named = click.option(
        "--adapter",
        metavar="NAME",
        help='Adapter to answer with, as `adapter list` shows; "" for none.',
    )
    unsafe = click.option(
        "--unsafe-adapter",
        is_flag=True,
        help="UNSAFE: use an adapter that may give away what it was trained on; goes on record.",
    )
    return named(unsafe(function))


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
