"""Where documents came from: paths sealed like values, found by keyed digests alone.

A source is a path; its keyed digest stands on the rows of the index, in quarantine records and in
the list of erasures, too. The id of its document changes with its bytes, so one source may for a
moment have several ids: whoever forgets a source forgets the path of each of them.

Beside each path lie keyed marks of whom it may name, its folders included. They are compared with
the look-up entries of somebody who is erased, so that the path goes with them although nobody
here can read it. A path of which nobody took marks down may name anybody.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from threading import RLock

from secure_rag.slots import SlotFile
from secure_rag.vault.keys import to_bytes
from secure_rag.vault.records import Record, Records
from secure_rag.vault.sealing import Sealed

DIGEST_LENGTH = 32
"""Hexadecimal digits of a source's digest."""
MARK_SIZE = 8
"""Bytes of a mark: the first ones of the look-up entry that it stands for."""


class Sources(ABC):
    """The part of a domain that keeps where documents came from."""

    _lock: RLock

    def source_digest(self, path: str) -> str:
        """Return the keyed digest by which a source is known everywhere."""
        return self.digest("source", to_bytes(path))[:DIGEST_LENGTH]

    def name_marks(
        self, entity: str, forms: Iterable[str], alias_forms: Iterable[str]
    ) -> frozenset[bytes]:
        """Return the marks of a name that stands in a path."""
        kinds = (("key forms", forms), ("alias forms", alias_forms))
        return frozenset(
            self._tag(kind, entity, form)[:MARK_SIZE] for kind, forms in kinds for form in forms
        )

    def seal_source(
        self, document: str, path: str, *, marks: Collection[bytes] | None = None
    ) -> None:
        """Keep where a document came from, readable for the private side only.

        Other ids of the same source keep theirs until `forget_sources`.

        Args:
            marks: of the names in the path (`name_marks`); None if nobody could take them down.
        """
        digest = self.source_digest(path)
        with self.batch() as records:
            before = records.source(document)
            if before is None or before.detail != digest:
                slot, sealed = self._seal("path", digest, document, path)
                records.put_source(Record(document, digest, self._version, slot, sealed))
                if before is not None:
                    self._slots().erase(before.slot)
            records.put_marks(document, None if marks is None else b"".join(sorted(marks)))

    def sources_by_path(self, path: str) -> tuple[str, ...]:
        """Return the ids of the documents that came from exactly this path."""
        return self.sources_by_digest(self.source_digest(path))

    def sources_by_digest(self, digest: str) -> tuple[str, ...]:
        """Return the ids of the documents of a source."""
        with self._lock:
            records = self._existing()
            return () if records is None else records.documents_from(digest)

    def source_of(self, document: str) -> str | None:
        """Return the digest of where a document came from, if its path is kept."""
        with self._lock:
            records = self._existing()
            source = records.source(document) if records else None
            return source.detail if source else None

    def sources_naming(self, placeholder: str) -> frozenset[str]:
        """Return the digests of the sources whose path may name whom a placeholder stands for."""
        with self._lock:
            records = self._existing()
            if records is None:
                return frozenset()
            wanted = {tag[:MARK_SIZE] for tag in records.tags(placeholder)}
            found = set()
            for document, marks in records.all_marks():
                if marks is None or not wanted.isdisjoint(_split(marks)):
                    source = records.source(document)
                    found |= {source.detail} if source else set()
            return frozenset(found)

    def source_traces(self, sources: Iterable[str]) -> list[bytes]:
        """Return every byte string that `forget_sources` destroys: secrets and sealed paths."""
        found: list[bytes | None] = []
        with self.batch() as records:
            for record in _records_of(records, sources):
                secret = self._slots().read(record.slot)
                found += [secret, record.sealed.ephemeral, record.sealed.ciphertext]
        return [one for one in found if one]

    def forget_source(self, document: str) -> None:
        """Destroy what is known of where one document came from."""
        if self._existing() is None:
            return
        with self.batch() as records:
            self._forget(records, records.source(document))

    def forget_sources(self, sources: Iterable[str], *, but: Collection[str] = ()) -> None:
        """Destroy what is known of sources, under every id that they have or had.

        Args:
            but: ids of documents whose path stays.
        """
        if self._existing() is None:
            return
        with self.batch() as records:
            for record in _records_of(records, sources):
                if record.name not in but:
                    self._forget(records, record)

    def _forget(self, records: Records, source: Record | None) -> None:
        if source is not None:
            self._slots().erase(source.slot)
            records.remove_source(source.name)

    # What the domain does

    @abstractmethod
    def digest(self, purpose: str, data: bytes) -> str: ...

    @abstractmethod
    def batch(self) -> AbstractContextManager[Records]: ...

    @property
    @abstractmethod
    def _version(self) -> int: ...

    @abstractmethod
    def _existing(self) -> Records | None: ...

    @abstractmethod
    def _slots(self) -> SlotFile: ...

    @abstractmethod
    def _tag(self, kind: str, entity: str, form: str) -> bytes: ...

    @abstractmethod
    def _seal(self, kind: str, entity: str, name: str, value: str) -> tuple[int, Sealed]: ...


def _records_of(records: Records, sources: Iterable[str]) -> Iterator[Record]:
    for source in sorted(set(sources)):
        for document in records.documents_from(source):
            record = records.source(document)
            if record is not None:
                yield record


def _split(marks: bytes) -> Iterator[bytes]:
    return (marks[at : at + MARK_SIZE] for at in range(0, len(marks), MARK_SIZE))
