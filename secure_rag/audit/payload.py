"""Texts sealed to a reviewer's key: this machine can write them and not read them back.

Sealed form: base64(0x01 || 32 bytes of a fresh X25519 public key || ciphertext). The key of
ChaCha20-Poly1305 is HKDF-SHA256 of the shared secret (salt: fresh key || reviewer's key; info:
"secure-rag/payload/1"), used once, so its nonce is zero. Bound to it are the id of the question
and the part. Texts are padded to a multiple of 256 bytes, so that lengths tell little.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from secure_rag.errors import ConfigError, InputError

MAX_BYTES = 40_000
"""Longer texts are cut: a record has to fit its line."""
_VERSION = b"\x01"
_PUBLIC, _PRIVATE = "x25519:", "PRIVATE+KEY+x25519:"
_PAD = 256
_NONCE = bytes(12)


@dataclass(frozen=True)
class ReviewerKey:
    """The public key of a reviewer."""

    public: bytes

    @property
    def key_id(self) -> str:
        return hashlib.sha256(self.public).hexdigest()[:16]

    def line(self) -> str:
        """Return the key as the settings hold it."""
        return _PUBLIC + base64.b64encode(self.public).decode("ascii")

    def seal(self, text: str, *, query: str, part: str) -> str:
        """Seal the text of a question or an answer."""
        data = text.encode("utf-8", errors="replace")[:MAX_BYTES] + b"\x80"
        data += bytes(-len(data) % _PAD)
        private = X25519PrivateKey.generate()
        fresh = private.public_key().public_bytes_raw()
        shared = private.exchange(X25519PublicKey.from_public_bytes(self.public))
        cipher = ChaCha20Poly1305(_derive(shared, fresh, self.public))
        sealed = _VERSION + fresh + cipher.encrypt(_NONCE, data, _binding(query, part))
        return base64.b64encode(sealed).decode("ascii")


def parse_reviewer(line: str) -> ReviewerKey:
    """Read a reviewer's key from the settings.

    Raises:
        ConfigError: if it is none.
    """
    try:
        public = base64.b64decode(line.strip().removeprefix(_PUBLIC), validate=True)
        # a key of low order would give every fresh key the same, known secret
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))
        key = ReviewerKey(public)
        if key.line() != line.strip():
            raise ValueError("not in its one form")
    except ValueError:
        raise ConfigError(
            "reviewer_key is not the line of a reviewer",
            hint="`secure-rag audit reviewer-key FILE` makes a key and prints its line",
        ) from None
    return key


def create_reviewer(path: Path) -> ReviewerKey:
    """Make a key pair; the private key goes into a new file (0600).

    Raises:
        InputError: if the file is there already, or cannot be made.
    """
    private = X25519PrivateKey.generate()
    line = _PRIVATE + base64.b64encode(private.private_bytes_raw()).decode("ascii") + "\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        raise InputError(f"{path.name!a} is there already, or cannot be made") from None
    return ReviewerKey(private.public_key().public_bytes_raw())


def open_text(sealed: str, path: Path, *, query: str, part: str) -> str:
    """Open a sealed text with the private key in a file.

    Raises:
        InputError: the key cannot be read, is another, or the text was changed or moved.
    """
    try:
        line = path.read_text("ascii").strip()
        seed = base64.b64decode(line.removeprefix(_PRIVATE), validate=True)
        private = X25519PrivateKey.from_private_bytes(seed)
    except (OSError, ValueError):
        raise InputError(f"{path.name!a} is not the private key of a reviewer") from None
    try:
        data = base64.b64decode(sealed, validate=True)
        fresh, body = data[1:33], data[33:]
        shared = private.exchange(X25519PublicKey.from_public_bytes(fresh))
        own = private.public_key().public_bytes_raw()
        cipher = ChaCha20Poly1305(_derive(shared, fresh, own))
        padded = cipher.decrypt(_NONCE, body, _binding(query, part))
        if data[:1] != _VERSION:
            raise ValueError("of another version")
    except (InvalidTag, ValueError):
        raise InputError(
            "the sealed text cannot be opened: another key, or changed", code="audit.sealed"
        ) from None
    return padded[: padded.rindex(b"\x80")].decode("utf-8", errors="ignore")


def _derive(shared: bytes, fresh: bytes, public: bytes) -> bytes:
    info = b"secure-rag/payload/1"
    return HKDF(SHA256(), length=32, salt=fresh + public, info=info).derive(shared)


def _binding(query: str, part: str) -> bytes:
    return f"{query}\n{part}".encode()
