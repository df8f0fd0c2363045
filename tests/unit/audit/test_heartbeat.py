"""Signs of life: recorded, sealed, and missed only where they are promised."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from secure_rag.audit import log as audit_log
from secure_rag.audit.canonical import decode, encode
from secure_rag.audit.events import SessionEnd
from secure_rag.audit.heartbeat import beat, beating
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.record import Moment
from secure_rag.errors import AuditUnavailableError
from tests.unit.audit.audit_support import Made, abandon, refused, verify_twice
from tests.unit.audit.test_verify import live_key, put_key, resealed

MINUTE = 60_000_000


def codes(made: Made, minutes: int, **options: object) -> tuple[set[str], set[str]]:
    report = verify_twice(made.folder, genesis=made.genesis, heartbeat=minutes, **options)
    assert report.ok
    return {s.code for s in report.verified}, {s.code for s in report.not_checkable}


def test_beat_records_and_seals(made: Made) -> None:
    head = beat(made.folder, promised_minutes=15)
    record = decode(made.lines()[head.seq - 1][:-1])
    assert record["type"] == "heartbeat"
    assert record["data"] == {"source": "timer", "promised_minutes": 15}
    assert head.seq == len(made.lines()) - 1
    assert codes(made, 15)[1] == {"anchor"}


def test_beat_where_the_log_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AuditUnavailableError):
        beat(tmp_path, promised_minutes=0)


def test_beating_session_beats_until_its_body_ends(made: Made) -> None:
    with AuditLog.open(made.folder, session="chat") as log:
        with beating(log, source="chat", promised_minutes=0, every_s=0.02):
            deadline = time.monotonic() + 20
            while made.whole().count(b'"heartbeat"') < 3 and time.monotonic() < deadline:
                time.sleep(0.01)
            log.append(refused(1))
        count = made.whole().count(b'"heartbeat"')
        time.sleep(0.06)
        assert count >= 3 and made.whole().count(b'"heartbeat"') == count
    assert codes(made, 15)[0] >= {"records", "seals", "heartbeat"}


def test_beating_log_that_fails_ends_the_beating_not_the_session(made: Made) -> None:
    log = AuditLog.open(made.folder, session="chat")
    with beating(log, source="chat", promised_minutes=0, every_s=0.01):
        abandon(log)
        time.sleep(0.05)


def test_append_of_a_long_session_seals_in_between(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "SEAL_AFTER_S", -1)
    log = AuditLog.open(made.folder, session="long")
    assert [log.append(refused(n)) for n in range(3)] == [2, 4, 6]
    abandon(log)
    assert codes(made, 0)[1] == {"anchor"}


def silent_log(made: Made, gaps: list[tuple[int, str]]) -> None:
    """Write a sealed log whose events lie so many minutes apart, on the named boots."""
    lines = made.lines()
    clock, last_boot = 10 * MINUTE, "one"
    for minutes, boot in gaps:
        clock = clock + minutes * MINUTE if boot == last_boot else minutes * MINUTE
        last_boot = boot
        record = decode(lines[0][:-1])
        record |= {"seq": len(lines), "boot": boot, "monotonic_us": clock, "type": "session.end",
                   "data": SessionEnd(exit_code=0).contents()}  # fmt: skip
        lines.append(encode(record) + b"\n")
    tree = Frontier()
    for line in lines:
        tree.push(line[:-1])
    key = live_key(made)
    following = type(key).generate(key.epoch + 1)
    made.write_lines(resealed(made, lines, key, following))
    put_key(made, following)


@pytest.mark.parametrize(
    ("gaps", "missing_after"),
    [
        ([(1, "one"), (15, "one"), (29, "one")], None),
        ([(1, "one"), (31, "one"), (1, "one"), (60, "one")], 2),
        ([(1, "one"), (2, "two"), (3, "two")], None),  # the machine was off
        ([(1, "one"), (45, "two")], 2),  # on for 45 minutes without a sign
    ],
    ids=["kept", "silent", "restarted", "silent since the start"],
)
def test_verify_silence_is_flagged_only_where_a_promise_was_broken(
    made: Made, gaps: list[tuple[int, str]], missing_after: int | None
) -> None:
    silent_log(made, gaps)
    report = verify_twice(made.folder, heartbeat=15, exported=True)
    found = [s for s in report.not_checkable if s.code == "heartbeat"]
    if missing_after is None:
        assert not found and "heartbeat" in {s.code for s in report.verified}
    else:
        assert f"after record {missing_after} " in found[0].text
    assert "heartbeat" not in codes(made, 0, exported=True)[1]


def test_verify_silence_up_to_now_is_flagged_on_a_live_log(made: Made) -> None:
    """The log of another boot: what counts is how long this machine has been running."""
    silent_log(made, [(1, "one")])
    is_long_up = Moment.now().monotonic_us > 2 * MINUTE
    assert ("heartbeat" in codes(made, 1)[1]) == is_long_up
