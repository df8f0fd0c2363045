"""A whole tree in memory, so that many inclusion proofs cost no more than one."""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.audit.merkle import EMPTY_ROOT, node_hash


class Tree:
    """The Merkle tree over leaf hashes (RFC 6962, 2.1), with its complete subtrees kept."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([node_hash(left, right) for left, right in pairs])

    def root(self) -> bytes:
        """Return the head over all leaves."""
        return self._node(0, self.size) if self.size else EMPTY_ROOT

    def proof(self, index: int) -> list[bytes]:
        """Return the audit path of a leaf, lowest node first.

        Raises:
            IndexError: if there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise IndexError("leaf index out of range")
        steps = []
        low, high = 0, self.size
        while high - low > 1:
            middle = low + (1 << ((high - low - 1).bit_length() - 1))
            if index < middle:
                steps.append(self._node(middle, high))
                high = middle
            else:
                steps.append(self._node(low, middle))
                low = middle
        return steps[::-1]

    def _node(self, low: int, high: int) -> bytes:
        """Return the head over leaves `low` to `high`; complete subtrees are looked up."""
        width = high - low
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            return self._levels[level][low >> level]
        middle = low + (1 << (width.bit_length() - 1))
        return node_hash(self._node(low, middle), self._node(middle, high))
