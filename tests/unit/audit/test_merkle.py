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
from tests.unit.audit.audit_support import INDEPENDENT

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


def broken_proofs(name: str, proof: list[bytes], first: bytes, root: bytes) -> list[list[bytes]]:
    """Return the proofs that a named corruption makes of one."""
    add = {"garbage": b"\xaa" * 32, "root": root, "root1": first, "root2": root}
    where, _, what = name.partition(" ")
    if where == "trailing":
        return [[*proof, add[what]]]
    if where == "preceding":
        return [[add[what], *proof]]
    if where == "modified":
        bit = 1 << int(what[-1])
        flip = [bytes([step[0] ^ bit]) + step[1:] for step in proof]
        return [[*proof[:n], flip[n], *proof[n + 1 :]] for n in range(len(proof))]
    if name == "inserted component":
        return [[*proof[:n], b"\xaa" * 32, *proof[n:]] for n in range(len(proof) + 1)]
    if name in ("removed component", "truncated proof"):
        return [proof[:n] + proof[n + 1 :] for n in range(len(proof))]
    return [[]] if name == "empty proof" and proof else []


def changed_number(name: str, value: int) -> int:
    """Return `value` after an operation such as `+ 1` or `^ 2`."""
    operation, operand = name.split()[1], int(name.split()[2])
    return {"+": value + operand, "-": value - operand, "^": value ^ operand,
            "*": value * operand, "div": value // operand}[operation]  # fmt: skip


@pytest.mark.parametrize("name", VECTORS["corruptions"]["inclusion"])
def test_inclusion_named_corruption_of_a_known_proof_is_refused(name: str) -> None:
    for vector in VECTORS["inclusion"]:
        index, size, root = vector["leaf"], vector["size"], ROOTS[vector["size"] - 1]
        leaf, proof = HASHES[index], [bytes.fromhex(step) for step in vector["proof"]]
        cases = [(leaf, index, size, one, root) for one in broken_proofs(name, proof, root, root)]
        if name.startswith("leafIdx"):
            cases.append((leaf, changed_number(name, index), size, proof, root))
        elif name.startswith("treeSize"):
            cases.append((leaf, index, changed_number(name, size), proof, root))
        elif name == "wrong leaf":
            cases.append((b"\xaa" * 32, index, size, proof, root))
        elif name in ("empty root", "random root"):
            wrong = EMPTY_ROOT if name == "empty root" else b"\xaa" * 32
            cases.append((leaf, index, size, proof, wrong))
        assert INDEPENDENT.is_included(leaf, index, size, proof, root)
        assert cases or not proof
        for case in cases:
            assert not check_inclusion(*case)
            assert not INDEPENDENT.is_included(*case)


@pytest.mark.parametrize("name", VECTORS["corruptions"]["consistency"])
def test_consistency_named_corruption_of_a_known_proof_is_refused(name: str) -> None:
    for vector in VECTORS["consistency"]:
        old, size = vector["old"], vector["size"]
        if old == size:
            continue  # that proof is empty, and both roots are the same
        first, root = ROOTS[old - 1], ROOTS[size - 1]
        proof = [bytes.fromhex(step) for step in vector["proof"]]
        cases = [(old, size, first, root, one) for one in broken_proofs(name, proof, first, root)]
        if name.startswith("size1"):
            cases.append((changed_number(name, old), size, first, root, proof))
        elif name.startswith("size2"):
            cases.append((old, changed_number(name, size), first, root, proof))
        elif name == "swapped roots":
            cases.append((old, size, root, first, proof))
        elif name.startswith("wrong root"):
            roots = (b"\xaa" * 32, root) if name.endswith("1") else (first, b"\xaa" * 32)
            cases.append((old, size, *roots, proof))
        assert cases
        for case in cases:
            assert not check_consistency(*case)


def _changes(proof: list[bytes], root: bytes) -> list[list[bytes]]:
    changes = [[*proof, root], [root, *proof], [*proof, b""], [b"", *proof]]
    changes += [proof[:n] + proof[n + 1 :] for n in range(len(proof))]
    for n, step in enumerate(proof):
        flipped = bytes([step[0] ^ 8]) + step[1:]
        changes.append([*proof[:n], flipped, *proof[n + 1 :]])
    for n, (one, two) in enumerate(pairwise(proof)):
        changes.append([*proof[:n], two, one, *proof[n + 2 :]])
    return changes
