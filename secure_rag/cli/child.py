"""A command of this program as a child, before this process is isolated.

Some commands must know what the index holds to say which files they will read, and may not load
the index before the file rules are set. A child, isolated by itself, lists it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from secure_rag.cli.context import Context
from secure_rag.errors import ExitCode, SecureRagError


def run_json(context: Context, command: Sequence[str]) -> list[dict[str, Any]]:
    """Return the JSON lines that a command prints in the same workspace and collection.

    Raises:
        SecureRagError: what stopped the child, with its exit code.
    """
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "secure_rag", *_globals(context), *command],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise _error(done.stderr.decode("utf-8", "replace"), done.returncode)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _globals(context: Context) -> list[str]:
    root = str(context.find_workspace().root)
    unsafe = ["--unsafe-no-isolation"] if context.unsafe_no_isolation else []
    return ["--workspace", root, "--collection", context.collection, "--json", "-q", *unsafe]


def _error(stderr: str, code: int) -> SecureRagError:
    """Return the error that the child's last line holds."""
    try:
        said = json.loads(stderr.splitlines()[-1])["error"]
        error = SecureRagError(said["message"], hint=said["hint"], code=said["code"])
        error.exit_code = ExitCode(said["exit_code"])
    except (ValueError, KeyError, IndexError):
        return SecureRagError(f"listing the index ended with exit code {code}")
    return error
