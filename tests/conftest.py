"""Shared fixtures. The command line is always run as a child process: isolation is for good.

No test opens an internet socket, except those of tests/faults in namespaces of their own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _no_sockets(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        raise RuntimeError(f"a test tried {event}")


sys.addaudithook(_no_sockets)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The public data sets; a set variable with a missing folder is a failure, not a skip."""
    named = os.environ.get("SECURE_RAG_DATA")
    if not named:
        pytest.skip("SECURE_RAG_DATA is not set: the public data sets are not here")
    folder = Path(named)
    assert folder.is_dir(), "SECURE_RAG_DATA names no folder"
    return folder


_LEFT_OPEN = re.compile(r".*/(?:log\.lock|epoch\.key|subjects\.keys|\d{6}\.jsonl)")
"""Files of which only the number of the descriptor is kept: nothing else closes them."""


@pytest.fixture(autouse=True)
def _close_what_simulated_kills_leave(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close log and vault files of a test that stopped in the middle, as the kernel would.

    There are hundreds of such stops in one process, and 1,024 descriptors are all that many
    machines, and select(2), allow.
    """
    if "tmp_path" not in request.fixturenames:
        yield
        return
    folder = str(request.getfixturevalue("tmp_path"))
    yield
    for name in os.listdir("/proc/self/fd") if sys.platform == "linux" else ():
        try:
            target = os.readlink(f"/proc/self/fd/{name}").removesuffix(" (deleted)")
        except OSError:
            continue  # the one that read the list
        if target.startswith(f"{folder}/") and _LEFT_OPEN.fullmatch(target):
            os.close(int(name))


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str = field(repr=False)
    err: str = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The error of JSON mode: the last line on stderr."""
        error: dict[str, Any] = json.loads(self.err.strip().splitlines()[-1])["error"]
        return error


def secure_rag(
    *arguments: str | Path,
    cwd: Path | None = None,
    stdin: str | bytes | None = None,
    env: dict[str, str] | None = None,
    timeout: float = 300,
) -> Done:
    """Run the command in a child process and return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    data = stdin.encode("utf-8") if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "secure_rag", *map(str, arguments)],
        cwd=cwd or ROOT,
        input=data,
        stdin=subprocess.DEVNULL if data is None else None,
        capture_output=True,
        env=environment,
        timeout=timeout,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def run_python(program: str, path: Path | None = None) -> str:
    """Run a program in an interpreter of its own; return what it printed.

    Args:
        path: looked for modules before the installed ones.
    """
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else None
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True)
class Sandbox:
    """A workspace with its key, and the command bound to it."""

    home: Path
    workspace: Path
    key_file: Path
    genesis: str = ""

    def run(self, *arguments: str | Path, **kind: Any) -> Done:
        return secure_rag(
            *arguments, "--workspace", self.workspace, "--key-file", self.key_file, **kind
        )

    def ok(self, *arguments: str | Path, **kind: Any) -> Done:
        done = self.run(*arguments, **kind)
        assert done.code == 0, done.err
        return done

    def copy(self, home: Path) -> Sandbox:
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        return Sandbox(home, home / "workspace", home / "keys" / "test.key", self.genesis)


def make_sandbox(home: Path) -> Sandbox:
    """Create a workspace with the command line."""
    key_file = home / "keys" / "test.key"
    done = secure_rag("init", home / "workspace", "--key-file", key_file, "--json")
    assert done.code == 0, done.err
    return Sandbox(home, home / "workspace", key_file, done.json["genesis"])


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """An empty workspace."""
    return make_sandbox(tmp_path / "home")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A workspace with all example documents; shared, so tests must not change it."""
    made = make_sandbox(tmp_path_factory.mktemp("filled"))
    made.ok("index", "add", ROOT / "examples" / "documents")
    return made


@pytest.fixture
def own(filled: Sandbox, tmp_path: Path) -> Sandbox:
    """A copy of the filled workspace that a test may change."""
    return filled.copy(tmp_path / "own")
