"""Rows of one domain: sealed records, look-up entries and sources, in one SQLite file.

No secret is in here (those are in slot files, see secure_rag.slots), so it may be a
database. Every row carries a check made with the look-up key. The rollback journal
rather than the write-ahead log, and `secure_delete`: a deleted look-up entry is not
left in the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secure_rag.errors import FormatError, VaultError
from secure_rag.modes import open_made
from secure_rag.slots import sync_folder
from secure_rag.vault.keys import mac
from secure_rag.vault.sealing import Sealed

FORMAT = 2
RECORDS = "records.db"
_APPLICATION_ID = 0x53524756
_BUSY_TIMEOUT_MS = 60_000
_NAMES = {"records": "placeholder", "sources": "document"}
_DETAILS = {"records": "entity", "sources": "digest"}

_SEALED_COLUMNS = (
    "version INTEGER NOT NULL, slot INTEGER NOT NULL UNIQUE,"
    " ephemeral BLOB NOT NULL, sealed BLOB NOT NULL, mac BLOB NOT NULL"
)
_SCHEMA = f"""
BEGIN;
CREATE TABLE records (
    placeholder TEXT PRIMARY KEY, entity TEXT NOT NULL, {_SEALED_COLUMNS}
) WITHOUT ROWID;
CREATE TABLE forms (
    tag BLOB NOT NULL, placeholder TEXT NOT NULL, mac BLOB NOT NULL,
    PRIMARY KEY (tag, placeholder)
) WITHOUT ROWID;
CREATE INDEX forms_by_placeholder ON forms (placeholder);
CREATE TABLE sources (
    document TEXT PRIMARY KEY, digest TEXT NOT NULL, {_SEALED_COLUMNS}
) WITHOUT ROWID;
CREATE INDEX sources_by_digest ON sources (digest);
CREATE TABLE source_marks (
    document TEXT PRIMARY KEY, marks BLOB, mac BLOB NOT NULL
) WITHOUT ROWID;
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {FORMAT};
COMMIT;
"""


@dataclass(frozen=True)
class Record:
    """A sealed value as it is stored; `detail` is its entity, or a source's digest."""

    name: str
    """The placeholder, or the document's id."""
    detail: str
    version: int
    slot: int
    sealed: Sealed

    @property
    def is_erased(self) -> bool:
        return not self.sealed.ciphertext


class Records:
    """The rows of one domain. Every row is checked when it is read."""

    def __init__(self, folder: Path, check_key: bytes) -> None:
        """Open the database of a domain that exists (`create_records` makes it)."""
        self._check_key = check_key
        with _translated():
            self._connection = sqlite3.connect(
                folder / RECORDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.execute("PRAGMA temp_store = MEMORY")
            (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        if found != FORMAT:
            self.close()
            raise FormatError(
                f"{RECORDS}: format {found} is not format {FORMAT} of this program",
                hint="before 0.1.0 formats change without migration: make a new workspace and "
                "add the documents again",
            )

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock between all processes; commit durably, or leave no trace."""
        with _translated():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with _translated():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def record(self, placeholder: str) -> Record | None:
        """Return the record of a placeholder, or None if it was not issued."""
        return self._one("records", placeholder)

    def source(self, document: str) -> Record | None:
        """Return the sealed source of a document."""
        return self._one("sources", document)

    def put_record(self, record: Record) -> None:
        """Store a record, or what is left of it after erasure."""
        self.put("records", record)

    def put_source(self, source: Record) -> None:
        """Store where a document came from, in place of what was known before."""
        self.put("sources", source)

    def sealed_before(self, table: str, version: int, *, limit: int) -> list[Record]:
        """Return rows of `records` or `sources` that older versions of the key pair sealed."""
        rows = self._execute(
            f"SELECT {_NAMES[table]} FROM {table} WHERE version < ? AND length(sealed) > 0 LIMIT ?",
            version,
            limit,
        )
        found = (self._one(table, str(name)) for (name,) in rows)
        return [record for record in found if record is not None]

    def remove_source(self, document: str) -> None:
        """Remove a document's source and the marks of its names."""
        self._execute("DELETE FROM sources WHERE document = ?", document)
        self._execute("DELETE FROM source_marks WHERE document = ?", document)

    def put_marks(self, document: str, marks: bytes | None) -> None:
        """Store the marks of the names in a document's path; None where nobody took them."""
        check = self._marks_mac(document, marks)
        self._execute(
            "INSERT OR REPLACE INTO source_marks VALUES (?, ?, ?)", document, marks, check
        )

    def all_marks(self) -> list[tuple[str, bytes | None]]:
        """Return the marks of every source, by the document's id."""
        rows = self._execute("SELECT document, marks, mac FROM source_marks")
        for document, marks, found in rows:
            self._require(found, self._marks_mac(document, marks))
        return [(str(document), marks) for document, marks, _ in rows]

    def documents_from(self, digest: str) -> tuple[str, ...]:
        """Return the ids of documents whose path has this keyed digest."""
        rows = self._execute(
            "SELECT document FROM sources WHERE digest = ? ORDER BY document", digest
        )
        return tuple(str(document) for (document,) in rows if self.source(str(document)))

    def placeholders(self, tag: bytes) -> tuple[str, ...]:
        """Return the placeholders entered under a tag of the blind index, sorted."""
        rows = self._execute(
            "SELECT placeholder, mac FROM forms WHERE tag = ? ORDER BY placeholder", tag
        )
        for placeholder, found in rows:
            self._require(found, mac(self._check_key, "form", tag, placeholder))
        return tuple(str(placeholder) for placeholder, _ in rows)

    def put_form(self, tag: bytes, placeholder: str) -> None:
        """Enter a placeholder under a tag; entering it twice is entering it once."""
        check = mac(self._check_key, "form", tag, placeholder)
        self._execute("INSERT OR IGNORE INTO forms VALUES (?, ?, ?)", tag, placeholder, check)

    def tags(self, placeholder: str) -> list[bytes]:
        """Return the tags of the blind index under which a placeholder is entered."""
        rows = self._execute("SELECT tag FROM forms WHERE placeholder = ?", placeholder)
        return [bytes(tag) for (tag,) in rows]

    def remove_forms(self, placeholder: str) -> None:
        """Remove every look-up entry of a placeholder."""
        self._execute("DELETE FROM forms WHERE placeholder = ?", placeholder)

    def _one(self, table: str, name: str) -> Record | None:
        key, detail = _NAMES[table], _DETAILS[table]
        rows = self._execute(
            f"SELECT {key}, {detail}, version, slot, ephemeral, sealed, mac"
            f" FROM {table} WHERE {key} = ?",
            name,
        )
        if not rows:
            return None
        found_name, found_detail, version, slot, ephemeral, sealed, check = rows[0]
        try:
            record = Record(found_name, found_detail, version, slot, Sealed(ephemeral, sealed))
            self._require(check, self._record_mac(table, record))
        except (TypeError, ValueError, AttributeError):
            raise _damaged() from None
        return record

    def put(self, table: str, record: Record) -> None:
        """Store a row of `records` or `sources` with its check."""
        self._execute(
            f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?)",
            record.name,
            record.detail,
            record.version,
            record.slot,
            record.sealed.ephemeral,
            record.sealed.ciphertext,
            self._record_mac(table, record),
        )

    def _record_mac(self, table: str, record: Record) -> bytes:
        return mac(
            self._check_key,
            table,
            record.name,
            record.detail,
            record.version,
            record.slot,
            record.sealed.ephemeral,
            record.sealed.ciphertext,
        )

    def _marks_mac(self, document: str, marks: bytes | None) -> bytes:
        is_known = int(marks is not None)
        return mac(self._check_key, "source marks", document, is_known, marks or b"")

    def _require(self, found: object, expected: bytes) -> None:
        if found != expected:
            raise _damaged()

    def _execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with _translated():
            return self._connection.execute(statement, values).fetchall()


@contextmanager
def held_rows(folder: Path) -> Iterator[int]:
    """Keep others from changing the rows of a domain; give a descriptor to read the file by.

    It is opened before the lock is taken and closed after: closing any other descriptor of
    the file would give SQLite's lock away (the way POSIX locks are).
    """
    with _translated():
        descriptor = os.open(folder / RECORDS, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        with _translated():
            connection = sqlite3.connect(folder / RECORDS, isolation_level=None)
        try:
            with _translated():
                connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
                connection.execute("BEGIN IMMEDIATE")
            yield descriptor
        finally:
            connection.close()
    finally:
        os.close(descriptor)


def domain_names(vault_folder: Path) -> list[str]:
    """Return the names of the collections that a vault knows something of."""
    return sorted(path.parent.name for path in vault_folder.glob(f"*/{RECORDS}"))


def create_records(folder: Path) -> None:
    """Make the empty database of a domain; the caller holds the lock for making domains."""
    new = folder / f".{RECORDS}.new"
    with _translated():
        new.unlink(missing_ok=True)
        os.close(open_made(new, os.O_RDWR | os.O_CREAT | os.O_EXCL))
        connection = sqlite3.connect(new, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(_SCHEMA)
        finally:
            connection.close()
        # Empty, so that moving it leaves nothing behind: a database that is there is whole.
        new.rename(folder / RECORDS)
        sync_folder(folder)


def _damaged() -> VaultError:
    return VaultError(
        "the vault's records were changed by somebody without the key",
        code="vault.damaged",
        hint="restore the vault from a backup",
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Turn SQLite's errors into ours; its messages may quote what is stored."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise VaultError("the vault is in use by another process", code="vault.busy") from None
        raise VaultError(
            f"the vault cannot be read or written ({error.sqlite_errorname})",
            code="vault.unwritable",
            hint="make room or give write access below the workspace's `vault/`, then try again",
        ) from None
    except (sqlite3.Error, OSError):
        raise VaultError("the vault's records cannot be read", code="vault.damaged") from None
