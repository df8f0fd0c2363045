"""Which checkpoints of a log hold good, met in the order of the log.

A light companion of `verify`: it follows the chain of keys and the root, nothing else, so
that a list can say of each record whether a checkpoint seals it. It starts at the key in
the log's own first record; that this is the right one, only `verify --genesis` says.
"""

from __future__ import annotations

from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.log_events import Genesis
from secure_rag.audit.note import VerifierKey
from secure_rag.audit.pruned import Beginning


class Seals:
    """Takes in every line of the log and judges its checkpoints."""

    def __init__(self, beginning: Beginning) -> None:
        """Begin with what is known of the log before the first line that is there."""
        self.tree = beginning.tree.copy()
        self.keys = beginning.key_chain()
        self.signer: VerifierKey | None = None
        """Who signed the last checkpoint, None where that does not hold good."""

    def add(self, line: bytes, found: dict[str, Any] | None) -> bool | None:
        """Take in a line; return whether a checkpoint seals all before it, None for no checkpoint.

        After a checkpoint that does not hold good nothing can be sealed any more.
        """
        is_good, size = None, self.tree.size
        if found is not None and found["type"] == records.CHECKPOINT:
            self.signer = self.keys.follow(str(found["note"]), size, self.tree.root())
            is_good = self.signer is not None and found["seq"] == size
        elif found is not None and size == 0 and found["type"] == Genesis.TYPE:
            self.keys.begin(found)
        self.tree.push(line)
        return is_good
