"""Pack models for the air gap, and unpack such a file with suspicion.

A bundle is a tar archive: `bundle.json` first, then `<model>/<file>` in the order
that it names. Nothing else is read: no links, no folders, no other names, no more
bytes than announced. A model of the program's manifest must match the manifest's
digests; what a manifest cannot know (converted files, a user's own models) must
match the bundle's, whose digest is printed on both sides of the gap.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from secure_rag.errors import (
    ArtifactError,
    DigestMismatchError,
    InputError,
    ModelMissingError,
)
from secure_rag.runtime.gguf import vet_header
from secure_rag.runtime.manifest import LocatedModel, Models
from secure_rag.runtime.pins import (
    ADDED_FILE,
    LOCK_FILE,
    LockEntry,
    Model,
    parse_models,
    read_lock,
    read_manifest,
    to_table,
    write_lock,
    write_manifest,
)
from secure_rag.runtime.repair import FETCH_HINT
from secure_rag.runtime.unfinished import unfinished_folder
from secure_rag.workspace import FORMAT, check_format

_INDEX = "bundle.json"
_MAX_INDEX = 1 << 20
_MAX_TOTAL = 256 << 30
_PIECE = 1 << 20
Say = Callable[[str], None]


@dataclass(frozen=True)
class Bundle:
    """What was packed or unpacked."""

    models: tuple[Model, ...]
    digest: str
    """SHA-256 of `bundle.json`, which holds the digest of every file."""


def write_bundle(path: Path, located: Sequence[LocatedModel], models: Models) -> Bundle:
    """Pack located (hence verified) models; the same models give the same bytes.

    Raises:
        InputError: if the file exists or cannot be written.
    """
    if os.path.lexists(path):
        raise _exists(path)
    index = _index_of(located, models)
    part = path.with_name(path.name + ".part")
    try:
        with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(_entry(_INDEX, len(index)), io.BytesIO(index))
            for item in located:
                for file in item.model.files:
                    with item.checked(file.name).path.open("rb") as content:
                        archive.addfile(
                            _entry(f"{item.model.name}/{file.name}", file.size), content
                        )
        with path.open("x"):
            pass  # nothing that came meanwhile is replaced
        os.replace(part, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return Bundle(tuple(item.model for item in located), hashlib.sha256(index).hexdigest())


def _exists(path: Path) -> InputError:
    return InputError(f"{path} exists", hint="name a new file")


def is_bundle(path: Path) -> bool:
    """Return whether a file is a tar archive that starts with `bundle.json`."""
    try:
        with tarfile.open(path, "r:") as archive:
            first = archive.next()
            return first is not None and first.name == _INDEX
    except (tarfile.TarError, OSError):
        return False


def add_bundle(
    path: Path, store: Path, models: Models, *, say: Say, unsafe_no_isolation: bool = False
) -> Bundle:
    """Unpack a bundle into a store: check everything, then put it in place.

    Raises:
        ArtifactError: not a bundle, or not in its announced shape.
        DigestMismatchError: a file differs from the manifest's or the bundle's digest.
        IsolationError: the process that reads headers of models could not be isolated.
    """
    store.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tarfile.open(path, "r:") as archive,
            unfinished_folder(store) as scratch,
        ):
            index = _read_index(archive)
            listed = _parse_index(index)
            _check_pins(listed, models)
            _check_space(listed, store)
            _unpack(archive, listed, scratch, say)
            _vet(listed, scratch, models, unsafe_no_isolation=unsafe_no_isolation)
            _install(listed, scratch, store, models)
    except (tarfile.TarError, EOFError):
        raise _broken("it is not a whole tar archive") from None
    return Bundle(tuple(item.model for item in listed), hashlib.sha256(index).hexdigest())


@dataclass(frozen=True)
class _Listed:
    """One model of a bundle's index."""

    model: Model
    conversion: LockEntry | None
    converted: str | None
    """Name of the converted file, if there is one."""


def _index_of(located: Sequence[LocatedModel], models: Models) -> bytes:
    pinned = {model.name: model for model in models.manifest.models}
    items = []
    for item in located:
        table = to_table(item.model)
        known = pinned.get(item.model.name)
        if known is not None and known.conversion is not None:
            table["conversion"] = {
                "result": known.conversion.result,
                "source": known.conversion.source.sha256,
                "recipe": known.conversion.recipe,
            }
        items.append(table)
    text = json.dumps({"format": FORMAT, "models": items}, sort_keys=True, indent=1)
    return text.encode()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o644
    return entry


def _read_index(archive: tarfile.TarFile) -> bytes:
    first = archive.next()
    if first is None or first.name != _INDEX or not first.isreg() or first.size > _MAX_INDEX:
        raise _broken("it does not start with its index")
    content = archive.extractfile(first)
    assert content is not None
    return content.read()


def _parse_index(index: bytes) -> list[_Listed]:
    try:
        table: dict[str, Any] = json.loads(index)
        check_format(table["format"], _INDEX)
        conversions = [item.pop("conversion", None) for item in table["models"]]
        parsed = parse_models(table["models"])
        return [
            _listed(model, conversion)
            for model, conversion in zip(parsed, conversions, strict=True)
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _broken(f"its index is not valid ({type(error).__name__})") from None


def _listed(model: Model, conversion: dict[str, str] | None) -> _Listed:
    if conversion is None:
        return _Listed(model, None, None)
    found = [file for file in model.files if file.name == conversion["result"]]
    if not found:
        raise ValueError("a conversion of no file")
    result = found[0]
    entry = LockEntry(
        source=str(conversion["source"]),
        recipe=str(conversion["recipe"]),
        size=result.size,
        sha256=result.sha256,
    )
    return _Listed(model, entry, result.name)


def _check_pins(listed: Sequence[_Listed], models: Models) -> None:
    """Compare models that the program's manifest names with the manifest."""
    pinned = {model.name: model for model in models.manifest.models}
    for item in listed:
        known = pinned.get(item.model.name)
        if known is None:
            continue
        theirs = {(f.name, f.sha256) for f in item.model.files if f.name != item.converted}
        ours = {(f.name, f.sha256) for f in known.files}
        same_source = (
            known.conversion is None
            if item.conversion is None
            else known.conversion is not None
            and known.conversion.result == item.converted
            and known.conversion.source.sha256 == item.conversion.source
            and known.conversion.recipe == item.conversion.recipe
        )
        if theirs != ours or known.role != item.model.role or not same_source:
            raise DigestMismatchError(
                f"the bundle's {known.name} is not the one this program pins",
                hint="make the bundle with the same version of secure-rag",
            )


def _check_space(listed: Sequence[_Listed], store: Path) -> None:
    total = sum(file.size for item in listed for file in item.model.files)
    if total > min(_MAX_TOTAL, shutil.disk_usage(store).free):
        raise InputError(f"no room for the {total // 1_000_000} MB of the bundle at {store}")


def _unpack(archive: tarfile.TarFile, listed: Sequence[_Listed], scratch: Path, say: Say) -> None:
    """Copy exactly the announced files, in the announced order."""
    for item in listed:
        (scratch / item.model.name).mkdir()
        for file in item.model.files:
            entry = archive.next()
            expected = f"{item.model.name}/{file.name}"
            if entry is None or not entry.isreg():
                raise _broken("a file is missing")
            if entry.name != expected or entry.size != file.size:
                raise _broken("its files are not those of its index")
            content = archive.extractfile(entry)
            assert content is not None
            digest = hashlib.sha256()
            with (scratch / item.model.name / file.name).open("xb") as out:
                while piece := content.read(_PIECE):
                    digest.update(piece)
                    out.write(piece)
            if digest.hexdigest() != file.sha256:
                raise DigestMismatchError(f"the bundle's {expected} differs from its digest")
        say(f"{item.model.name}: verified")
    if archive.next() is not None:
        raise _broken("it holds more than its index says")


def _vet(
    listed: Sequence[_Listed], scratch: Path, models: Models, *, unsafe_no_isolation: bool
) -> None:
    """Look at the headers of GGUF files for which only the bundle vouches."""
    ours = {file.sha256 for model in models.manifest.models for file in model.files}
    for item in listed:
        for file in item.model.files:
            if not file.name.endswith(".gguf") or file.sha256 in ours:
                continue
            path = scratch / item.model.name / file.name
            try:
                vet_header(path, unsafe_no_isolation=unsafe_no_isolation)
            except InputError:
                raise _broken(f"{item.model.name}/{file.name} is not a whole GGUF file") from None


def _install(listed: Sequence[_Listed], scratch: Path, store: Path, models: Models) -> None:
    pinned = {model.name for model in models.manifest.models}
    lock = read_lock(store / LOCK_FILE)
    for item in listed:
        folder = store / item.model.name
        folder.mkdir(exist_ok=True)
        for file in item.model.files:
            os.replace(scratch / item.model.name / file.name, folder / file.name)
        if item.conversion is not None:
            lock[item.model.name] = item.conversion
        if item.model.name not in pinned:
            pin_added(store, item.model)
    if lock:
        write_lock(store / LOCK_FILE, lock)


def pin_added(store: Path, model: Model) -> None:
    """Enter a model into a store's `added.toml`, replacing one of the same name."""
    path = store / ADDED_FILE
    before = read_manifest(path).models if path.is_file() else ()
    kept = [other for other in before if other.name != model.name]
    write_manifest(path, [*kept, replace(model, wheel=None, conversion=None)])


def located_for_bundle(models: Models, names: Sequence[str]) -> list[LocatedModel]:
    """Locate the named models, or every model that is on this machine.

    Raises:
        ModelMissingError: a named model is unknown or absent, or there is none at all.
    """
    states = models.listing()
    unknown = set(names) - {state.model.name for state in states}
    if unknown:
        raise ModelMissingError(f"no model {min(unknown)} is pinned", code="model.unknown")
    wanted = [s.model for s in states if (s.model.name in names if names else s.is_present)]
    if not wanted:
        raise ModelMissingError("there is no model on this machine", hint=FETCH_HINT)
    return [models.locate(model.role, model.name) for model in wanted]


def _broken(why: str) -> ArtifactError:
    return ArtifactError(f"the bundle cannot be used: {why}", code="model.bundle")
