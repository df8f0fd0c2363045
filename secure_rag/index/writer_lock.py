"""One writer a collection: a lock on its folder that dies with its process."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path
from typing import IO

from secure_rag.modes import make_folder, open_made

FILE_NAME = "writer.lock"
_log = logging.getLogger(__name__)


def lock_for_writing(folder: Path) -> IO[bytes]:
    """Take the writer's lock of a folder, made if need be; closing it gives the lock back.

    Where another process has it, this one says so and waits: writers do not hold it while
    they wait for anything else, and it dies with its process. The wait has no limit, as
    adding may take hours; Ctrl-C ends it.
    """
    make_folder(folder, parents=True)
    lock = os.fdopen(open_made(folder / FILE_NAME, os.O_RDWR | os.O_CREAT), "r+b")
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.warning(
                "another process is writing to collection %s: waiting until it is done "
                "(Ctrl-C gives up)",
                folder.name,
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
    except BaseException:
        lock.close()
        raise
    return lock
