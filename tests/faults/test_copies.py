"""Backup and restore killed, on a full disk, beside other processes; through the command line."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from secure_rag.errors import ExitCode
from tests.conftest import ROOT, Sandbox, secure_rag

KILLS = 8
CANARY = b"canary-of-a-document-XQ7RJ2WVN5TB8ZKD"


def command(*arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "secure_rag", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(child: subprocess.Popen[bytes], after_s: float) -> None:
    try:
        child.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@pytest.fixture
def copied(sandbox: Sandbox) -> Sandbox:
    """A workspace with some megabytes, a key of backups, and a canary in its quarantine."""
    (sandbox.workspace / "models" / "big").write_bytes(os.urandom(24 * 2**20))
    (sandbox.workspace / "quarantine" / "note.txt").write_bytes(CANARY)
    done = sandbox.ok("backup", sandbox.home / "first.bak", "--new-backup-key", key(sandbox))
    assert "read back" in done.out
    return sandbox


def key(sandbox: Sandbox) -> Path:
    return sandbox.home / "backup.key"


def backup(sandbox: Sandbox, target: Path) -> tuple[str | Path, ...]:
    named = ("--workspace", sandbox.workspace, "--key-file", sandbox.key_file)
    return ("backup", target, "--backup-key", key(sandbox), "--yes", *named)


def restore(sandbox: Sandbox, target: Path) -> tuple[str | Path, ...]:
    named = ("--workspace", target, "--key-file", sandbox.key_file)
    return ("restore", sandbox.home / "first.bak", "--backup-key", key(sandbox), *named)


def holds_canary(*paths: Path) -> bool:
    return any(CANARY in path.read_bytes() for path in paths if path.exists())


def test_backup_killed_at_random_moments_ends_whole(copied: Sandbox) -> None:
    target = copied.home / "killed.bak"
    began = time.monotonic()
    assert secure_rag(*backup(copied, copied.home / "calm.bak")).code == 0
    duration_s = time.monotonic() - began
    moments = random.Random(7)
    for _ in range(KILLS):
        kill(command(*backup(copied, target)), moments.uniform(0.2, duration_s))
        assert not holds_canary(target, target.with_name("killed.bak.part"))
    assert secure_rag(*backup(copied, target)).code == 0
    assert not target.with_name("killed.bak.part").exists()
    verified = copied.run("audit", "verify", "--genesis", copied.genesis, "--json")
    assert verified.code == 0, verified.json["failed"]
    named = ("--workspace", copied.home / "new", "--key-file", copied.key_file)
    done = secure_rag("restore", target, "--backup-key", key(copied), *named, "--json")
    assert done.code == 0, done.err
    assert done.json["settled"] and done.json["log_verified"]
    big = Path("models") / "big"
    assert (copied.home / "new" / big).read_bytes() == (copied.workspace / big).read_bytes()


def test_restore_killed_at_random_moments_serves_nothing_and_ends_whole(copied: Sandbox) -> None:
    moments = random.Random(8)
    target = copied.home / "new"
    for _ in range(KILLS):
        kill(command(*restore(copied, target)), moments.uniform(0.3, 2.5))
        if target.exists():
            break
        assert secure_rag("index", "list", "--workspace", target).code == ExitCode.CONFIG
    if not target.exists():
        assert secure_rag(*restore(copied, target)).code == 0
    assert secure_rag("restore", "--workspace", target, "--key-file", copied.key_file).code == 0
    verified = secure_rag("audit", "verify", "--workspace", target, "--json")
    assert verified.code == 0, verified.json["failed"]
    assert "earlier" in {one["code"] for one in verified.json["verified"]}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("only root may mount a small file system here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_backup_on_a_full_disk_is_told_and_goes_on_when_there_is_room(
    copied: Sandbox, small_disk: Path
) -> None:
    target = small_disk / "work.bak"
    done = secure_rag(*backup(copied, target), "--json")
    assert done.code == ExitCode.ARTIFACT
    assert done.error["code"] == "backup.unwritable"
    assert not target.exists()
    assert not holds_canary(target.with_name("work.bak.part"))
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    done = secure_rag(*backup(copied, target), "--json")
    assert done.code == 0, done.err
    assert done.json["continued"]
    assert copied.run("audit", "verify").code == 0


def test_restore_without_room_is_told_and_leaves_no_workspace(
    copied: Sandbox, small_disk: Path
) -> None:
    done = secure_rag(*restore(copied, small_disk / "new"), "--json")
    assert done.code == ExitCode.ARTIFACT
    assert done.error["code"] == "restore.no_room"
    assert list(small_disk.iterdir()) == []


def test_exit_codes_of_backup_and_restore(copied: Sandbox, tmp_path: Path) -> None:
    inside = copied.workspace / "x.bak"
    assert copied.run("backup", inside, "--backup-key", key(copied)).code == ExitCode.USAGE
    first = copied.home / "first.bak"
    assert copied.run("backup", first, "--backup-key", key(copied)).code == ExitCode.USAGE
    assert copied.run("backup", tmp_path / "n").code == ExitCode.REFUSED
    two = ("--backup-key", key(copied), "--backup-passphrase-file", key(copied))
    assert copied.run("backup", tmp_path / "n", *two).code == ExitCode.USAGE
    missing = secure_rag("restore", tmp_path / "none", "--workspace", tmp_path / "w", *two[:2])
    assert missing.code == ExitCode.INPUT
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(content)
    done = secure_rag(*restore(copied, tmp_path / "w"), "--json")
    assert (done.code, done.error["code"]) == (ExitCode.REFUSED, "backup.damaged")
    assert not list(tmp_path.glob("w*"))


def test_unsettled_workspace_refuses_to_serve_until_told(copied: Sandbox, tmp_path: Path) -> None:
    for path in copied.key_file.parent.glob("*.erasures.jsonl"):
        path.unlink()
    done = secure_rag(*restore(copied, tmp_path / "w"), "--json")
    assert done.code == 0 and not done.json["settled"]
    named = ("--workspace", tmp_path / "w", "--key-file", copied.key_file, "--json")
    for act in (("search", "rent"), ("index", "list"), ("index", "add", str(ROOT / "LICENSE"))):
        refused = secure_rag(*act, *named)
        assert (refused.code, refused.error["code"]) == (ExitCode.REFUSED, "restore.unsettled")
    doctor = secure_rag("doctor", *named)
    assert doctor.code == ExitCode.CHECK_FAILED
    found = {one["subject"]: one for one in doctor.json["checks"]}
    assert found["restored"]["state"] == "fail"
    assert "secure-rag restore --erasures" in found["restored"]["hint"]
    assert found["volume"]["state"] in ("ok", "warn")
    assert secure_rag("restore", *named).code == ExitCode.REFUSED
    assert secure_rag("restore", "--no-erasures", *named).code == 0
    assert secure_rag("index", "list", *named).code == 0
