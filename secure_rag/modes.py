"""Modes of the files of a workspace: private, or shared with the POSIX group of their folder.

The folder says which. One with the set-group-ID bit that its group may write (2770) is shared: the
kernel gives what is made in it the folder's group (inode(7)), and its group may read and write
that (0660, 2770). Everywhere else a file is its owner's alone (0600, 0700), whatever the umask.
`access apply` makes folders of either kind.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
SHARED_FILE, SHARED_FOLDER = 0o660, 0o2770
READABLE_FILE, READABLE_FOLDER = 0o640, 0o2750
"""Of what a group may read and its owner alone may change, such as the settings."""
_umask = threading.Lock()


def is_shared(folder: Path) -> bool:
    """Say whether what is made in a folder belongs to the folder's group, too."""
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)


def file_mode(folder: Path) -> int:
    """Return the mode of a file in a folder."""
    return SHARED_FILE if is_shared(folder) else PRIVATE_FILE


def open_made(path: Path, flags: int) -> int:
    """Open a file that is made if need be, with the mode that its folder gives; as `os.open`."""
    mode = file_mode(path.parent)
    descriptor = os.open(path, flags | os.O_CLOEXEC, mode)
    found = os.fstat(descriptor)
    # the umask has taken bits away; on a file that somebody else made there is nothing to do
    if mode == SHARED_FILE and found.st_uid == os.geteuid():
        os.fchmod(descriptor, mode)
    return descriptor


def make_folder(path: Path, *, parents: bool = False) -> None:
    """Make a folder, if it is not there, of the kind that the folder around it is."""
    if path.is_dir():
        return
    if parents and not path.parent.is_dir():
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    is_within_shared = is_shared(path.parent)
    path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    if is_within_shared and path.stat().st_uid == os.geteuid():
        path.chmod(SHARED_FOLDER)


@contextmanager
def made_as_in(folder: Path | None) -> Iterator[None]:
    """Let libraries that name no mode make files of the kind that a folder is, in the body.

    The umask belongs to the whole process, so that one body runs at a time.
    """
    if folder is None or not folder.is_dir():
        yield
        return
    with _umask:
        before = os.umask(0o007 if is_shared(folder) else 0o077)
        try:
            yield
        finally:
            os.umask(before)
