"""What a backup is sealed to: a key file of its own, or a passphrase. Never the vault's key.

A backup leaves the machine; the vault's key must not go with it, nor open it
(docs/adr/backup.md).
"""

from __future__ import annotations

import os
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from secure_rag.errors import BackupError, FormatError, VaultError
from secure_rag.vault.factors import new_passphrase, read_passphrase
from secure_rag.vault.keys import open_private, write_secret_file
from secure_rag.vault.wraps import Cost

FORMAT = 1
KEY_FILE, PASSPHRASE = 1, 2
NO_COST = Cost(0, 0, 0)
_SECRET_BYTES = 32
_LIMIT = 4096
_HINT = "name it with --backup-key FILE, or make one with --new-backup-key FILE"
_PASSPHRASE_HINT = (
    "name a key with --backup-key FILE, a passphrase with --backup-passphrase-file FILE, "
    "or run on a terminal"
)


@dataclass(frozen=True)
class Lock:
    """The secret of a backup, before a header says how it is stretched."""

    kind: int
    _given: bytes = field(repr=False)
    cost: Cost = NO_COST
    """What a new backup demands of a guess."""
    _WORDS: ClassVar[dict[int, str]] = {KEY_FILE: "a key file", PASSPHRASE: "a passphrase"}

    @classmethod
    def word(cls, kind: int) -> str:
        """Return a kind in words."""
        return cls._WORDS.get(kind, "something that this program does not know")

    def secret(self, salt: bytes, cost: Cost) -> bytes:
        """Return 32 bytes; a passphrase goes through Argon2id at the header's cost.

        Raises:
            BackupError: a cost out of bounds: the header is not one that we wrote.
        """
        if self.kind == KEY_FILE:
            return self._given
        try:
            cost.check()
        except VaultError:
            raise BackupError(
                "the backup's header is of no allowed form", code="backup.damaged"
            ) from None
        stretch = Argon2id(
            salt=salt,
            length=_SECRET_BYTES,
            iterations=cost.passes,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
        return stretch.derive(self._given)


def lock_of_file(path: Path) -> Lock:
    """Return the lock of a key file that nobody else may read.

    Raises:
        BackupError: missing, readable by others, or no key of backups.
    """
    try:
        with open_private(path, "key", _HINT, locked="the backup") as descriptor:
            return _parsed(os.read(descriptor, _LIMIT))
    except VaultError as error:
        raise BackupError(error.message, hint=error.hint, code="backup.key") from None


def lock_of_descriptor(descriptor: int) -> Lock:
    """Return the lock of a key file that an open descriptor gives; raises like `lock_of_file`."""
    content = b""
    try:
        while len(content) < _LIMIT and (piece := os.read(descriptor, _LIMIT)):
            content += piece
    except OSError:
        raise BackupError(
            f"no key can be read from descriptor {descriptor}", code="backup.key", hint=_HINT
        ) from None
    return _parsed(content)


def lock_of_passphrase(path: Path | None, *, is_new: bool) -> Lock:
    """Return the lock of a passphrase: a file's first line, or typed; a new one is typed twice.

    Raises:
        BackupError: there is neither, it is too short, or the two differ.
    """
    try:
        if is_new:
            given = new_passphrase(path, of="the backup", hint=_PASSPHRASE_HINT)
        else:
            given = read_passphrase(path, of="the backup", hint=_PASSPHRASE_HINT)
    except VaultError as error:
        code = error.code.replace("vault.", "backup.")
        raise BackupError(error.message, hint=error.hint, code=code) from None
    return Lock(PASSPHRASE, given, Cost())


def make_key_file(path: Path) -> Lock:
    """Write a new key file (0600) and return its lock.

    Raises:
        BackupError: there is a file already, or none can be written.
    """
    secret = secrets.token_bytes(_SECRET_BYTES)
    text = (
        "# Key of backups of secure_rag: whoever has it and a backup has the workspace. Keep it\n"
        f"# away from the backups, and a copy off this machine.\nformat = {FORMAT}\n"
        f'backup_key = "{secret.hex()}"\n'
    )
    try:
        write_secret_file(path, text)
    except VaultError as error:
        raise BackupError(error.message, hint=error.hint, code="backup.key") from None
    return Lock(KEY_FILE, secret)


def _parsed(content: bytes) -> Lock:
    try:
        table = tomllib.loads(content.decode())
        version, secret = table["format"], bytes.fromhex(table["backup_key"])
    except (ValueError, KeyError, TypeError):
        raise BackupError("this is not a key of backups", code="backup.key", hint=_HINT) from None
    if version != FORMAT:
        raise FormatError(f"key: format {version!r} is not format {FORMAT} of this program")
    if len(secret) != _SECRET_BYTES:
        raise BackupError("this is not a key of backups", code="backup.key", hint=_HINT)
    return Lock(KEY_FILE, secret)
