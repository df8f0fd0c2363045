"""One writer a collection: a lock on its folder that dies with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from secure_rag.errors import ArtifactError

_LOCK = "writer.lock"


def lock_for_writing(folder: Path) -> IO[bytes]:
    """Take the writer's lock of a folder, made if need be; closing it gives the lock back.

    Raises:
        ArtifactError: another process has it (`index.busy`).
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.fdopen(os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise ArtifactError(
            "another process is writing to this collection",
            hint="wait until it is done, then try again",
            code="index.busy",
        ) from None
    return lock
