"""The sealed stream: what went in comes out; anything else is refused, byte by byte."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from secure_rag.backup.keys import (
    KEY_FILE,
    PASSPHRASE,
    Lock,
    lock_of_descriptor,
    lock_of_file,
    lock_of_passphrase,
    make_key_file,
)
from secure_rag.backup.sealed import (
    HEADER_BYTES,
    SALT_BYTES,
    TAG_BYTES,
    ChangedError,
    new_key,
    open_stream,
    read_key,
    seal_stream,
)
from secure_rag.errors import BackupError, FormatError

LOCK = Lock(KEY_FILE, bytes(range(32)))
CHUNK = 1024
STORED = SALT_BYTES + CHUNK + TAG_BYTES
PLAIN = bytes(number % 251 for number in range(3 * CHUNK + 100))


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def seal(path: Path, plain: bytes = PLAIN, *, lock: Lock = LOCK) -> bytes:
    header, key = new_key(lock, chunk_bytes=CHUNK)
    path.write_bytes(header)
    with opened(path) as descriptor:
        seal_stream(descriptor, key, [plain[:10], plain[10:]])
    return path.read_bytes()


def read(path: Path, lock: Lock = LOCK) -> bytes:
    with opened(path) as descriptor:
        key = read_key(os.pread(descriptor, HEADER_BYTES, 0), lock)
        return b"".join(open_stream(descriptor, key))


def refuses(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    try:
        read(path)
    except (BackupError, FormatError):
        return True
    return False


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, len(PLAIN)])
def test_what_was_sealed_is_read_and_has_the_size_foretold(size: int, tmp_path: Path) -> None:
    content = seal(tmp_path / "b", PLAIN[:size])
    assert read(tmp_path / "b") == PLAIN[:size]
    count = max(1, -(-size // CHUNK))
    assert len(content) == HEADER_BYTES + size + count * (SALT_BYTES + TAG_BYTES)
    assert size < 16 or PLAIN[:16] not in content


def test_every_flipped_byte_is_refused(tmp_path: Path) -> None:
    content = seal(tmp_path / "b")
    missed = []
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << (place % 8)
        if not refuses(tmp_path / "b", bytes(changed)):
            missed.append(place)
    assert missed == []


def chunks(content: bytes) -> list[bytes]:
    body = content[HEADER_BYTES:]
    return [body[start : start + STORED] for start in range(0, len(body), STORED)]


@pytest.mark.parametrize("kept", range(4))
def test_a_cut_at_a_chunk_is_refused(kept: int, tmp_path: Path) -> None:
    content = seal(tmp_path / "b")
    assert refuses(tmp_path / "b", content[:HEADER_BYTES] + b"".join(chunks(content)[:kept]))


@pytest.mark.parametrize("size", [0, 1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + STORED - 1])
def test_a_cut_elsewhere_is_refused(size: int, tmp_path: Path) -> None:
    assert refuses(tmp_path / "b", seal(tmp_path / "b")[:size])


def swapped(parts: list[bytes]) -> list[bytes]:
    return [parts[1], parts[0], *parts[2:]]


@pytest.mark.parametrize(
    "change",
    [
        swapped,
        lambda parts: [*parts, parts[-1]],
        lambda parts: [*parts, b"x"],
        lambda parts: [*parts, parts[0]],
        lambda parts: [parts[0], parts[0], *parts[2:]],
        lambda parts: [parts[0], *parts[2:]],
        lambda parts: [*parts[:-1], parts[-1][:-1]],
    ],
    ids=["swapped", "last twice", "byte added", "first added", "repeated", "one less", "short"],
)
def test_chunks_that_moved_are_refused(
    change: Callable[[list[bytes]], list[bytes]], tmp_path: Path
) -> None:
    content = seal(tmp_path / "b")
    changed = content[:HEADER_BYTES] + b"".join(change(chunks(content)))
    assert changed != content
    assert refuses(tmp_path / "b", changed)


def test_a_chunk_of_another_backup_under_the_same_key_is_refused(tmp_path: Path) -> None:
    first, second = seal(tmp_path / "a"), seal(tmp_path / "b")
    mixed = [chunks(second)[0], *chunks(first)[1:]]
    assert refuses(tmp_path / "c", first[:HEADER_BYTES] + b"".join(mixed))


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_a_killed_writing_goes_on_after_its_whole_chunks(cut: int, tmp_path: Path) -> None:
    content = seal(tmp_path / "b")
    torn = content[: HEADER_BYTES + cut * STORED + 77]
    (tmp_path / "b").write_bytes(torn)
    with opened(tmp_path / "b") as descriptor:
        key = read_key(content[:HEADER_BYTES], LOCK)
        assert seal_stream(descriptor, key, [PLAIN], is_resumed=True) == cut
    assert read(tmp_path / "b") == PLAIN
    whole = HEADER_BYTES + cut * STORED
    assert (tmp_path / "b").read_bytes()[:whole] == content[:whole]
    # the number that was torn is sealed under another key, never twice under one
    assert (tmp_path / "b").read_bytes()[whole : whole + SALT_BYTES] != torn[whole:][:SALT_BYTES]


def test_going_on_with_other_bytes_is_told(tmp_path: Path) -> None:
    content = seal(tmp_path / "b")
    with opened(tmp_path / "b") as descriptor, pytest.raises(ChangedError):
        key = read_key(content[:HEADER_BYTES], LOCK)
        seal_stream(descriptor, key, [b"x" + PLAIN[1:]], is_resumed=True)


def test_the_key_file_is_private_and_never_replaced(tmp_path: Path) -> None:
    made = make_key_file(tmp_path / "k")
    content = seal(tmp_path / "b", lock=made)
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BackupError):
        make_key_file(tmp_path / "k")
    assert lock_of_file(tmp_path / "k") == made
    with opened(tmp_path / "k") as descriptor:
        assert lock_of_descriptor(descriptor) == made
    assert read(tmp_path / "b", lock_of_file(tmp_path / "k")) == PLAIN
    assert read_key(content[:HEADER_BYTES], made).chunk_bytes == CHUNK
    (tmp_path / "k").chmod(0o640)
    with pytest.raises(BackupError):
        lock_of_file(tmp_path / "k")


@pytest.mark.parametrize("text", ["", "format = 1\n", 'format = 1\nbackup_key = "00"\n', "\0"])
def test_what_is_no_key_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "k").write_text(text)
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(BackupError):
        lock_of_file(tmp_path / "k")


def test_a_passphrase_is_stretched_and_another_is_refused(tmp_path: Path) -> None:
    for name, words in (("right", "correct horse battery"), ("wrong", "correct horse bakery")):
        (tmp_path / name).write_text(words + "\n")
        (tmp_path / name).chmod(0o600)
    lock = lock_of_passphrase(tmp_path / "right", is_new=True)
    assert lock.kind == PASSPHRASE
    content = seal(tmp_path / "b", PLAIN[:100], lock=lock)
    assert read(tmp_path / "b", lock) == PLAIN[:100]
    with pytest.raises(BackupError) as caught:
        read(tmp_path / "b", lock_of_passphrase(tmp_path / "wrong", is_new=False))
    assert caught.value.code == "backup.wrong_key"
    with pytest.raises(BackupError) as caught:
        read(tmp_path / "b")
    assert "opens with a passphrase" in caught.value.message
    # a header that demands 16 GiB must not be obeyed
    dear = content[:25] + struct.pack(">I", 2**24) + content[29:]
    (tmp_path / "b").write_bytes(dear)
    with pytest.raises(BackupError):
        read(tmp_path / "b", lock)


def test_a_short_new_passphrase_and_a_locked_backup_say_so(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("short\n")
    (tmp_path / "p").chmod(0o600)
    with pytest.raises(BackupError):
        lock_of_passphrase(tmp_path / "p", is_new=True)
    with pytest.raises(BackupError) as caught:
        lock_of_passphrase(tmp_path / "none", is_new=False)
    assert "the backup is locked" in caught.value.message


def test_another_format_is_told_before_any_key(tmp_path: Path) -> None:
    content = bytearray(seal(tmp_path / "b"))
    content[19] = 2
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(FormatError):
        read(tmp_path / "b")
