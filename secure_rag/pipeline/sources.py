"""The files that `index add` was given: folders walked, patterns applied, nothing read."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from secure_rag.backup.manifest import PARTS
from secure_rag.documents import SUFFIXES
from secure_rag.errors import InputError


@dataclass(frozen=True)
class Source:
    """One file to ingest; its names are unredacted and hidden from `repr`."""

    path: Path = field(repr=False)
    name: str = field(repr=False)
    """Path below the folder that was named, with that folder's own name."""


def find_sources(
    paths: Sequence[Path],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    workspace: Path | None = None,
) -> Iterator[Source]:
    """Yield the files below `paths`, in a stable order, without following links.

    A file that is reached twice is yielded once, by the name that it has first.

    A file that is named itself is always taken. Below a folder, hidden files are passed over, and
    the workspace, too; where the walk begins in it, what the program keeps there. So is what
    `include` (when given) does not match or `exclude` matches; a pattern is matched against the
    name and against the path below the folder.

    Raises:
        InputError: if a named path does not exist.
    """
    seen: set[Path] = set()
    for source in _reached(paths, include, exclude, workspace):
        if source.path not in seen:
            seen.add(source.path)
            yield source


def _reached(
    paths: Sequence[Path], include: Sequence[str], exclude: Sequence[str], workspace: Path | None
) -> Iterator[Source]:
    for position, path in enumerate(paths, start=1):
        if path.is_dir():
            yield from _walk(path, include, exclude, workspace)
        elif path.exists():
            yield Source(path.resolve(), path.name)
        else:
            raise InputError(f"argument {position}: no such file or folder", code="input.missing")


def is_supported(source: Source) -> bool:
    """Tell whether the file's suffix is one that a loader reads."""
    return source.path.suffix.lower() in SUFFIXES


def _walk(
    folder: Path, include: Sequence[str], exclude: Sequence[str], workspace: Path | None
) -> Iterator[Source]:
    root = folder.resolve()
    own = {workspace, *(workspace / part for part in PARTS)} if workspace else set()
    if not (own - {workspace}).isdisjoint((root, *root.parents)):
        return
    for current, folders, files in os.walk(root):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(current, name) not in own
        )
        for name in sorted(files):
            path = Path(current, name)
            below = path.relative_to(root).as_posix()
            if name.startswith(".") or path.is_symlink() or not path.is_file() or path in own:
                continue
            if include and not _matches(below, name, include):
                continue
            if _matches(below, name, exclude):
                continue
            yield Source(path, f"{root.name}/{below}")


def _matches(below: str, name: str, patterns: Sequence[str]) -> bool:
    return any(
        fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(below, pattern) for pattern in patterns
    )
