"""Modes of files: what the folder says, whatever the umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from secure_rag.modes import file_mode, is_shared, made_as_in, make_folder, open_made


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=lambda mask: f"umask {mask:03o}")
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("folder_mode", "expected"),
    [(0o700, 0o600), (0o755, 0o600), (0o770, 0o600), (0o2750, 0o600), (0o2770, 0o660)],
    ids=lambda value: f"{value:o}",
)
def test_file_has_the_mode_that_its_folder_gives(
    tmp_path: Path, umask: int, folder_mode: int, expected: int
) -> None:
    tmp_path.chmod(folder_mode)
    os.close(open_made(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    assert mode(tmp_path / "file") == expected == file_mode(tmp_path)
    assert is_shared(tmp_path) is (expected == 0o660)


def test_folder_is_of_the_kind_of_the_one_around_it(tmp_path: Path, umask: int) -> None:
    make_folder(tmp_path / "private")
    assert mode(tmp_path / "private") == 0o700
    tmp_path.chmod(0o2770)
    make_folder(tmp_path / "shared")
    assert mode(tmp_path / "shared") == 0o2770
    make_folder(tmp_path / "shared")
    make_folder(tmp_path / "more" / "below", parents=True)
    assert (tmp_path / "more" / "below").is_dir()


def test_what_a_library_makes_in_the_body_is_of_the_kind_of_the_folder(
    tmp_path: Path, umask: int
) -> None:
    for kind, expected in ((0o700, 0o600), (0o2770, 0o660)):
        tmp_path.chmod(kind)
        with made_as_in(tmp_path):
            (tmp_path / f"{kind:o}").write_text("x")
        assert mode(tmp_path / f"{kind:o}") == expected
    assert os.umask(umask) == umask
    with made_as_in(None), made_as_in(tmp_path / "missing"):
        pass
