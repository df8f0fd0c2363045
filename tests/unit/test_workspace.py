"""Where a workspace is found, and what `init` makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.errors import ConfigError
from secure_rag.workspace import (
    SETTINGS_FILE,
    create_folders,
    default_key_path,
    find_workspace,
    new_workspace_id,
)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    root = create_folders(tmp_path / "work").root
    (root / SETTINGS_FILE).write_text("format = 1\n")
    return root


def test_find_workspace_from_below(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECURE_RAG_WORKSPACE", raising=False)
    monkeypatch.chdir(made / "policies")
    assert find_workspace().root == made


def test_find_workspace_named_folder_is_not_searched_upwards(made: Path) -> None:
    with pytest.raises(ConfigError):
        find_workspace(made / "policies")


def test_find_workspace_by_variable(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURE_RAG_WORKSPACE", str(made))
    assert find_workspace().root == made


@pytest.mark.parametrize("existing", ["workspace", "file", "full folder"])
def test_create_folders_never_overwrites(made: Path, tmp_path: Path, existing: str) -> None:
    target = {"workspace": made, "file": tmp_path / "f", "full folder": tmp_path}[existing]
    if existing == "file":
        target.write_text("x")
    with pytest.raises(ConfigError):
        create_folders(target)


def test_folders_are_private(made: Path) -> None:
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in made.iterdir() if path.is_dir())


def test_key_lies_outside_the_workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = default_key_path(new_workspace_id())
    assert path.is_relative_to(tmp_path / "config" / "secure-rag" / "keys")


def test_workspace_ids_differ() -> None:
    assert len({new_workspace_id() for _ in range(100)}) == 100
