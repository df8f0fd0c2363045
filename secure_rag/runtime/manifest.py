"""Which models may be loaded, where they lie, and whether they are what was pinned.

Pins come from three places: the program's manifest, `added.toml` (models a user
added) and `local.lock` (files that this machine converted). The last two lie in
the folder with the models they speak of, a *store*. Look-up order of stores: the
workspace's `models/`, `SECURE_RAG_MODELS`, the checkout's `models/`, the user's
data folder, the installed package.

The first store that holds all files of a model is used. A file that differs from
its pin stops the program; the next store is not tried.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from secure_rag.errors import DigestMismatchError, ModelMissingError
from secure_rag.resources import checkout, resource
from secure_rag.runtime.checked import CheckedFile, open_checked
from secure_rag.runtime.pins import (
    ADDED_FILE,
    LOCK_FILE,
    Manifest,
    Model,
    ModelFile,
    read_lock,
    read_manifest,
)
from secure_rag.runtime.repair import repair_hint
from secure_rag.workspace import Workspace, data_home

ROLES = ("generator", "embedder", "ner", "reader", "reranker", "adapter")

__all__ = [
    "ROLES",
    "LocatedModel",
    "Model",
    "ModelFile",
    "ModelState",
    "Models",
    "machine_store",
    "sha256_of",
]


@dataclass(frozen=True)
class LocatedModel:
    """A model whose files were all found in one folder and match their digests."""

    model: Model
    folder: Path
    _open: dict[str, CheckedFile] = field(default_factory=dict, repr=False, compare=False)
    """By name, the open files that were hashed; loaders take these, not the paths."""

    @property
    def digest(self) -> str:
        """SHA-256 over names and digests of the files; what rows and events record."""
        return self.model.digest

    def path(self, name_or_suffix: str) -> Path:
        """Return the one file with this name or suffix (`config.json`, `.onnx`).

        Raises:
            ModelMissingError: if the model has no such file, or several.
        """
        names = [file.name for file in self.model.files]
        matches = [name for name in names if name == name_or_suffix] or [
            name for name in names if name.endswith(name_or_suffix)
        ]
        if len(matches) != 1:
            raise ModelMissingError(
                f"model {self.model.name}: {len(matches)} files match {name_or_suffix}"
            )
        return self.folder / matches[0]

    def checked(self, name_or_suffix: str) -> CheckedFile:
        """Return the one file with this name or suffix, open, as it was hashed.

        Raises:
            ModelMissingError: no such file, several, or one that cannot be read.
            DigestMismatchError: it differs from its pin.
        """
        name = self.path(name_or_suffix).name
        if name not in self._open:
            pin = next(file for file in self.model.files if file.name == name)
            self._open[name] = _checked(self.model, self.folder, pin)
        return self._open[name]

    def is_unchanged(self) -> bool:
        """Say whether every file is still where it was hashed, and untouched."""
        return all(file.is_still_at(self.folder / name) for name, file in self._open.items())

    def changed(self, name: str) -> DigestMismatchError:
        """Return the error for a file that somebody wrote into while it was loaded."""
        return DigestMismatchError(
            f"model {self.model.name}: {name} changed while it was loaded",
            hint="run the command again; `secure-rag models list` says whether the file differs",
        )


@dataclass(frozen=True)
class ModelState:
    """One line of `models list`."""

    model: Model
    folder: Path | None
    """Where the model lies; None where it is missing."""
    is_present: bool
    is_verified: bool
    """Whether every file was read and matched its pin just now."""

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.model.name,
            "role": self.model.role,
            "licence": self.model.licence,
            "origin": self.model.origin,
            "digest": self.model.digest if self.model.is_pinned else None,
            "size_bytes": sum(file.size for file in self.model.files),
            "folder": str(self.folder) if self.folder else None,
            "pinned": self.model.is_pinned,
            "present": self.is_present,
            "verified": self.is_verified,
        }


class Models:
    """Looks models up by role and name in all stores of this machine."""

    def __init__(self, workspace: Workspace | None = None) -> None:
        self.manifest: Manifest = read_manifest(resource("models/manifest.toml"))
        self.stores: tuple[Path, ...] = _stores(workspace)
        self._located: dict[tuple[Path, str], LocatedModel] = {}

    def locate(self, role: str, name: str | None = None) -> LocatedModel:
        """Find a model and check every file of it against its pin.

        Files that were hashed for an earlier call are hashed again only if somebody put
        others in their place or touched them.

        Args:
            role: one of `ROLES`.
            name: the model's name; the manifest's first of this role if None.

        Raises:
            ModelMissingError: not pinned under this name, or a file is on no store.
            DigestMismatchError: a file differs from its pin.
        """
        known: Model | None = None
        for store, model in self._candidates(role, name):
            known = known or model
            folder = store / model.name
            if model.is_pinned and _is_complete(model, folder):
                return self._verified(model, folder)
        wanted = f"{role} model {name}" if name else f"model for the role {role}"
        if known is None:
            raise ModelMissingError(
                f"no {wanted} is pinned",
                code="model.unknown",
                hint="`secure-rag models list` shows what is; `models add FILE` pins a file",
            )
        raise ModelMissingError(f"the {wanted} is not on this machine", hint=repair_hint(known))

    def _verified(self, model: Model, folder: Path) -> LocatedModel:
        known = self._located.get((folder, model.digest))
        if known is not None and known.is_unchanged():
            return known
        located = LocatedModel(model, folder, _verified(model, folder))
        self._located[folder, model.digest] = located
        return located

    def pinned_digests(self, names: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the pinned digest of each role's model, by role, without reading weights.

        Args:
            names: the model of a role, where it is not the manifest's first or has none there;
                adapters are in use only where they are named.
        """
        digests = {}
        roles = [model.role for model in self.manifest.models if model.role != "adapter"]
        roles += names or {}
        for role in dict.fromkeys(roles):
            for _, model in self._candidates(role, (names or {}).get(role)):
                if model.is_pinned:
                    digests[role] = model.digest
                    break
        return digests

    def listing(self) -> list[ModelState]:
        """Return the state of every pinned model, each file read and compared."""
        names = dict.fromkeys((model.role, model.name) for model in self.manifest.models)
        for store in self.stores:
            names.update(dict.fromkeys((item.role, item.name) for item in _added(store)))
        return [self._state(role, name) for role, name in names]

    def _state(self, role: str, name: str) -> ModelState:
        first: Model | None = None
        for store, model in self._candidates(role, name):
            first = first or model
            folder = store / model.name
            if model.is_pinned and _is_complete(model, folder):
                return ModelState(model, folder, True, _matches(model, folder))
        assert first is not None
        return ModelState(first, None, False, False)

    def _candidates(self, role: str, name: str | None) -> list[tuple[Path, Model]]:
        """Return (store, model) pairs in look-up order, conversions resolved per store."""
        if name is None:
            pinned = [model.name for model in self.manifest.models if model.role == role]
            name = pinned[0] if pinned else None
        found = []
        for store in self.stores:
            models = [*_added(store), *self.manifest.models]
            for model in models:
                if model.role == role and (name is None or model.name == name):
                    found.append((store, resolve(model, store)))
        return found


def resolve(model: Model, store: Path) -> Model:
    """Add the converted file that a store's lock pins to a model's files."""
    conversion = model.conversion
    if conversion is None:
        return model
    entry = read_lock(store / LOCK_FILE).get(model.name)
    if (
        entry is None
        or entry.source != conversion.source.sha256
        or entry.recipe != conversion.recipe
    ):
        return model
    result = ModelFile(conversion.result, entry.size, entry.sha256)
    return replace(model, files=(*model.files, result), conversion=None)


def machine_store() -> Path:
    """Return the store that `models fetch` fills."""
    named = os.environ.get("SECURE_RAG_MODELS")
    if named:
        return Path(named).absolute()
    root = checkout()
    return root / "models" if root else data_home() / "models"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stores(workspace: Workspace | None) -> tuple[Path, ...]:
    named = os.environ.get("SECURE_RAG_MODELS")
    root = checkout()
    folders = [
        workspace.models if workspace else None,
        Path(named).absolute() if named else None,
        root / "models" if root else None,
        data_home() / "models",
        resource("models"),
    ]
    return tuple(dict.fromkeys(folder for folder in folders if folder is not None))


def _added(store: Path) -> tuple[Model, ...]:
    path = store / ADDED_FILE
    return read_manifest(path).models if path.is_file() else ()


def _is_complete(model: Model, folder: Path) -> bool:
    return all((folder / file.name).is_file() for file in model.files)


def _matches(model: Model, folder: Path) -> bool:
    try:
        _verified(model, folder)
    except DigestMismatchError:
        return False
    return True


def _verified(model: Model, folder: Path) -> dict[str, CheckedFile]:
    """Open and hash every file of a model."""
    return {file.name: _checked(model, folder, file) for file in model.files}


def _checked(model: Model, folder: Path, file: ModelFile) -> CheckedFile:
    try:
        opened = open_checked(folder / file.name, file)
    except OSError:
        raise ModelMissingError(
            f"model {model.name}: {file.name} cannot be read",
            hint=f"let this user read the files of {folder}",
        ) from None
    if opened is None:
        raise DigestMismatchError(
            f"model {model.name}: {file.name} differs from its pinned SHA-256",
            hint=repair_hint(model, folder),
        )
    return opened
