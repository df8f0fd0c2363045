"""What a backup holds: the list that stands at its beginning, before the bytes of the files.

    4 bytes  length of the list, big-endian
    list     JSON: what was copied, when, where the log ended; folders; files with their sizes
    bytes    of each file in the order of the list, nothing in between

A list is read from a file that somebody may have made to do harm: every path is checked
before the first one is used, and there is no word for links, devices or owners.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from secure_rag.errors import BackupError, FormatError

FORMAT = 1
LENGTH = struct.Struct(">I")
MAX_BYTES = 2**26
"""Longest list that is read, some 400,000 files."""
KEY_NAME = "vault.key"
"""Name of the one file that does not lie in the workspace."""
PARTS = (
    "secure-rag.toml",
    "policies",
    "models",
    "audit",
    "index",
    "vault",
    "quarantine",
    "receipts",
)
"""What of a workspace is copied, and all that may be restored."""
_MODES = 0o777
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True)
class Folder:
    """A folder of the workspace."""

    path: str
    mode: int


@dataclass(frozen=True)
class File:
    """A file of the workspace, or (`vault.key`) the vault's key file."""

    path: str
    mode: int
    size: int
    changed_ns: int
    """Time of its last change, for a later run to tell whether it is still the same."""


@dataclass(frozen=True)
class Head:
    """Where the copied log ends."""

    records: int
    root: str


@dataclass(frozen=True)
class Manifest:
    """The whole list."""

    backup: str
    """Random id, 16 hexadecimal digits."""
    workspace: str
    version: str
    """Of the program that made it."""
    time: str
    log: Head
    folders: tuple[Folder, ...]
    files: tuple[File, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def encode(self) -> bytes:
        """Return the list as it is stored, with its length in front."""
        table = {"format": FORMAT, **asdict(self)}
        content = json.dumps(table, separators=(",", ":"), sort_keys=True).encode("ascii")
        if len(content) > MAX_BYTES:
            raise BackupError("the workspace has too many files", code="backup.too_many")
        return LENGTH.pack(len(content)) + content


def parse(content: bytes) -> Manifest:
    """Read a list strictly.

    Raises:
        BackupError: not of its form, or a path that could lead out of the workspace.
        FormatError: another format.
    """
    try:
        table = json.loads(content)
        version = table.pop("format")
    except (ValueError, KeyError, AttributeError, RecursionError):
        raise _refused() from None
    if version != FORMAT:
        raise FormatError(f"backup: list of format {version!r} is not format {FORMAT}")
    try:
        found = Manifest(
            log=_made(Head, table.pop("log")),
            folders=tuple(_made(Folder, one) for one in table.pop("folders")),
            files=tuple(_made(File, one) for one in table.pop("files")),
            **table,
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        raise _refused() from None
    _check(found)
    return found


def read_manifest(stream: Iterator[bytes]) -> tuple[Manifest, bytes]:
    """Take the list from the beginning of a stream; return it and what came with it."""
    waiting = bytearray()
    wanted = LENGTH.size
    for piece in stream:
        waiting += piece
        if len(waiting) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(waiting)
            if length > MAX_BYTES:
                raise _refused()
            wanted = LENGTH.size + length
        if len(waiting) >= wanted > LENGTH.size:
            return parse(bytes(waiting[LENGTH.size : wanted])), bytes(waiting[wanted:])
    raise _refused()


def _made(kind: type[Any], table: dict[str, Any]) -> Any:
    """Build one of the dataclasses from exactly its fields, each of its own type."""
    wanted = {"str": str, "int": int}
    if set(table) != {one.name for one in fields(kind)}:
        raise ValueError
    for one in fields(kind):
        if type(table[one.name]) is not wanted[str(one.type)]:
            raise ValueError
    return kind(**table)


def _check(found: Manifest) -> None:
    words = (found.backup, found.workspace, found.log.root)
    plain = (found.version, found.time)
    if not all(isinstance(one, str) and _HEX.fullmatch(one) for one in words):
        raise _refused()
    if not all(isinstance(one, str) and one.isascii() and one.isprintable() for one in plain):
        raise _refused()
    if len(found.backup) != 16 or len(found.workspace) != 16:
        raise _refused()
    folders = [one.path for one in found.folders]
    files = [one.path for one in found.files]
    names = [*folders, *files]
    if len(set(names)) != len(names) or not all(map(_is_inside, names)):
        raise _refused()
    modes = [*(one.mode for one in found.folders), *(one.mode for one in found.files)]
    if not all(0 <= mode <= _MODES for mode in modes):
        raise _refused()
    if any(one.size < 0 for one in found.files) or found.log.records < 0:
        raise _refused()
    _check_parents(folders, files)


def _check_parents(folders: Sequence[str], files: Sequence[str]) -> None:
    """Every parent is a listed folder that stands before what lies in it."""
    known: set[str] = set()
    for path in folders:
        if (parent := path.rpartition("/")[0]) and parent not in known:
            raise _refused()
        known.add(path)
    if any((parent := path.rpartition("/")[0]) and parent not in known for path in files):
        raise _refused()


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return (
        len(path) < 4096
        and "\0" not in path
        and all(part not in ("", ".", "..") for part in parts)
        and (parts[0] in PARTS or path == KEY_NAME)
    )


def _refused() -> BackupError:
    return BackupError("the backup's list of files is not of its form", code="backup.form")
