"""`vault passwd|rotate|split`: change what opens the vault.

Order: `vault.changing` is durable; the private process does it; `vault.changed` or
`vault.refused` is durable. Passphrases and shares are read by the private process alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secure_rag.audit.vault_events import VaultChanged, VaultChanging, VaultRefused
from secure_rag.errors import SecureRagError, UsageError
from secure_rag.pipeline.session import Session
from secure_rag.vault.private import change


@dataclass(frozen=True)
class Protection:
    """What opens the vault."""

    version: int
    factors: tuple[str, ...]
    resealed: int


def set_passphrase(session: Session, new_file: Path | None, *, memory_mib: int) -> Protection:
    """Demand a passphrase for opening values, or another one than now."""
    return _change(session, "passwd", new_passphrase_file=new_file, memory_mib=memory_mib)


def remove_passphrase(session: Session) -> Protection:
    """Demand no passphrase any more."""
    return _change(session, "passwd", remove=True)


def split(session: Session, share_file: Path | None) -> Protection:
    """Write a share for a second person and demand it, or (None) demand none any more."""
    return _change(session, "split", new_share_file=share_file)


def rotate(session: Session) -> Protection:
    """Replace the key pair and the key file's reveal secret; seal everything anew.

    Raises:
        UsageError: the key came by descriptor: there is no file to rewrite.
    """
    if session.key_fd is not None:
        raise UsageError(
            "a rotation rewrites the key file, and the key came by descriptor",
            hint="name it with --key-file FILE",
        )
    return _change(session, "rotate")


def _change(session: Session, act: str, **named: Any) -> Protection:
    session.record(VaultChanging(act=act))
    try:
        found = change(
            act,
            session.workspace.vault,
            key_file=session.key_file,
            key_fd=session.key_fd,
            **named,
        )
    except SecureRagError as error:
        session.record(VaultRefused(act=act, reason=error.code))
        raise
    done = Protection(int(found["version"]), tuple(found["factors"]), int(found["resealed"]))
    session.record(
        VaultChanged(
            act=act,
            version=done.version,
            factors=[name.replace(" ", "-") for name in done.factors],
            resealed=done.resealed,
        )
    )
    return done
