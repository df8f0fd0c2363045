"""Write the files of a backup into a folder that nobody serves from yet.

The log of before goes to `audit/before/<backup>/`. What an interrupted run wrote is compared
and stays where it is right; anything else in the folder goes.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from secure_rag.audit.earlier import FOLDER as BEFORE
from secure_rag.backup.manifest import KEY_NAME, File, Manifest, read_manifest
from secure_rag.errors import BackupError
from secure_rag.slots import sync_folder

UNFINISHED = ".secure-rag-restore"
"""Mark of a folder that a run of ours is filling, or left."""
_PIECE = 2**20


def put_back(stream: Iterator[bytes], root: Path, manifest: Manifest, *, key_file: Path) -> str:
    """Write every file of the stream below `root`; return what became of the vault's key.

    Raises:
        BackupError: the stream is not that of the list.
        OSError: the disk refuses.
    """
    places = {file.path: placed(file.path, manifest.backup) for file in manifest.files}
    if len(set(places.values())) != len(places):
        raise BackupError("the backup's list of files is not of its form", code="backup.form")
    folders = _folders(manifest)
    _clear(root, {*folders, *places.values(), UNFINISHED})
    for path in folders:
        _make_folder(root / path)
    found, rest = read_manifest(stream)
    if found != manifest:
        raise BackupError("the backup changed while it was read", code="backup.changed")
    pieces = _Pieces(stream, rest)
    key = "none"
    for file in manifest.files:
        if file.path == KEY_NAME:
            key = _put_key(key_file, b"".join(pieces.take(file.size)))
        else:
            _write(root / places[file.path], file, pieces)
    pieces.end()
    for folder in reversed(manifest.folders):
        place = root / placed(folder.path, manifest.backup)
        sync_folder(place)
        place.chmod(folder.mode)
    sync_folder(root)
    return key


def placed(path: str, backup: str) -> str:
    """Return where a path of the list goes: the log of before makes room for the new one."""
    first, _, rest = path.partition("/")
    if first != "audit" or not rest or rest.partition("/")[0] == BEFORE:
        return path
    return f"audit/{BEFORE}/{backup}/{rest}"


class _Pieces:
    """Takes counted bytes from a stream."""

    def __init__(self, stream: Iterator[bytes], first: bytes) -> None:
        self._stream = stream
        self._waiting = memoryview(first)

    def take(self, size: int) -> Iterator[bytes]:
        """Yield exactly so many bytes in pieces."""
        while size:
            if not self._waiting:
                try:
                    self._waiting = memoryview(next(self._stream))
                except StopIteration:
                    raise BackupError("the backup ends early", code="backup.damaged") from None
            piece, self._waiting = self._waiting[:size], self._waiting[size:]
            size -= len(piece)
            yield bytes(piece)

    def end(self) -> None:
        """Check that nothing is left, to the last chunk."""
        if self._waiting or any(self._stream):
            raise BackupError("the backup holds more than it lists", code="backup.damaged")


def _folders(manifest: Manifest) -> list[str]:
    """Return the folders to be made, parents first; the empty ones of a workspace, too."""
    usual = ["audit", f"audit/{BEFORE}", f"audit/{BEFORE}/{manifest.backup}"]
    usual += ["policies", "models", "index", "vault", "quarantine"]
    listed = [placed(folder.path, manifest.backup) for folder in manifest.folders]
    return list(dict.fromkeys([*usual, *listed]))


def _clear(root: Path, expected: set[str]) -> None:
    """Take away what an interrupted run, or somebody else, left and this backup does not hold."""
    if root.is_symlink() or (root.exists() and not root.is_dir()):
        root.unlink()
    _make_folder(root)
    for parent, names, files in os.walk(root):
        for name in [*names, *files]:
            path = Path(parent) / name
            mode = path.lstat().st_mode
            is_plain = stat.S_ISDIR(mode) or stat.S_ISREG(mode)
            if is_plain and path.relative_to(root).as_posix() in expected:
                continue
            if name in names:
                names.remove(name)
            if stat.S_ISDIR(mode):
                shutil.rmtree(path)
            else:
                path.unlink()


def _make_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        path.unlink()
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)


def _write(path: Path, file: File, pieces: _Pieces) -> None:
    """Write one file; as long as an earlier run's bytes are the same, they stay."""
    if path.is_dir():
        shutil.rmtree(path)
    if path.exists():
        path.chmod(0o600)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        offset, is_comparing = 0, True
        for piece in pieces.take(file.size):
            if is_comparing and os.pread(descriptor, len(piece), offset) != piece:
                is_comparing = False
                os.ftruncate(descriptor, offset)
            if not is_comparing:
                _pwrite_all(descriptor, piece, offset)
            offset += len(piece)
        os.ftruncate(descriptor, file.size)
        os.fchmod(descriptor, file.mode)
        os.utime(descriptor, ns=(file.changed_ns, file.changed_ns))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_key(path: Path, content: bytes) -> str:
    """Write the vault's key where it belongs, unless there is one: that one may be newer."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        return "restored" if path.read_bytes() == content else "kept"
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    sync_folder(path.parent)
    return "restored"


def _pwrite_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
