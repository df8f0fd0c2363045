"""Slot files: in place, crash-safe, nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError, FormatError
from secure_rag.slots import SlotFile


def overwrite(path: Path, content: bytes) -> None:
    with path.open("r+b") as file:
        file.write(content)


SIZES = (1, 32, 40, 41, 232, 4072, 5000)


def make(folder: Path, *, slots: int = 3, slot_size: int = 32) -> SlotFile:
    return SlotFile.create(folder / "some.keys", slots=slots, slot_size=slot_size)


@pytest.mark.parametrize("slot_size", SIZES)
def test_slots_written_and_opened_again_hold_what_was_written(tmp_path, slot_size):
    with make(tmp_path, slot_size=slot_size) as slots:
        slots.write(1, b"k" * slot_size)
        slots.write(2, b"")
        assert slots.append(b"\0") == 3
    with SlotFile.open(tmp_path / "some.keys") as slots:
        assert [slots.read(i) for i in range(5)] == [None, b"k" * slot_size, b"", b"\0", None]
        assert len(slots) == 4
        assert slots.slot_size == slot_size


@pytest.mark.parametrize("slot_size", [size for size in SIZES if size <= 4072])
def test_slots_up_to_4k_never_cross_a_page(tmp_path, slot_size):
    with make(tmp_path, slots=0, slot_size=slot_size) as slots:
        for i in range(70):
            slots.append(i.to_bytes(1, "big") * slot_size, sync=False)
        content = (tmp_path / "some.keys").read_bytes()
        for i in range(1, 70):
            start = content.index(i.to_bytes(1, "big") * slot_size)
            assert start // 4096 == (start + slot_size - 1) // 4096


def test_slots_file_is_readable_by_its_owner_only(tmp_path):
    before = os.umask(0)
    try:
        make(tmp_path).close()
    finally:
        os.umask(before)
    assert (tmp_path / "some.keys").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["some.keys"]


def test_slots_create_over_a_file_is_refused_and_changes_nothing(tmp_path):
    with make(tmp_path) as slots:
        slots.write(0, b"first")
    with pytest.raises(ArtifactError):
        make(tmp_path)
    with SlotFile.open(tmp_path / "some.keys") as slots:
        assert slots.read(0) == b"first"
    assert os.listdir(tmp_path) == ["some.keys"]


def test_slots_overwrite_and_erase_leave_no_old_byte(tmp_path):
    path = tmp_path / "some.keys"
    old, older = os.urandom(32), os.urandom(32)
    with make(tmp_path) as slots:
        inode = path.stat().st_ino
        slots.write(1, older)
        assert older in path.read_bytes()
        slots.write(1, old)
        slots.write(1, b"n")
        content = path.read_bytes()
        assert all(key[i : i + 4] not in content for key in (old, older) for i in range(29))
        slots.erase(1)
        assert slots.is_blank(1)
        assert slots.read(1) is None
    assert path.read_bytes()[64:] == bytes(3 * 64)
    assert path.stat().st_ino == inode


def test_slots_any_flipped_bit_of_a_slot_reads_as_none(tmp_path):
    path = tmp_path / "some.keys"
    with make(tmp_path, slots=1) as slots:
        slots.write(0, b"secret" * 5)
        content = path.read_bytes()
        with path.open("r+b") as file:
            for bit in range(8 * 64, 8 * len(content)):
                flipped = bytearray(content)
                flipped[bit // 8] ^= 1 << bit % 8
                file.seek(0)
                file.write(flipped)
                file.flush()
                assert slots.read(0) is None


def test_slots_any_flipped_bit_of_the_header_is_refused(tmp_path):
    path = tmp_path / "some.keys"
    make(tmp_path, slots=1).close()
    content = path.read_bytes()
    for bit in range(8 * 64):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        overwrite(path, flipped)
        with pytest.raises((ArtifactError, FormatError)):
            SlotFile.open(path)


@pytest.mark.parametrize("block", [1, 8, 16, 32])
def test_slots_torn_write_gives_old_value_new_value_or_none(tmp_path, block):
    path = tmp_path / "some.keys"
    with make(tmp_path, slots=1) as slots:
        slots.write(0, b"o" * 32)
        old = path.read_bytes()
        slots.write(0, b"n" * 32)
        new = path.read_bytes()
        for cut in range(64, len(old), block):
            for torn in (new[:cut] + old[cut:], old[:cut] + new[cut:]):
                overwrite(path, torn)
                assert slots.read(0) in (b"o" * 32, b"n" * 32, None)


def test_slots_moved_to_another_number_reads_as_none(tmp_path):
    path = tmp_path / "some.keys"
    with make(tmp_path, slots=2) as slots:
        slots.write(0, b"a" * 32)
        content = path.read_bytes()
        path.write_bytes(content[:64] + content[128:] + content[64:128])
        assert [slots.read(0), slots.read(1)] == [None, None]


def test_slots_half_made_append_keeps_its_number_and_stays_none(tmp_path):
    path = tmp_path / "some.keys"
    with make(tmp_path, slots=1) as slots:
        with path.open("ab") as file:
            file.write(b"\x01\0\0\0 torn")
        assert slots.append(b"next") == 2
        assert [slots.read(i) for i in range(3)] == [None, None, b"next"]


@pytest.mark.parametrize("content", [b"", b"short", b"secure-rag slots" + bytes(48), bytes(64)])
def test_slots_open_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "some.keys"
    path.write_bytes(content)
    with pytest.raises(ArtifactError):
        SlotFile.open(path)


def test_slots_open_of_nothing_or_a_link_is_refused(tmp_path):
    make(tmp_path).close()
    (tmp_path / "link").symlink_to(tmp_path / "some.keys")
    for name in ("missing", "link"):
        with pytest.raises(ArtifactError):
            SlotFile.open(tmp_path / name)


@pytest.mark.parametrize("i", [-1, 3])
def test_slots_write_outside_the_file_is_an_error(tmp_path, i):
    with make(tmp_path) as slots:
        with pytest.raises(IndexError):
            slots.write(i, b"x")
        with pytest.raises(IndexError):
            slots.erase(i)


def test_slots_data_larger_than_a_slot_is_an_error_without_the_data(tmp_path):
    with make(tmp_path) as slots, pytest.raises(ValueError) as caught:
        slots.write(0, b"s" * 33)
    assert "sss" not in str(caught.value)


def _append(path: Path, mark: int) -> None:
    with SlotFile.open(path) as slots:
        for number in range(50):
            slots.append(bytes((mark, number)), sync=False)


def test_slots_appended_by_several_processes_are_all_there_once(tmp_path):
    make(tmp_path, slots=0).close()
    path = tmp_path / "some.keys"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append, args=(path, mark)) for mark in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with SlotFile.open(path) as slots:
        found = [slots.read(i) for i in range(len(slots))]
    assert sorted(found) == [bytes((mark, n)) for mark in range(3) for n in range(50)]
