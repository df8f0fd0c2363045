"""The vault on a real file system: what was erased or rotated away is in no block of the disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from secure_rag.errors import VaultError
from secure_rag.vault import change
from secure_rag.vault.keys import PRIVATE_KEYS, read_secrets
from secure_rag.vault.opening import OpenDomain
from secure_rag.vault.store import Vault
from secure_rag.vault.wraps import Opener
from tests.faults.test_audit_disk import Volume
from tests.unit.vault.conftest import VAULT_ID, Place
from tests.unit.vault.test_vault_change import killed_at

PEOPLE = 40
_PIECE = 16


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    made = Volume(tmp_path, 16)
    try:
        yield made
    finally:
        # a vault keeps files open as long as it lives
        subprocess.run(["umount", "--lazy", made.place], check=True)


def pieces_lost(before: bytes, after: bytes) -> list[bytes]:
    """Return what a file of slots held and holds no more, but for counters and zeros."""
    return [
        piece
        for at in range(0, len(before) - _PIECE, _PIECE)
        if (piece := before[at : at + _PIECE]) != after[at : at + _PIECE]
        and piece not in after
        and len(set(piece)) > _PIECE // 2
    ]


def test_raw_image_after_erasures_and_a_rotation_holds_no_old_secret(volume: Volume) -> None:
    place = Place(volume.place)
    Vault.create(place.folder, vault_id=VAULT_ID, key_file=place.key_file)
    domain = place.domain()
    names = [domain.issue("PERSON", f"Person {n}", [f"person {n}"]) for n in range(PEOPLE)]
    os.sync()
    subjects, private = place.folder / "default" / "subjects.keys", place.folder / PRIVATE_KEYS
    before = subjects.read_bytes(), private.read_bytes()
    for name in names[:-1]:
        domain.erase(name)
    domain.close()
    key = read_secrets(place.key_file)
    change.rotate(place.folder, key, Opener(key.vault_id, key.reveal), place.key_file)
    os.sync()
    after = subjects.read_bytes(), private.read_bytes()
    lost = [pieces_lost(old, new) for old, new in zip(before, after, strict=True)]
    assert len(lost[0]) > PEOPLE and len(lost[1]) > 2, "nothing to look for"
    secrets = read_secrets(place.key_file)
    opened = OpenDomain(place.folder, "default", secrets)
    assert opened.reveal(names) == {names[-1]: f"Person {PEOPLE - 1}"}
    kept = [after[0][at : at + _PIECE] for at in range(0, len(after[0]) - _PIECE, _PIECE)]
    os.sync()
    raw = volume.image.read_bytes()
    assert all(piece in raw for piece in kept), "the search does not see what is there"
    assert [piece for pieces in lost for piece in pieces if piece in raw] == []


def test_erase_killed_at_every_write_is_whole_or_is_ended_by_the_next(tmp_path: Path) -> None:
    """By SIGKILL, half of a write done: a value opens or not; erased again, it is gone."""
    turn, was_erased = 1, False
    while True:
        place = Place(tmp_path / str(turn))
        Vault.create(place.folder, vault_id=VAULT_ID, key_file=place.key_file)
        domain = place.domain()
        person = domain.issue("PERSON", "Quentin Osgood", ["quentin"])
        other = domain.issue("PERSON", "Somebody Else", ["else"])
        domain.close()
        was_killed = killed_at(
            turn, lambda place=place, person=person: place.domain().erase(person)
        )
        private = OpenDomain(place.folder, "default", read_secrets(place.key_file))
        assert private.reveal([other]) == {other: "Somebody Else"}
        try:
            opened = private.reveal([person])
        except VaultError as error:  # a slot that is half erased opens nothing
            assert error.code == "vault.damaged"
            opened = {}
        assert opened in ({}, {person: "Quentin Osgood"})
        was_erased |= not opened
        place.domain().erase(person)
        assert private.reveal([person]) == {}
        assert place.domain().lookup("PERSON", "quentin") == ()
        if not was_killed:
            break
        turn += 1
    assert turn > 1 and was_erased
