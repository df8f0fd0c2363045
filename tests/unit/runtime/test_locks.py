"""The locks: complete, hashed, and silent about where packages come from."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ("runtime", "test", "build", "train")


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _name(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-")


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    return dict(re.findall(r"(?m)^([a-z0-9][a-z0-9.-]*)==([^\s;\\]+)", text))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host_and_no_path(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    assert not re.search(r"://|@ |^-|^\s*/|\.\./", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_every_entry_has_a_hash(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    entries = re.split(r"(?m)^(?=[a-z0-9])", text)
    unhashed = [entry.split()[0] for entry in entries if "==" in entry and "sha256:" not in entry]
    assert unhashed == []


def test_locks_hold_what_the_project_asks_for() -> None:
    project = _project()
    assert {_name(item) for item in project["project"]["dependencies"]} <= set(_pins("runtime"))
    for group in ("test", "build", "train"):
        assert {_name(item) for item in project["dependency-groups"][group]} <= set(_pins(group))


@pytest.mark.parametrize("lock", ["test", "build"])
def test_locks_agree_on_versions(lock: str) -> None:
    runtime, other = _pins("runtime"), _pins(lock)
    shared = set(runtime) & set(other)
    assert {name: runtime[name] for name in shared} == {name: other[name] for name in shared}


def test_every_imported_package_is_declared() -> None:
    project = _project()["project"]
    always = {_name(item) for item in project["dependencies"]}
    trains = always | {_name(item) for item in project["optional-dependencies"]["adapt"]}
    owners = importlib.metadata.packages_distributions()
    missing = set()
    # pytest loads its plugin itself; without pytest nothing does
    plugin = ROOT / "secure_rag/policytest/pytest_plugin.py"
    for path in (ROOT / "secure_rag").rglob("*.py"):
        declared = trains if path.is_relative_to(ROOT / "secure_rag/adapters") else always
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for root in {name.split(".")[0] for name in names}:
                if root == "secure_rag" or root in sys.stdlib_module_names:
                    continue
                if root == "pytest" and path == plugin:
                    continue
                packages = {_name(owner) for owner in owners.get(root, [root])}
                if not packages & declared:
                    missing.add(f"{path.relative_to(ROOT)} imports {root}")
    assert missing == set()
