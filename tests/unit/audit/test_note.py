"""Signed notes and checkpoints, checked against known notes and by code of its own."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from secure_rag.audit.note import (
    CheckpointText,
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier,
    sign,
)
from tests.unit.audit.audit_support import ORIGIN

VECTORS = json.loads(
    (Path(__file__).resolve().parents[3] / "audit" / "vectors" / "notes.json").read_text()
)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(ORIGIN, PRIVATE.public_key().public_bytes_raw())
TEXT = CheckpointText(ORIGIN, 12345678, b"\x07" * 32, 123456, "2026-11-22T08:30:00Z", b"\x09" * 32)


@pytest.mark.parametrize("vector", VECTORS["signed"])
def test_note_known_note_verifies(vector: dict[str, Any]) -> None:
    key = parse_verifier(vector["verifier"])
    assert key.line() == vector["verifier"]
    note = parse_note(vector["note"])
    assert note.is_signed_by(key)
    assert not note.is_signed_by(VerifierKey(key.name, KEY.public))
    assert not parse_note(vector["note"].replace("don't", "dont")).is_signed_by(key)


@pytest.mark.parametrize("line", VECTORS["verifiers"])
def test_verifier_known_key_is_read(line: str) -> None:
    assert parse_verifier(line).line() == line


@pytest.mark.parametrize("vector", VECTORS["parsed"])
def test_note_text_with_empty_lines_is_split_at_the_last(vector: dict[str, Any]) -> None:
    (signature,) = parse_note(vector["note"]).signatures
    assert (signature.name, signature.key_id.hex()) == (vector["name"], vector["key_id"])


def test_sign_result_verifies_by_independent_code() -> None:
    text, _, line = sign(TEXT.encode(), ORIGIN, PRIVATE).partition("\n\n")
    dash, name, value = line.removesuffix("\n").split(" ")
    data = base64.b64decode(value)
    raw = PRIVATE.public_key().public_bytes_raw()
    assert (dash, name) == ("\u2014", ORIGIN)
    assert data[:4] == hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]
    Ed25519PublicKey.from_public_bytes(raw).verify(data[4:], (text + "\n").encode())
    assert text.split("\n")[:2] == [ORIGIN, "12345678"]
    assert base64.b64decode(text.split("\n")[2]) == TEXT.root


def test_checkpoint_with_large_numbers_fits_a_qr_code() -> None:
    assert len(sign(TEXT.encode(), ORIGIN, PRIVATE).encode()) <= 300


def test_checkpoint_text_is_read_back() -> None:
    assert parse_checkpoint(TEXT.encode()) == TEXT


def test_note_with_a_foreign_signature_still_verifies() -> None:
    other = Ed25519PrivateKey.generate()
    extra = sign(TEXT.encode(), "witness.example", other).rpartition("\n\n")[2]
    note = parse_note(sign(TEXT.encode(), ORIGIN, PRIVATE) + extra)
    assert len(note.signatures) == 2
    assert note.is_signed_by(KEY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n12345678", "\n012345678"),
        ("\n12345678", "\n-1"),
        ("\n12345678", "\n1e7"),
        ("epoch 123456", "epoch 0123456"),
        ("epoch", "Epoch"),
        ("08:30:00Z", "08:30:00"),
        ("next A", "next B"),
        ("=\nepoch", "\nepoch"),
        ("Bwc=\n", "Bwd=\n"),
        (ORIGIN, ""),
        (ORIGIN, "two words"),
        ("\nnext", "\nmore\nnext"),
    ],
)
def test_checkpoint_of_another_form_is_refused(old: str, new: str) -> None:
    text = TEXT.encode()
    assert old in text
    with pytest.raises(NoteError):
        parse_checkpoint(text.replace(old, new, 1))


@pytest.mark.parametrize(
    "note",
    [
        "",
        "a\n",
        "a\n\n",
        "a\n\nb\n",
        "a\n\n- n AAAA\n",
        "a\n\n\u2014 n AAAA\n",
        "a\x01\n\n\u2014 n x\n",
    ],
)
def test_note_of_another_form_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        parse_note(note)


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace("+", "", 1),
        lambda line: line.replace(KEY.key_id.hex(), "00000000"),
        lambda line: line[:-4] + "AAAA",
        lambda line: line[:-1],
        lambda line: line.replace("+A", "+B", 1) if "+A" in line else line[:-2],
        lambda _: "",
    ],
)
def test_verifier_line_that_was_mistyped_is_refused(change: Any) -> None:
    with pytest.raises(NoteError):
        parse_verifier(change(KEY.line()))
