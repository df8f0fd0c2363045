"""Key file and descriptor: right key or none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from secure_rag.errors import ExitCode, FormatError, SecureRagError, VaultError
from secure_rag.vault import keys, wraps
from secure_rag.vault.store import Vault


def code_of(call) -> str:
    with pytest.raises(SecureRagError) as caught:
        call()
    return caught.value.code


def overwrite(path: Path, content: bytes) -> None:
    with path.open("r+b") as file:
        file.write(content)


def test_create_makes_key_and_vault_for_their_owner_only(place):
    modes = {path: path.stat().st_mode & 0o777 for path in place.root.rglob("*") if path.is_file()}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}
    assert place.folder.stat().st_mode & 0o777 == 0o700


def test_create_leaves_no_secret_in_the_vault_folder(place):
    key = keys.read_secrets(place.key_file)
    private = unwrapped(place)
    for secret in (key.lookup, key.reveal, private):
        assert secret not in place.content()
        assert secret.hex().encode() not in place.content()


def test_create_twice_is_refused_and_overwrites_nothing(place):
    before = place.content(), place.key_file.read_bytes()
    for key_file in (place.key_file, place.root / "other.key"):
        assert code_of(
            lambda path=key_file: Vault.create(place.folder, vault_id="00", key_file=path)
        ) == ("vault.exists")
    other = place.root / "other"
    assert (
        code_of(lambda: Vault.create(other, vault_id="00", key_file=place.key_file))
        == "vault.key_exists"
    )
    assert before == (place.content(), place.key_file.read_bytes())


def test_create_key_inside_the_vault_is_refused(tmp_path):
    folder = tmp_path / "vault"
    made = code_of(lambda: Vault.create(folder, vault_id="00", key_file=folder / "the.key"))
    assert made == "vault.key_file"


def test_open_without_key_is_exit_6_with_the_option_in_the_hint(place):
    place.key_file.unlink()
    with pytest.raises(VaultError) as caught:
        place.open()
    assert caught.value.exit_code == ExitCode.REFUSED
    assert caught.value.code == "vault.locked"
    assert "--key-file" in (caught.value.hint or "")


def test_open_with_another_vaults_key_is_refused(place):
    other = place.root / "other.key"
    Vault.create(place.root / "other", vault_id="0123456789abcdef", key_file=other)
    assert code_of(lambda: Vault.open(place.folder, key_file=other)) == "vault.wrong_key"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_open_with_key_that_others_can_read_is_refused(place, mode):
    place.key_file.chmod(mode)
    assert code_of(place.open) == "vault.key_file"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "format = 1\n",
        "nonsense",
        'format = 1\nvault = 3\nlookup = "zz"\n',
        "\0\xff",
    ],
)
def test_open_with_something_else_as_key_is_refused(place, content):
    place.key_file.write_bytes(content.encode("latin-1"))
    assert code_of(place.open) == "vault.key_file"


def test_open_with_key_of_a_later_format_is_refused(place):
    text = place.key_file.read_text().replace("format = 1", "format = 2")
    place.key_file.write_text(text)
    with pytest.raises(FormatError):
        place.open()


def test_open_where_there_is_no_vault_is_refused(place):
    missing = place.root / "nothing"
    assert code_of(lambda: Vault.open(missing, key_file=place.key_file)) == "vault.missing"


@pytest.fixture
def taken(monkeypatch) -> bytearray:
    """Everything that this process reads by the calls the key is read with."""
    seen = bytearray()

    def recording(call):
        def wrapped(*arguments):
            seen.extend(part := call(*arguments))
            return part

        return wrapped

    for name in ("read", "pread"):
        monkeypatch.setattr(os, name, recording(getattr(os, name)))
    return seen


def as_pipe(content: bytes) -> int:
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return reader


def test_open_reads_no_byte_of_the_reveal_secret(place, taken):
    content = place.key_file.read_bytes()
    place.open()
    descriptor = as_pipe(content)
    Vault.open(place.folder, key_fd=descriptor)
    lookup, reveal = content.split(b"\n")[-3:-1]
    assert taken.count(lookup + b"\n") == 2
    assert b"reveal" not in taken
    assert reveal.startswith(b"reveal = ")
    os.close(descriptor)


def test_open_by_pipe_leaves_the_whole_key_for_the_reveal_process(place):
    content = place.key_file.read_bytes()
    descriptor = as_pipe(content)
    for _ in range(2):
        Vault.open(place.folder, key_fd=descriptor)
    assert os.read(descriptor, 4096) == content
    assert os.read(descriptor, 1) == b""
    os.close(descriptor)


def test_open_by_descriptor_of_a_file_works_twice(place):
    descriptor = os.open(place.key_file, os.O_RDONLY)
    for _ in range(2):
        assert Vault.open(place.folder, key_fd=descriptor).vault_id == "0123456789abcdef"
    os.close(descriptor)


def test_open_by_bad_descriptor_is_refused(place):
    assert code_of(lambda: Vault.open(place.folder, key_fd=999)) == "vault.locked"


def test_open_any_flipped_bit_of_the_descriptor_is_refused(place):
    path: Path = place.folder / keys.DESCRIPTOR
    content = path.read_bytes()
    table, key = json.loads(content), keys.read_lookup(place.key_file)
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        overwrite(path, flipped)
        try:
            same = json.loads(flipped) == table
        except ValueError:
            same = False
        if same or flipped.lower() == content.lower():
            continue  # white space, or another case of a hexadecimal digit
        with pytest.raises((VaultError, FormatError)):
            keys.read_descriptor(place.folder, key)


def test_open_with_somebody_elses_public_key_is_refused(place):
    path: Path = place.folder / keys.DESCRIPTOR
    table = json.loads(path.read_bytes())
    table["public_keys"] = [os.urandom(32).hex()]
    path.write_text(json.dumps(table))
    assert code_of(place.open) == "vault.damaged"


def test_unwrap_any_flipped_bit_or_wrong_secret_is_refused(place):
    path: Path = place.folder / keys.PRIVATE_KEYS
    content, end = path.read_bytes(), 8 * (256 + 256)
    for bit in range(8 * 256, end, 5):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        overwrite(path, flipped)
        with pytest.raises(SecureRagError):
            unwrapped(place)
    path.write_bytes(content)
    assert code_of(lambda: unwrapped(place, os.urandom(32))) == "vault.wrong_key"
    assert len(unwrapped(place)) == 32


def unwrapped(place, reveal: bytes | None = None) -> bytes:
    key = keys.read_secrets(place.key_file)
    descriptor = keys.read_descriptor(place.folder, key)
    with wraps.open_wraps(place.folder) as slots:
        opener = wraps.Opener(key.vault_id, reveal or key.reveal)
        return wraps.unwrap(slots, descriptor, 1, opener)


def test_repr_of_keys_and_vault_shows_no_secret(place):
    key = keys.read_secrets(place.key_file)
    shown = repr(key) + repr(place.open()) + repr(place.domain())
    for secret in (key.lookup, key.reveal):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
