"""Two processes on one workspace: adding while asking, adding twice; nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from secure_rag.index.store import Store
from secure_rag.index.writer_lock import lock_for_writing
from tests.conftest import ROOT, Sandbox
from tests.faults.test_killed_ingest import write_letters

ROUNDS = 3


def start(sandbox: Sandbox, *arguments: str | Path) -> subprocess.Popen[str]:
    named = ["--workspace", sandbox.workspace, "--key-file", sandbox.key_file]
    return subprocess.Popen(
        [sys.executable, "-m", "secure_rag", *map(str, [*arguments, *named])],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stored(sandbox: Sandbox) -> int:
    with Store(sandbox.workspace / "index" / "default") as store:
        return len(list(store.documents()))


@pytest.mark.timeout(900)
def test_asking_goes_on_while_documents_are_added(sandbox: Sandbox, tmp_path: Path) -> None:
    for round_number in range(ROUNDS):
        letters = tmp_path / f"letters-{round_number}"
        write_letters(letters)
        adding = start(sandbox, "index", "add", letters)
        asked = 0
        while adding.poll() is None or asked == 0:
            done = sandbox.run("search", "When is the rent due?", "--json")
            assert done.code == 0, done.err
            asked += 1
        _, errors = adding.communicate()
        assert adding.returncode == 0, errors
        assert stored(sandbox) == 12 * (round_number + 1)
    assert sandbox.run("audit", "verify", "--genesis", sandbox.genesis).code == 0


@pytest.mark.timeout(600)
def test_two_adds_at_once_store_each_document_once(sandbox: Sandbox, tmp_path: Path) -> None:
    letters = tmp_path / "letters"
    write_letters(letters)
    both = [start(sandbox, "index", "add", letters) for _ in range(2)]
    ends = [one.communicate() for one in both]
    assert [one.returncode for one in both] == [0, 0], ends
    assert stored(sandbox) == 12
    said = "".join(errors for _, errors in ends)
    assert "another process is writing to collection default: waiting until it is done" in said
    assert sorted("12 documents added" in out for out, _ in ends) == [False, True]
    assert sandbox.run("audit", "verify", "--genesis", sandbox.genesis).code == 0


@pytest.mark.timeout(120)
def test_ctrl_c_ends_the_wait_for_another_writer(sandbox: Sandbox, tmp_path: Path) -> None:
    letters = tmp_path / "letters"
    write_letters(letters)
    with lock_for_writing(sandbox.workspace / "index" / "default"):
        adding = start(sandbox, "index", "add", letters)
        assert adding.stderr is not None
        said = next(line for line in adding.stderr if "waiting until it is done" in line)
        assert "Ctrl-C" in said
        adding.send_signal(signal.SIGINT)
        adding.communicate(timeout=60)
        assert adding.returncode == 130
    assert stored(sandbox) == 0
    assert sandbox.run("audit", "verify", "--genesis", sandbox.genesis).code == 0
