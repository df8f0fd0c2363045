"""Change what opens the vault: passphrase, share, and the keys themselves. Private process only.

Order of `rotate`; killed after any step, the old key file still opens everything, until the
new one does (step 5 is one step):

1. a new key pair, wrapped under the secrets in force, durable;
2. the descriptor names it: from now on values are sealed to it;
3. every record and source is sealed again, a batch at a time, one commit each;
4. a new key file beside the old one, and the new private key wrapped under it, durable;
5. the new key file takes the old one's place;
6. all other wraps are overwritten.

An interrupted rotation is continued by the next `rotate`. The look-up secret stays: what it
makes (look-up entries, digests) could only be made anew from values and forms in clear.

`passwd` and `split` write the new wrap, then overwrite the old: step 1 and 6 alone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from secure_rag.errors import VaultError
from secure_rag.slots import SlotFile, sync_folder
from secure_rag.vault.creation import new_key_pair
from secure_rag.vault.keys import (
    SECRET_SIZE,
    Descriptor,
    Secrets,
    key_lock,
    read_descriptor,
    write_descriptor,
    write_key_file,
)
from secure_rag.vault.reseal import reseal_all
from secure_rag.vault.wraps import (
    PASSPHRASE,
    SHARE,
    Cost,
    Opener,
    Wrap,
    add_wraps,
    erase_wraps,
    factor_names,
    open_wraps,
    read_wraps,
    unwrap,
)


@dataclass(frozen=True)
class Changed:
    """What opens the vault now."""

    version: int
    factors: tuple[str, ...]
    resealed: int = 0
    """Values and paths that were sealed anew."""


def set_factor(
    folder: Path,
    key: Secrets,
    opener: Opener,
    factor: int,
    source: Callable[[], bytes] | None,
    *,
    cost: Cost | None = None,
) -> Changed:
    """Put the private key under a new passphrase or share, or (None) under none.

    Raises:
        VaultError: the vault is locked, or a rotation must be ended first.
    """
    with key_lock(folder), open_wraps(folder) as slots:
        descriptor = read_descriptor(folder, key)
        old = _in_force(slots, descriptor, opener)
        if any(wrap.version < descriptor.version for wrap in read_wraps(slots)):
            raise VaultError(
                "a rotation of the vault's key was interrupted",
                code="vault.rotating",
                hint="end it with `secure-rag vault rotate`",
            )
        version = descriptor.version
        pair = descriptor.public_keys[-1], unwrap(slots, descriptor, version, opener)
        factors = old.factors | factor if source else old.factors & ~factor
        keep = partial(opener.factor, PASSPHRASE), partial(opener.factor, SHARE)
        passphrase, share = (source, keep[1]) if factor == PASSPHRASE else (keep[0], source)
        new = Opener(key.vault_id, opener.reveal, passphrase=passphrase, share=share)
        chosen = cost or (old.cost if old.factors & PASSPHRASE else None)
        written = add_wraps(slots, {version: pair}, new, factors=factors, cost=chosen)
        erase_wraps(slots, written)
        return Changed(version, factor_names(factors))


def rotate(folder: Path, key: Secrets, opener: Opener, key_file: Path) -> Changed:
    """Replace the key pair and the reveal secret; `key_file` is rewritten.

    Raises:
        VaultError: the vault is locked or damaged; it opens as before.
    """
    with key_lock(folder), open_wraps(folder) as slots:
        descriptor = read_descriptor(folder, key)
        old = _in_force(slots, descriptor, opener)
        cost = old.cost if old.factors & PASSPHRASE else None
        if not _is_interrupted(slots, descriptor, opener):
            descriptor = _add_version(slots, folder, key, descriptor, opener, old)
        resealed = reseal_all(folder, key, descriptor, opener)
        version = descriptor.version
        pair = descriptor.public_keys[-1], unwrap(slots, descriptor, version, opener)
        fresh = replace(key, reveal=secrets.token_bytes(SECRET_SIZE))
        key_file = Path(os.path.realpath(key_file))
        staged = key_file.with_name(f".{key_file.name}.new")
        write_key_file(staged, fresh, replace=True)
        new = Opener(
            key.vault_id,
            fresh.reveal,
            passphrase=partial(opener.factor, PASSPHRASE),
            share=partial(opener.factor, SHARE),
        )
        written = add_wraps(slots, {version: pair}, new, factors=old.factors, cost=cost)
        staged.rename(key_file)
        sync_folder(key_file.parent)
        erase_wraps(slots, written)
        return Changed(version, factor_names(old.factors), resealed)


def _in_force(slots: SlotFile, descriptor: Descriptor, opener: Opener) -> Wrap:
    """Return the wrap of the newest version whose factors a change keeps.

    Raises:
        VaultError: none belongs to this key file.
    """
    mine = [
        wrap
        for wrap in read_wraps(slots)
        if wrap.key_id == opener.key_id and wrap.version == descriptor.version
    ]
    if not mine:
        raise VaultError("this key file does not open the vault", code="vault.wrong_key")
    return max(mine, key=lambda wrap: (wrap.factors.bit_count(), wrap.slot))


def _is_interrupted(slots: SlotFile, descriptor: Descriptor, opener: Opener) -> bool:
    return any(
        wrap.version < descriptor.version or wrap.key_id != opener.key_id
        for wrap in read_wraps(slots)
        if wrap.version <= descriptor.version
    )


def _add_version(
    slots: SlotFile,
    folder: Path,
    key: Secrets,
    descriptor: Descriptor,
    opener: Opener,
    old: Wrap,
) -> Descriptor:
    """Make the next key pair, wrap it, and name it in the descriptor."""
    # A run that died before the descriptor left a wrap that nothing names.
    named = [wrap.slot for wrap in read_wraps(slots) if wrap.version <= descriptor.version]
    erase_wraps(slots, named)
    unwrap(slots, descriptor, descriptor.version, opener)
    public, private = new_key_pair()
    cost = old.cost if old.factors & PASSPHRASE else None
    version = descriptor.version + 1
    add_wraps(slots, {version: (public, private)}, opener, factors=old.factors, cost=cost)
    following = Descriptor(key.vault_id, (*descriptor.public_keys, public))
    write_descriptor(folder, following, key.lookup)
    return following
