"""The files that `index add` was given: folders walked, patterns applied, nothing read."""

from __future__ import annotations

import fnmatch
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
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
    unread: Callable[[], None] | None = None,
) -> Iterator[Source]:
    """Yield the files below `paths`, in a stable order, without following links.

    A file that is reached twice is yielded once, by the name that it has first.

    A file that is named itself is always taken. Below a folder, hidden files are passed over, and
    the workspace, too; where the walk begins in it, what the program keeps there. So is what
    `include` (when given) does not match or `exclude` matches; a pattern is matched against the
    name and against the path below the folder.

    Args:
        paths: files and folders.
        include: patterns, one of which a file below a folder must match.
        exclude: patterns, none of which it may match.
        workspace: what is passed over.
        unread: called for each folder, and each thing in one, that may not be looked at.

    Raises:
        InputError: if a named path does not exist or cannot be reached.
    """
    seen: set[Path] = set()
    for source in _reached(paths, include, exclude, workspace, unread or (lambda: None)):
        if source.path not in seen:
            seen.add(source.path)
            yield source


def _reached(
    paths: Sequence[Path],
    include: Sequence[str],
    exclude: Sequence[str],
    workspace: Path | None,
    unread: Callable[[], None],
) -> Iterator[Source]:
    for position, path in enumerate(paths, start=1):
        try:
            is_folder = stat.S_ISDIR(path.stat().st_mode)
            found = path.resolve()
        except (FileNotFoundError, NotADirectoryError):
            raise InputError(
                f"argument {position}: no such file or folder", code="input.missing"
            ) from None
        except OSError as error:
            raise InputError(
                f"argument {position} cannot be looked at: {error.strerror}",
                code="input.unreadable",
                hint="check who may enter the folders above it",
            ) from None
        if is_folder:
            yield from _walk(found, include, exclude, workspace, unread)
        else:
            yield Source(found, path.name)


def is_supported(source: Source) -> bool:
    """Tell whether the file's suffix is one that a loader reads."""
    return source.path.suffix.lower() in SUFFIXES


def is_readable(path: Path) -> bool:
    """Tell whether a file is there and may be read."""
    return os.access(path, os.R_OK)


def is_gone(path: Path) -> bool:
    """Tell whether a file is there no more; one that may not be looked at is not gone."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _walk(
    root: Path,
    include: Sequence[str],
    exclude: Sequence[str],
    workspace: Path | None,
    unread: Callable[[], None],
) -> Iterator[Source]:
    own = {workspace, *(workspace / part for part in PARTS)} if workspace else set()
    if not (own - {workspace}).isdisjoint((root, *root.parents)):
        return
    for current, folders, files in os.walk(root, onerror=lambda _: unread()):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(current, name) not in own
        )
        for name in sorted(files):
            path = Path(current, name)
            below = path.relative_to(root).as_posix()
            if name.startswith(".") or path in own:
                continue
            try:
                is_file = stat.S_ISREG(path.lstat().st_mode)
            except OSError:
                unread()
                continue
            if not is_file:
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


def read_stdin(limit_mb: int) -> bytes:
    """Read standard input up to the size limit.

    Raises:
        InputError: if it is larger, or empty.
    """
    data = sys.stdin.buffer.read(limit_mb * 1_000_000 + 1)
    if len(data) > limit_mb * 1_000_000:
        raise InputError(f"standard input is larger than {limit_mb} MB", code="input.too_large")
    if not data:
        raise InputError("standard input is empty", code="input.empty")
    return data
