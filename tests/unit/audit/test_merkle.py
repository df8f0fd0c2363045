"""The tree of RFC 6962 against known answers, and against mutations of them."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from secure_rag.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
)

VECTORS = json.loads(
    (Path(__file__).resolve().parents[3] / "audit" / "vectors" / "rfc6962.json").read_text()
)
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def test_frontier_every_size_has_the_known_root() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == bytes.fromhex(VECTORS["empty_root"])
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        frontier.push(leaf)
        assert frontier.root() == root
        assert Frontier(frontier.size, frontier.hashes).root() == root


def test_tree_root_of_any_size_is_that_of_the_frontier() -> None:
    frontier, hashes = Frontier(), []
    for number in range(130):
        assert tree_root(hashes) == frontier.root()
        line = str(number).encode()
        frontier.push(line)
        hashes.append(leaf_hash(line))


@pytest.mark.parametrize("size", range(3))
def test_frontier_hashes_that_do_not_fit_the_size_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="fit"):
        Frontier(size, [b"\0" * 32] * 2)


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_known_proof_is_made_and_accepted(vector: dict[str, Any]) -> None:
    leaf, size = vector["leaf"], vector["size"]
    proof = [bytes.fromhex(step) for step in vector["proof"]]
    assert inclusion_proof(HASHES[:size], leaf) == proof
    assert check_inclusion(HASHES[leaf], leaf, size, proof, ROOTS[size - 1])


@pytest.mark.parametrize("size", range(1, 9))
def test_inclusion_any_change_of_any_proof_is_refused(size: int) -> None:
    root = ROOTS[size - 1]
    for leaf in range(size):
        proof = inclusion_proof(HASHES[:size], leaf)
        assert check_inclusion(HASHES[leaf], leaf, size, proof, root)
        assert not check_inclusion(HASHES[leaf], leaf + size, size, proof, root)
        assert not check_inclusion(HASHES[leaf], -1, size, proof, root)
        assert not check_inclusion(b"\1" * 32, leaf, size, proof, root)
        assert not check_inclusion(HASHES[leaf], leaf, size, proof, b"\1" * 32)
        for changed in _changes(proof, root):
            assert not check_inclusion(HASHES[leaf], leaf, size, changed, root)
        for other in range(size):
            if other != leaf:
                assert not check_inclusion(HASHES[leaf], other, size, proof, root)


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_known_proof_is_made_and_accepted(vector: dict[str, Any]) -> None:
    old, size = vector["old"], vector["size"]
    proof = [bytes.fromhex(step) for step in vector["proof"]]
    assert consistency_proof(HASHES[:size], old) == proof
    assert check_consistency(old, size, ROOTS[old - 1], ROOTS[size - 1], proof)


@pytest.mark.parametrize("size", range(1, 9))
def test_consistency_any_change_of_any_proof_is_refused(size: int) -> None:
    for old in range(1, size + 1):
        old_root, root = ROOTS[old - 1], ROOTS[size - 1]
        proof = consistency_proof(HASHES[:size], old)
        assert check_consistency(old, size, old_root, root, proof)
        assert not check_consistency(0, size, old_root, root, proof)
        assert not check_consistency(size + 1, size, old_root, root, proof)
        assert not check_consistency(old, size, b"\1" * 32, root, proof)
        assert not check_consistency(old, size, old_root, b"\1" * 32, proof)
        for changed in _changes(proof, root):
            assert not check_consistency(old, size, old_root, root, changed)


def _changes(proof: list[bytes], root: bytes) -> list[list[bytes]]:
    changes = [[*proof, root], [root, *proof], [*proof, b""], [b"", *proof]]
    changes += [proof[:n] + proof[n + 1 :] for n in range(len(proof))]
    for n, step in enumerate(proof):
        flipped = bytes([step[0] ^ 8]) + step[1:]
        changes.append([*proof[:n], flipped, *proof[n + 1 :]])
    for n, (one, two) in enumerate(pairwise(proof)):
        changes.append([*proof[:n], two, one, *proof[n + 2 :]])
    return changes
