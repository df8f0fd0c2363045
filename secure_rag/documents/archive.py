"""Read ZIP containers (OOXML, OpenDocument) within bounds, trusting nothing they declare."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import IO

from secure_rag.documents.limits import Limits
from secure_rag.documents.reasons import refusal

_METHODS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_ENCRYPTED_BIT = 0x1
_CHUNK = 1024 * 1024
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


class Archive:
    """A container whose directory was checked and whose entries are counted while read.

    Raises:
        DocumentError: `document.bomb`, `document.encrypted` or `document.unreadable`.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._limits = limits
        self._unpacked = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE:
            raise refusal("document.unreadable") from None
        entries = self._zip.infolist()
        self._check(entries)
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) != len(entries):
            # Two entries of one name: which one a program shows is anybody's guess.
            raise refusal("document.unreadable")

    @property
    def names(self) -> list[str]:
        """Names of the entries, sorted."""
        return sorted(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """Return an entry's content."""
        if name not in self._entries:
            raise refusal("document.unreadable")
        pieces = []
        try:
            with self._zip.open(self._entries[name]) as entry:
                while piece := entry.read(_CHUNK):
                    self._count(len(piece))
                    pieces.append(piece)
        except _DAMAGE:
            raise refusal("document.unreadable") from None
        return b"".join(pieces)

    def stream(self, name: str) -> IO[bytes]:
        """Open an entry for reading piece by piece."""
        return io.BytesIO(self.read(name))

    def _count(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > self._limits.unpacked_bytes:
            raise refusal("document.bomb")

    def _check(self, entries: list[zipfile.ZipInfo]) -> None:
        limits = self._limits
        if len(entries) > limits.entries:
            raise refusal("document.bomb")
        if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
            raise refusal("document.bomb")
        for entry in entries:
            if entry.flag_bits & _ENCRYPTED_BIT:
                raise refusal("document.encrypted")
            if entry.compress_type not in _METHODS:
                raise refusal("document.unreadable")
            is_large = entry.file_size > limits.ratio_from_bytes
            if is_large and entry.file_size > limits.entry_ratio * max(entry.compress_size, 1):
                raise refusal("document.bomb")
