"""What opens a vault besides the key file: a passphrase, and the share of a second person.

Both are read by the private process only: from a file that nobody else may read, or
(the passphrase) from the terminal. They are on no command line and in no variable; the
names of the files may be.
"""

from __future__ import annotations

import getpass
import os
import secrets
import tomllib
import unicodedata
from pathlib import Path

from secure_rag.errors import VaultError
from secure_rag.vault.keys import SECRET_SIZE, open_private, write_secret_file

SHORTEST = 8
"""Characters that a new passphrase must have (NIST SP 800-63B, 5.1.1.1); longer is better."""
_LONGEST_BYTES = 4096
_PASSPHRASE_HINT = "name it with --passphrase-file FILE, or run on a terminal"
_SHARE_HINT = "name it with --share-file FILE"


def read_passphrase(
    path: Path | None,
    *,
    of: str = "the vault",
    hint: str = _PASSPHRASE_HINT,
    prompt: str = "Passphrase",
) -> bytes:
    """Read a passphrase from the first line of a file, or from the terminal without echo.

    Args:
        of: what it opens.

    Raises:
        VaultError: what it opens is locked: there is neither.
    """
    if path is not None:
        with open_private(path, "passphrase", hint, locked=of) as descriptor:
            raw = os.read(descriptor, _LONGEST_BYTES)
        return _normal(raw.split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r"))
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
        return _normal(getpass.getpass(f"{prompt} of {of}: "))
    except (OSError, EOFError):
        raise VaultError(
            f"{of} is locked: its passphrase is needed and there is no terminal",
            code="vault.locked",
            hint=hint,
        ) from None


def new_passphrase(
    path: Path | None, *, of: str = "the vault", hint: str = _PASSPHRASE_HINT
) -> bytes:
    """Read a new passphrase for `of`; on the terminal it is asked for twice.

    Raises:
        VaultError: too short, or the two differ.
    """
    given = read_passphrase(path, of=of, hint=hint, prompt="New passphrase")
    if len(given.decode()) < SHORTEST:
        raise VaultError(
            f"a passphrase needs {SHORTEST} characters or more",
            code="vault.passphrase",
            hint="six random words are a good one",
        )
    if path is None and read_passphrase(None, of=of, prompt="Again, passphrase") != given:
        raise VaultError("the two passphrases differ", code="vault.passphrase")
    return given


def read_share(path: Path | None, vault_id: str) -> bytes:
    """Read the share that a second person keeps.

    Raises:
        VaultError: not named, or not a share of this vault.
    """
    if path is None:
        raise VaultError(
            "the vault is locked: the second person's share is needed",
            code="vault.locked",
            hint=_SHARE_HINT,
        )
    with open_private(path, "share", _SHARE_HINT) as descriptor:
        raw = os.read(descriptor, _LONGEST_BYTES)
    try:
        table = tomllib.loads(raw.decode())
        share = bytes.fromhex(table["share"])
        of_vault, version = table["vault"], table["format"]
    except (ValueError, KeyError, TypeError):
        raise VaultError("this is not a share", code="vault.share", hint=_SHARE_HINT) from None
    if (version, of_vault, len(share)) != (1, vault_id, SECRET_SIZE):
        raise VaultError("this is not a share of this vault", code="vault.share", hint=_SHARE_HINT)
    return share


def new_share(path: Path, vault_id: str) -> bytes:
    """Make a share and write it where the second person takes it from.

    Raises:
        VaultError: there is a file already, or it cannot be written.
    """
    share = secrets.token_bytes(SECRET_SIZE)
    write_secret_file(
        path,
        "# Share of a secure_rag vault: values open with it and the key file together. It belongs"
        f'\n# to a second person, on another machine.\nformat = 1\nvault = "{vault_id}"\n'
        f'share = "{share.hex()}"\n',
    )
    return share


def _normal(text: str) -> bytes:
    """Encode so that two ways to type one character give the same key (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFC", text).encode()
