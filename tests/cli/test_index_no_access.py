"""`index` and files that the user may not reach: a sentence and an exit code, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_index_rebuild import change_policy
from tests.conftest import ROOT, Done, Sandbox

LETTER = "Dear Sir,\n\nthe rent is due on the third working day of the month.\n"
# root may enter every folder, unless it gives that up
_PREFIX = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
pytestmark = pytest.mark.skipif(
    bool(_PREFIX) and shutil.which("setpriv") is None, reason="needs setpriv as root"
)


def run(sandbox: Sandbox, *arguments: str | Path, stdin: str | None = None) -> Done:
    place = ["--workspace", sandbox.workspace, "--key-file", sandbox.key_file]
    done = subprocess.run(
        [*_PREFIX, sys.executable, "-m", "secure_rag", *map(str, [*arguments, *place])],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=None if stdin is None else stdin.encode(),
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def closed(folder: Path, mode: int = 0) -> Iterator[None]:
    before = folder.stat().st_mode
    folder.chmod(mode)
    try:
        yield
    finally:
        folder.chmod(before)


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    (folder / "closed").mkdir(parents=True)
    (folder / "one.txt").write_text(LETTER)
    (folder / "closed" / "two.txt").write_text(LETTER)
    return folder


@pytest.mark.parametrize("mode", [0o000, 0o600], ids=["no list", "no entry"])
def test_add_says_what_it_could_not_look_at(sandbox: Sandbox, letters: Path, mode: int) -> None:
    with closed(letters / "closed", mode):
        done = run(sandbox, "index", "add", letters, "--json")
    assert done.code == 4 and "may not be looked at" in done.err
    assert (done.json["added"], done.json["unreadable"]) == (1, 1)
    assert "two" not in done.err


@pytest.mark.parametrize("command", [("add",), ("add", "--dry-run")])
def test_a_named_file_that_may_not_be_read_stops_no_other(
    sandbox: Sandbox, tmp_path: Path, command: tuple[str, ...]
) -> None:
    shut, good = tmp_path / "shut-letter.txt", tmp_path / "good.txt"
    shut.write_text("shut")
    good.write_text(LETTER)
    shut.chmod(0)
    done = run(sandbox, "index", *command, shut, good, "--json")
    assert done.code == 4, done.err
    assert "shut-letter" not in done.err
    assert [one["reason"] for one in done.json["quarantined"]] == ["document.unreadable"]
    assert done.json["added"] == 1


def test_add_of_a_file_in_a_closed_folder_is_4(sandbox: Sandbox, letters: Path) -> None:
    with closed(letters / "closed"):
        done = run(sandbox, "index", "add", letters / "closed" / "two.txt", "--json")
    assert done.code == 4 and done.error["code"] == "input.unreadable"


def test_retry_with_one_closed_folder_tries_the_others(sandbox: Sandbox, letters: Path) -> None:
    for name in ("one.pdf", "closed/two.pdf"):
        (letters / name).write_bytes(b"\x00\x01\x02")
    assert run(sandbox, "index", "add", letters, "--include", "*.pdf").code == 4
    good = (ROOT / "examples/documents/policies/incident-response.pdf").read_bytes()
    (letters / "one.pdf").write_bytes(good)
    with closed(letters / "closed"):
        done = run(sandbox, "index", "quarantine", "--retry", "--json")
    assert done.code == 4
    assert (done.json["added"], done.json["gone"]) == (1, 0)
    assert [one["reason"] for one in done.json["quarantined"]] == ["document.unreadable"]


def test_rebuild_with_one_closed_folder_rebuilds_the_others(
    sandbox: Sandbox, letters: Path
) -> None:
    run(sandbox, "index", "add", letters)
    change_policy(sandbox)
    with closed(letters / "closed"):
        done = run(sandbox, "index", "rebuild", "--json")
    assert done.code == 4
    assert (done.json["rebuilt"], len(done.json["stale"])) == (1, 1)


@pytest.mark.parametrize("name", ["Letter to Mr. Okafor", "report v1.2 final"])
def test_add_from_stdin_with_an_odd_suffix_is_quarantined(sandbox: Sandbox, name: str) -> None:
    done = run(sandbox, "index", "add", "-", "--name", name, "--json", stdin=LETTER)
    assert done.code == 4
    assert [one["reason"] for one in done.json["quarantined"]] == ["document.unsupported"]


def test_quarantine_that_cannot_be_written_keeps_what_passed(
    sandbox: Sandbox, letters: Path
) -> None:
    (letters / "zzz.pdf").write_bytes(b"\x00\x01\x02")
    home = sandbox.workspace / "quarantine" / "default"
    home.mkdir()
    with closed(home, 0o500):
        done = run(sandbox, "index", "add", letters, "--json")
    assert done.code == 5 and done.error["code"] == "quarantine.unwritable"
    listed = run(sandbox, "index", "list", "--json").lines
    assert [one["path"] for one in listed] == ["letters/one.txt"]  # the one before it


def test_nothing_is_removed_where_no_receipt_can_be_written(
    sandbox: Sandbox, letters: Path
) -> None:
    run(sandbox, "index", "add", letters)
    document = run(sandbox, "index", "list", "--json").lines[0]["document"]
    (sandbox.workspace / "receipts").mkdir()
    with closed(sandbox.workspace / "receipts", 0o500):
        done = run(sandbox, "index", "remove", document, "--yes", "--json")
    assert done.code == 5 and done.error["code"] == "receipt.unwritable"
    assert len(run(sandbox, "index", "list", "--json").lines) == 2
    assert run(sandbox, "index", "remove", document, "--yes").code == 0
    assert list((sandbox.workspace / "receipts").glob(".*")) == []
