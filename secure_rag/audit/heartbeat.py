"""A sign of life: an event and a checkpoint, from a timer or from a session that waits.

An idle log that is sealed every quarter of an hour bounds when a change can have happened,
and its silence is visible. A missing beat is flagged only where the settings promise one.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from secure_rag.audit.log import AuditLog, Checkpoint
from secure_rag.audit.log_events import Heartbeat
from secure_rag.errors import SecureRagError

DEFAULT_MINUTES = 15
"""How often a session that waits beats where the settings promise nothing."""


def beat(folder: Path, *, promised_minutes: int) -> Checkpoint:
    """Record a sign of life and seal the log.

    Args:
        folder: the audit folder.
        promised_minutes: how often the settings promise one, 0 for no promise.

    Raises:
        AuditUnavailableError: if the log cannot be written or sealed.
    """
    with AuditLog.open(folder, session=secrets.token_hex(8)) as log:
        log.append(Heartbeat(promised_minutes=promised_minutes))
        return log.seal()


@contextmanager
def beating(
    log: AuditLog, *, source: str, promised_minutes: int, every_s: float | None = None
) -> Iterator[None]:
    """Beat while the body runs, so that a session which waits for its user is not silent.

    A beat that fails ends the beating: the session's own next event meets the same error.
    """
    pause = every_s or (promised_minutes or DEFAULT_MINUTES) * 60
    stop = threading.Event()
    event = Heartbeat(source=source, promised_minutes=promised_minutes)
    thread = threading.Thread(target=_beat, args=(log, event, stop, pause), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(log: AuditLog, event: Heartbeat, stop: threading.Event, pause: float) -> None:
    while not stop.wait(pause):
        try:
            log.append(event)
            log.seal()
        except SecureRagError:
            return
