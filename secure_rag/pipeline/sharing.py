"""The folders of a workspace: whose group they have, what it may do, and what is otherwise.

Three kinds, from the rules of `secure-rag.toml` (secure_rag/modes.py has the modes):

    private    no group is written: the owner alone
    readable   the group of [access] reads: settings, policies, models, the vault's public side
    shared     a group writes: the log and receipts with the group of [access]; index, vault and
               quarantine of a collection with its own

What the rules do not name, such as a collection without a table, is private.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from secure_rag.access import group_id
from secure_rag.errors import ConfigError
from secure_rag.modes import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    READABLE_FILE,
    READABLE_FOLDER,
    SHARED_FILE,
    SHARED_FOLDER,
)
from secure_rag.settings import CollectionSettings, Settings
from secure_rag.workspace import SETTINGS_FILE, Workspace

_READABLE = ("policies", "models", "index", "vault", "quarantine")
_SHARED = ("audit", "receipts")
_OF_COLLECTION = ("index", "vault", "quarantine")


@dataclass(frozen=True)
class Kind:
    """What files and folders are to be."""

    folder: int
    file: int
    gid: int | None
    """Group; None leaves it."""


@dataclass(frozen=True)
class Deviation:
    """One file or folder that is not as the rules say."""

    path: Path
    kind: Kind
    is_open: bool
    """Whether it gives somebody more than it should, and not less."""


def deviations(workspace: Workspace, settings: Settings) -> Iterator[Deviation]:
    """Yield what is not as the rules say, folders before what is in them.

    Raises:
        ConfigError: a group that this system does not know.
    """
    for path, kind in _wanted(workspace, settings):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        mode = kind.folder if stat.S_ISDIR(found.st_mode) else kind.file
        is_other = kind.gid is not None and found.st_gid != kind.gid
        if is_other or stat.S_IMODE(found.st_mode) != mode:
            # a mode that gives nothing to the group does no harm with another group
            excess = stat.S_IMODE(found.st_mode) & ~mode & 0o777
            yield Deviation(path, kind, bool(excess) or (is_other and bool(mode & 0o070)))


def apply(workspace: Workspace, settings: Settings) -> list[Path]:
    """Make the folders of the collections, and give everything its group and mode.

    Returns:
        what was changed.

    Raises:
        ConfigError: a group that this system does not know, or that may not be given.
    """
    made = list(_make_folders(workspace, settings))
    changed = []
    for one in list(deviations(workspace, settings)):
        is_folder = one.path.is_dir()
        try:
            if one.kind.gid is not None:
                os.chown(one.path, -1, one.kind.gid, follow_symlinks=False)
            one.path.chmod(one.kind.folder if is_folder else one.kind.file)
        except PermissionError:
            raise ConfigError(
                f"{one.path.relative_to(workspace.root)}: its group and mode cannot be set",
                code="access.apply",
                hint="run it as the owner of the workspace, who is in the group, or as root",
            ) from None
        changed.append(one.path)
    return [*made, *(path for path in changed if path not in made)]


def _make_folders(workspace: Workspace, settings: Settings) -> Iterator[Path]:
    """Make what the members of a group could not make themselves."""
    if not settings.access.group:
        return
    names = [*_SHARED, "audit/anchors"]
    names += [f"{kind}/{name}" for name in settings.collections for kind in _OF_COLLECTION]
    for name in names:
        path = workspace.root / name
        if not path.exists():
            path.mkdir(mode=PRIVATE_FOLDER)
            if os.geteuid() == 0:
                os.chown(path, workspace.root.stat().st_uid, -1)
            yield path


def _wanted(workspace: Workspace, settings: Settings) -> Iterator[tuple[Path, Kind]]:
    root = workspace.root
    shared = _gid(settings.access.group)
    private = Kind(PRIVATE_FOLDER, PRIVATE_FILE, None)
    if shared is None:
        if any(rules.group for rules in settings.collections.values()):
            raise ConfigError(
                "a collection has a group, and [access] has none",
                code="access.group",
                hint="name a group under [access] that every member is in: all write the log",
            )
        yield root, private
        yield from ((path, private) for path in _below(root))
        return
    readable = Kind(READABLE_FOLDER, READABLE_FILE, shared)
    yield root, readable
    yield root / SETTINGS_FILE, readable
    for name in _SHARED:
        kind = Kind(SHARED_FOLDER, SHARED_FILE, shared)
        yield from ((path, kind) for path in (root / name, *_below(root / name)))
    for name in _READABLE:
        yield root / name, readable
        for path in sorted((root / name).glob("*")):
            kind = readable
            if name in _OF_COLLECTION and path.is_dir():
                kind = _kind_of(settings, path.name) or private
            yield from ((one, kind) for one in (path, *_below(path)))


def _kind_of(settings: Settings, collection: str) -> Kind | None:
    """Return the kind of a collection's folders; None if the rules do not name it."""
    rules: CollectionSettings | None = settings.collections.get(collection)
    if rules is None:
        return None
    return Kind(SHARED_FOLDER, SHARED_FILE, _gid(rules.group or settings.access.group))


def _gid(group: str) -> int | None:
    """Return the number of a group of the rules, None if none is written."""
    if not group:
        return None
    found = group_id(group)
    if found is None:
        raise ConfigError(
            f"secure-rag.toml: this system knows no group {group!a}",
            code="access.group",
            hint="make it, for example with `groupadd`, or write its number: gid:N",
        )
    return found


def _below(folder: Path) -> Iterator[Path]:
    """Yield what is below a folder, without following links; a link has no mode of its own."""
    if folder.is_dir() and not folder.is_symlink():
        for path in sorted(folder.rglob("*")):
            if not path.is_symlink():
                yield path
