"""Take a placeholder out of a stored text, with every offset kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from secure_rag.values import Block, Finding, RedactedDocument
from secure_rag.vault.placeholders import entity_of


class Stored(Protocol):
    """A document as the index keeps it; it was redacted before it was stored."""

    @property
    def document(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def blocks(self) -> tuple[Block, ...]: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def flags(self) -> tuple[str, ...]: ...
    @property
    def policy_digest(self) -> str: ...
    @property
    def redaction_digest(self) -> str: ...


def erased_mark(placeholder: str) -> str:
    """Return what stands for a placeholder once it is gone: its type, and as long as it was.

    It is no placeholder: square brackets, and no code.
    """
    mark = f"[{entity_of(placeholder)}_ERASED"
    return mark.ljust(len(placeholder) - 1, ".") + "]"


def without_placeholder(stored: Stored, placeholder: str) -> RedactedDocument:
    """Return a stored document in which nothing tells this placeholder from others any more."""
    mark = erased_mark(placeholder)
    findings = [
        Finding(entity, 0, 0, 1.0, "stored", "mask")
        for entity, count in stored.counts.items()
        for _ in range(count)
    ]
    return RedactedDocument(
        document=stored.document,
        path=stored.path.replace(placeholder, mark),
        media_type=stored.media_type,
        text=stored.text.replace(placeholder, mark),
        blocks=stored.blocks,
        findings=tuple(findings),
        policy_digest=stored.policy_digest,
        redaction_digest=stored.redaction_digest,
        flags=stored.flags,
    )
