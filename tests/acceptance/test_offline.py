"""The whole job in a network namespace without any interface, and what the kernel shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

UNSHARE = shutil.which("unshare")


def _can_unshare() -> bool:
    if UNSHARE is None:
        return False
    return (
        subprocess.run([UNSHARE, "-rn", "true"], capture_output=True, check=False).returncode == 0
    )


needs_namespace = pytest.mark.skipif(
    not _can_unshare(), reason="network namespaces are not allowed here"
)


@needs_namespace
def test_demo_without_network_ends_with_a_verified_log(tmp_path: Path) -> None:
    assert UNSHARE is not None
    command = [
        UNSHARE,
        "-rn",
        sys.executable,
        "-m",
        "secure_rag",
        "demo",
        "--folder",
        tmp_path / "d",
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "OK:" in done.stdout
    assert "refused: " in done.stdout
    assert done.stdout.count("[1]") >= 3
