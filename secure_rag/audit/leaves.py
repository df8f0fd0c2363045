"""A whole tree in memory, so that many proofs cost no more than one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from secure_rag.audit.merkle import EMPTY_ROOT, node_hash

Place = tuple[int, int]
"""Height of a complete subtree, and its number from the left at this height."""


class Tree:
    """The Merkle tree over leaf hashes (RFC 6962, 2.1), with its complete subtrees kept.

    Leaves before `first` may be missing: `nodes` holds heads of subtrees over them. What can
    be proven with these is proven.
    """

    def __init__(
        self,
        leaves: Sequence[bytes],
        first: int = 0,
        nodes: Mapping[Place, bytes] | None = None,
    ) -> None:
        self.size = first + len(leaves)
        self._nodes = dict(nodes or {})
        self._levels = [(first, list(leaves))]
        while len(self._levels[-1][1]) > 1:
            start, below = self._levels[-1]
            skipped = start & 1
            pairs = zip(below[skipped::2], below[skipped + 1 :: 2], strict=False)
            row = [node_hash(left, right) for left, right in pairs]
            self._levels.append(((start + skipped) >> 1, row))

    def root(self) -> bytes:
        """Return the head over all leaves."""
        return self._node(0, self.size) if self.size else EMPTY_ROOT

    def proof(self, index: int) -> list[bytes]:
        """Return the audit path of a leaf, lowest node first.

        Raises:
            IndexError: if there is no such leaf, or what is left does not lead to it.
        """
        if not 0 <= index < self.size:
            raise IndexError("leaf index out of range")
        steps = []
        low, high = 0, self.size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                steps.append(self._node(middle, high))
                high = middle
            else:
                steps.append(self._node(low, middle))
                low = middle
        return steps[::-1]

    def consistency(self, old_size: int) -> list[bytes]:
        """Return the proof that the tree of the first `old_size` leaves is a prefix (2.1.2).

        Raises:
            IndexError: if there are not so many, or what is left does not show it.
        """
        if not 0 < old_size <= self.size:
            raise IndexError("old size out of range")
        steps = []
        low, high = 0, self.size
        while old_size != high:
            middle = low + _split(high - low)
            if old_size <= middle:
                steps.append(self._node(middle, high))
                high = middle
            else:
                steps.append(self._node(low, middle))
                low = middle
        return [*([self._node(low, high)] if low else []), *reversed(steps)]

    def _node(self, low: int, high: int) -> bytes:
        """Return the head over leaves `low` to `high`; complete subtrees are looked up."""
        width = high - low
        place = (width.bit_length() - 1, low >> (width.bit_length() - 1))
        is_complete = width & (width - 1) == 0
        found = self._known(*place) if is_complete else None
        if found is not None:
            return found
        if width <= 1:
            raise IndexError("this leaf is not there any more")
        middle = low + _split(width)
        digest = node_hash(self._node(low, middle), self._node(middle, high))
        if is_complete:
            self._nodes[place] = digest
        return digest

    def _known(self, level: int, number: int) -> bytes | None:
        if level < len(self._levels):
            start, row = self._levels[level]
            if start <= number < start + len(row):
                return row[number - start]
        return self._nodes.get((level, number))


def _split(width: int) -> int:
    """Return the largest power of two below `width`."""
    return int(1 << ((width - 1).bit_length() - 1))
