"""The newest event of a type, from the end of the log."""

from __future__ import annotations

from pathlib import Path

from secure_rag.audit.events import SessionEnd, SessionStart
from secure_rag.audit.log import AuditLog
from secure_rag.audit.recent import last_event


def test_last_event_is_the_newest_of_its_type(tmp_path: Path) -> None:
    AuditLog.create(tmp_path, origin="secure-rag/test")
    for name in ("first", "second"):
        with AuditLog.open(tmp_path, session="ab") as log:
            log.append(SessionStart(command=name, version="0", code_digest="ab" * 32))
            log.append(SessionEnd(exit_code=0))
    found = last_event(tmp_path, SessionStart.TYPE)
    assert found is not None and found["command"] == "second"
    assert last_event(tmp_path, "reveal.granted") is None


def test_last_event_looks_into_older_segments(tmp_path: Path) -> None:
    AuditLog.create(tmp_path, origin="secure-rag/test")
    with AuditLog.open(tmp_path, session="ab", segment_bytes=400) as log:
        log.append(SessionStart(command="early", version="0", code_digest="ab" * 32))
        for _ in range(5):
            log.append(SessionEnd(exit_code=0))
    found = last_event(tmp_path, SessionStart.TYPE)
    assert found is not None and found["command"] == "early"
