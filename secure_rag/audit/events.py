"""The catalogue: one frozen dataclass per type of event.

An event says what is about to happen and is durable before it happens. It holds
ids, counts, digests and codes: no document text, no question text. Digests of
document bytes, questions and answers are *keyed* (`Domain.digest`), since a
plain hash of a short text can be guessed.

`audit/events.schema.json` and `docs/reference/events.md` are generated from
this module (`secure_rag/audit/schema.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from secure_rag.audit.adapter_events import ADAPTER_EVENTS
from secure_rag.audit.event import Event as Event
from secure_rag.audit.fields import (
    code,
    codes,
    count,
    counts,
    digest,
    digests,
    evidence,
    flag,
    ident,
    idents,
    name,
    note,
)
from secure_rag.audit.log_events import (
    AnchorAdded,
    AuditRead,
    AuditSearched,
    ClockStepped,
    EarlierPruned,
    Genesis,
    Heartbeat,
    HoldCleared,
    HoldSet,
    LogPruned,
    LogRecovered,
    PayloadSealed,
    SegmentStarted,
)
from secure_rag.audit.vault_events import VAULT_EVENTS

# -- sessions ------------------------------------------------------------------------------


@dataclass(frozen=True)
class WorkspaceCreated(Event):
    """`init` made a workspace."""

    TYPE: ClassVar[str] = "workspace.created"

    workspace_id: str = ident("Random id of the workspace")
    policy: str = name("Name of the starter policy", "")
    policy_digest: str = digest("Digest of the starter policy", "")


@dataclass(frozen=True)
class SessionStart(Event):
    """A command starts; everything that could explain its results is named."""

    TYPE: ClassVar[str] = "session.start"
    OUTCOME: ClassVar[str] = "started"

    command: str = name("The command, without its arguments")
    version: str = code("Version of the program")
    code_digest: str = digest("SHA-256 over the program's own source files")
    collection: str = name("Collection the command works on", "")
    policy: str = name("Name of the policy in force", "")
    policy_digest: str = digest("Digest of the policy in force", "")
    redaction_digest: str = digest("Digest of policy, recognizers and NER model", "")
    model_digests: Mapping[str, str] = digests("Digest of each model in use, by role")
    rights_digest: str = digest("Digest of the rules of access, empty if there are none", "")
    isolation: Mapping[str, Any] = evidence("What the kernel enforces, measured after the fact")
    unsafe: Sequence[str] = codes("Unsafe options in force, such as `unsafe-keep-all`")


@dataclass(frozen=True)
class SessionEnd(Event):
    """A command ends."""

    TYPE: ClassVar[str] = "session.end"

    exit_code: int = count("Exit code of the command")

    @property
    def outcome(self) -> str:
        words = {0: "ok", 4: "partial", 6: "refused", 130: "interrupted"}
        return words.get(self.exit_code, "failed")


# -- documents -----------------------------------------------------------------------------


@dataclass(frozen=True)
class DocumentIngestStart(Event):
    """A document is about to be read, redacted and stored."""

    TYPE: ClassVar[str] = "document.ingest.start"
    OUTCOME: ClassVar[str] = "started"

    document_id: str = ident("Id of the document")
    content_digest: str = digest("Keyed digest of the file's bytes")
    size_bytes: int = count("Size of the file")
    format: str = code("Format by which it is read", "")
    collection: str = name("Collection it goes to", "")


@dataclass(frozen=True)
class DocumentIndexed(Event):
    """A redacted document is about to be stored."""

    TYPE: ClassVar[str] = "document.indexed"

    document_id: str = ident("Id of the document")
    chunks: int = count("Number of chunks")
    entities: Mapping[str, int] = counts("Findings by entity type")
    policy_digest: str = digest("Policy that redacted it", "")
    redaction_digest: str = digest("Policy, recognizers and NER model that redacted it", "")
    embedder_digest: str = digest("Model that embedded it", "")
    replaced: bool = flag("Whether an older version is replaced", False)
    collection: str = name("Collection it goes to", "")


@dataclass(frozen=True)
class DocumentQuarantined(Event):
    """A document is refused; nothing of its content is stored."""

    TYPE: ClassVar[str] = "document.quarantined"
    OUTCOME: ClassVar[str] = "refused"

    document_id: str = ident("Id of the document")
    reason: str = code("Reason code, such as `document.encrypted`")
    collection: str = name("Collection it was meant for", "")


@dataclass(frozen=True)
class DocumentRemoved(Event):
    """A document, its vectors and old versions are about to be removed."""

    TYPE: ClassVar[str] = "document.removed"

    document_id: str = ident("Id of the document")
    chunks: int = count("Number of chunks", 0)
    collection: str = name("Collection it is removed from", "")


@dataclass(frozen=True)
class QuarantineRetried(Event):
    """Quarantined documents are about to be tried again."""

    TYPE: ClassVar[str] = "quarantine.retried"
    OUTCOME: ClassVar[str] = "started"

    documents: Sequence[str] = idents("Ids of the documents")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class IndexRebuilt(Event):
    """Documents are about to be redacted and embedded again."""

    TYPE: ClassVar[str] = "index.rebuilt"
    OUTCOME: ClassVar[str] = "started"

    documents: int = count("Number of documents")
    collection: str = name("Collection", "")
    redaction_digest: str = digest("Digest of the redaction from now on", "")
    embedder_digest: str = digest("Digest of the embedder from now on", "")


@dataclass(frozen=True)
class SourcesOpened(Event):
    """The sealed paths of indexed documents are about to be opened, to read their files again."""

    TYPE: ClassVar[str] = "sources.opened"
    OUTCOME: ClassVar[str] = "started"

    documents: Sequence[str] = idents("Ids of the documents")
    purpose: str = code("`policy.diff` or `policy.capture`")
    collection: str = name("Collection", "")


# -- questions and answers -----------------------------------------------------------------


@dataclass(frozen=True)
class QueryReceived(Event):
    """A question came in and was redacted."""

    TYPE: ClassVar[str] = "query.received"
    OUTCOME: ClassVar[str] = "started"

    query_id: str = ident("Random id of the question")
    question_digest: str = digest("Keyed digest of the question")
    entities: Mapping[str, int] = counts("Findings in the question by entity type")
    policy_digest: str = digest("Policy that redacted the question", "")
    collection: str = name("Collection asked", "")
    mode: str = code("`ask`, `search`, `chat` or `compare`", "ask")
    adapter_digest: str = digest("Adapter of the generator, empty for none", "")


@dataclass(frozen=True)
class PassagesRetrieved(Event):
    """Passages are about to be shown, or given to the answering stage."""

    TYPE: ClassVar[str] = "passages.retrieved"

    query_id: str = ident("Id of the question")
    chunks: Sequence[str] = idents("Ids of the chunks, best first")
    documents: Sequence[str] = idents("Ids of their documents", empty=True)
    mode: str = code("`hybrid`, `vector`, `lexical` or `given`", "hybrid")
    adapter_digest: str = digest("Adapter of the generator, empty for none", "")


@dataclass(frozen=True)
class AnswerStarted(Event):
    """The first words of an answer are about to be shown; `answer.given` closes it."""

    TYPE: ClassVar[str] = "answer.started"
    OUTCOME: ClassVar[str] = "started"

    query_id: str = ident("Id of the question")
    adapter_digest: str = digest("Adapter of the generator, empty for none", "")


@dataclass(frozen=True)
class AnswerGiven(Event):
    """A whole answer is about to be returned; one that streams is shown after `answer.started`."""

    TYPE: ClassVar[str] = "answer.given"

    query_id: str = ident("Id of the question")
    chunks: Sequence[str] = idents("Ids of the chunks cited")
    documents: Sequence[str] = idents("Ids of their documents", empty=True)
    dropped_citations: int = count("Citations that failed verification and were dropped", 0)
    generator_digest: str = digest("Model that wrote the answer", "")
    adapter_digest: str = digest("Adapter of the generator, empty for none", "")
    reader_digest: str = digest("Model that found the words in the passages", "")
    tokens: int = count("Tokens generated", 0)
    answer_digest: str = digest("Keyed digest of the answer", "")


@dataclass(frozen=True)
class AnswerRefused(Event):
    """A question is about to be refused."""

    TYPE: ClassVar[str] = "answer.refused"
    OUTCOME: ClassVar[str] = "refused"

    query_id: str = ident("Id of the question")
    reason: str = code(
        "`no_passages`, `low_evidence`, `unsupported`, `output_gate`, or `stopped` by the user"
    )
    adapter_digest: str = digest("Adapter of the generator, empty for none", "")


@dataclass(frozen=True)
class RedactRun(Event):
    """`redact` is about to print redacted text, or has ended a batch; nothing is stored.

    A batch is about to begin where there are no texts.
    """

    TYPE: ClassVar[str] = "redact.run"

    texts: int = count("Number of texts")
    entities: Mapping[str, int] = counts("Findings by entity type")
    policy_digest: str = digest("Policy used", "")
    redaction_digest: str = digest("Policy, recognizers and NER model used", "")


# -- reveal --------------------------------------------------------------------------------


@dataclass(frozen=True)
class RevealRequested(Event):
    """Someone asks for original values."""

    TYPE: ClassVar[str] = "reveal.requested"
    OUTCOME: ClassVar[str] = "started"

    placeholders: Sequence[str] = idents("The placeholders")
    reason: str = note("Why, as typed by the user and redacted")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class RevealGranted(Event):
    """Original values are about to be shown."""

    TYPE: ClassVar[str] = "reveal.granted"

    placeholders: Sequence[str] = idents("The placeholders")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class RevealDenied(Event):
    """Original values are not shown."""

    TYPE: ClassVar[str] = "reveal.denied"
    OUTCOME: ClassVar[str] = "denied"

    placeholders: Sequence[str] = idents("The placeholders, those that are well formed")
    reason: str = code("Reason code, such as `vault.unknown_placeholder`")
    collection: str = name("Collection", "")


# -- configuration and review --------------------------------------------------------------


@dataclass(frozen=True)
class PolicyChanged(Event):
    """Another policy is in force than at the last session."""

    TYPE: ClassVar[str] = "policy.changed"

    policy: str = name("Name of the policy")
    old_digest: str = digest("Digest until now, empty if unknown")
    new_digest: str = digest("Digest from now on")


@dataclass(frozen=True)
class ModelChanged(Event):
    """Another model is in force than at the last session."""

    TYPE: ClassVar[str] = "model.changed"

    role: str = code("`generator`, `embedder`, `ner`, `reader`, `reranker` or `adapter`")
    old_digest: str = digest("Digest until now, empty if unknown")
    new_digest: str = digest("Digest from now on")


@dataclass(frozen=True)
class UnsafeUsed(Event):
    """Something that is named unsafe is about to be used for one command."""

    TYPE: ClassVar[str] = "unsafe.used"
    OUTCOME: ClassVar[str] = "started"

    option: str = name("What it is, such as `no-isolation` or the policy `unsafe-keep-all`")


CATALOGUE: dict[str, type[Event]] = {
    event.TYPE: event
    for event in (
        Genesis, SegmentStarted, LogRecovered, ClockStepped, Heartbeat, WorkspaceCreated,
        SessionStart, SessionEnd,
        DocumentIngestStart, DocumentIndexed, DocumentQuarantined, DocumentRemoved,
        QuarantineRetried, IndexRebuilt, SourcesOpened, QueryReceived, PassagesRetrieved,
        AnswerStarted,
        AnswerGiven, AnswerRefused, RedactRun, RevealRequested, RevealGranted, RevealDenied,
        PolicyChanged, ModelChanged, UnsafeUsed, AuditRead, AuditSearched,
        AnchorAdded, HoldSet, HoldCleared, LogPruned, EarlierPruned, PayloadSealed,
    )
}  # fmt: skip
"""Every event type by its name."""
CATALOGUE.update({event.TYPE: event for event in (*VAULT_EVENTS, *ADAPTER_EVENTS)})
