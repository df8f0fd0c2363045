"""Sealing: opens in its own place with both secrets, and nowhere else."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from secure_rag.errors import VaultError
from secure_rag.vault.keys import encode
from secure_rag.vault.sealing import Binding, Sealed, open_sealed, seal

PRIVATE = X25519PrivateKey.generate()
PRIVATE_KEY = PRIVATE.private_bytes_raw()
PUBLIC_KEY = PRIVATE.public_key().public_bytes_raw()
SUBJECT = os.urandom(32)
BINDING = Binding("0123456789abcdef", "default", "value", "PERSON", "<PERSON_X>", 1, 7)
CANARY = "Quentin Canary-Example"


def sealed_canary(value: str = CANARY) -> Sealed:
    return seal(value, public_key=PUBLIC_KEY, subject=SUBJECT, binding=BINDING)


def opened(sealed: Sealed, **changed: object) -> str:
    parts = {
        "private_key": PRIVATE_KEY,
        "subject": SUBJECT,
        "binding": BINDING,
        **changed,
    }
    return open_sealed(sealed, **parts)  # type: ignore[arg-type]


VALUES = (
    "",
    "a",
    CANARY,
    "x" * 28,
    "x" * 29,
    "y" * 5000,
    "José 北京 \U0001f600",
    "\udce9\0\n",
)


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_seal_any_text_opens_again(number):
    assert opened(sealed_canary(VALUES[number])) == VALUES[number]


def test_seal_twice_gives_unrelated_bytes():
    one, other = sealed_canary(), sealed_canary()
    assert one.ephemeral != other.ephemeral
    assert one.ciphertext != other.ciphertext


def test_seal_values_of_like_length_cannot_be_told_by_size():
    assert len({len(sealed_canary("x" * size).ciphertext) for size in range(29)}) == 1


@pytest.mark.parametrize("part", ["ephemeral", "ciphertext"])
def test_open_any_flipped_bit_is_rejected(part):
    sealed = sealed_canary()
    content = getattr(sealed, part)
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultError):
            opened(replace(sealed, **{part: bytes(flipped)}))


@pytest.mark.parametrize("part", ["private_key", "subject"])
def test_open_any_flipped_bit_of_a_secret_is_rejected(part):
    sealed = sealed_canary()
    secret = {"private_key": PRIVATE_KEY, "subject": SUBJECT}[part]
    for bit in range(8 * len(secret)):
        flipped = bytearray(secret)
        flipped[bit // 8] ^= 1 << bit % 8
        if part == "private_key" and (bit < 3 or bit in (254, 255)):
            continue  # X25519 sets these bits itself (RFC 7748, section 5)
        with pytest.raises(VaultError):
            opened(sealed, **{part: bytes(flipped)})


@pytest.mark.parametrize(
    "changed",
    [
        {"vault_id": "0123456789abcdee"},
        {"domain": "other"},
        {"kind": "path"},
        {"entity": "LOCATION"},
        {"name": "<PERSON_Y>"},
        {"version": 2},
        {"slot": 8},
        {"entity": "PERSON<PERSON_X>", "name": ""},
    ],
    ids=lambda changed: "+".join(changed),
)
def test_open_in_another_place_is_rejected(changed):
    with pytest.raises(VaultError) as caught:
        opened(sealed_canary(), binding=replace(BINDING, **changed))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("cut", [0, 1, 15, 16, 17, 40])
def test_open_cut_ciphertext_is_rejected(cut):
    sealed = sealed_canary()
    with pytest.raises(VaultError):
        opened(replace(sealed, ciphertext=sealed.ciphertext[:cut]))


@pytest.mark.parametrize("ephemeral", [b"", bytes(31), bytes(32), b"\x01" + bytes(31)])
def test_open_weak_or_wrong_ephemeral_key_is_rejected(ephemeral):
    with pytest.raises(VaultError):
        opened(replace(sealed_canary(), ephemeral=ephemeral))


def test_repr_of_sealed_shows_no_bytes():
    assert repr(sealed_canary()) == "Sealed()"


def test_encode_different_parts_give_different_bytes():
    parts = [
        (),
        ("",),
        ("", ""),
        ("a", "b"),
        ("ab", ""),
        ("", "ab"),
        ("ab",),
        ("a\0b",),
        ("12",),
    ]
    assert len({encode(*part) for part in parts}) == len(parts)
