"""Real file systems that are full, read-only or searched raw: ext4 in a loop-mounted image."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secure_rag.audit.epoch import open_slots, read_keys
from secure_rag.audit.log import AuditLog
from secure_rag.errors import AuditUnavailableError, ExitCode
from tests.conftest import secure_rag
from tests.unit.audit.audit_support import Made, make_log, refused, retrieved, verify_twice

ROTATIONS = 200


def call(*command: str | Path) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{command[0]} does not work here: {done.stderr.strip()[:120]}")


class Volume:
    """A fresh ext4 file system of its own, and the image that it lies in."""

    def __init__(self, root: Path, megabytes: int) -> None:
        self.image, self.place = root / "disk.img", root / "disk"
        self.place.mkdir()
        with self.image.open("wb") as file:
            file.truncate(megabytes * 2**20)
        call("mkfs.ext4", "-q", "-F", self.image)
        call("mount", "-o", "loop", self.image, self.place)

    def remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", self.place], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.place], check=True)


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    made = Volume(tmp_path, 16)
    try:
        yield made
    finally:
        if os.path.ismount(made.place):
            made.unmount()


def test_raw_image_after_200_rotations_holds_no_old_key(volume: Volume) -> None:
    made = make_log(volume.place / "audit")
    seeds = []
    for number in range(ROTATIONS):
        with open_slots(made.folder) as slots:
            (key,) = read_keys(slots)
        seeds.append(key.pack()[8:])
        made.run(1, session=f"s{number}")
    with open_slots(made.folder) as slots:
        (live,) = read_keys(slots)
    assert verify_twice(made.folder, genesis=made.genesis).ok
    volume.unmount()
    raw = volume.image.read_bytes()
    assert len(set(seeds)) == ROTATIONS
    assert raw.count(live.pack()[8:]) == 1, "the search does not see what is there"
    assert sum(seed in raw for seed in seeds) == 0


def test_raw_image_search_finds_keys_that_a_rename_leaves_behind(volume: Volume) -> None:
    """The control: the usual way of writing a key file fails the same search."""
    seeds = [os.urandom(32) for _ in range(50)]
    path = volume.place / "key"
    for seed in seeds:
        new = path.with_name("key.new")
        with new.open("wb") as file:
            file.write(seed)
            os.fsync(file.fileno())
        new.replace(path)
    volume.unmount()
    raw = volume.image.read_bytes()
    assert sum(seed in raw for seed in seeds[:-1]) > 25


def fill(volume: Volume) -> None:
    with (volume.place / "filler").open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def make_read_only(volume: Volume) -> None:
    volume.remount("ro")


@pytest.mark.parametrize("damage", [fill, make_read_only])
def test_log_on_a_full_or_read_only_disk_refuses_and_recovers(
    volume: Volume, damage: Callable[[Volume], None]
) -> None:
    made = make_log(volume.place / "audit")
    made.run(3)
    damage(volume)
    with pytest.raises(AuditUnavailableError) as caught:
        for number in range(200):  # a full disk may have room left in the last block
            with AuditLog.open(made.folder, session="s") as log:
                log.append(retrieved(number, chunks=200))
    assert caught.value.exit_code is ExitCode.REFUSED
    report = verify_twice(made.folder, genesis=made.genesis)
    assert report.ok, "a full disk was called tampering"
    if damage is make_read_only:
        volume.remount("rw")
    (volume.place / "filler").unlink(missing_ok=True)
    made.run(1, session="after")
    report = verify_twice(made.folder, genesis=made.genesis)
    assert report.ok
    assert {s.code for s in report.not_checkable} <= {"anchor", "torn"}


def test_full_disk_refuses_the_act_of_a_command(volume: Volume) -> None:
    root = volume.place / "work"
    done = secure_rag("init", root)
    if done.code:
        pytest.skip("init needs models that are not here")
    fill(volume)
    codes = [secure_rag("audit", "heartbeat", "--workspace", root).code for _ in range(8)]
    assert codes[-1] == ExitCode.REFUSED
    done = secure_rag("audit", "verify", "--workspace", root)
    assert done.code == 0, done.out
    assert "not recorded" in done.err


def test_log_without_free_descriptors_refuses_and_goes_on_later(tmp_path: Path) -> None:
    made = make_log(tmp_path / "audit")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held: list[int] = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        while True:
            try:
                held.append(os.dup(0))
            except OSError:
                break
        with pytest.raises(AuditUnavailableError):
            made.run(1)
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    made.run(1, session="after")
    assert verify_twice(made.folder, genesis=made.genesis).ok


def test_log_open_while_the_disk_fills_up_names_no_act_that_happened(volume: Volume) -> None:
    """What was acknowledged is there; what was refused is not, or is noted as torn."""
    made: Made = make_log(volume.place / "audit")
    log = AuditLog.open(made.folder, session="s1")
    acknowledged = [log.append(refused(number)) for number in range(5)]
    fill(volume)
    with pytest.raises(AuditUnavailableError):
        for number in range(5, 5000):
            acknowledged.append(log.append(retrieved(number, chunks=100)))
    log._release()
    (volume.place / "filler").unlink()
    made.run(1, session="after")
    report = verify_twice(made.folder, genesis=made.genesis)
    assert report.ok
    lines = made.whole().split(b"\n")
    assert all(f'"seq":{seq},'.encode() in lines[seq] for seq in acknowledged)
