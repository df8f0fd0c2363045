"""Cosignatures of witnesses after C2SP tlog-cosignature, the Ed25519 form.

A cosignature says: at this time, by my clock, the largest head that I have seen of this log
and found to extend all earlier ones has this root. It is one more signature line of a note.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from secure_rag.audit.note import Note, NoteError, check_name

COSIGNATURE = 0x04
"""Algorithm byte: Ed25519 with a time in the signed message."""
_TIME = struct.Struct(">Q")
_SIGNATURE_BYTES = 64
_MAX_TIME = 2**63 - 1


@dataclass(frozen=True)
class WitnessKey:
    """Who may cosign: the name of a witness and its Ed25519 public key."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names its key."""
        prefix = self.name.encode() + b"\n" + bytes([COSIGNATURE])
        return hashlib.sha256(prefix + self.public).digest()[:4]

    def line(self) -> str:
        """Return the verifier line: name, key id in hex, key, joined by plus signs."""
        encoded = base64.b64encode(bytes([COSIGNATURE]) + self.public).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def time_of(self, note: Note) -> int | None:
        """Return when this witness cosigned the note (seconds since 1970), None if it did not.

        One bad signature under its name and key id spoils the note.
        """
        times = []
        for signature in note.signatures:
            if (signature.name, signature.key_id) == (self.name, self.key_id):
                time = self._checked_time(note.text, signature.value)
                if time is None:
                    return None
                times.append(time)
        return max(times, default=None)

    def _checked_time(self, text: str, value: bytes) -> int | None:
        if len(value) != _TIME.size + _SIGNATURE_BYTES:
            return None
        (time,) = _TIME.unpack(value[: _TIME.size])
        if time > _MAX_TIME:
            return None
        try:
            public = Ed25519PublicKey.from_public_bytes(self.public)
            public.verify(value[_TIME.size :], _message(text, time))
        except (InvalidSignature, ValueError):
            return None
        return int(time)


def cosign(text: str, name: str, private: Ed25519PrivateKey, time: int) -> str:
    """Return the signature line of a witness, with its newline."""
    key = WitnessKey(check_name(name), private.public_key().public_bytes_raw())
    value = key.key_id + _TIME.pack(time) + private.sign(_message(text, time))
    return f"\u2014 {name} {base64.b64encode(value).decode('ascii')}\n"


def parse_witness(line: str) -> WitnessKey:
    """Read the verifier line that `audit witness` prints.

    Raises:
        NoteError: if it is malformed, or its key id does not fit.
    """
    line = line.strip()
    parts = line.split("+", 2)
    try:
        data = base64.b64decode(parts[2], validate=True)
    except (IndexError, ValueError):
        raise NoteError("not the line of a witness") from None
    if len(data) != 33 or data[0] != COSIGNATURE:
        raise NoteError("not the line of a witness")
    key = WitnessKey(check_name(parts[0]), data[1:])
    if key.line() != line:
        raise NoteError("the key id of the witness does not fit its key")
    return key


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
