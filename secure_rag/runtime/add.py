"""Pin a model file of the user's own."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from typing import BinaryIO

from secure_rag.errors import InputError
from secure_rag.runtime.bundle import pin_added
from secure_rag.runtime.fit import Fit, estimate, unfit_to_rank, unfit_to_write
from secure_rag.runtime.gguf import MAGIC, NOT_GGUF, Header, vet_header, wrong
from secure_rag.runtime.manifest import Models, sha256_of
from secure_rag.runtime.pins import NAME, Model, ModelFile
from secure_rag.runtime.unfinished import MODEL_FILE, unfinished_file
from secure_rag.settings import AnsweringSettings

_PIECE = 1 << 20
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
    unsafe_no_isolation: bool = False,
) -> tuple[Model, Fit]:
    """Copy a GGUF file into a store and pin its digest there; return what it needs, too.

    What it needs is estimated before it is pinned.

    Args:
        path: the file.
        store: folder of models, of a workspace or of this machine.
        models: what is pinned already; its names are not given twice.
        role: what it is for; `generator` and `reranker` take GGUF files.
        name: name to use in the settings; made from the file's name if None.
        licence: what the listing shows.
        unsafe_no_isolation: read the header without the kernel's filters.

    Raises:
        InputError: not a whole GGUF file of a model for the role, a name that cannot be used,
            or no room.
        IsolationError: the process that reads the header could not be isolated.
    """
    if role not in _UNFIT:
        raise InputError(
            f"a single file cannot be a model for the role {role}",
            hint="pack it with `secure-rag models bundle` where it was made",
        )
    chosen = _checked_name(name or _name_from(path), models)
    file, fit = _pinned_copy(path, store / chosen, role, unsafe_no_isolation)
    model = Model(
        name=chosen, role=role, licence=licence, origin="added on this machine", files=(file,)
    )
    pin_added(store, model)
    return model, fit


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


def _pinned_copy(
    path: Path, folder: Path, role: str, unsafe_no_isolation: bool
) -> tuple[ModelFile, Fit]:
    """Look at the beginning, copy the file, look at the copy, and give it its name only then."""
    with open_regular(path) as source:
        if source.read(len(MAGIC)) != MAGIC:
            raise wrong(path, NOT_GGUF)
        source.seek(0)
        return _copied(source, path, folder, role, unsafe_no_isolation)


def _copied(
    source: BinaryIO, path: Path, folder: Path, role: str, unsafe_no_isolation: bool
) -> tuple[ModelFile, Fit]:
    try:
        with unfinished_file(folder) as out:
            shutil.copyfileobj(source, out, _PIECE)
            out.flush()
            copy = Path(out.name)
            header = check_gguf(copy, role, shown=path, unsafe_no_isolation=unsafe_no_isolation)
            fit = estimate(header, AnsweringSettings().context_tokens)
            file = ModelFile(MODEL_FILE, copy.stat().st_size, sha256_of(copy))
    except OSError as error:
        raise InputError(f"the file cannot be brought to {folder}: {error.strerror}") from None
    return file, fit


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file, and wait for nothing: a device or a pipe may have no end.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{path}: not a regular file", hint="name the file of a model")
    return open(descriptor, "rb")


def check_gguf(
    path: Path,
    role: str = "generator",
    *,
    shown: Path | None = None,
    unsafe_no_isolation: bool = False,
) -> Header:
    """Check that a file is a whole GGUF file with a model for the role.

    Nobody vouches for the file yet, so its header is read in a sealed process.

    Args:
        path: the file.
        role: what it is for.
        shown: what messages call it.
        unsafe_no_isolation: read it without the kernel's filters.

    Raises:
        InputError: if it is not.
        IsolationError: the process could not be isolated.
    """
    shown = shown or path
    header = vet_header(path, shown=shown, unsafe_no_isolation=unsafe_no_isolation)
    unfit = _UNFIT[role](header)
    if unfit is not None:
        raise InputError(f"{shown}: it {unfit[0]}", code="model.kind", hint=unfit[1])
    return header


def _name_from(path: Path) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._")[:64]
