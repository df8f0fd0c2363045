"""A checkpoint that a reader kept elsewhere, held against the log while `verify` passes over it."""

from __future__ import annotations

from dataclasses import dataclass

from secure_rag.audit.chain import Chain
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import (
    CheckpointText,
    Note,
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
)
from secure_rag.audit.verdict import Statement, VerifyReport
from secure_rag.errors import UsageError


@dataclass
class KeptCheckpoint:
    """A checkpoint that was kept elsewhere, and what the log showed at its place."""

    note: Note
    text: CheckpointText
    root: bytes | None = None
    key: VerifierKey | None = None

    def watch(
        self, index: int, tree: Frontier, text: CheckpointText | None, key: VerifierKey | None
    ) -> None:
        if index == self.text.size:
            self.root = tree.root()
        if text is not None and text.epoch == self.text.epoch:
            self.key = key


def read_kept(note: str | None) -> KeptCheckpoint | None:
    """Read the text of a checkpoint that a reader gives.

    Raises:
        UsageError: if it is none.
    """
    if note is None:
        return None
    try:
        parsed = parse_note(note if note.endswith("\n") else note + "\n")
        return KeptCheckpoint(parsed, parse_checkpoint(parsed.text))
    except NoteError as error:
        raise UsageError(f"--checkpoint: {error}") from None


def judge_kept(
    report: VerifyReport, chain: Chain, kept: KeptCheckpoint | None, *, is_whole: bool
) -> None:
    """Say whether the log extends the kept checkpoint."""
    failed, skipped = report.failed, report.not_checkable
    if kept is None:
        text = (
            "no checkpoint kept elsewhere was given (--checkpoint): a log and key put back "
            "together from a backup look the same"
        )
        skipped.append(Statement("anchor", text))
        return
    size = kept.text.size
    if chain.genesis is not None and kept.text.origin != chain.genesis.name:
        text = "the kept checkpoint belongs to another log"
        failed.append(Statement("anchor.origin", text))
    elif kept.root is None and size < chain.prunings.first:
        text = f"the log never had the kept checkpoint over {size} records"
        failed.append(Statement("anchor.differs", text))
    elif kept.root is None or kept.key is None:
        if is_whole:
            text = (
                f"the kept checkpoint seals {size} records, the log has {chain.tree.size}: "
                "it was cut, or put back from a backup"
            )
            failed.append(Statement("anchor.beyond", text))
        else:
            text = "the kept checkpoint lies beyond the first wrong record"
            skipped.append(Statement("anchor", text))
    elif kept.root != kept.text.root or not kept.note.is_signed_by(kept.key):
        text = f"the first {size} records are not those that the kept checkpoint seals"
        failed.append(Statement("anchor.differs", text))
    else:
        text = f"the kept checkpoint of {kept.text.time} seals {size} records"
        report.verified.append(Statement("anchor", text))
