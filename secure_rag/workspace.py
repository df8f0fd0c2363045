"""A workspace: one folder that can be carried over the gap.

    secure-rag.toml  policies/  models/  audit/log/  index/<collection>/  vault/  quarantine/

Nothing here reads documents or keys; the vault key lives outside (`key_path`).
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from secure_rag.errors import ConfigError, FormatError, UsageError

FORMAT = 1
SETTINGS_FILE = "secure-rag.toml"
FACTOR_FILES = {
    "passphrase_file": "SECURE_RAG_PASSPHRASE_FILE",
    "share_file": "SECURE_RAG_SHARE_FILE",
}
"""Files with what opens the vault beside its key, and the variables that name them."""
WORKSPACE_VARIABLE = "SECURE_RAG_WORKSPACE"
POLICY_VARIABLE = "SECURE_RAG_POLICY"
_COLLECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FOLDERS = ("policies", "models", "audit", "audit/log", "index", "vault", "quarantine")


@dataclass(frozen=True)
class Workspace:
    """Where everything of one workspace lies."""

    root: Path

    @property
    def settings_file(self) -> Path:
        return self.root / SETTINGS_FILE

    @property
    def policies(self) -> Path:
        return self.root / "policies"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def audit(self) -> Path:
        return self.root / "audit"

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    def index(self, collection: str) -> Path:
        return self.root / "index" / collection


def find_workspace(start: Path | None = None) -> Workspace:
    """Return the workspace at or above `start` (default: `SECURE_RAG_WORKSPACE`, then the
    current folder).

    Raises:
        ConfigError: if there is none.
    """
    named = start or (Path(value) if (value := os.environ.get(WORKSPACE_VARIABLE)) else None)
    folder = (named or Path.cwd()).resolve()
    candidates = [folder] if named else [folder, *folder.parents]
    for candidate in candidates:
        if os.path.isfile(candidate / SETTINGS_FILE):
            return Workspace(candidate)
    raise ConfigError(
        f"no workspace at {folder}",
        code="workspace.missing",
        hint="run `secure-rag init DIR`, or name one with --workspace DIR",
    )


def check_key_place(root: Path, key_file: Path) -> None:
    """Refuse a key file in the workspace: a copy of the folder would hold its own key.

    Raises:
        ConfigError: it would lie there.
    """
    if key_file.resolve().is_relative_to(root.resolve()):
        raise ConfigError(
            "the key file must lie outside the workspace that it opens",
            code="vault.key_file",
            hint="leave --key-file out, or name a file elsewhere",
        )


def create_folders(root: Path) -> Workspace:
    """Create the empty folders of a workspace, readable by the owner only.

    Raises:
        ConfigError: if there is a workspace already, or the folder is not empty.
    """
    if (root / SETTINGS_FILE).exists():
        raise ConfigError(f"{root} is a workspace already", code="workspace.exists")
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise ConfigError(
            f"{root} is not an empty folder",
            code="workspace.not_empty",
            hint="name a new folder: `secure-rag init DIR`",
        )
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)
    for name in _FOLDERS:
        (root / name).mkdir(mode=0o700)
    return Workspace(root.resolve())


def new_workspace_id() -> str:
    """Return a random id; it names the key file and the audit log's origin."""
    return secrets.token_hex(8)


def check_collection(name: str) -> str:
    """Return the name of a collection if it can be one: it is the name of folders, too.

    Raises:
        UsageError: it could lead elsewhere.
    """
    if not _COLLECTION.fullmatch(name):
        raise UsageError(
            "not the name of a collection",
            code="workspace.collection",
            hint="letters, digits, dots, hyphens and underscores, at most 64, a letter or digit "
            "first",
        )
    return name


def config_home() -> Path:
    """Return the user's configuration folder (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or _home() / ".config") / "secure-rag"


def data_home() -> Path:
    """Return the user's data folder (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_DATA_HOME") or _home() / ".local/share") / "secure-rag"


def cache_home() -> Path:
    """Return the user's cache folder (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache") / "secure-rag"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise ConfigError(
            "this user has no home folder",
            code="config.home",
            hint="set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_CACHE_HOME",
        ) from None


def default_key_path(workspace_id: str) -> Path:
    """Return where the vault key of a workspace lies unless `--key-file` names another place."""
    return config_home() / "keys" / f"{workspace_id}.key"


def check_format(found: object, path: str, *, expected: int = FORMAT) -> None:
    """Refuse a stored file of another format version.

    Raises:
        FormatError: exit 5, with the hint what to do.
    """
    if found != expected:
        raise FormatError(
            f"{path}: format {found!r} is not format {expected} of this program",
            hint="before 0.1.0 formats change without migration: make a new workspace and add "
            "the documents again",
        )
