"""`backup`: a workspace in one sealed file, read back before it gets its name.

Order:

1. what an earlier run left (`FILE.part`) is opened, if this key opens it;
2. the list of erasures beside the vault's key names the backup, so that a restored copy can
   tell whether that list is the one that was kept on;
3. the workspace is held still; `backup.started` is durable, and the copied log ends with it;
4. chunks are written to `FILE.part`; whole ones that hold the same bytes stay. Where the
   workspace is another than that of the earlier run, it begins anew and says so;
5. the file is synced, read back and compared with what was read;
6. `backup.done` is durable, then `FILE.part` becomes FILE.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from secure_rag import __version__
from secure_rag.audit.vault_events import BackupDone, BackupStarted
from secure_rag.backup.keys import KEY_FILE, Lock
from secure_rag.backup.manifest import Manifest, read_manifest
from secure_rag.backup.sealed import (
    HEADER_BYTES,
    ChangedError,
    Key,
    may_be_backup,
    new_key,
    open_stream,
    read_key,
    seal_stream,
)
from secure_rag.errors import ArtifactError, BackupError, ConfigError, SecureRagError, VaultError
from secure_rag.pipeline.restored import refuse_unsettled
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.snapshot import Snapshot, held_still
from secure_rag.slots import sync_folder

PART = ".part"
_MIB = 2**20
Progress = Callable[[int], None]
"""Called with the bytes that are done, of twice those of the workspace: written, then read."""


@dataclass(frozen=True)
class BackedUp:
    """A finished backup."""

    backup: str
    files: int
    size_bytes: int
    sha256: str
    kept_chunks: int
    """Chunks of an interrupted run that were whole and stayed."""
    began_anew: str
    """Why an interrupted run could not be continued; empty where there was none, or it was."""
    is_listed: bool
    """Whether the list of erasures beside the key names it."""
    passed_over: int
    seq: int


def part_of(target: Path) -> Path:
    """Return the name that a backup has while it is not whole."""
    return target.with_name(target.name + PART)


def backup(
    session: Session,
    target: Path,
    lock: Lock,
    *,
    with_key: bool = False,
    progress: Callable[[int], Progress] | None = None,
) -> BackedUp:
    """Copy the workspace into `target`; see the module's order.

    Raises:
        BackupError: what was written could not be read back (exit 6).
        ArtifactError: the file cannot be written, or the workspace changed (exit 5).
        RefusedError: a restored workspace whose erasures are not settled (exit 6).
    """
    refuse_unsettled(session.workspace)
    part = part_of(target)
    with _opened(part) as descriptor:
        left, reason = _left(descriptor, lock)
        name = left[1].backup if left else secrets.token_hex(8)
        is_listed = _note(session, name)
        sealed_to = "key-file" if lock.kind == KEY_FILE else "passphrase"
        started = BackupStarted(backup=name, sealed_to=sealed_to, with_key=with_key)
        with held_still(session, started, with_key=with_key) as snapshot:
            run = _Run(descriptor, lock, snapshot, progress)
            if left and not snapshot.is_that_of(left[1]):
                left, reason = None, "the workspace has changed since"
            manifest = left[1] if left else _manifest(session, name, snapshot)
            kept, reason = run.write(manifest, left[0] if left else None, reason)
        sha256, size = run.read_back()
        seq = session.record(_done(manifest, size, sha256, is_listed=is_listed))
        with _reported():
            os.rename(part, target)
            sync_folder(target.parent)
    files = len(manifest.files)
    return BackedUp(name, files, size, sha256, kept, reason, is_listed, snapshot.passed_over, seq)


class _Run:
    """One writing of the file, and its reading back."""

    def __init__(
        self,
        descriptor: int,
        lock: Lock,
        snapshot: Snapshot,
        progress: Callable[[int], Progress] | None,
    ) -> None:
        self._descriptor = descriptor
        self._lock = lock
        self._snapshot = snapshot
        self._begin = progress or (lambda _total: lambda _done: None)
        self._advance: Progress = lambda _done: None
        self._done = 0
        self._digest = hashlib.sha256()
        self._key: Key | None = None

    def write(self, manifest: Manifest, key: Key | None, reason: str) -> tuple[int, str]:
        """Seal everything; return the chunks that were there, and why none could be kept."""
        self._advance = self._begin(2 * manifest.size_bytes)
        try:
            if key is not None:
                self._key = key
                return self._seal(manifest, is_resumed=True), reason
        except ChangedError:
            reason = "what it holds is not what the workspace holds"
        with _reported():
            os.ftruncate(self._descriptor, 0)
            header, self._key = new_key(self._lock)
            os.pwrite(self._descriptor, header, 0)
        return self._seal(manifest, is_resumed=False), reason

    def _seal(self, manifest: Manifest, *, is_resumed: bool) -> int:
        assert self._key is not None
        self._digest, self._done = hashlib.sha256(), 0
        with _reported():
            return seal_stream(
                self._descriptor, self._key, self._pieces(manifest), is_resumed=is_resumed
            )

    def _pieces(self, manifest: Manifest) -> Iterator[bytes]:
        first = manifest.encode()
        self._digest.update(first)
        yield first
        for piece in self._snapshot.read(manifest.files):
            self._digest.update(piece)
            yield piece
            self._done += len(piece)
            self._advance(self._done)

    def read_back(self) -> tuple[str, int]:
        """Open every chunk as restoring does; return SHA-256 and size of the file.

        Raises:
            BackupError: what comes back is not what went in.
        """
        assert self._key is not None
        with _reported():
            # What is read should come from the disk, not from memory.
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            read_manifest(open_stream(self._descriptor, self._key))  # it is of the form, too
            plain = hashlib.sha256()
            for piece in open_stream(self._descriptor, self._key):
                plain.update(piece)
                self._done += len(piece)
                self._advance(self._done)
            if plain.digest() != self._digest.digest():
                raise BackupError("the backup does not read back as it was written")
            return _file_digest(self._descriptor)


def _note(session: Session, name: str) -> bool:
    """Enter the backup in the list beside the key; without the key nobody can."""
    try:
        return session.erasures().note_backup(name)
    except VaultError:
        return False


def _manifest(session: Session, name: str, snapshot: Snapshot) -> Manifest:
    return Manifest(
        backup=name,
        workspace=session.settings.workspace_id,
        version=__version__,
        time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        log=snapshot.head,
        folders=tuple(snapshot.folders),
        files=tuple(snapshot.files),
    )


def _done(manifest: Manifest, size_bytes: int, sha256: str, *, is_listed: bool) -> BackupDone:
    return BackupDone(
        backup=manifest.backup,
        files=len(manifest.files),
        size_bytes=size_bytes,
        sha256=sha256,
        records=manifest.log.records,
        root=manifest.log.root,
        listed=is_listed,
    )


def _left(descriptor: int, lock: Lock) -> tuple[tuple[Key, Manifest] | None, str]:
    """Return key and list of what an interrupted run left, or why they are of no use."""
    header = os.pread(descriptor, HEADER_BYTES, 0)
    if not header:
        return None, ""
    try:
        key = read_key(header, lock)
        manifest, _ = read_manifest(open_stream(descriptor, key))
    except SecureRagError:
        return None, "it had not got beyond its list, or was made with another key"
    return (key, manifest), ""


@contextmanager
def _opened(part: Path) -> Iterator[int]:
    """Open the unfinished file for this run alone.

    Raises:
        ArtifactError: it cannot be made, or another run is writing it.
        ConfigError: there is a file of that name that no run of ours left.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    with _reported():
        descriptor = os.open(part, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ArtifactError(
                "another backup is being written to this file", code="backup.busy"
            ) from None
        if not may_be_backup(os.pread(descriptor, HEADER_BYTES, 0)):
            raise ConfigError(
                f"{part} is no unfinished backup",
                code="backup.part",
                hint="name another FILE, or move that one away: it would be overwritten",
            )
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _reported() -> Iterator[None]:
    """Say what the disk refuses; the workspace is as it was."""
    try:
        yield
    except OSError as error:
        raise ArtifactError(
            f"the backup cannot be written: {error.strerror}",
            code="backup.unwritable",
            hint="make room, then run the same command again: it continues where it can",
        ) from None


def _file_digest(descriptor: int) -> tuple[str, int]:
    digest, offset = hashlib.sha256(), 0
    while piece := os.pread(descriptor, _MIB, offset):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest(), offset
