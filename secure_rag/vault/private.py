"""Ask the reveal process; the caller has made the audit event durable before.

The child gets an empty environment, no arguments that say anything, closed descriptors
but two pipes (and `--key-fd`), and its own isolation.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from secure_rag.errors import IsolationError, SecureRagError, VaultError
from secure_rag.vault.layout import domain_folder
from secure_rag.workspace import FACTOR_FILES

_TIMEOUT_S = 600.0
"""Long enough for a person to type a passphrase."""
_ROOT = Path(__file__).resolve().parents[2]


def reveal(
    vault_folder: Path,
    *,
    key_file: Path | None = None,
    key_fd: int | None = None,
    domain: str,
    placeholders: Sequence[str],
) -> dict[str, str]:
    """Return the values of placeholders; one that is missing in it is unknown or erased.

    Raises:
        VaultError: the vault is locked or damaged (exit 6).
        IsolationError: the child could not be isolated.
    """
    return _ask("reveal", vault_folder, key_file, key_fd, domain, placeholders)


def open_sources(
    vault_folder: Path,
    *,
    key_file: Path | None = None,
    key_fd: int | None = None,
    domain: str,
    documents: Sequence[str],
) -> dict[str, str]:
    """Return where documents came from, by id; raises as `reveal` does."""
    return _ask("sources", vault_folder, key_file, key_fd, domain, documents)


def change(
    act: str, vault_folder: Path, *, key_file: Path | None, key_fd: int | None, **named: Any
) -> dict[str, Any]:
    """Change what opens the vault (`passwd`, `rotate`, `split`) and return what opens it now.

    Args:
        act: which change.
        vault_folder: where the vault lies.
        key_file: file with the key; a rotation rewrites it.
        key_fd: descriptor with the key, instead.
        named: what else the request names: files, never secrets.

    Raises:
        VaultError: the vault is locked or damaged (exit 6); it opens as before.
    """
    more = {
        name: str(one.absolute()) if isinstance(one, Path) else one for name, one in named.items()
    }
    response = _run({**_request(act, vault_folder, key_file, key_fd), **more}, key_fd)
    return dict(response["changed"])


def _ask(
    act: str,
    vault_folder: Path,
    key_file: Path | None,
    key_fd: int | None,
    domain: str,
    names: Sequence[str],
) -> dict[str, str]:
    domain_folder(vault_folder, domain)
    request = _request(act, vault_folder, key_file, key_fd)
    response = _run({**request, "domain": domain, "names": list(names)}, key_fd)
    return dict(response["values"])


def _request(
    act: str, vault_folder: Path, key_file: Path | None, key_fd: int | None
) -> dict[str, Any]:
    return {
        "format": 1,
        "act": act,
        "vault": str(vault_folder.absolute()),
        "key_file": str(key_file.absolute()) if key_file and key_fd is None else None,
        "key_fd": key_fd,
        **{name: _from_environment(variable) for name, variable in FACTOR_FILES.items()},
    }


def _from_environment(variable: str) -> str | None:
    value = os.environ.get(variable)
    return os.path.abspath(value) if value else None


def _run(request: dict[str, Any], key_fd: int | None) -> dict[str, Any]:
    command = [sys.executable, "-P", "-s", "-B", "-m", "secure_rag.vault.reveal"]
    try:
        child = subprocess.run(
            command,
            input=json.dumps(request).encode("ascii"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"},
            cwd="/",
            pass_fds=() if key_fd is None else (key_fd,),
            timeout=_TIMEOUT_S,
            check=False,
        )
        response = json.loads(child.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        # These exceptions may carry what the child wrote.
        raise VaultError("the reveal process did not answer", code="vault.reveal") from None
    if not isinstance(response, dict) or not response.keys() & {"values", "changed", "error"}:
        raise VaultError("the reveal process did not answer", code="vault.reveal")
    if "error" in response:
        raise _error(response["error"])
    return response


def _error(found: dict[str, Any]) -> SecureRagError:
    kind = IsolationError if found["code"] == "isolation" else VaultError
    return kind(found["message"], hint=found["hint"], code=found["code"])
