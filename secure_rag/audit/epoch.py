"""Epoch keys: the one private key that can seal now; those before it are gone.

Two fixed slots in `audit/epoch.key`, overwritten in place: the key of epoch n lies
in slot n mod 2. Sealing writes the next key, then the checkpoint, then erases the
old key, so at every moment the key that the last checkpoint announced is there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secure_rag.slots import SlotFile

FILE_NAME = "epoch.key"
_SLOTS = 2
_LAYOUT = struct.Struct("<Q32s")


@dataclass(frozen=True)
class EpochKey:
    """The private key of one epoch."""

    epoch: int
    _seed: bytes

    def __repr__(self) -> str:
        return f"EpochKey(epoch={self.epoch})"

    @classmethod
    def generate(cls, epoch: int) -> EpochKey:
        return cls(epoch, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._seed)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def slot(self) -> int:
        return self.epoch % _SLOTS

    def pack(self) -> bytes:
        return _LAYOUT.pack(self.epoch, self._seed)


def create_slots(folder: Path) -> SlotFile:
    """Make the key file of a new log, with blank slots."""
    return SlotFile.create(folder / FILE_NAME, slots=_SLOTS, slot_size=_LAYOUT.size)


def open_slots(folder: Path) -> SlotFile:
    return SlotFile.open(folder / FILE_NAME)


def read_keys(slots: SlotFile) -> list[EpochKey]:
    """Return the keys that are there: one, or two while a sealing is under way."""
    found = []
    for position in range(min(len(slots), _SLOTS)):
        data = slots.read(position)
        if data is not None and len(data) == _LAYOUT.size:
            key = EpochKey(*_LAYOUT.unpack(data))
            if key.slot == position:
                found.append(key)
    return found


def filled_slots(slots: SlotFile) -> list[int]:
    """Return the slots that are not blank, also those whose write or erasure was torn."""
    return [position for position in range(min(len(slots), _SLOTS)) if not slots.is_blank(position)]
