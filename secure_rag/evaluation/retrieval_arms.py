"""A set indexed raw, and indexed redacted with the same questions redacted: two arms.

Both live in memory only. What is raw is never written to a disk, however the process ends.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from secure_rag.errors import DocumentError, ResidualFindingError
from secure_rag.evaluation.retrieval_sets import RetrievalSet
from secure_rag.index.chunks import chunk_document, embedding_texts
from secure_rag.index.embedder import Embedder, Vectors
from secure_rag.index.rows import DocumentRows, Hit
from secure_rag.index.store import Store
from secure_rag.policy.loader import load_policy
from secure_rag.policy.model import Policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.known import KnownValues
from secure_rag.redaction.meant import Meant, find_meant
from secure_rag.redaction.memory_domain import MemoryDomain
from secure_rag.redaction.pseudonyms import LookupPseudonyms, Pseudonyms, VaultPseudonyms
from secure_rag.redaction.setup import build_redactor
from secure_rag.runtime.manifest import Models
from secure_rag.values import Chunk, RedactedDocument

Progress = Callable[[int], None]

_BATCH = 256
NAMING = frozenset({"PERSON", "LOCATION"})


def _silent(done: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Arm:
    """A set in a store, and its questions as that store is asked."""

    name: str
    store: Store = field(repr=False)
    questions: Mapping[str, str] = field(repr=False)
    meant: Mapping[str, Meant] = field(repr=False)
    """What the names of each question may mean."""
    names: Mapping[str, str]
    """The set's name of each stored document."""
    indexed: tuple[tuple[RedactedDocument, tuple[Chunk, ...]], ...] = field(repr=False)
    naming: frozenset[str] = frozenset()
    """Questions that name a person or place, as far as the policy finds it."""
    failed: Mapping[str, int] = field(default_factory=dict)
    """Documents that ingest would quarantine, by reason; they are not in the store."""


def raw_arm(given: RetrievalSet, embedder: Embedder, *, progress: Progress = _silent) -> Arm:
    """Index a set as it stands, in memory."""
    policy = load_policy("unsafe-keep-all")
    redactor = Redactor(policy, (), redaction_digest="none")
    arm = _indexed("raw", given, embedder, redactor, MemoryDomain(), progress)
    return arm


def redacted_arm(
    given: RetrievalSet,
    embedder: Embedder,
    policy: Policy,
    models: Models,
    *,
    progress: Progress = _silent,
) -> Arm:
    """Index a set as `index add` would under a policy, and redact its questions as `ask` would.

    The vault is a collection in memory: values are not kept.

    Raises:
        ModelMissingError: the names model is not on this machine.
    """
    redactor = build_redactor(policy, models)
    return _indexed("redacted", given, embedder, redactor, MemoryDomain(), progress)


def _indexed(
    name: str,
    given: RetrievalSet,
    embedder: Embedder,
    redactor: Redactor,
    domain: MemoryDomain,
    progress: Progress,
) -> Arm:
    # no index of vectors, at any size: making one would write to the temporary folder
    store = Store(None, vector_index_from=sys.maxsize)
    pseudonyms: Pseudonyms = VaultPseudonyms(domain)
    names: dict[str, str] = {}
    failed: dict[str, int] = {}
    indexed: list[tuple[RedactedDocument, tuple[Chunk, ...]]] = []
    rows: list[DocumentRows] = []
    for number, (key, raw) in enumerate(given.documents.items()):
        document_id = f"D{number:09d}"
        try:
            document = redactor.redact_document(raw, document_id=document_id, pseudonyms=pseudonyms)
        except (DocumentError, ResidualFindingError) as error:
            failed[error.code] = failed.get(error.code, 0) + 1
            continue
        names[document_id] = key
        chunks = tuple(chunk_document(document, count_tokens=embedder.count_tokens))
        indexed.append((document, chunks))
        vectors = embedder.embed(embedding_texts(document, chunks))
        rows.append(DocumentRows(document, chunks, vectors, f"{number:032x}", "0", embedder.digest))
        if len(rows) == _BATCH:
            store.replace(rows)
            rows = []
        progress(number + 1)
    store.replace(rows)
    store.finish()
    done = len(given.documents)
    questions, meant, naming = _questions(
        given, redactor, domain, lambda count: progress(done + count)
    )
    return Arm(name, store, questions, meant, names, tuple(indexed), naming, failed)


def _questions(
    given: RetrievalSet, redactor: Redactor, domain: MemoryDomain, progress: Progress
) -> tuple[dict[str, str], dict[str, Meant], frozenset[str]]:
    """Redact the questions as `ask` does: look-up only, and what the collection knows as well."""
    looking = redactor if redactor.finds_nothing else redactor.beside(KnownValues(domain))
    texts: dict[str, str] = {}
    meant: dict[str, Meant] = {}
    naming = set()
    for number, question in enumerate(given.questions, start=1):
        redacted = looking.redact_text(question.text, pseudonyms=LookupPseudonyms(domain))
        texts[question.id] = redacted.text
        meant[question.id] = find_meant(question.text, redacted, domain)
        if any(one.entity in NAMING and one.action != "keep" for one in redacted.findings):
            naming.add(question.id)
        progress(number)
    return texts, meant, frozenset(naming)


def reembedded(
    arm: Arm, embedder: Embedder, view: Callable[[str], str]
) -> tuple[list[Hit], Vectors]:
    """Embed an arm's chunks anew under another view; return them with their vectors."""
    hits: list[Hit] = []
    vectors = []
    for document, chunks in arm.indexed:
        hits += [Hit(one.chunk, one.document, one.placeholders, 0.0) for one in chunks]
        vectors.append(embedder.embed(embedding_texts(document, chunks, view=view)))
    return hits, np.vstack(vectors)
