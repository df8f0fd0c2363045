"""Where a vault's files lie, and the key of the checks on its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from secure_rag.errors import VaultError
from secure_rag.vault.keys import DESCRIPTOR, PRIVATE_KEYS, derive

SUBJECT_KEYS = "subjects.keys"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def signature(folder: Path) -> tuple[int, int]:
    """Tell one `vault.json` from the next, which takes its place as another file."""
    try:
        status = (folder / DESCRIPTOR).stat()
    except OSError:
        return (0, 0)
    return status.st_ino, status.st_mtime_ns


def domain_folder(vault_folder: Path, name: str) -> Path:
    """Return where a domain's files lie.

    Raises:
        VaultError: if the name could lead elsewhere.
    """
    if not _NAME.fullmatch(name) or name in (DESCRIPTOR, PRIVATE_KEYS):
        raise VaultError("not the name of a collection", code="vault.domain")
    return vault_folder / name


def check_key(lookup: bytes, vault_id: str, domain: str) -> bytes:
    """Return the key of the checks that every row of a domain carries."""
    return derive(lookup, vault_id, "row check", domain)


@contextmanager
def reachable() -> Iterator[None]:
    """Translate what the file system says about the vault's folder."""
    try:
        yield
    except OSError:
        raise VaultError(
            "the vault's folder cannot be read or written",
            code="vault.unreachable",
            hint="check who owns the workspace, and whether the disk is full or read-only",
        ) from None
