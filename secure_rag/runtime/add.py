"""Pin a model file of the user's own."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from secure_rag.errors import InputError
from secure_rag.runtime.bundle import pin_added
from secure_rag.runtime.fit import unfit_to_rank, unfit_to_write
from secure_rag.runtime.gguf import Header, read_header
from secure_rag.runtime.manifest import Models, sha256_of
from secure_rag.runtime.pins import NAME, Model, ModelFile

_UNFIT = {"generator": unfit_to_write, "reranker": unfit_to_rank}
"""What a GGUF file must be for each role that takes one."""


def add_gguf(
    path: Path,
    store: Path,
    models: Models,
    *,
    role: str = "generator",
    name: str | None = None,
    licence: str = "unknown",
) -> Model:
    """Copy a GGUF file into a store and pin its digest there.

    Args:
        path: the file.
        store: folder of models, of a workspace or of this machine.
        models: what is pinned already; its names are not given twice.
        role: what it is for; `generator` and `reranker` take GGUF files.
        name: name to use in the settings; made from the file's name if None.
        licence: what the listing shows.

    Raises:
        InputError: not a whole GGUF file of a model for the role, a name that cannot be used,
            or no room.
    """
    if role not in _UNFIT:
        raise InputError(
            f"a single file cannot be a model for the role {role}",
            hint="pack it with `secure-rag models bundle` where it was made",
        )
    check_gguf(path, role)
    chosen = _checked_name(name or _name_from(path), models)
    model = Model(
        name=chosen,
        role=role,
        licence=licence,
        origin="added on this machine",
        files=(_copy(path, store / chosen),),
    )
    pin_added(store, model)
    return model


def _checked_name(name: str, models: Models) -> str:
    if not NAME.fullmatch(name):
        raise InputError(
            "a model's name has only a-z, 0-9, dot, dash and underscore", hint="name it with --name"
        )
    if any(model.name == name for model in models.manifest.models):
        raise InputError(
            f"the program's manifest has a model {name} already", hint="choose another --name"
        )
    return name


def _copy(path: Path, folder: Path) -> ModelFile:
    """Copy the file under its final name only once it is whole."""
    part = folder / "model.gguf.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, part)
        file = ModelFile("model.gguf", part.stat().st_size, sha256_of(part))
        os.replace(part, folder / file.name)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"the file cannot be brought to {folder}: {error.strerror}") from None
    return file


def check_gguf(path: Path, role: str = "generator") -> Header:
    """Check that a file is a whole GGUF file with a model for the role.

    Raises:
        InputError: if it is not.
    """
    header = read_header(path)
    unfit = _UNFIT[role](header)
    if unfit is not None:
        raise InputError(f"{path}: it {unfit[0]}", code="model.kind", hint=unfit[1])
    return header


def _name_from(path: Path) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._")[:64]
