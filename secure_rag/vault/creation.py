"""Make a vault: key file, wrapped private key and descriptor."""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from secure_rag.errors import VaultError
from secure_rag.vault.keys import (
    DESCRIPTOR,
    SECRET_SIZE,
    Descriptor,
    Secrets,
    write_descriptor,
    write_key_file,
)
from secure_rag.vault.wraps import KEY_FILE, Opener, add_wraps, create_wraps


def create_keys(folder: Path, *, vault_id: str, key_file: Path) -> None:
    """Write a new key file, the wrapped private key and the descriptor, in this order.

    Raises:
        VaultError: if there is a key file or a vault already; neither is ever overwritten.
    """
    if (folder / DESCRIPTOR).exists():
        raise VaultError("there is a vault already", code="vault.exists")
    if key_file.resolve().is_relative_to(folder.resolve()):
        raise VaultError("the key file must not lie beside what it protects", code="vault.key_file")
    key = Secrets(vault_id, secrets.token_bytes(SECRET_SIZE), secrets.token_bytes(SECRET_SIZE))
    write_key_file(key_file, key)
    public, private = new_key_pair()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with create_wraps(folder) as slots:
        opener = Opener(vault_id, key.reveal)
        add_wraps(slots, {1: (public, private)}, opener, factors=KEY_FILE)
    write_descriptor(folder, Descriptor(vault_id, (public,)), key.lookup)


def new_key_pair() -> tuple[bytes, bytes]:
    """Return a new X25519 key pair, public and private, raw."""
    private = X25519PrivateKey.generate()
    return private.public_key().public_bytes_raw(), private.private_bytes_raw()
