"""`redact`: show a text or document as it would be stored, and store nothing.

Placeholders are looked up where there is a workspace, never issued; the run is one event
there, before anything is shown, and a batch another, with its counts, when it has ended.
Without a workspace nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secure_rag.audit import events
from secure_rag.documents.reader import DocumentReader
from secure_rag.errors import InputError, SecureRagError
from secure_rag.pipeline.session import Session
from secure_rag.plain_text import decode_text
from secure_rag.policy.model import Policy, Scope
from secure_rag.redaction.engine import RedactedText, Redactor
from secure_rag.redaction.fields import BODY
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.setup import build_redactor
from secure_rag.runtime.manifest import Models
from secure_rag.settings import IngestSettings
from secure_rag.values import Block, Finding, count_entities

PLAIN_SUFFIXES = frozenset({"", ".txt", ".text", ".log"})
"""Files that are redacted as they stand, so that offsets are those of the file."""


@dataclass(frozen=True)
class BatchLine:
    """One line of `redact --batch`: a result, or a reason why there is none."""

    id: Any
    redacted: RedactedText | None
    error: str | None = None


class TextRedactor:
    """Redacts texts and documents under one policy, with look-ups where a vault is."""

    def __init__(self, policy: Policy, *, session: Session | None) -> None:
        self.policy = policy
        self._session = session
        models = session.models if session else Models()
        scope = Scope(session.collection) if session else Scope()
        self._redactor: Redactor = build_redactor(policy, models, scope=scope)

    def redact(self, text: str, blocks: Sequence[Block] = ()) -> RedactedText:
        """Redact one text; unknown values get placeholders numbered for this call.

        Args:
            blocks: the fields of a document, each under its own rules; none: all is body.
        """
        domain = self._session.seen_domain if self._session else None
        blocks = blocks or (Block(0, len(text), BODY),)
        return self._redactor.redact_fields(text, blocks, pseudonyms=LookupPseudonyms(domain))

    def redact_lines(
        self, lines: Iterable[tuple[Any, str | None]]
    ) -> Generator[BatchLine, None, None]:
        """Redact (id, text) pairs in order; a missing text is that line's error.

        An event without counts is durable before the first line is read; one with the counts
        follows at the end, also of a batch that is closed before.
        """
        self.record(texts=0, findings=())
        texts, findings = 0, list[Finding]()
        try:
            for identity, text in lines:
                texts += 1
                one = self._redact_line(identity, text)
                findings += one.redacted.findings if one.redacted else ()
                yield one
        finally:
            self.record(texts=texts, findings=findings)

    def _redact_line(self, identity: Any, text: str | None) -> BatchLine:
        if text is None:
            return BatchLine(identity, None, "input.line")
        try:
            return BatchLine(identity, self.redact(text))
        except SecureRagError as error:
            return BatchLine(identity, None, error.code)

    def record(self, *, texts: int, findings: Iterable[Finding]) -> None:
        """Write an event of the run, where there is a workspace."""
        if self._session is None:
            return
        self._session.record(
            events.RedactRun(
                texts=texts,
                entities=count_entities(findings),
                policy_digest=self.policy.digest,
            )
        )


def read_text(path: Path, limits: IngestSettings) -> str:
    """Return a file's text as `read_fields` does, without the fields."""
    return read_fields(path, limits)[0]


def read_fields(path: Path, limits: IngestSettings) -> tuple[str, tuple[Block, ...]]:
    """Return a file's text and its fields: one body, verbatim, if it is plain text.

    Other formats are read as their loaders do at ingest, author and file name included.

    Raises:
        InputError: it cannot be read.
        DocumentError: the reason that would put it into quarantine.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise InputError("the file cannot be opened", code="input.unreadable") from None
    if path.suffix.lower() in PLAIN_SUFFIXES:
        text = decode_text(data)
        return text, (Block(0, len(text), BODY),)
    with DocumentReader(
        timeout_s=limits.parse_timeout_s,
        memory_mb=limits.parse_memory_mb,
        max_file_mb=limits.max_file_mb,
    ) as reader:
        document = reader.read(data, path.name)
        return document.text, document.blocks
