"""Seal a value so that only the private key *and* the subject's own secret open it.

1. a fresh X25519 key pair and the vault's public key give a shared secret;
2. HKDF-SHA256 over shared secret and subject secret gives a key of 64 bytes;
3. AES-256-SIV seals the padded value; vault, domain, kind, entity, name, key version,
   slot and the fresh public key are bound to it, in the derivation and as associated data.

Whoever seals forgets the fresh private key and cannot read back. Erasing the subject's
secret makes the value unreadable for the holder of the private key too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from secure_rag.errors import VaultError
from secure_rag.vault.keys import derive, encode, to_bytes, to_text

SUBJECT_SECRET_SIZE = 32
_LENGTH_SIZE = 4
_SMALLEST, _PAGE = 32, 4096


@dataclass(frozen=True)
class Binding:
    """What a sealed value belongs to; it opens in this place only."""

    vault_id: str
    domain: str
    kind: str
    """`value` of a placeholder, or `path` of a document."""
    entity: str
    name: str
    """The placeholder, or the document's id."""
    version: int
    """Of the vault's key pair."""
    slot: int
    """Of the subject's secret."""

    def encoded(self) -> bytes:
        return encode(
            self.vault_id,
            self.domain,
            self.kind,
            self.entity,
            self.name,
            self.version,
            self.slot,
        )


@dataclass(frozen=True)
class Sealed:
    """A sealed value: it says how long the value is to the next power of two, nothing else."""

    ephemeral: bytes = field(repr=False)
    """Raw X25519 public key."""
    ciphertext: bytes = field(repr=False)
    """Synthetic IV and AES-SIV ciphertext."""


ERASED = Sealed(b"", b"")
"""What an erased value leaves."""


def seal(value: str, *, public_key: bytes, subject: bytes, binding: Binding) -> Sealed:
    """Seal `value` to the vault's public key and the subject's secret."""
    private = X25519PrivateKey.generate()
    ephemeral = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(public_key))
    key, bound = _key(shared, subject, ephemeral, public_key, binding)
    return Sealed(ephemeral, AESSIV(key).encrypt(_padded(to_bytes(value)), bound))


def open_sealed(sealed: Sealed, *, private_key: bytes, subject: bytes, binding: Binding) -> str:
    """Open what `seal` made.

    Raises:
        VaultError: anything is not exactly as it was sealed; the message tells nothing else.
    """
    private = X25519PrivateKey.from_private_bytes(private_key)
    public_key = private.public_key().public_bytes_raw()
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(sealed.ephemeral))
        key, bound = _key(shared, subject, sealed.ephemeral, public_key, binding)
        padded = AESSIV(key).decrypt(sealed.ciphertext, bound)
    except (InvalidTag, ValueError):
        raise VaultError("a sealed value is damaged or was moved", code="vault.damaged") from None
    length = int.from_bytes(padded[:_LENGTH_SIZE], "big")
    return to_text(padded[_LENGTH_SIZE : _LENGTH_SIZE + length])


def _key(
    shared: bytes, subject: bytes, ephemeral: bytes, public_key: bytes, binding: Binding
) -> tuple[bytes, list[bytes]]:
    if len(subject) != SUBJECT_SECRET_SIZE:
        raise ValueError("not a subject secret")
    bound = binding.encoded()
    key = derive(shared + subject, "seal", ephemeral, public_key, bound, length=64)
    return key, [bound, ephemeral]


def _padded(value: bytes) -> bytes:
    content = len(value).to_bytes(_LENGTH_SIZE, "big") + value
    size = max(_SMALLEST, 1 << (len(content) - 1).bit_length())
    if size > _PAGE:
        size = -(-len(content) // _PAGE) * _PAGE
    return content.ljust(size, b"\0")
