"""`restore`: a workspace from a backup, and what was erased since."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from secure_rag.cli.backup import bar, lock_options, named_files, read_lock
from secure_rag.cli.context import Context, key_folder
from secure_rag.cli.options import Command
from secure_rag.cli.render import plural, safe
from secure_rag.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from secure_rag.pipeline.restore import Restored
    from secure_rag.pipeline.settle import Settled
    from secure_rag.workspace import Workspace

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("restore", cls=Command)
@click.argument("source", metavar="[FILE]", type=_FILE, required=False)
@lock_options
@click.option(
    "--erasures",
    "lists",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A list of erasures, a receipt, or the workspace that was in use; may be repeated.",
)
@click.option("--no-erasures", is_flag=True, help="Nothing was erased since the backup.")
@click.pass_obj
def restore(
    context: Context,
    source: Path | None,
    backup_key: Path | None,
    backup_key_fd: int | None,
    backup_passphrase_file: Path | None,
    lists: tuple[Path, ...],
    no_erasures: bool,
) -> None:
    """Put a workspace back from a backup; do again what was erased since.

    \b
    Examples: secure-rag restore work.bak --backup-key work-backup.key --workspace work
              secure-rag restore --erasures old/ --workspace work
              secure-rag restore --no-erasures --workspace work

    The whole backup is proved before anything is written; --workspace names a folder that is
    new or empty. Erasures since the backup are in the list beside the vault's key. If that list
    names the backup they are done again at once; else nothing is served until --erasures names
    a list, or --no-erasures says that there were none. Without FILE a workspace that is there
    already is settled. A new log begins; the log of before lies in audit/before/.
    """
    if lists and no_erasures:
        raise UsageError("--erasures and --no-erasures exclude each other")
    if source is None:
        _settle_only(context, lists, no_erasures)
        return
    if context.workspace_dir is None:
        raise UsageError("name the new folder with --workspace DIR")
    files = named_files(context, backup_key, backup_passphrase_file, descriptor=backup_key_fd)
    target = context.workspace_dir.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    keys = key_folder(context.key_file)
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    context.isolate(
        read=[source.absolute(), *files, *(path.absolute() for path in lists)],
        write=[target.parent, keys],
    )
    from secure_rag.pipeline.restore import check_target
    from secure_rag.pipeline.restore import restore as put_back
    from secure_rag.workspace import default_key_path

    check_target(target)
    lock = read_lock(backup_key, backup_key_fd, backup_passphrase_file, is_new=False)
    with ExitStack() as stack:
        done = put_back(
            source.absolute(), target, lock,
            key_file=lambda name: context.key_file or default_key_path(name),
            progress=bar(context, "restoring", stack),
        )  # fmt: skip
    settled = _try_to_settle(context, done.workspace, lists, no_erasures)
    _report(context, done, settled)


def _settle_only(context: Context, lists: tuple[Path, ...], no_erasures: bool) -> None:
    workspace = context.find_workspace()
    context.isolate(
        read=[workspace.root, *(path.absolute() for path in lists)],
        write=[workspace.root, key_folder(context.key_file)],
    )
    settled = _settle(context, workspace, lists, no_erasures)
    context.result(
        _settled_value(settled),
        schema="restore-settle",
        text=_settled_words(settled) if settled.source else "there is nothing to settle",
    )


def _try_to_settle(
    context: Context, workspace: Workspace, lists: tuple[Path, ...], no_erasures: bool
) -> Settled | None:
    """Settle a workspace that was just put back; if it cannot be, it stays closed."""
    try:
        return _settle(context, workspace, lists, no_erasures)
    except RefusedError as error:
        if lists or no_erasures:
            raise
        context.warn(f"restored, but nothing is served yet: {error.message}")
        if error.hint:
            context.say(f"secure-rag: hint: {error.hint}")
        return None


def _settle(
    context: Context, workspace: Workspace, lists: tuple[Path, ...], no_erasures: bool
) -> Settled:
    from secure_rag.pipeline.session import open_session
    from secure_rag.pipeline.settle import settle

    with open_session(
        workspace,
        command="restore",
        collection=context.collection,
        evidence=context.isolate(),
        key_file=context.key_file,
        key_fd=context.key_fd,
    ) as session:
        return settle(session, [path.absolute() for path in lists], none_made=no_erasures)


def _settled_value(settled: Settled | None) -> dict[str, object]:
    return {
        "settled": settled is not None,
        "erasures_from": settled.source if settled else "",
        "erasures_done_again": settled.owed if settled else 0,
    }


def _settled_words(settled: Settled) -> str:
    where = {
        "list": "the list beside the vault's key names this backup",
        "given": "from what was given",
        "none": "none, by your word",
    }
    done = plural(settled.owed, "erasure")
    return f"erasures since the backup: {where[settled.source]}; {done} done again"


def _report(context: Context, done: Restored, settled: Settled | None) -> None:
    if not done.is_log_verified:
        context.warn("the log of before fails verification: `secure-rag audit verify` says where")
    if done.key == "kept":
        context.warn("the vault's key in the backup differs from the one that is here: not used")
    lines = [
        f"restored {safe(str(done.workspace.root))} from backup {done.backup} of {done.made}",
        f"  {plural(done.files, 'file')}, {done.size_bytes:,} bytes, every chunk proved",
        f"  log of before: audit/before/{done.backup}/; the new log's verifier, shown this once:",
        f"\n    {done.genesis}\n",
        _settled_words(settled) if settled else "closed until its erasures are settled",
    ]
    context.result(
        {
            "workspace": str(done.workspace.root),
            "backup": done.backup,
            "made": done.made,
            "files": done.files,
            "size_bytes": done.size_bytes,
            "genesis": done.genesis,
            "log_verified": done.is_log_verified,
            "vault_key": done.key,
            **_settled_value(settled),
        },
        schema="restore",
        text="\n".join(lines),
    )
