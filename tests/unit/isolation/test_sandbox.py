"""A function on a file that nobody vouches for: it reads that file, and can do nothing else."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from secure_rag.errors import IsolationError
from secure_rag.isolation.sandbox import SandboxError, run_sandboxed
from tests.assets import kernel
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="isolation is Linux only")
SECRET = b"..Lamina Okoro"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "file.bin"
    made.write_bytes(SECRET)
    return made


def call(path: Path, function: str, **options: Any) -> Any:
    with path.open("rb") as file:
        return run_sandboxed(f"tests.assets.escape:{function}", file, **options)


def test_sandbox_function_reads_its_file(path: Path) -> None:
    assert call(path, "first_bytes") == "Lami"
    assert call(path, "first_bytes", unsafe_no_isolation=True) == "Lami"


def test_sandbox_everything_else_is_denied(path: Path) -> None:
    gave = call(path, "attempts")
    assert len(gave) == 17
    assert {name: outcome for name, outcome in gave.items() if outcome != "EPERM"} == {}


def test_sandbox_control_without_isolation_can_do_it(path: Path) -> None:
    """Limits stay, so what needs a new file of some size fails; the rest is open."""
    gave = call(path, "attempts", unsafe_no_isolation=True)
    for name in ("read a file", "list a folder", "run a program", "fork", "pair of sockets"):
        assert gave[name] == "open"


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("crash", "crashed"),
        ("hang", "time_out"),
        ("hog", "memory"),
        ("quote", "raised"),
        ("flood", "too_large"),
        ("no_json", "raised"),
        ("no_such_function", "crashed"),
    ],
)
def test_sandbox_function_that_fails_says_why_and_nothing_else(
    path: Path, function: str, reason: str
) -> None:
    with pytest.raises(SandboxError) as caught:
        call(path, function, timeout_s=1.0, memory_mb=256)
    assert str(caught.value) == caught.value.reason == reason


def test_sandbox_that_cannot_be_isolated_is_refused(path: Path) -> None:
    program = (
        "import sys; from secure_rag.isolation.sandbox import run_sandboxed\n"
        "run_sandboxed('tests.assets.escape:first_bytes', open(sys.argv[1], 'rb'))"
    )
    arguments = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(
        kernel.command(["seccomp=EPERM"], arguments), capture_output=True, cwd=ROOT, check=False
    )
    assert IsolationError.__name__.encode() in done.stderr
