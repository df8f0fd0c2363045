"""The Merkle tree of RFC 6962, section 2: roots, inclusion and consistency proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    """Hash one leaf: the stored bytes of a line, without its newline."""
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough for its root, whatever its size.

    Holds one hash per complete subtree, largest first: as many as `size` has
    bits set.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count() or any(len(h) != HASH_BYTES for h in hashes):
            raise ValueError("hashes do not fit the size")
        self.size = size
        self._hashes = list(hashes)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        return tuple(self._hashes)

    def copy(self) -> Frontier:
        return Frontier(self.size, self._hashes)

    def push(self, line: bytes) -> None:
        """Append one leaf."""
        sha256 = hashlib.sha256
        digest = sha256(b"\x00" + line).digest()
        size = self.size
        hashes = self._hashes
        while size & 1:
            digest = sha256(b"\x01" + hashes.pop() + digest).digest()
            size >>= 1
        hashes.append(digest)
        self.size += 1

    def push_node(self, digest: bytes, level: int) -> None:
        """Append a complete subtree of 2 to the power of `level` leaves by its head.

        Raises:
            ValueError: if no such subtree can stand here.
        """
        if self.size & ((1 << level) - 1) or len(digest) != HASH_BYTES:
            raise ValueError("no subtree of this size can stand here")
        place = self.size >> level
        while place & 1:
            digest = node_hash(self._hashes.pop(), digest)
            place >>= 1
        self._hashes.append(digest)
        self.size += 1 << level

    def root(self) -> bytes:
        """Return the tree head of all leaves so far."""
        if not self._hashes:
            return EMPTY_ROOT
        digest = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            digest = node_hash(left, digest)
        return digest


class Range:
    """The heads of the fewest complete subtrees over leaves `start` to `end`, left to right.

    With the edge of the tree at `start` they give the edge at `end`.
    """

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self._nodes: list[tuple[int, bytes]] = []

    @property
    def digests(self) -> tuple[bytes, ...]:
        return tuple(digest for _, digest in self._nodes)

    def push(self, digest: bytes, level: int = 0) -> None:
        """Append a leaf, or the head of a complete subtree that may stand here."""
        place, self.end = self.end >> level, self.end + (1 << level)
        while place & 1 and self._nodes and self._nodes[-1][0] == level:
            digest = node_hash(self._nodes.pop()[1], digest)
            place, level = place >> 1, level + 1
        self._nodes.append((level, digest))


def range_levels(start: int, end: int) -> list[int]:
    """Return the heights of the fewest complete subtrees over leaves `start` to `end`."""
    levels = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        levels.append(level)
        start += 1 << level
    return levels


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the tree head over leaf *hashes*."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(tree_root(leaves[:split]), tree_root(leaves[split:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of leaf `index`, lowest node first (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError("leaf index out of range")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(leaves[:split], index), tree_root(leaves[split:])]
    return [*inclusion_proof(leaves[split:], index - split), tree_root(leaves[:split])]


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Return whether `proof` shows that leaf hash `leaf` stands at `index` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        return False
    node, last, digest = index, size - 1, leaf
    for step in proof:
        if last == 0 or len(step) != HASH_BYTES:
            return False
        if node & 1 or node == last:
            digest = node_hash(step, digest)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            digest = node_hash(digest, step)
        node, last = node >> 1, last >> 1
    return last == 0 and digest == root


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the tree of the first `old_size` leaves is a prefix (2.1.2)."""
    if not 0 < old_size <= len(leaves):
        raise IndexError("old size out of range")
    return _consistency(leaves, old_size, True)


def check_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether `proof` shows that the old tree is a prefix (RFC 9162, 2.1.4.2)."""
    if not 0 < old_size <= size or any(len(step) != HASH_BYTES for step in proof):
        return False
    if old_size == size:
        return not proof and old_root == root
    steps = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    if not steps:
        return False
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_digest = digest = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_digest, digest = node_hash(step, old_digest), node_hash(step, digest)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            digest = node_hash(digest, step)
        node, last = node >> 1, last >> 1
    return last == 0 and old_digest == old_root and digest == root


def _consistency(leaves: Sequence[bytes], old_size: int, is_whole: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if is_whole else [tree_root(leaves)]
    split = _split(len(leaves))
    if old_size <= split:
        return [*_consistency(leaves[:split], old_size, is_whole), tree_root(leaves[split:])]
    return [*_consistency(leaves[split:], old_size - split, False), tree_root(leaves[:split])]


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return int(1 << ((size - 1).bit_length() - 1))
