"""What a worker process does with one document: read, redact, chunk, embed.

A worker holds its own models and a sandboxed parser child; it inherits the
isolation of the process that spawned it. It returns redacted values only: raw
text never leaves the worker. It writes nothing but new entries of the vault.

Steps, as in DESIGN.md section 3:

1. read the bytes; the keyed digests of path and content name the document;
2. parse them in the sandboxed child;
3. redact the whole document, with the gate's second look;
4. cut chunks, embed their embedding view.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from secure_rag.documents.formats import SUFFIXES, suffix_of
from secure_rag.documents.reader import DocumentReader
from secure_rag.errors import DocumentError, ResidualFindingError, SecureRagError
from secure_rag.index.chunks import chunk_document, embedding_texts
from secure_rag.index.embedder import Embedder, load_embedder
from secure_rag.isolation import hide_memory
from secure_rag.pipeline.path_names import PathNames
from secure_rag.policy.model import Policy, Scope
from secure_rag.redaction.pseudonyms import LookupPseudonyms, VaultPseudonyms
from secure_rag.redaction.setup import build_redactor
from secure_rag.runtime.manifest import Models
from secure_rag.settings import IngestSettings
from secure_rag.values import Chunk, RedactedDocument
from secure_rag.vault.placeholders import ALPHABET
from secure_rag.vault.store import Domain, Vault
from secure_rag.workspace import Workspace

if TYPE_CHECKING:
    from secure_rag.redaction.engine import Redactor


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs to open its own models and vault."""

    workspace: Workspace
    collection: str
    policy: Policy
    limits: IngestSettings
    vault: Vault
    """Opened for look-up by the parent: a key on a descriptor can be read only there."""
    unsafe_no_isolation: bool = False


@dataclass(frozen=True)
class Task:
    """One document to ingest: a file, or bytes that came on stdin."""

    document: str
    source: str
    """Keyed digest of the path."""
    name: str = field(repr=False)
    path: Path | None = field(default=None, repr=False)
    data: bytes | None = field(default=None, repr=False)
    labels: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """The path that is sealed, and whose keyed digest is the source."""
        return str(self.path) if self.path else stdin_origin(self.name)


@dataclass(frozen=True)
class Ingested:
    """A document that passed every stage; nothing of it is stored yet."""

    task: Task
    content: str
    """Keyed digest of the bytes."""
    document: RedactedDocument
    chunks: tuple[Chunk, ...]
    vectors: np.ndarray = field(repr=False)
    """float32 [chunks, width], unit length."""
    seconds: dict[str, float]
    marks: frozenset[bytes] | None = field(default=None, repr=False)
    """Of the names in the whole path; None if nobody could take them down."""


@dataclass(frozen=True)
class Rejected:
    """A document that goes to quarantine."""

    task: Task
    content: str
    reason: str
    """Stable code such as `document.encrypted`."""
    path: str
    """Redacted name, for people."""
    seconds: dict[str, float]
    marks: frozenset[bytes] | None = field(default=None, repr=False)
    """As for what is ingested."""


class Worker:
    """One process's models, opened on first use and kept."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        models = Models(setup.workspace)
        self._everywhere = build_redactor(setup.policy, models)
        self._redactors: dict[tuple[str, ...], Redactor] = {}
        self._embedder: Embedder = load_embedder(models)
        self._domain: Domain = setup.vault.domain(setup.collection)
        self._names = PathNames(self._domain, self._everywhere)
        self._reader = DocumentReader(
            timeout_s=setup.limits.parse_timeout_s,
            memory_mb=setup.limits.parse_memory_mb,
            max_file_mb=setup.limits.max_file_mb,
            unsafe_no_isolation=setup.unsafe_no_isolation,
        )

    def close(self) -> None:
        """End the parser child."""
        self._reader.close()

    def ingest(self, task: Task) -> Ingested | Rejected:
        """Bring one document to the point where it may be stored, or say why not.

        The one per-document boundary: whatever a stage raises about the document ends
        here as a quarantine reason. Errors of the machine (models, vault) go up.
        """
        clock = _Clock()
        content = ""
        try:
            data = self._read(task)
            content = content_digest(self._domain, data)
            raw = self._reader.read(data, task.name)
            clock.lap("parse")
            redacted = self._redactor(task).redact_document(
                raw, document_id=task.document, pseudonyms=VaultPseudonyms(self._domain)
            )
            clock.lap("redact")
            chunks = tuple(chunk_document(redacted, count_tokens=self._embedder.count_tokens))
            if not chunks:
                raise DocumentError("nothing to index", code="document.empty")
            vectors = self._embedder.embed(embedding_texts(redacted, chunks))
            clock.lap("embed")
            marks = self._names.marks(task.origin)
            return Ingested(task, content, redacted, chunks, vectors, clock.seconds, marks)
        except (DocumentError, ResidualFindingError) as error:
            return self._rejected(task, content, error.code, clock)
        except SecureRagError:
            raise
        except Exception:  # a detector or parser bug: fail closed, say nothing of the text
            return self._rejected(task, content, "document.failed", clock)

    def _redactor(self, task: Task) -> Redactor:
        """Return the redactor with the rules that hold for a document's labels."""
        if task.labels not in self._redactors:
            scope = Scope(self._setup.collection, task.labels)
            policy = self._setup.policy.for_scope(scope)
            self._redactors[task.labels] = self._everywhere.under(policy)
        return self._redactors[task.labels]

    def _read(self, task: Task) -> bytes:
        if task.data is not None:
            return task.data
        assert task.path is not None
        limit = self._setup.limits.max_file_mb * 1_000_000
        try:
            if task.path.stat().st_size > limit:
                raise DocumentError("too large", code="document.too_large")
            return task.path.read_bytes()
        except OSError:
            raise DocumentError("cannot be opened", code="document.unreadable") from None

    def _rejected(self, task: Task, content: str, reason: str, clock: _Clock) -> Rejected:
        clock.lap("rejected")
        marks = self._names.marks(task.origin)
        return Rejected(task, content, reason, self._shown_name(task), clock.seconds, marks)

    def _shown_name(self, task: Task) -> str:
        """Return the redacted name of a rejected file; only its suffix if even that fails."""
        try:
            shown = self._redactor(task).redact_text(
                task.name, pseudonyms=LookupPseudonyms(self._domain), field="file_name"
            )
            return shown.text
        except Exception:  # same boundary: the name is then not shown at all
            return hidden_name(task.name)


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


def content_digest(domain: Domain, data: bytes) -> str:
    """Return the keyed digest of a document's bytes, for incremental ingest."""
    return domain.digest("content", data)[:32]


def stdin_origin(name: str) -> str:
    """Return what stands for the path of a document that came on standard input."""
    return f"stdin:{name}"


def hidden_name(name: str) -> str:
    """Return what is shown of a name that could not be redacted: a suffix that loaders know."""
    suffix = suffix_of(name)
    return f"({suffix})" if suffix in SUFFIXES else "(other suffix)" if suffix else "(no suffix)"


def document_id(domain: Domain, source: str, content: str) -> str:
    """Return a document's id: it changes with its bytes and with its path."""
    bits = int(domain.digest("document", f"{source}:{content}".encode())[:16], 16)
    return "".join(ALPHABET[(bits >> 5 * place) & 31] for place in range(10))


_worker: Worker | None = None


def initialise(setup: WorkerSetup) -> None:
    """Remember the set-up; the models load with the first task, so errors reach the parent.

    Filters are inherited; that memory is hidden is not.
    """
    global _setup
    if not setup.unsafe_no_isolation:
        hide_memory()
    _setup = setup


_setup: WorkerSetup | None = None


def load_in_pool() -> None:
    """Load a pool process's models, unless they are."""
    _loaded()


def ingest_in_pool(task: Task) -> Ingested | Rejected:
    """Ingest one document in a pool's process."""
    return _loaded().ingest(task)


def _loaded() -> Worker:
    global _worker
    if _worker is None:
        assert _setup is not None
        _worker = Worker(_setup)
    return _worker
