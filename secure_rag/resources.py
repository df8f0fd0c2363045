"""Files that travel with the program: policies, the model manifest, examples.

In a checkout they are the top folders that people read and edit; in an
installed package the build puts copies under `secure_rag/_data`.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return the folder or file `name` (`policies`, `models/manifest.toml`, `examples`)."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.exists() else _PACKAGE.parent / name


def checkout() -> Path | None:
    """Return the root of the checkout this code runs from, or None if it is installed."""
    root = _PACKAGE.parent
    return root if (root / "pyproject.toml").exists() and (root / "models").is_dir() else None
