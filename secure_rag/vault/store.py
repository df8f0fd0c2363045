"""The vault as ingest and ask see it: add and look up, never read back.

    vault = Vault.open(folder, key_file=path)
    people = vault.domain("default")
    placeholder = people.lookup_or_issue("PERSON", ["ana example"], "Ana Example")

A domain is one collection's. All of it is safe between processes: whatever adds holds
one write lock, and is durable before it returns.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from secure_rag.errors import VaultError
from secure_rag.modes import make_folder
from secure_rag.slots import SlotFile
from secure_rag.vault.creation import create_keys
from secure_rag.vault.keys import (
    Descriptor,
    Secrets,
    derive,
    key_lock,
    mac,
    read_descriptor,
    read_lookup,
)
from secure_rag.vault.layout import (
    SUBJECT_KEYS,
    check_key,
    domain_folder,
    reachable,
    signature,
)
from secure_rag.vault.placeholders import is_well_formed, new_placeholder
from secure_rag.vault.records import RECORDS, Record, Records, create_records
from secure_rag.vault.sealing import ERASED, SUBJECT_SECRET_SIZE, Binding, Sealed, seal
from secure_rag.vault.sources import Sources


class Vault:
    """A vault opened for look-up: public key and look-up key, no private key."""

    def __init__(self, folder: Path, descriptor: Descriptor, lookup: bytes) -> None:
        """Use `Vault.open`."""
        self.folder = folder
        self._descriptor = descriptor
        self._lookup = lookup
        self._seen = signature(folder)

    @staticmethod
    def create(folder: Path, *, vault_id: str, key_file: Path) -> None:
        """Make a vault in `folder` and its key at `key_file` (0600, outside the workspace).

        Raises:
            VaultError: if there is one of them already, or the key cannot be written.
        """
        create_keys(folder, vault_id=vault_id, key_file=key_file)

    @staticmethod
    def open(folder: Path, *, key_file: Path | None = None, key_fd: int | None = None) -> Vault:
        """Open a vault for look-up.

        The key is read only as far as look-up needs; a descriptor goes before a file.

        Raises:
            VaultError: no key, another vault's key, or a vault that was tampered with.
        """
        key = read_lookup(key_file, key_fd=key_fd)
        return Vault(folder, read_descriptor(folder, key), key.lookup)

    @property
    def vault_id(self) -> str:
        return self._descriptor.vault_id

    def __repr__(self) -> str:
        return f"Vault({self.vault_id!r})"

    def domain(self, collection: str) -> Domain:
        """Return the collection's domain; its files are made when something is added."""
        folder = domain_folder(self.folder, collection)
        return Domain(folder, collection, self, self._lookup)

    def receipt_seed(self) -> bytes:
        """Return the seed of the key that signs receipts of erasure."""
        return derive(self._lookup, self.vault_id, "receipt")

    def descriptor(self) -> Descriptor:
        """Return the public keys as they are now: a rotation may have added one."""
        seen = signature(self.folder)
        if seen != self._seen:
            key = Secrets(self.vault_id, self._lookup)
            self._descriptor, self._seen = read_descriptor(self.folder, key), seen
        return self._descriptor


class Domain(Sources):
    """One collection's pseudonyms. Forms are compared as given: the caller normalises them."""

    def __init__(self, folder: Path, name: str, vault: Vault, lookup: bytes) -> None:
        """Use `Vault.domain`."""
        self.name = name
        self._folder = folder
        self._vault = vault
        self._descriptor = vault.descriptor()
        self._keys = {
            purpose: derive(lookup, vault.vault_id, purpose, name)
            for purpose in ("key forms", "alias forms", "digest")
        }
        self._check_key = check_key(lookup, vault.vault_id, name)
        self._lock = threading.RLock()
        self._records: Records | None = None
        self._subjects: SlotFile | None = None
        self._is_writing = False
        self._is_broken = False

    def __repr__(self) -> str:
        return f"Domain({self.name!r})"

    def close(self) -> None:
        """Close the files; the next call opens them again."""
        with self._lock:
            if self._records is not None:
                self._records.close()
            if self._subjects is not None:
                self._subjects.close()
            self._records = self._subjects = None

    def lookup(self, entity: str, form: str) -> tuple[str, ...]:
        """Return the placeholders that hold this key form: none, one, or several if ambiguous."""
        return self._find("key forms", entity, form)

    def aliases(self, entity: str, form: str) -> tuple[str, ...]:
        """Return the placeholders that this alias (a bare surname) may mean."""
        return self._find("alias forms", entity, form)

    def is_issued(self, placeholder: str) -> bool:
        """Say whether exactly this placeholder was issued here, erased ones included."""
        if not is_well_formed(placeholder):
            return False
        with self._lock:
            records = self._existing()
            return records is not None and records.record(placeholder) is not None

    def issue(
        self,
        entity: str,
        value: str,
        forms: Iterable[str],
        *,
        alias_forms: Iterable[str] = (),
    ) -> str:
        """Issue a new placeholder for `value`, sealed, and enter its forms.

        A value that was sealed cannot be read back by this process.
        """
        with self.batch() as records:
            placeholder = new_placeholder(entity)
            while records.record(placeholder) is not None:
                placeholder = new_placeholder(entity)
            slot, sealed = self._seal("value", entity, placeholder, value)
            records.put_record(Record(placeholder, entity, self._version, slot, sealed))
            self._enter(records, placeholder, forms, alias_forms)
            return placeholder

    def lookup_or_issue(
        self,
        entity: str,
        key_forms: Iterable[str],
        value: str,
        *,
        alias_forms: Iterable[str] = (),
    ) -> str:
        """Return the one placeholder that the key forms lead to, or issue a new one.

        Forms that lead to several placeholders decide nothing: a new one is issued. Key and
        alias forms are entered for whichever is returned. Looking and issuing are one act:
        two processes that ask for the same form at the same time get the same placeholder.
        """
        forms = tuple(dict.fromkeys(key_forms))
        with self.batch() as records:
            found = {name for form in forms for name in self.lookup(entity, form)}
            if len(found) != 1:
                return self.issue(entity, value, forms, alias_forms=alias_forms)
            (placeholder,) = found
            self._enter(records, placeholder, forms, alias_forms)
            return placeholder

    def add_forms(self, placeholder: str, forms: Iterable[str]) -> None:
        """Enter more key forms of an issued placeholder.

        Raises:
            VaultError: if this vault did not issue it, or its value was erased.
        """
        self._add(placeholder, forms, ())

    def add_aliases(self, placeholder: str, forms: Iterable[str]) -> None:
        """Enter more alias forms of an issued placeholder; raises as `add_forms` does."""
        self._add(placeholder, (), forms)

    def erase(self, placeholder: str) -> None:
        """Destroy a placeholder's value and every look-up entry, for good.

        The placeholder stays issued, so that it is never given to somebody else. An erasure
        that was interrupted is completed by another.

        Raises:
            VaultError: if this vault did not issue it.
        """
        with self.batch() as records:
            record = self._issued(records, placeholder)
            self._slots().erase(record.slot)
            records.remove_forms(placeholder)
            records.put_record(replace(record, sealed=ERASED))

    def is_erased(self, placeholder: str) -> bool:
        """Say whether nothing can resolve an issued placeholder any more."""
        with self._lock:
            records = self._existing()
            record = records.record(placeholder) if records else None
            return record is not None and record.is_erased

    def traces(self, placeholder: str) -> list[bytes]:
        """Return every byte string that an erasure destroys: secret, sealed value, entries.

        An entry that leads to others as well (a surname that two bear) stays for them.
        """
        with self.batch() as records:
            record = self._issued(records, placeholder)
            secret = self._slots().read(record.slot)
            found = [secret, record.sealed.ephemeral, record.sealed.ciphertext]
            tags = records.tags(placeholder)
            found += [tag for tag in tags if records.placeholders(tag) == (placeholder,)]
            return [one for one in found if one]

    def related(self, placeholder: str) -> tuple[str, ...]:
        """Return other placeholders that share an entry with this one: perhaps the same person."""
        with self._lock:
            records = self._existing()
            tags = records.tags(placeholder) if records else []
            found = {other for tag in tags if records for other in records.placeholders(tag)}
            return tuple(sorted(found - {placeholder}))

    def digest(self, purpose: str, data: bytes) -> str:
        """Return a keyed digest, in hex; without the look-up key nobody can guess at it."""
        return mac(self._keys["digest"], purpose, data).hex()

    @contextmanager
    def batch(self) -> Iterator[Records]:
        """Make everything inside one durable act: one lock, one commit, one wait for the disk.

        What was issued inside is good only once the block has ended without an exception;
        other processes that add wait meanwhile, so resolve and detect before it.
        """
        with self._lock:
            records = self._existing() or self._create()
            if self._is_writing:
                with self._inner_batch():
                    yield records
                return
            with records.writing():
                self._is_writing, self._is_broken = True, False
                try:
                    # Only now: a rotation names the new key, then waits for this lock.
                    self._descriptor = self._vault.descriptor()
                    yield records
                    if self._is_broken:
                        raise VaultError("part of a batch failed: none of it was kept")
                    # Secrets before rows: a row must never point at a slot that was lost.
                    self._slots().sync()
                finally:
                    self._is_writing = False

    @contextmanager
    def _inner_batch(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._is_broken = True
            raise

    def _find(self, kind: str, entity: str, form: str) -> tuple[str, ...]:
        with self._lock:
            records = self._existing()
            return () if records is None else records.placeholders(self._tag(kind, entity, form))

    def _tag(self, kind: str, entity: str, form: str) -> bytes:
        return mac(self._keys[kind], entity, form)

    def _enter(
        self,
        records: Records,
        placeholder: str,
        key_forms: Iterable[str],
        alias_forms: Iterable[str],
    ) -> None:
        entity = self._issued(records, placeholder).detail
        for kind, forms in (("key forms", key_forms), ("alias forms", alias_forms)):
            for form in forms:
                records.put_form(self._tag(kind, entity, form), placeholder)

    def _add(self, placeholder: str, forms: Iterable[str], alias_forms: Iterable[str]) -> None:
        with self.batch() as records:
            if self._issued(records, placeholder).is_erased:
                raise VaultError("the value of this placeholder was erased", code="vault.erased")
            self._enter(records, placeholder, forms, alias_forms)

    def _issued(self, records: Records, placeholder: str) -> Record:
        record = records.record(placeholder) if is_well_formed(placeholder) else None
        if record is None:
            raise VaultError(
                "this vault did not issue that placeholder",
                code="vault.unknown_placeholder",
            )
        return record

    def _seal(self, kind: str, entity: str, name: str, value: str) -> tuple[int, Sealed]:
        subject = secrets.token_bytes(SUBJECT_SECRET_SIZE)
        slot = self._slots().append(subject, sync=False)
        binding = Binding(
            self._descriptor.vault_id,
            self.name,
            kind,
            entity,
            name,
            self._descriptor.version,
            slot,
        )
        public_key = self._descriptor.public_keys[-1]
        return slot, seal(value, public_key=public_key, subject=subject, binding=binding)

    @property
    def _version(self) -> int:
        return self._descriptor.version

    def _existing(self) -> Records | None:
        with reachable():
            if self._records is None and (self._folder / RECORDS).exists():
                self._records = Records(self._folder, self._check_key)
        return self._records

    def _create(self) -> Records:
        with reachable(), key_lock(self._folder.parent):
            make_folder(self._folder)
            if not (self._folder / SUBJECT_KEYS).exists():
                SlotFile.create(
                    self._folder / SUBJECT_KEYS, slots=0, slot_size=SUBJECT_SECRET_SIZE
                ).close()
            if not (self._folder / RECORDS).exists():
                create_records(self._folder)
        self._records = Records(self._folder, self._check_key)
        return self._records

    def _slots(self) -> SlotFile:
        if self._subjects is None:
            self._subjects = SlotFile.open(self._folder / SUBJECT_KEYS)
        return self._subjects
