"""`backup`: a workspace in one encrypted file."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context, key_folder
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural, progress
from secure_rag.errors import UsageError

if TYPE_CHECKING:
    from secure_rag.backup.keys import Lock
    from secure_rag.pipeline.backup import BackedUp, Progress

_FILE = click.Path(path_type=Path, dir_okay=False)


def lock_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name what a backup is sealed to; a secret is never an option's value."""
    for option in (
        click.option(
            "--backup-passphrase-file",
            metavar="FILE",
            type=_FILE,
            help="Read the backup's passphrase from this file, not from the terminal.",
        ),
        click.option(
            "--backup-key-fd",
            metavar="N",
            type=int,
            help="Read the key of backups from this open descriptor.",
        ),
        click.option("--backup-key", metavar="FILE", type=_FILE, help="Key file of backups."),
    ):
        function = option(function)
    return function


def named_files(context: Context, *named: Path | None, descriptor: int | None) -> list[Path]:
    """Return the files that hold a backup's secret; at most one way to give it may be used."""
    found = [path.absolute() for path in named if path is not None]
    if len(found) + (descriptor is not None) > 1:
        raise UsageError("one key, one descriptor or one passphrase file: not several")
    if descriptor is not None:
        context.kept_fds.append(descriptor)
    return found


def read_lock(
    key: Path | None, descriptor: int | None, passphrase: Path | None, *, is_new: bool
) -> Lock:
    """Return what the backup is, or is to be, sealed to."""
    from secure_rag.backup import keys

    if key is not None:
        return keys.lock_of_file(key)
    if descriptor is not None:
        return keys.lock_of_descriptor(descriptor)
    return keys.lock_of_passphrase(passphrase, is_new=is_new)


def bar(context: Context, label: str, stack: ExitStack) -> Callable[[int], Progress]:
    """Return what begins a bar that counts in MiB; it ends with the stack."""

    def begin(total: int) -> Progress:
        shown = stack.enter_context(
            progress(f"{label} (MiB)", total >> 20, quiet=context.quiet, color=context.color)
        )
        return lambda done: shown(done >> 20)

    return begin


@click.command("backup", cls=Command)
@click.argument("target", metavar="FILE", type=_FILE)
@lock_options
@click.option("--new-backup-key", metavar="FILE", type=_FILE, help="Make this key file and use it.")
@click.option("--with-vault-key", is_flag=True, help="Put the vault's key file into it, too.")
@click.option("--yes", is_flag=True, help="Replace FILE without asking.")
@click.pass_obj
def backup(
    context: Context,
    target: Path,
    backup_key: Path | None,
    backup_key_fd: int | None,
    backup_passphrase_file: Path | None,
    new_backup_key: Path | None,
    with_vault_key: bool,
    yes: bool,
) -> None:
    """Copy the workspace into one encrypted file, and read it back.

    \b
    Examples: secure-rag backup /media/disk/work.bak --new-backup-key ~/work-backup.key
              secure-rag backup /media/disk/work.bak --backup-key ~/work-backup.key --yes
              secure-rag backup /media/disk/work.bak      (asks for a passphrase)

    The backup has a key of its own. The vault's key is not in it unless --with-vault-key is
    given: keep a copy of it elsewhere, or values cannot be opened from the backup. Asking goes
    on meanwhile, adding waits. FILE.part is there until FILE is whole; the same command
    continues it if nothing has changed, and says why if it begins anew.
    """
    target = target.resolve()
    files = named_files(
        context, backup_key, backup_passphrase_file, new_backup_key, descriptor=backup_key_fd
    )
    root = context.find_workspace().root
    if target.is_relative_to(root.resolve()):
        raise UsageError("a backup must not lie in the workspace that it holds")
    if os.path.exists(target):
        context.confirm(f"Replace {target}?", yes=yes)
    write = [target.parent, key_folder(context.key_file)]
    write += [new_backup_key.absolute().parent] if new_backup_key else []
    with context.session("backup", read=files, write=write) as session, ExitStack() as stack:
        from secure_rag.backup.keys import make_key_file
        from secure_rag.pipeline.backup import backup as back_up

        if new_backup_key is not None:
            lock = make_key_file(new_backup_key)
        else:
            lock = read_lock(backup_key, backup_key_fd, backup_passphrase_file, is_new=True)
        done = back_up(
            session, target, lock, with_key=with_vault_key,
            progress=bar(context, "backing up", stack),
        )  # fmt: skip
    _report(context, target, done)


def _report(context: Context, target: Path, done: BackedUp) -> None:
    if done.began_anew:
        context.say(f"an interrupted backup was begun anew: {done.began_anew}")
    if not done.is_listed:
        context.warn(
            "the list of erasures beside the vault's key does not name this backup: restoring "
            "it will ask for that list"
        )
    if done.passed_over:
        context.warn(f"{plural(done.passed_over, 'link')} or other special files are not in it")
    context.result(
        {
            "backup": done.backup,
            "file": str(target),
            "files": done.files,
            "size_bytes": done.size_bytes,
            "sha256": done.sha256,
            "continued": done.kept_chunks > 0,
            "began_anew": done.began_anew,
            "listed": done.is_listed,
            "passed_over": done.passed_over,
            "audit_seq": done.seq,
        },
        schema="backup",
        text=(
            f"backup {done.backup}: {plural(done.files, 'file')}, {done.size_bytes:,} bytes, "
            f"read back and right\n{target}"
            + ("\ncontinued where it had been interrupted" if done.kept_chunks else "")
        ),
    )
