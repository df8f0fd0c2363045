"""A witness: cosigns what extends the head it keeps, refuses all else and says what it keeps."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from secure_rag.audit.cosign import WitnessKey, cosign, parse_witness
from secure_rag.audit.heads import Request, make_request, parse_request
from secure_rag.audit.note import NoteError, parse_note, sign
from secure_rag.audit.witness import Witness
from secure_rag.errors import ArtifactError, InputError, UsageError
from tests.unit.audit.audit_support import ORIGIN, Made, make_log

NOW = 1_700_000_000


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "state")


def ask(witness: Witness, made: Made, since: int, *, genesis: bool = False) -> str:
    """Ask for a cosignature over the log as it is; return the code of the decision."""
    request = parse_request(make_request(made.folder, since).encode())
    given = made.genesis if genesis else None
    return witness.cosign(request, genesis=given, now=NOW).code


def kept_size(witness: Witness) -> int:
    kept = witness.kept(ORIGIN)
    assert kept is not None
    return kept.text.size


# -- the cosignature -----------------------------------------------------------------------


def test_cosignature_has_the_bytes_of_the_specification() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes_raw()
    line = cosign("log.example/a\n3\nAAAA\n", "witness.example/w", private, NOW)
    dash, name, value = line.rstrip("\n").split(" ")
    data = base64.b64decode(value)
    assert (dash, name, len(data)) == ("\u2014", "witness.example/w", 4 + 8 + 64)
    assert data[:4] == hashlib.sha256(b"witness.example/w\n\x04" + public).digest()[:4]
    assert data[4:12] == struct.pack(">Q", NOW)
    message = b"cosignature/v1\ntime 1700000000\nlog.example/a\n3\nAAAA\n"
    Ed25519PublicKey.from_public_bytes(public).verify(data[12:], message)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(data[12:], message[:-1])


def test_witness_line_comes_back_and_any_changed_character_is_refused() -> None:
    key = WitnessKey("witness.example/w", bytes(range(32)))
    line = key.line()
    assert parse_witness(line + "\n") == key
    for place in range(len(line)):
        other = "B" if line[place] != "B" else "C"
        with pytest.raises(NoteError):
            parse_witness(line[:place] + other + line[place + 1 :])


def test_cosignature_every_flipped_bit_is_refused(witness: Witness, used: Made) -> None:
    assert ask(witness, used, 0, genesis=True) == ""
    kept = witness.kept(ORIGIN)
    assert kept is not None
    note = parse_note(kept.note)
    assert witness.key.time_of(note) == NOW
    signature = note.signatures[1]
    for bit in range(len(signature.value) * 8):
        value = bytearray(signature.value)
        value[bit // 8] ^= 1 << bit % 8
        bad = dataclasses.replace(signature, value=bytes(value))
        changed = dataclasses.replace(note, signatures=(note.signatures[0], bad))
        assert witness.key.time_of(changed) is None


# -- what is cosigned ----------------------------------------------------------------------


def test_witness_first_head_needs_the_genesis_line(witness: Witness, used: Made) -> None:
    with pytest.raises(UsageError):
        ask(witness, used, 0)
    assert witness.kept(ORIGIN) is None
    assert ask(witness, used, 0, genesis=True) == ""
    assert kept_size(witness) == make_request(used.folder, 0).old + 13


def test_witness_growing_log_is_cosigned_from_the_kept_head(witness: Witness, used: Made) -> None:
    assert ask(witness, used, 0, genesis=True) == ""
    for events in range(1, 6):
        size = kept_size(witness)
        used.run(events)
        used.run(events)
        assert ask(witness, used, size) == ""
        assert kept_size(witness) == size + 2 * (events + 1)


def test_witness_same_head_is_cosigned_again(witness: Witness, used: Made) -> None:
    assert ask(witness, used, 0, genesis=True) == ""
    assert ask(witness, used, 0) == ""


def test_witness_opened_again_has_its_key_and_heads(tmp_path: Path, used: Made) -> None:
    first = Witness(tmp_path / "state")
    assert ask(first, used, 0, genesis=True) == ""
    again = Witness(tmp_path / "state")
    assert again.key == first.key
    assert kept_size(again) == kept_size(first)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
    assert modes == {0o600}


def test_witness_two_logs_are_kept_apart(witness: Witness, used: Made, tmp_path: Path) -> None:
    from secure_rag.audit.log import AuditLog

    other = Made(tmp_path / "b", "")
    other.folder.mkdir()
    other.genesis = AuditLog.create(other.folder, origin="secure-rag/fedcba9876543210")
    assert ask(witness, used, 0, genesis=True) == ""
    assert ask(witness, other, 0, genesis=True) == ""
    assert kept_size(witness) == 13


# -- what is refused -----------------------------------------------------------------------


def rolled_back(made: Made, tmp_path: Path) -> Made:
    """Keep a backup, let the log grow, and return the backup."""
    backup = made.copy(tmp_path / "backup")
    made.run(3)
    return backup


def test_witness_rollback_is_refused(witness: Witness, used: Made, tmp_path: Path) -> None:
    backup = rolled_back(used, tmp_path)
    assert ask(witness, used, 0, genesis=True) == ""
    size = kept_size(witness)
    assert ask(witness, backup, 0) == "witness.rollback"
    assert kept_size(witness) == size


@pytest.mark.parametrize("more", [0, 1, 5])
def test_witness_fork_from_a_backup_is_refused(
    witness: Witness, used: Made, tmp_path: Path, more: int
) -> None:
    backup = rolled_back(used, tmp_path)
    assert ask(witness, used, 0, genesis=True) == ""
    size = kept_size(witness)
    backup.run(3, session="another")
    for _ in range(more):
        backup.run(2)
    expected = "witness.fork" if not more else "witness.signature"
    assert ask(witness, backup, size) == expected
    assert kept_size(witness) == size


def test_witness_started_over_log_of_the_same_name_is_refused(
    witness: Witness, used: Made, tmp_path: Path
) -> None:
    other = make_log(tmp_path / "other")
    for _ in range(9):
        other.run(3)
    assert ask(witness, used, 0, genesis=True) == ""
    assert ask(witness, other, 13) == "witness.signature"
    assert ask(witness, other, 0, genesis=True) == "witness.genesis"


def test_witness_new_log_with_another_genesis_is_refused(
    witness: Witness, used: Made, tmp_path: Path
) -> None:
    other = make_log(tmp_path / "other")
    request = make_request(used.folder, 0)
    assert witness.cosign(request, genesis=other.genesis, now=NOW).code == "witness.signature"
    assert witness.kept(ORIGIN) is None


def test_witness_request_from_another_head_names_the_kept_one(witness: Witness, used: Made) -> None:
    assert ask(witness, used, 0, genesis=True) == ""
    used.run(2)
    decision = witness.cosign(make_request(used.folder, 5), genesis=None, now=NOW)
    assert decision.code == "witness.old"
    assert "--since 13" in decision.text


def _cut_proof(request: Request) -> Request:
    return dataclasses.replace(request, proof=request.proof[:-1])


def _flip_proof(request: Request) -> Request:
    first = bytes([request.proof[0][0] ^ 1]) + request.proof[0][1:]
    return dataclasses.replace(request, proof=(first, *request.proof[1:]))


def _skip_note(request: Request) -> Request:
    return dataclasses.replace(request, notes=request.notes[1:])


def _swap_notes(request: Request) -> Request:
    first, second, *rest = request.notes
    return dataclasses.replace(request, notes=(second, first, *rest))


def _own_key(request: Request) -> Request:
    """Sign the head anew with a key that nobody announced."""
    text = parse_note(request.notes[-1]).text
    forged = sign(text, ORIGIN, Ed25519PrivateKey.generate())
    return dataclasses.replace(request, notes=(*request.notes[:-1], forged))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_cut_proof, "witness.fork"),
        (_flip_proof, "witness.fork"),
        (_skip_note, "witness.chain"),
        (_swap_notes, "witness.chain"),
        (_own_key, "witness.signature"),
    ],
)
def test_witness_changed_request_is_refused(
    witness: Witness, used: Made, change: Callable[[Request], Request], code: str
) -> None:
    assert ask(witness, used, 0, genesis=True) == ""
    for _ in range(3):
        used.run(2)
    request = make_request(used.folder, 13)
    assert witness.cosign(change(request), genesis=None, now=NOW).code == code
    assert kept_size(witness) == 13
    assert witness.cosign(request, genesis=None, now=NOW).code == ""


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", "[" * 100_000, '{"format": "secure-rag/witness-request/1"}',
     '{"format": "secure-rag/witness-request/1", "old": 0, "proof": [], "notes": []}',
     '{"format": "secure-rag/witness-request/1", "old": true, "proof": [], "notes": ["a"]}',
     '{"format": "secure-rag/witness-request/1", "old": 0, "proof": [1], "notes": ["a"]}',
     '{"format": "secure-rag/witness-request/1", "old": 0, "proof": ["?"], "notes": ["a"]}'],
    ids=["empty", "list", "null", "object", "deep", "fields", "notes", "flag", "number", "text"],
)  # fmt: skip
def test_request_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_request(text)


def test_request_since_no_checkpoint_is_refused(used: Made) -> None:
    with pytest.raises(InputError):
        make_request(used.folder, 2)


def test_witness_damaged_state_does_not_start_over(tmp_path: Path, used: Made) -> None:
    witness = Witness(tmp_path / "state")
    assert ask(witness, used, 0, genesis=True) == ""
    (kept,) = (tmp_path / "state").glob("*.json")
    kept.write_text(kept.read_text().replace("epoch 3", "epoch 2"))
    with pytest.raises(ArtifactError):
        ask(witness, used, 0, genesis=True)
    (tmp_path / "state" / "witness.key").write_text("PRIVATE+KEY+a+00000000+BAAA\n")
    with pytest.raises(ArtifactError):
        Witness(tmp_path / "state")
