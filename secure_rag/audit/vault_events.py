"""Events about the vault's keys, the people in it, erasure, rights and copies of a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from secure_rag.audit.event import Event
from secure_rag.audit.fields import code, codes, count


@dataclass(frozen=True)
class VaultChanging(Event):
    """What opens the vault is about to be changed."""

    TYPE: ClassVar[str] = "vault.changing"
    OUTCOME: ClassVar[str] = "started"

    act: str = code("`passwd`, `rotate` or `split`")


@dataclass(frozen=True)
class VaultChanged(Event):
    """What opens the vault was changed."""

    TYPE: ClassVar[str] = "vault.changed"

    act: str = code("`passwd`, `rotate` or `split`")
    version: int = count("Version of the key pair from now on")
    factors: Sequence[str] = codes("What opens the vault now: `key-file`, `passphrase`, `share`")
    resealed: int = count("Values and paths that were sealed anew", 0)


@dataclass(frozen=True)
class VaultRefused(Event):
    """The vault was not changed; it opens as before."""

    TYPE: ClassVar[str] = "vault.refused"
    OUTCOME: ClassVar[str] = "denied"

    act: str = code("`passwd`, `rotate` or `split`")
    reason: str = code("Reason code, such as `vault.locked`")


VAULT_EVENTS: tuple[type[Event], ...] = (VaultChanging, VaultChanged, VaultRefused)
"""All of them, for the catalogue."""
