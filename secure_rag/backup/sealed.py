"""One stream of bytes, sealed in chunks: format 1 (docs/reference/backup-format.md).

    header  magic, format, kind of secret, chunk size, cost of a passphrase, salt; check
    chunk   32 bytes salt · AES-256-GCM of at most `chunk size` bytes · 16 bytes tag

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015, section 7): the nonce
is the chunk's number and a flag for the last one, so that nothing can be swapped, cut or
appended. Each chunk has a key of its own, derived from its salt: a run that was killed in
the middle of a chunk seals that number again, and no key and nonce ever come twice.
"""

from __future__ import annotations

import hmac
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from secure_rag.backup.keys import Lock
from secure_rag.errors import BackupError, FormatError
from secure_rag.vault.wraps import Cost

FORMAT = 1
CHUNK_BYTES = 2**20
SALT_BYTES = 32
TAG_BYTES = 16
_MAGIC = b"secure-rag bkup\n"
_HEAD = struct.Struct(">16sIBIIII32s")
_CHECK_BYTES = 32
HEADER_BYTES = _HEAD.size + _CHECK_BYTES
_OVERHEAD = SALT_BYTES + TAG_BYTES
_NONCE = struct.Struct(">11sB")
_CHUNK_LIMITS = range(2**10, 2**24 + 1)


@dataclass(frozen=True)
class Key:
    """What opens one backup: derived from its secret and its header."""

    head: bytes
    chunk_bytes: int
    _file_key: bytes = field(repr=False)

    def seal(self, number: int, plain: bytes, *, is_last: bool) -> bytes:
        """Seal one chunk under a key that is used this once."""
        salt = secrets.token_bytes(SALT_BYTES)
        return salt + self._cipher(salt).encrypt(_nonce(number, is_last), plain, self.head)

    def open(self, number: int, stored: bytes, *, is_last: bool) -> bytes | None:
        """Return what a chunk holds, or None where it is not that chunk, whole and unchanged."""
        if not _OVERHEAD <= len(stored) <= self.chunk_bytes + _OVERHEAD:
            return None
        salt, sealed = stored[:SALT_BYTES], stored[SALT_BYTES:]
        try:
            return self._cipher(salt).decrypt(_nonce(number, is_last), sealed, self.head)
        except InvalidTag:
            return None

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(_derive(self._file_key, salt, b"chunk"))


class ChangedError(Exception):
    """What is already sealed in a file is not what is being sealed now."""


def new_key(lock: Lock, *, chunk_bytes: int = CHUNK_BYTES) -> tuple[bytes, Key]:
    """Return the header of a new backup and its key."""
    cost = lock.cost
    salt = secrets.token_bytes(SALT_BYTES)
    head = _HEAD.pack(
        _MAGIC, FORMAT, lock.kind, chunk_bytes, cost.memory_kib, cost.passes, cost.lanes, salt
    )
    file_key, check = _keys(lock, head, salt, cost)
    return head + check, Key(head, chunk_bytes, file_key)


def may_be_backup(header: bytes) -> bool:
    """Say whether a file that begins so is a backup, or one that was cut off in its first bytes."""
    return header[: len(_MAGIC)] == _MAGIC[: len(header)]


def read_key(header: bytes, lock: Lock) -> Key:
    """Return the key of a backup from its header.

    Raises:
        BackupError: no backup, another secret, or a changed header.
        FormatError: another format.
    """
    if len(header) < HEADER_BYTES or not header.startswith(_MAGIC):
        raise BackupError("this is not a backup of secure_rag", code="backup.unknown")
    head, found = header[: _HEAD.size], header[_HEAD.size : HEADER_BYTES]
    _, version, kind, chunk_bytes, memory, passes, lanes, salt = _HEAD.unpack(head)
    if version != FORMAT:
        raise FormatError(f"backup: format {version} is not format {FORMAT} of this program")
    if kind != lock.kind:
        raise BackupError(
            f"this backup opens with {Lock.word(kind)}",
            code="backup.wrong_key",
            hint="name it with --backup-key FILE or --backup-passphrase-file FILE",
        )
    if chunk_bytes not in _CHUNK_LIMITS:
        raise _damaged("its header is of no allowed form")
    file_key, check = _keys(lock, head, salt, Cost(memory, passes, lanes))
    if not hmac.compare_digest(found, check):
        raise BackupError(
            "this is not the key of this backup, or its header was changed",
            code="backup.wrong_key",
            hint="name the key or passphrase that it was made with",
        )
    return Key(head, chunk_bytes, file_key)


def seal_stream(
    descriptor: int, key: Key, source: Iterable[bytes], *, is_resumed: bool = False
) -> int:
    """Write chunks after the header, durably; return how many whole ones were there already.

    Args:
        descriptor: open for reading and writing, with the header in it.
        key: of that header.
        source: the bytes in pieces of any size.
        is_resumed: chunks may be there already: those that hold the same bytes stay.

    Raises:
        ChangedError: a whole chunk holds other bytes.
        OSError: the disk refuses.
    """
    offset, kept = HEADER_BYTES, 0
    is_comparing = is_resumed
    for number, (plain, is_last) in enumerate(_regroup(source, key.chunk_bytes)):
        size = len(plain) + _OVERHEAD
        if is_comparing:
            found = key.open(number, os.pread(descriptor, size, offset), is_last=is_last)
            if found == plain:
                kept, offset = kept + 1, offset + size
                continue
            if found is not None:
                raise ChangedError
            is_comparing = False
        if kept == number:
            os.ftruncate(descriptor, offset)
        _pwrite_all(descriptor, key.seal(number, plain, is_last=is_last), offset)
        offset += size
    os.ftruncate(descriptor, offset)
    os.fsync(descriptor)
    return kept


def open_stream(descriptor: int, key: Key) -> Iterator[bytes]:
    """Yield what the chunks hold, each only once it has proved whole and in its place.

    Raises:
        BackupError: damaged, cut, appended to, or put together from pieces.
    """
    size = os.fstat(descriptor).st_size
    offset, number, is_last = HEADER_BYTES, 0, False
    while not is_last:
        length = min(key.chunk_bytes + _OVERHEAD, size - offset)
        is_last = offset + length >= size
        plain = key.open(number, _pread_all(descriptor, length, offset), is_last=is_last)
        if plain is None:
            raise _damaged(f"chunk {number} is not whole, changed or not in its place")
        yield plain
        offset, number = offset + length, number + 1


def _regroup(source: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Yield pieces of exactly `size` bytes, the last one shorter, with a flag for it."""
    waiting = bytearray()
    for piece in source:
        waiting += piece
        while len(waiting) > size:
            yield bytes(waiting[:size]), False
            del waiting[:size]
    yield bytes(waiting), True


def _keys(lock: Lock, head: bytes, salt: bytes, cost: Cost) -> tuple[bytes, bytes]:
    secret = lock.secret(salt, cost)
    check_key = _derive(secret, salt, b"header")
    return _derive(secret, salt, b"file"), hmac.digest(check_key, head, "sha256")


def _derive(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    info = b"secure_rag backup 1 " + purpose
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def _nonce(number: int, is_last: bool) -> bytes:
    return _NONCE.pack(number.to_bytes(11, "big"), int(is_last))


def _pread_all(descriptor: int, size: int, offset: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = os.pread(descriptor, size - len(content), offset + len(content))
        if not piece:
            break
        content += piece
    return content


def _pwrite_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _damaged(what: str) -> BackupError:
    return BackupError(
        f"the backup is damaged: {what}",
        code="backup.damaged",
        hint="nothing of it was used; take another copy",
    )
