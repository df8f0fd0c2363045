"""Which checkpoints of a log hold good, met in the order of the log.

A light companion of `verify`: it follows the chain of keys and the root, nothing else, so
that a list can say of each record whether a checkpoint seals it. It starts at the key in
the log's own first record; that this is the right one, only `verify --genesis` says.
"""

from __future__ import annotations

from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.log_events import Genesis
from secure_rag.audit.note import NoteError, VerifierKey, parse_checkpoint, parse_note
from secure_rag.audit.note import parse_verifier as read_verifier
from secure_rag.audit.pruned import Beginning


class Seals:
    """Takes in every line of the log and judges its checkpoints."""

    def __init__(self, beginning: Beginning) -> None:
        """Begin with what is known of the log before the first line that is there."""
        self.tree = beginning.tree.copy()
        self.key = beginning.key
        """Who must sign the next checkpoint."""
        self.signer: VerifierKey | None = None
        """Who had to sign the last one."""

    def add(self, line: bytes, found: dict[str, Any] | None) -> bool | None:
        """Take in a line; return whether a checkpoint seals all before it, None for no checkpoint.

        After a checkpoint that cannot be read nothing can be sealed any more.
        """
        is_good = None
        if found is not None and found["type"] == records.CHECKPOINT:
            is_good = self._judge(found)
        elif found is not None and self.tree.size == 0 and found["type"] == Genesis.TYPE:
            self.key = _verifier(found)
        self.tree.push(line)
        return is_good

    def _judge(self, found: dict[str, Any]) -> bool:
        signer, self.key = self.key, None
        try:
            note = parse_note(str(found["note"]))
            text = parse_checkpoint(note.text)
        except NoteError:
            return False
        self.signer, self.key = signer, VerifierKey(text.origin, text.next_public)
        return (
            signer is not None
            and text.size == found["seq"] == self.tree.size
            and text.root == self.tree.root()
            and note.is_signed_by(signer)
        )


def _verifier(found: dict[str, Any]) -> VerifierKey | None:
    try:
        return read_verifier(str(found["data"].get("verifier")))
    except NoteError:
        return None
