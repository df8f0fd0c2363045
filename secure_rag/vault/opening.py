"""A domain with the private key open: exists in the private process only."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from secure_rag.errors import VaultError
from secure_rag.slots import SlotFile
from secure_rag.vault.keys import Descriptor, Secrets, read_descriptor
from secure_rag.vault.layout import SUBJECT_KEYS, check_key, domain_folder
from secure_rag.vault.placeholders import is_well_formed
from secure_rag.vault.records import RECORDS, Record, Records
from secure_rag.vault.sealing import Binding, open_sealed
from secure_rag.vault.wraps import Opener, open_wraps, unwrap


class OpenDomain:
    """One domain with the private key open."""

    def __init__(self, folder: Path, name: str, key: Secrets, opener: Opener | None = None) -> None:
        """Read keys and rows of domain `name` of the vault in `folder`."""
        self._name = name
        self._folder = folder
        self._key = key
        self._opener = opener or Opener(key.vault_id, key.reveal)
        self._descriptor: Descriptor = read_descriptor(folder, key)
        self._private_keys: dict[int, bytes] = {}
        home = domain_folder(folder, name)
        self._records: Records | None = None
        if (home / RECORDS).exists():
            self._records = Records(home, check_key(key.lookup, key.vault_id, name))
            self._subjects = SlotFile.open(home / SUBJECT_KEYS)

    def __repr__(self) -> str:
        return f"OpenDomain({self._name!r})"

    def reveal(self, placeholders: Iterable[str]) -> dict[str, str]:
        """Return the values of those placeholders that were issued here and not erased."""
        values = {}
        for placeholder in placeholders:
            if self._records is not None and is_well_formed(placeholder):
                value = self.open_record("value", self._records.record(placeholder))
                if value is not None:
                    values[placeholder] = value
        return values

    def open_sources(self, documents: Iterable[str]) -> dict[str, str]:
        """Return the paths of those documents whose source is kept here."""
        paths = {}
        for document in documents:
            if self._records is not None:
                path = self.open_record("path", self._records.source(document))
                if path is not None:
                    paths[document] = path
        return paths

    def open_record(self, kind: str, record: Record | None) -> str | None:
        """Open one record (`value`) or source (`path`); None if it was erased.

        Raises:
            VaultError: damaged, moved, or the vault is locked.
        """
        if record is None or record.is_erased:
            return None
        subject = self._subjects.read(record.slot)
        if subject is None:
            if self._subjects.is_blank(record.slot):
                return None
            raise VaultError("the secret of a sealed value is damaged", code="vault.damaged")
        binding = Binding(
            self._key.vault_id,
            self._name,
            kind,
            record.detail,
            record.name,
            record.version,
            record.slot,
        )
        private_key = self._private_key(record.version)
        return open_sealed(record.sealed, private_key=private_key, subject=subject, binding=binding)

    def _private_key(self, version: int) -> bytes:
        if version not in self._private_keys:
            if not 0 < version <= self._descriptor.version:
                raise VaultError(
                    "a sealed value names a key that is not here", code="vault.damaged"
                )
            with open_wraps(self._folder) as slots:
                found = unwrap(slots, self._descriptor, version, self._opener)
            self._private_keys[version] = found
        return self._private_keys[version]
