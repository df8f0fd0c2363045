"""A vault with its key, in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from secure_rag.vault.store import Domain, Vault

VAULT_ID = "0123456789abcdef"


@dataclass(frozen=True)
class Place:
    """Where a test's vault and key lie."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "workspace" / "vault"

    @property
    def key_file(self) -> Path:
        return self.root / "keys" / "test.key"

    def open(self) -> Vault:
        return Vault.open(self.folder, key_file=self.key_file)

    def domain(self, name: str = "default") -> Domain:
        return self.open().domain(name)

    def content(self) -> bytes:
        """Return every byte of every file under the vault's folder."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in files)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    Vault.create(made.folder, vault_id=VAULT_ID, key_file=made.key_file)
    return made
