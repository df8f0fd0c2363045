"""The private key, wrapped: what `private.keys` holds, how it is opened and put under new factors.

A wrap is opened by up to three things together: the key file (always), a passphrase, and
a share that a second person keeps. Each slot holds one wrap and names its version and
whose key file it needs. A change writes new wraps into blank slots first and only then
erases the old ones, so that whatever happens in between, one of them opens.

    factors   u8       1 key file, +2 passphrase, +4 share
    version   u32 BE   of the key pair
    key       8 bytes  derive(reveal, vault, "reveal id", length = 8)
    cost      3 x u32  Argon2id: memory in KiB, passes, lanes; zeros without a passphrase
    salt      16 bytes for Argon2id; zeros without a passphrase
    sealed    48 bytes AES-256-SIV of the raw X25519 private key
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from secure_rag.errors import VaultError
from secure_rag.slots import SlotFile
from secure_rag.vault.keys import PRIVATE_KEYS, Descriptor, derive, encode

SLOT_SIZE = 232
KEY_FILE, PASSPHRASE, SHARE = 1, 2, 4
_NAMES = {KEY_FILE: "key file", PASSPHRASE: "passphrase", SHARE: "share"}
_HEAD = struct.Struct(">BI8sIII16s")
_SEALED_SIZE = 48
_STRETCHED_SIZE = 32
_HINT = "name the vault's key with --key-file FILE"


@dataclass(frozen=True)
class Cost:
    """What one guess at a passphrase costs (Argon2id, RFC 9106).

    The default is the RFC's second recommendation: 64 MiB, three passes, four lanes
    (section 4); it is also the least that is accepted.
    """

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def check(self) -> None:
        """Refuse what is too cheap, or so dear that it only serves to stop the program.

        Raises:
            VaultError: outside the bounds.
        """
        least = Cost()
        if not (
            least.memory_kib <= self.memory_kib <= 4 * 2**20
            and least.passes <= self.passes <= 100
            and 1 <= self.lanes <= 16
        ):
            raise VaultError("the cost of the passphrase is out of bounds", code="vault.damaged")


_NO_COST = Cost(0, 0, 0)
_NO_SALT = bytes(16)


@dataclass(frozen=True)
class Wrap:
    """One wrap as it is stored."""

    slot: int
    factors: int
    version: int
    key_id: bytes
    cost: Cost
    salt: bytes
    sealed: bytes = field(repr=False)

    @property
    def head(self) -> bytes:
        cost = self.cost
        return _HEAD.pack(
            self.factors,
            self.version,
            self.key_id,
            cost.memory_kib,
            cost.passes,
            cost.lanes,
            self.salt,
        )


class Opener:
    """Opens wraps: the reveal secret is here, passphrase and share are asked for when needed."""

    def __init__(
        self,
        vault_id: str,
        reveal: bytes,
        *,
        passphrase: Callable[[], bytes] | None = None,
        share: Callable[[], bytes] | None = None,
    ) -> None:
        self.vault_id = vault_id
        self.reveal = reveal
        self._sources = {PASSPHRASE: passphrase, SHARE: share}
        self._given: dict[int, bytes] = {}
        self._stretched: dict[tuple[Cost, bytes], bytes] = {}

    def __repr__(self) -> str:
        return f"Opener({self.vault_id!r})"

    @property
    def key_id(self) -> bytes:
        return reveal_id(self.reveal, self.vault_id)

    def factor(self, factor: int) -> bytes:
        """Return passphrase or share; asked for once.

        Raises:
            VaultError: the vault is locked: it was not given.
        """
        if factor not in self._given:
            source = self._sources[factor]
            if source is None:
                raise VaultError(
                    f"the vault is locked: its {_NAMES[factor]} is needed",
                    code="vault.locked",
                    hint=f"name it with --{_NAMES[factor]}-file FILE",
                )
            self._given[factor] = source()
        return self._given[factor]

    def wrapping_key(self, factors: int, cost: Cost, salt: bytes) -> bytes:
        """Derive the key of a wrap from everything that its factors name."""
        stretched = self._stretch(cost, salt) if factors & PASSPHRASE else b""
        share = self.factor(SHARE) if factors & SHARE else b""
        return derive(
            encode(self.reveal, stretched, share), self.vault_id, "wrap", factors, length=64
        )

    def _stretch(self, cost: Cost, salt: bytes) -> bytes:
        cost.check()
        if (cost, salt) not in self._stretched:
            stretch = Argon2id(
                salt=salt,
                length=_STRETCHED_SIZE,
                iterations=cost.passes,
                lanes=cost.lanes,
                memory_cost=cost.memory_kib,
            )
            self._stretched[cost, salt] = stretch.derive(self.factor(PASSPHRASE))
        return self._stretched[cost, salt]


def reveal_id(reveal: bytes, vault_id: str) -> bytes:
    """Return what a wrap names the key file by that it needs."""
    return derive(reveal, vault_id, "reveal id", length=8)


def create_wraps(folder: Path) -> SlotFile:
    """Make the empty file of wraps: room for the wraps of two versions, old and new."""
    return SlotFile.create(folder / PRIVATE_KEYS, slots=4, slot_size=SLOT_SIZE)


def open_wraps(folder: Path) -> SlotFile:
    """Open the file of wraps."""
    return SlotFile.open(folder / PRIVATE_KEYS)


def read_wraps(slots: SlotFile) -> list[Wrap]:
    """Return every wrap that can be read; nothing is opened."""
    found = []
    for slot in range(len(slots)):
        content = slots.read(slot)
        if content is None or len(content) != _HEAD.size + _SEALED_SIZE:
            continue
        factors, version, key_id, *cost, salt = _HEAD.unpack_from(content)
        sealed = content[_HEAD.size :]
        found.append(Wrap(slot, factors, version, key_id, Cost(*cost), salt, sealed))
    return found


def unwrap(slots: SlotFile, descriptor: Descriptor, version: int, opener: Opener) -> bytes:
    """Open the private key of one version; where several wraps fit, the one that asks least.

    Raises:
        VaultError: damaged, destroyed, locked, or other secrets.
    """
    of_version = [wrap for wrap in read_wraps(slots) if wrap.version == version]
    if not of_version or not 0 < version <= descriptor.version:
        raise VaultError("the vault's private key is damaged or destroyed", code="vault.damaged")
    mine = [wrap for wrap in of_version if wrap.key_id == opener.key_id]
    if not mine:
        raise _wrong_key()
    wrap = min(mine, key=lambda one: (one.factors.bit_count(), one.slot))
    key = opener.wrapping_key(wrap.factors, wrap.cost, wrap.salt)
    public = descriptor.public_keys[version - 1]
    try:
        return AESSIV(key).decrypt(wrap.sealed, _bound(opener.vault_id, public, wrap.head))
    except InvalidTag:
        raise _wrong_key() from None


def add_wraps(
    slots: SlotFile,
    keys: Mapping[int, tuple[bytes, bytes]],
    opener: Opener,
    *,
    factors: int,
    cost: Cost | None = None,
) -> list[int]:
    """Wrap private keys (public and private, by version) and return the slots that they are in.

    Blank slots are used first. Each is durable before the next is written.
    """
    salt = secrets.token_bytes(len(_NO_SALT)) if factors & PASSPHRASE else _NO_SALT
    chosen = (cost or Cost()) if factors & PASSPHRASE else _NO_COST
    written = []
    for version, (public, private) in keys.items():
        wrap = Wrap(0, factors, version, opener.key_id, chosen, salt, b"")
        key = opener.wrapping_key(factors, chosen, salt)
        sealed = AESSIV(key).encrypt(private, _bound(opener.vault_id, public, wrap.head))
        written.append(_put(slots, wrap.head + sealed))
    return written


def erase_wraps(slots: SlotFile, keep: Iterable[int]) -> int:
    """Overwrite every slot but those to keep, half-written ones included; return how many."""
    kept = set(keep)
    others = [slot for slot in range(len(slots)) if slot not in kept and not slots.is_blank(slot)]
    for slot in others:
        slots.erase(slot)
    return len(others)


def factor_names(factors: int) -> tuple[str, ...]:
    """Return in words what a wrap needs."""
    return tuple(name for bit, name in _NAMES.items() if factors & bit)


def is_unfinished(folder: Path, version: int) -> bool:
    """Say whether a change of the keys was interrupted: more wraps than the one in force."""
    with open_wraps(folder) as slots:
        wraps = read_wraps(slots)
    return len(wraps) != 1 or wraps[0].version != version


def factors_in_force(folder: Path, version: int) -> tuple[str, ...]:
    """Return what opens the vault, in words, without opening it."""
    with open_wraps(folder) as slots:
        found = [wrap.factors for wrap in read_wraps(slots) if wrap.version == version]
    return factor_names(min(found)) if found else ()


def _put(slots: SlotFile, content: bytes) -> int:
    for slot in range(len(slots)):
        if slots.is_blank(slot):
            slots.write(slot, content)
            return slot
    return slots.append(content)


def _bound(vault_id: str, public: bytes, head: bytes) -> list[bytes]:
    return [encode("private key", vault_id, public, head)]


def _wrong_key() -> VaultError:
    return VaultError(
        "key file, passphrase and share do not open the vault",
        code="vault.wrong_key",
        hint=_HINT,
    )
