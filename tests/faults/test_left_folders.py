"""No command leaves more than its own empty folder, and the next start takes that away too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, Sandbox

DEADLINE_S = 60
LETTER = "Dear Anna Novak,\n\nthe rent of the Hull depot is due on the third working day.\n"


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "t"
    folder.mkdir()
    return folder


def command(sandbox: Sandbox, temporary: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "secure_rag", *arguments, "--workspace", str(sandbox.workspace),
         "--key-file", str(sandbox.key_file)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def folder_of(child: subprocess.Popen[bytes], temporary: Path, known: set[Path]) -> Path:
    """Wait for the private folder of a run that has just begun."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline and child.poll() is None:
        if new := [one for one in temporary.glob("secure-rag-*") if one not in known]:
            return new[0]
        time.sleep(0.01)
    raise AssertionError("the command made no folder of its own")


def test_each_command_takes_away_what_the_one_before_left(
    sandbox: Sandbox, temporary: Path, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text(LETTER * 3)
    env = {"TMPDIR": str(temporary)}
    seen: list[set[Path]] = []
    for arguments in (("index", "add", letter), ("search", "rent"), ("ask", "When is rent due?")):
        sandbox.ok(*arguments, env=env)
        seen.append(set(temporary.iterdir()))
        assert len(seen[-1]) <= 1, "one folder at most: that of this very run"
        assert not any(any(one.iterdir()) for one in seen[-1]), "and it is empty"
    assert not seen[0] & seen[1] and not seen[1] & seen[2]


def test_what_a_killed_command_left_is_gone_after_the_next_start(
    sandbox: Sandbox, temporary: Path
) -> None:
    child = command(sandbox, temporary, "redact", "-")  # it waits for its text
    folder = folder_of(child, temporary, set())
    (folder / "deep").mkdir()
    (folder / "deep" / "page.txt").write_text(LETTER)
    sandbox.run("index", "list", env={"TMPDIR": str(temporary)})
    assert (folder / "deep" / "page.txt").exists(), "the run that has it goes on"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert (folder / "deep" / "page.txt").exists()
    sandbox.run("index", "list", env={"TMPDIR": str(temporary)})
    assert not folder.exists()
    assert len(list(temporary.iterdir())) <= 1
