"""What lies in a model store until it is whole and checked, held by the run that writes it.

A run that was killed leaves it behind, held by nobody: the next one that brings a model
into the store removes it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from secure_rag.errors import InputError, IsolationError
from secure_rag.isolation.private_folder import make_private_folder, remove_left_folders

MODEL_FILE = "model.gguf"
_PART = f"{MODEL_FILE}.part"


@contextmanager
def unfinished_folder(store: Path) -> Iterator[Path]:
    """Make a folder in a store for this run, and remove it at the end.

    Raises:
        InputError: none can be made there.
    """
    remove_left(store)
    try:
        folder = make_private_folder(store)
    except IsolationError as error:
        hint = "make room or give write access there"
        raise InputError(f"{store}: {error.message}", hint=hint) from None
    try:
        yield folder.path
    finally:
        folder.clear()
        os.close(folder.descriptor)


@contextmanager
def unfinished_file(folder: Path) -> Iterator[BinaryIO]:
    """Open a model's file for this run alone; it has its name at the end, or is removed.

    Raises:
        InputError: another run is writing it.
        OSError: the disk refuses.
    """
    remove_left(folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / _PART
    with part.open("ab") as file:
        if not _is_taken(file):
            raise InputError("another run is adding a model of this name", hint="let it end first")
        try:
            file.truncate(0)
            yield file
            os.replace(part, folder / MODEL_FILE)
        except BaseException:
            _remove(part)
            raise


def remove_left(store: Path) -> None:
    """Remove what nobody holds any more."""
    remove_left_folders(store)
    for part in store.glob(f"*/{_PART}"):
        with suppress(OSError), part.open("rb+") as file:
            if _is_taken(file):
                _remove(part)


def _remove(part: Path) -> None:
    with suppress(OSError):
        part.unlink(missing_ok=True)
        part.parent.rmdir()  # if it is empty, it is of that run


def _is_taken(file: BinaryIO) -> bool:
    """Take a file's lock; a file without a name was removed before this run had it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(file.fileno()).st_nlink > 0
