"""The chain of keys: which checkpoint holds good, met in the order of the log.

Each checkpoint announces the key that must sign the next; the first is signed by the key of the
genesis record. The conditions are steps 5 to 8 of audit/FORMAT.md, section 7. One that fails
them announces nothing: whoever cannot sign it could have written any key into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from secure_rag.audit.note import (
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier,
)


@dataclass
class KeyChain:
    """Who must sign the next checkpoint, and as which epoch."""

    key: VerifierKey | None = None
    """None before the genesis record, and for good after a checkpoint that fails."""
    epoch: int = 0

    def begin(self, genesis: dict[str, Any]) -> None:
        """Take in the log's first record; that its key is the right one, `--genesis` says."""
        try:
            self.key = parse_verifier(str(genesis["data"].get("verifier")))
        except NoteError:
            self.key = None

    def follow(self, note: str, size: int, root: bytes) -> VerifierKey | None:
        """Take in the checkpoint at index `size`; return who signed it, None if it fails.

        Args:
            note: the signed note that it holds.
            size: how many records stand before it.
            root: the root over these.
        """
        signer, self.key = self.key, None
        try:
            found = parse_note(note)
            text = parse_checkpoint(found.text)
        except NoteError:
            return None
        is_good = (
            signer is not None
            and text.origin == signer.name
            and len(found.signatures) == 1
            and (text.size, text.epoch, text.root) == (size, self.epoch, root)
            and found.is_signed_by(signer)
        )
        if signer is None or not is_good:
            return None
        self.key, self.epoch = VerifierKey(signer.name, text.next_public), self.epoch + 1
        return signer
