"""`vault`: protect, rotate and split the key that opens values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Group
from secure_rag.cli.render import plural
from secure_rag.errors import UsageError

if TYPE_CHECKING:
    from secure_rag.pipeline.protect import Protection

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("vault", cls=Group)
def vault() -> None:
    """Protect, rotate and split the key that opens values.

    Adding, asking and looking up need the key file alone, whatever is set here.
    """


@vault.command("passwd")
@click.option(
    "--new-passphrase-file",
    metavar="FILE",
    type=_FILE,
    help="Read the new passphrase from this file's first line, not from the terminal.",
)
@click.option("--remove", is_flag=True, help="Demand no passphrase any more.")
@click.option(
    "--memory-mib",
    type=click.IntRange(64, 4096),
    default=64,
    show_default=True,
    help="Memory that one guess takes (Argon2id).",
)
@click.pass_obj
def passwd(
    context: Context, new_passphrase_file: Path | None, remove: bool, memory_mib: int
) -> None:
    """Demand a passphrase beside the key file, or change or remove it.

    \b
    Example: secure-rag vault passwd

    Afterwards `reveal`, and whatever opens sealed paths, asks for it on the terminal, or
    reads it from --passphrase-file FILE. Nobody can restore a lost one: what was sealed is
    lost then, the index is not.
    """
    if remove and new_passphrase_file is not None:
        raise UsageError("--remove and --new-passphrase-file exclude each other")
    read = [new_passphrase_file.absolute()] if new_passphrase_file else []
    with context.session("vault passwd", read=read) as session:
        from secure_rag.pipeline.protect import remove_passphrase, set_passphrase

        if remove:
            done = remove_passphrase(session)
        else:
            done = set_passphrase(session, read[0] if read else None, memory_mib=memory_mib)
    _report(context, done)


@vault.command("split")
@click.argument("share", required=False, metavar="[SHARE]", type=_FILE)
@click.option("--undo", is_flag=True, help="Demand no share any more (needs --share-file).")
@click.pass_obj
def split(context: Context, share: Path | None, undo: bool) -> None:
    """Demand a second person: write their share to the file SHARE.

    \b
    Examples: secure-rag vault split /media/stick/vault.share
              secure-rag vault split --undo --share-file /media/stick/vault.share

    Values then open with key file and share together; each alone says nothing of the
    private key. Naming a new SHARE later makes the old one worthless.
    """
    if undo == (share is not None):
        raise UsageError("name the file SHARE, or --undo")
    target = share.absolute() if share else None
    with context.session("vault split", write=[target.parent] if target else []) as session:
        from secure_rag.pipeline.protect import split as split_key

        done = split_key(session, target)
    _report(context, done)


@vault.command("rotate")
@click.pass_obj
def rotate(context: Context) -> None:
    """Replace the vault's key pair and the key file; seal every value anew.

    \b
    Example: secure-rag vault rotate

    Do it when a key file may have been seen by others, or a person leaves. The key file is
    rewritten: copies of the old one open nothing sealed here any more, except older copies
    (backups) of the vault. The look-up secret stays. If it is interrupted, the vault opens,
    and the next `vault rotate` continues.
    """
    from secure_rag.settings import load_settings
    from secure_rag.workspace import default_key_path

    workspace = context.find_workspace()
    usual = default_key_path(load_settings(workspace.settings_file).workspace_id)
    key_file = (context.key_file or usual).resolve()
    with context.session("vault rotate", write=[key_file.parent]) as session:
        from secure_rag.pipeline.protect import rotate as rotate_keys

        done = rotate_keys(session)
    _report(context, done)
    context.say(f"the key file {key_file} is a new one: keep a copy of it, destroy the old copies")


def _report(context: Context, done: Protection) -> None:
    sealed = f", {plural(done.resealed, 'value')} sealed anew" if done.resealed else ""
    context.result(
        {
            "version": done.version,
            "factors": list(done.factors),
            "resealed": done.resealed,
        },
        schema="vault",
        text=f"values open with: {' + '.join(done.factors)} (key version {done.version}{sealed})",
    )
