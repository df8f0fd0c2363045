"""Signed notes and checkpoints after C2SP signed-note and tlog-checkpoint.

A checkpoint's text is six lines: origin, tree size, root, and three extension
lines `epoch N`, `time T`, `next KEY` (audit/FORMAT.md, section 4).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = 0x01
_MAX_SIGNATURES = 16
_NAME = re.compile(r"[\x21-\x2a\x2c-\x7e]{1,200}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class NoteError(ValueError):
    """A note, checkpoint or verifier line that does not follow its format."""


@dataclass(frozen=True)
class VerifierKey:
    """Who may sign: the name of the log and an Ed25519 public key."""

    name: str
    public: bytes

    @property
    def encoded(self) -> str:
        """Base64 of the algorithm byte and the key."""
        return to_base64(bytes([ED25519]) + self.public)

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names its key."""
        prefix = self.name.encode() + b"\n" + bytes([ED25519])
        return hashlib.sha256(prefix + self.public).digest()[:4]

    def line(self) -> str:
        """Return the verifier line: name, key id in hex, key, joined by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{self.encoded}"

    def verifies(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True)
class Note:
    """A text (with its last newline) and the signatures below it."""

    text: str
    signatures: tuple[Signature, ...]

    def is_signed_by(self, key: VerifierKey) -> bool:
        """Return whether a signature of this key is there, and none of its name and id is bad."""
        mine = [s for s in self.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
        return bool(mine) and all(key.verifies(self.text, s.value) for s in mine)


@dataclass(frozen=True)
class CheckpointText:
    """What a checkpoint says: the tree it seals and the key of the next epoch."""

    origin: str
    size: int
    root: bytes
    epoch: int
    time: str
    next_public: bytes

    def encode(self) -> str:
        key = VerifierKey(self.origin, self.next_public)
        return (
            f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"
            f"epoch {self.epoch}\ntime {self.time}\nnext {key.encoded}\n"
        )


def sign(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """Return the signed note of a text."""
    key = VerifierKey(name, private.public_key().public_bytes_raw())
    value = to_base64(key.key_id + private.sign(text.encode()))
    return f"{text}\n\u2014 {name} {value}\n"


def parse_note(note: str) -> Note:
    """Split a signed note; signatures are not checked yet.

    Raises:
        NoteError: if it is not one.
    """
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n") or not text:
        raise NoteError("not a signed note")
    lines = tail[:-1].split("\n")
    if len(lines) > _MAX_SIGNATURES or _CONTROL.search(note):
        raise NoteError("not a signed note")
    return Note(text + "\n", tuple(_parse_signature(line) for line in lines))


def parse_checkpoint(text: str) -> CheckpointText:
    """Read the text of a checkpoint, strictly: only what `encode` writes.

    Raises:
        NoteError: for anything else.
    """
    lines = text.split("\n")
    if len(lines) != 7:
        raise NoteError("not a checkpoint of format 1")
    epoch, time, key = (
        _after(lines[3], "epoch "),
        _after(lines[4], "time "),
        _after(lines[5], "next "),
    )
    if not (_NUMBER.fullmatch(lines[1]) and _NUMBER.fullmatch(epoch) and _TIME.fullmatch(time)):
        raise NoteError("not a checkpoint of format 1")
    found = CheckpointText(
        check_name(lines[0]), int(lines[1]), from_base64(lines[2], 32), int(epoch), time,
        _public(key),
    )  # fmt: skip
    if found.encode() != text:
        raise NoteError("not a checkpoint of format 1")
    return found


def parse_verifier(line: str) -> VerifierKey:
    """Read a verifier line as `init` prints it.

    Raises:
        NoteError: if it is malformed, or its key id does not fit.
    """
    parts = line.strip().split("+", 2)
    if len(parts) != 3:
        raise NoteError("not a verifier line")
    key = VerifierKey(check_name(parts[0]), _public(parts[2]))
    if key.key_id.hex() != parts[1]:
        raise NoteError("the key id of the verifier line does not fit its key")
    return key


def check_name(name: str) -> str:
    """Return a name that can stand in a note: printable ASCII, no space, no plus sign."""
    if not _NAME.fullmatch(name):
        raise NoteError("not a name for a log")
    return name


def _parse_signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, value = rest.partition(" ")
    if dash != "\u2014":
        raise NoteError("not a signature line")
    data = from_base64(value)
    if len(data) < 5:
        raise NoteError("signature too short")
    return Signature(check_name(name), data[:4], data[4:])


def _after(line: str, prefix: str) -> str:
    if not line.startswith(prefix):
        raise NoteError("not a checkpoint of format 1")
    return line[len(prefix) :]


def _public(encoded: str) -> bytes:
    data = from_base64(encoded, 33)
    if data[0] != ED25519:
        raise NoteError("key of an unknown algorithm")
    return data[1:]


def to_base64(data: bytes) -> str:
    """Return base64 with its padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, length: int | None = None) -> bytes:
    """Read base64 in its one form.

    Raises:
        NoteError: for any other form, or another length than the one given.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64") from None
    # Spare bits of the last character must be zero, or a bit could flip unseen.
    if to_base64(data) != text or (length is not None and len(data) != length):
        raise NoteError("not base64")
    return data
