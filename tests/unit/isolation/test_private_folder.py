"""Private temporary folders: which of those that were left go, and which never do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from secure_rag.errors import IsolationError
from secure_rag.isolation.private_folder import make_private_folder, remove_left_folders

NAME = "secure-rag-0123456789abcdef"


def leave(parent: Path, name: str = NAME, mode: int = 0o700) -> Path:
    """Leave a folder with what a killed process leaves in it."""
    folder = parent / name
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "deeper" / "page.txt").write_text("raw")
    (folder / "page.txt").write_text("raw")
    folder.chmod(mode)
    return folder


def test_a_folder_that_nobody_holds_goes_with_all_that_lies_in_it(tmp_path: Path) -> None:
    leave(tmp_path)
    remove_left_folders(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_held_stays_until_its_process_ends(tmp_path: Path) -> None:
    folder = make_private_folder(tmp_path)
    (folder.path / "page.txt").write_text("in use")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    remove_left_folders(tmp_path)
    assert (folder.path / "page.txt").exists()
    os.close(folder.descriptor)  # as the end of a process does, however it ends
    remove_left_folders(tmp_path)
    assert not folder.path.exists()


def test_a_folder_that_another_process_holds_stays(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from secure_rag.isolation.private_folder import make_private_folder\n"
        "print(make_private_folder(Path(sys.argv[1])).path, flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    folder = Path(child.stdout.readline().strip())
    remove_left_folders(tmp_path)
    assert folder.is_dir()
    child.kill()
    child.communicate()
    remove_left_folders(tmp_path)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        (NAME, 0o755),
        (NAME, 0o770),
        (NAME, 0o500),
        ("secure-rag-examples", 0o700),
        ("secure-rag-demo-0123456789abcdef", 0o700),
        (f"{NAME}0", 0o700),
        (f"x{NAME}", 0o700),
        (f"{NAME}\n", 0o700),
    ],
    ids=str,
)
def test_a_folder_of_another_mode_or_name_stays(tmp_path: Path, name: str, mode: int) -> None:
    folder = leave(tmp_path, name, mode)
    remove_left_folders(tmp_path)
    assert (folder / "deep" / "deeper" / "page.txt").exists()


def test_a_folder_of_another_user_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = leave(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    remove_left_folders(tmp_path)
    assert (folder / "page.txt").exists()


def test_a_link_and_what_it_leads_to_stay(tmp_path: Path) -> None:
    other = leave(tmp_path / "elsewhere", "a")
    around = tmp_path / "tmp"
    around.mkdir()
    (around / NAME).symlink_to(other)
    remove_left_folders(around)
    assert (around / NAME).is_symlink() and (other / "page.txt").exists()


def test_links_inside_go_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    other = leave(tmp_path / "elsewhere", "a")
    around = tmp_path / "tmp"
    folder = leave(around)
    (folder / "link").symlink_to(other)
    (folder / "file").symlink_to(other / "page.txt")
    remove_left_folders(around)
    assert not folder.exists()
    assert (other / "page.txt").read_text() == "raw"


def test_a_file_or_pipe_of_that_name_stays_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("a file")
    os.mkfifo(tmp_path / NAME.replace("0", "1"))
    folder = leave(tmp_path, NAME.replace("0", "2"))
    remove_left_folders(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2 and not folder.exists()


def test_where_nothing_can_be_listed_nothing_is_said(tmp_path: Path) -> None:
    remove_left_folders(tmp_path / "nowhere")


def test_where_no_folder_can_be_made_it_is_an_error_of_isolation(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IsolationError) as caught:
        make_private_folder(tmp_path / "file")
    assert "TMPDIR" in str(caught.value.hint)
