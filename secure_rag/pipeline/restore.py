"""`restore`: a workspace from a backup, all of it or nothing.

Order:

1. every chunk is opened once and the list is checked: a backup that is damaged anywhere, or
   names a place outside a workspace, is refused before a byte is written;
2. the target must be free; the files are written to `DIR.part`, which this run alone holds and
   a mark tells from a folder of somebody else, where an interrupted run's files that are right
   stay;
3. the log of before moves to `audit/before/<backup>/` and is verified; its last key is not in
   the backup, so a new log begins, with `workspace.restored`, durable and sealed;
4. the workspace is marked: nothing is served before its erasures are settled
   (secure_rag/pipeline/settle.py);
5. everything is synced and `DIR.part` becomes DIR.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit.earlier import earlier_folder
from secure_rag.audit.holds import standing_holds
from secure_rag.audit.log import AuditLog
from secure_rag.audit.log_events import HoldSet
from secure_rag.audit.vault_events import WorkspaceRestored
from secure_rag.audit.verdict import Head
from secure_rag.audit.verify import verify
from secure_rag.backup.keys import Lock
from secure_rag.backup.manifest import Manifest, read_manifest
from secure_rag.backup.sealed import HEADER_BYTES, Key, open_stream, read_key
from secure_rag.errors import ArtifactError, BackupError, ConfigError, InputError
from secure_rag.pipeline import restored
from secure_rag.pipeline.put_back import UNFINISHED, put_back
from secure_rag.settings import load_settings
from secure_rag.slots import sync_folder
from secure_rag.workspace import Workspace

PART = ".part"
Progress = Callable[[int], None]
"""Called with the bytes that are proved."""
Begin = Callable[[int], Progress]
"""Begins a bar of so many bytes."""


@dataclass(frozen=True)
class Restored:
    """A workspace that was put back."""

    workspace: Workspace
    backup: str
    made: str
    files: int
    size_bytes: int
    genesis: str
    """Verifier line of the new log; shown once."""
    is_log_verified: bool
    key: str
    """`restored`, `kept` (there was one already) or `none` in the backup."""


def restore(
    source: Path,
    target: Path,
    lock: Lock,
    *,
    key_file: Callable[[str], Path],
    progress: Begin | None = None,
) -> Restored:
    """Put the workspace in `source` back at `target`; see the module's order.

    Args:
        target: a folder that is not there yet, or empty.
        key_file: where the vault's key goes, by the workspace's id, if the backup holds it.

    Raises:
        BackupError: damaged, another key, or not a workspace of ours (exit 6).
        ConfigError: the target is in use (exit 3).
        InputError: no such file (exit 4).
        ArtifactError: the disk refuses (exit 5); the next run continues.
    """
    check_target(target)
    part = target.with_name(target.name + PART)
    with _opened(source) as descriptor:
        key = read_key(os.pread(descriptor, HEADER_BYTES, 0), lock)
        manifest = _prove(descriptor, key, progress or (lambda _total: lambda _done: None))
        with _reported():
            if not part.exists():
                _check_room(part.parent, manifest)
        with _held(part):
            with _reported():
                place = key_file(manifest.workspace)
                kept = put_back(open_stream(descriptor, key), part, manifest, key_file=place)
            _check_workspace(part, manifest)
            with _reported():
                genesis, is_verified = _begin_log(Workspace(part), manifest)
                _name(part, target, manifest.backup)
    return Restored(
        Workspace(target), manifest.backup, manifest.time, len(manifest.files),
        manifest.size_bytes, genesis, is_verified, kept,
    )  # fmt: skip


def _name(part: Path, target: Path, backup: str) -> None:
    """Mark the workspace as restored and give it its name."""
    restored.mark(part, backup)
    os.rename(part, target)
    (target / UNFINISHED).unlink()
    sync_folder(target)
    sync_folder(target.parent)


def check_target(target: Path) -> None:
    """Refuse a target that holds anything.

    Raises:
        ConfigError: it does.
    """
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise ConfigError(
            f"{target} is not an empty folder",
            code="restore.not_empty",
            hint="name a new folder with --workspace DIR; nothing is ever restored over another",
        )


@contextmanager
def _held(part: Path) -> Iterator[None]:
    """Make the unfinished folder, or take that of an interrupted run, for this run alone.

    Raises:
        ConfigError: there is something of that name that no run of ours left.
        ArtifactError: the disk refuses, or another run is writing it.
    """
    mark = part / UNFINISHED
    if part.is_symlink() or (
        part.exists() and not mark.is_file() and (not part.is_dir() or any(part.iterdir()))
    ):
        raise ConfigError(
            f"{part} is no unfinished workspace",
            code="restore.not_empty",
            hint="name another folder with --workspace DIR, or move that one away: what is in it "
            "would be deleted",
        )
    with _reported():
        part.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(mark, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ArtifactError(
                "another restore is being written to this folder", code="restore.busy"
            ) from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _opened(source: Path) -> Iterator[int]:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(
            f"the backup cannot be opened: {error.strerror}", code="input.unreadable"
        ) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InputError("the backup is not a file", code="input.unreadable")
        yield descriptor
    finally:
        os.close(descriptor)


def _prove(descriptor: int, key: Key, begin: Begin) -> Manifest:
    """Open every chunk, and return the list; nothing is written."""
    stream = open_stream(descriptor, key)
    manifest, rest = read_manifest(stream)
    advance = begin(manifest.size_bytes)
    size = len(rest)
    for piece in stream:
        size += len(piece)
        advance(size)
    if size != manifest.size_bytes:
        raise BackupError("the backup does not hold what its list says", code="backup.damaged")
    if "secure-rag.toml" not in {file.path for file in manifest.files}:
        raise BackupError("this is no backup of a workspace", code="backup.form")
    return manifest


def _check_room(parent: Path, manifest: Manifest) -> None:
    free = shutil.disk_usage(parent).free
    if free < manifest.size_bytes:
        raise ArtifactError(
            f"{manifest.size_bytes:,} bytes are needed there and {free:,} are free",
            code="restore.no_room",
            hint="make room, or name a folder on another volume",
        )


def _check_workspace(part: Path, manifest: Manifest) -> None:
    """Read the settings that were put back, as every command will."""
    found = load_settings(Workspace(part).settings_file)
    if found.workspace_id != manifest.workspace:
        raise BackupError("the backup's list names another workspace", code="backup.form")


def _begin_log(workspace: Workspace, manifest: Manifest) -> tuple[str, bool]:
    """Verify the log of before and begin the new one; return its verifier line and the verdict."""
    before = earlier_folder(workspace.audit, manifest.backup)
    report = verify(before, exported=True)
    if report.head != Head(manifest.log.records, manifest.log.root):
        raise BackupError("the log in the backup is not the one its list names")
    origin = f"secure-rag/{manifest.workspace}/{secrets.token_hex(4)}"
    genesis = AuditLog.create(workspace.audit, origin=origin)
    event = WorkspaceRestored(
        backup=manifest.backup,
        workspace_id=manifest.workspace,
        made=manifest.time,
        records=manifest.log.records,
        root=manifest.log.root,
        files=len(manifest.files),
        size_bytes=manifest.size_bytes,
        verified=report.ok,
    )
    holds = [HoldSet(hold=one.hold, reason=one.reason) for one in standing_holds(before)]
    with AuditLog.open(workspace.audit, session=secrets.token_hex(8)) as log:
        log.append_many([event, *holds])
    return genesis, report.ok


@contextmanager
def _reported() -> Iterator[None]:
    """Say what the disk refuses; the target is as it was."""
    try:
        yield
    except OSError as error:
        raise ArtifactError(
            f"the workspace cannot be put back: {error.strerror}",
            code="restore.unwritable",
            hint="make room, then run the same command again: what is right is not written twice",
        ) from None
