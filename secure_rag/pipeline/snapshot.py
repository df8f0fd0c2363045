"""A workspace held still while it is copied; asking goes on meanwhile, adding waits.

Locks are taken in this order, and nobody takes them in another:

1. the writer's lock of each collection, kept until the last byte is copied;
2. the vault: its keys, then the rows of each domain, given back once the vault is copied;
3. the log, for the moment in which the event is sealed and its segments are opened: they
   only grow, so the first bytes of each are the log as it was then.

So the vault in a copy is never older than the log's end, and never knows less than the rows.
What is no part of a copy: the key that seals the log next (docs/adr/backup.md), locks, caches.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from secure_rag.audit.event import Event
from secure_rag.audit.segments import segment_numbers, segment_path
from secure_rag.audit.tail import Tail
from secure_rag.backup.manifest import KEY_NAME, PARTS, File, Folder, Head, Manifest
from secure_rag.errors import ArtifactError
from secure_rag.index.writer_lock import lock_for_writing
from secure_rag.pipeline.session import Session
from secure_rag.vault.keys import key_lock, open_private
from secure_rag.vault.records import RECORDS, held_rows

_PIECE = 2**20
_SEGMENT = re.compile(r"audit/log/[0-9]{6}\.jsonl")
_LEFT_OUT = re.compile(
    r"audit/(epoch\.key|log\.lock|tail\.json(\.new)?|search\.sqlite.*)"
    r"|index/[^/]+/writer\.lock"
    r"|.*\.db-journal|.*\.new|.*\.tmp"
)


@dataclass
class Snapshot:
    """What is copied, and how its bytes are read."""

    root: Path
    folders: list[Folder] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    head: Head = field(default_factory=lambda: Head(0, ""))
    passed_over: int = 0
    """Links and other things that are no files."""
    _descriptors: dict[str, int] = field(default_factory=dict)
    _vault: ExitStack = field(default_factory=ExitStack)

    def is_that_of(self, manifest: Manifest) -> bool:
        """Say whether an earlier list is still true: all is as it was, the log at most longer."""
        now = {file.path: file for file in self.files}
        if tuple(self.folders) != manifest.folders or len(now) != len(manifest.files):
            return False
        return all(_is_same(now.get(file.path), file) for file in manifest.files)

    def read(self, files: tuple[File, ...]) -> Iterator[bytes]:
        """Yield the bytes of the files, one after the other, and give the vault back on the way.

        Raises:
            ArtifactError: a file is not what it was when the workspace was listed.
        """
        in_vault = sum(file.path.startswith("vault/") for file in files)
        for file in files:
            yield from self._read_one(file)
            in_vault -= file.path.startswith("vault/")
            if not in_vault:
                self._release_vault()

    def _read_one(self, file: File) -> Iterator[bytes]:
        held = self._descriptors.get(file.path)
        try:
            descriptor = _open(self.root / file.path) if held is None else held
        except OSError:
            raise _changed() from None
        try:
            found = os.fstat(descriptor)
            is_log = _SEGMENT.fullmatch(file.path) is not None
            if not is_log and (found.st_size, found.st_mtime_ns) != (file.size, file.changed_ns):
                raise _changed()
            offset = 0
            while offset < file.size:
                piece = os.pread(descriptor, min(_PIECE, file.size - offset), offset)
                if not piece:
                    raise _changed()
                yield piece
                offset += len(piece)
        finally:
            if held is None:
                os.close(descriptor)

    def _release_vault(self) -> None:
        self._vault.close()
        for path in [path for path in self._descriptors if path.endswith(RECORDS)]:
            del self._descriptors[path]

    def _take(self, path: str, descriptor: int) -> None:
        found = os.fstat(descriptor)
        self._descriptors[path] = descriptor
        self.files.append(_entry(path, found))

    def _take_log(self, folder: Path, held: ExitStack) -> None:
        """Open the segments as they are now; the lock on the log is held."""
        tail = Tail.read(folder)
        self.head = Head(tail.tree.size, tail.tree.root().hex())
        for number in segment_numbers(folder):
            path = segment_path(folder, number)
            descriptor = _open(path)
            held.callback(os.close, descriptor)
            self._take(path.relative_to(self.root).as_posix(), descriptor)

    def _list(self) -> None:
        """List all that is not listed yet, the vault first."""
        for name in sorted(PARTS, key=lambda part: (part != "vault", part)):
            self._list_one(name)

    def _list_one(self, path: str) -> None:
        place = self.root / path
        try:
            found = place.lstat()
        except FileNotFoundError:
            return
        if path in self._descriptors:
            return
        if stat.S_ISDIR(found.st_mode):
            self.folders.append(Folder(path, stat.S_IMODE(found.st_mode) & 0o777))
            for name in sorted(os.listdir(place)):
                self._list_one(f"{path}/{name}")
        elif _LEFT_OUT.fullmatch(path):
            return
        elif stat.S_ISREG(found.st_mode):
            self.files.append(_entry(path, found))
        else:
            self.passed_over += 1


@contextmanager
def held_still(session: Session, started: Event, *, with_key: bool) -> Iterator[Snapshot]:
    """Take the locks, record that the copy begins, and list what is copied.

    Raises:
        AuditUnavailableError: the event is not on the disk: nothing is copied.
        ArtifactError: something changed all the same.
    """
    workspace = session.workspace
    with ExitStack() as held:
        for folder in sorted((workspace.root / "index").glob("*/")):
            held.enter_context(closing(lock_for_writing(folder)))
        found = Snapshot(workspace.root)
        held.callback(found._vault.close)
        found._vault.enter_context(key_lock(workspace.vault, shared=True))
        for path in sorted(workspace.vault.glob(f"*/{RECORDS}")):
            descriptor = found._vault.enter_context(held_rows(path.parent))
            found._take(path.relative_to(workspace.root).as_posix(), descriptor)
        session.log.announce(
            started, check=lambda: None, effect=lambda: found._take_log(workspace.audit, held)
        )
        if with_key:
            descriptor = held.enter_context(open_private(session.key_file, "key", "--key-file"))
            found._take(KEY_NAME, descriptor)
        try:
            found._list()
        except OSError:
            raise _changed() from None
        yield found


def _is_same(now: File | None, before: File) -> bool:
    if now is None or _SEGMENT.fullmatch(before.path) is None:
        return now == before
    return now.mode == before.mode and now.size >= before.size


def _entry(path: str, found: os.stat_result) -> File:
    return File(path, stat.S_IMODE(found.st_mode) & 0o777, found.st_size, found.st_mtime_ns)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)


def _changed() -> ArtifactError:
    return ArtifactError(
        "a file of the workspace changed while it was copied",
        code="backup.changed",
        hint="run the backup again; who edits policies or settings meanwhile must end first",
    )
