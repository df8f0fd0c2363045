"""Steps of the wall clock are noted, and nothing else is called one."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from secure_rag.audit import clock, record
from secure_rag.audit import log as audit_log
from secure_rag.audit.canonical import decode
from secure_rag.audit.clock import clock_step, set_forward_us
from secure_rag.audit.log import AuditLog
from secure_rag.audit.log_events import ClockStepped
from secure_rag.audit.record import Moment, boot_id, parse_time
from secure_rag.audit.segments import segment_path
from secure_rag.errors import AuditUnavailableError
from tests.unit.audit.audit_support import Made, abandon, refused, verify_twice

SECOND = 1_000_000
NOW = Moment.now()


def before(seconds: float, monotonic: float, boot: str = "b") -> dict[str, object]:
    """Return an event so many seconds before now, by both clocks."""
    wall = Moment(NOW.time_us - int(seconds * SECOND), 0)
    passed = NOW.monotonic_us - int(monotonic * SECOND)
    return {"time": wall.text, "monotonic_us": passed, "boot": boot}


@pytest.mark.parametrize(
    ("wall_s", "monotonic_s", "boot", "expected"),
    [
        (10, 10, "b", None),
        (11.9, 10, "b", None),
        (13, 10, "b", ("forward", 3000, False)),
        (7, 10, "b", ("backward", 3000, False)),
        (-3600, 10, "b", ("backward", 3_610_000, False)),
        (100_040, 100_000, "b", None),  # a time service may correct 0.05 %
        (100_060, 100_000, "b", ("forward", 60_000, False)),
        (86_400, -5, "other", None),  # after a restart only backwards can be told
        (-60, -5, "other", ("backward", 60_000, True)),
        (-1, -5, "other", None),
    ],
    ids=itertools.count(),
)
def test_clock_step_is_what_both_clocks_disagree_by(
    wall_s: float, monotonic_s: float, boot: str, expected: tuple[str, int, bool] | None
) -> None:
    step = clock_step(before(wall_s, monotonic_s, boot), "b", NOW)
    assert (step and (step.direction, step.milliseconds, step.reboot)) == expected


def test_clock_step_without_an_event_before_or_with_a_bad_one_is_none() -> None:
    assert clock_step(None, "b", NOW) is None
    assert clock_step({"time": "yesterday", "monotonic_us": 1, "boot": "b"}, "b", NOW) is None


def test_moment_is_written_and_read_without_loss() -> None:
    assert parse_time(NOW.text) == NOW.time_us
    assert boot_id()


class Stepped:
    """Both clocks, the wall clock off by some seconds."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def now(self) -> Moment:
        moment = Moment.now()
        return Moment(moment.time_us + self.seconds * SECOND, moment.monotonic_us)


def steps(made: Made) -> list[dict[str, object]]:
    records = [decode(line) for line in made.lines_readable()]
    return [one["data"] for one in records if one["type"] == "clock.step"]


@pytest.mark.parametrize("is_cached", [True, False])
def test_append_after_the_clock_was_set_back_between_commands_notes_it(
    made: Made, monkeypatch: pytest.MonkeyPatch, is_cached: bool
) -> None:
    made.run(2)
    if not is_cached:
        (made.folder / "tail.json").unlink()
    monkeypatch.setattr(audit_log, "Moment", Stepped(-3600))
    made.run(1)
    (step,) = steps(made)
    assert step["direction"] == "backward"
    assert 3_599_000 < step["milliseconds"] < 3_602_000  # type: ignore[operator]
    assert verify_twice(made.folder, genesis=made.genesis).ok


def test_append_after_a_torn_write_notes_the_step_behind_its_account(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog.open(made.folder, session="s1")
    log.append(refused(1))
    abandon(log)
    with made.segment.open("ab") as file:
        file.write(b'{"torn')
    monkeypatch.setattr(audit_log, "Moment", Stepped(+3600))
    made.run(1)
    assert steps(made)[0]["direction"] == "forward"
    assert verify_twice(made.folder, genesis=made.genesis).ok


def test_step_at_the_begin_of_a_segment_stands_before_it(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.run(2)
    set_clock = Stepped(+3600).now
    monkeypatch.setattr(record, "Moment", SimpleNamespace(now=set_clock))
    monkeypatch.setattr(audit_log, "Moment", SimpleNamespace(now=set_clock))
    made.run(1, segment_bytes=1)
    first, second = (segment_path(made.folder, number).read_bytes() for number in (1, 2))
    assert b"clock.step" in first and b"clock.step" not in second
    monkeypatch.setattr(clock, "Moment", SimpleNamespace(now=set_clock))
    ahead = set_forward_us(made.folder, [1, 2])
    assert 3_599 * SECOND < ahead[1] < 3_602 * SECOND and ahead[2] == 0
    assert verify_twice(made.folder, genesis=made.genesis).ok


def test_set_forward_is_the_sum_of_the_steps_and_of_one_that_nobody_noted(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.run(1)
    with AuditLog.open(made.folder, session="s1") as log:
        log.append(ClockStepped(direction="forward", milliseconds=7_200_000))
        log.append(ClockStepped(direction="backward", milliseconds=3_600_000))
    assert set_forward_us(made.folder, [1]) == {1: 3600 * SECOND}
    monkeypatch.setattr(clock, "Moment", Stepped(+60))
    ahead = set_forward_us(made.folder, [1])[1]
    assert 3_659 * SECOND < ahead < 3_662 * SECOND


def test_set_forward_with_a_step_of_another_form_is_refused(made: Made) -> None:
    made.run(1)
    with AuditLog.open(made.folder, session="s1") as log:
        log.append(ClockStepped(direction="forward", milliseconds=7_200_000))
    made.write_lines([line.replace(b"milliseconds", b"hours") for line in made.lines()])
    (made.folder / "tail.json").unlink()
    with pytest.raises(AuditUnavailableError, match="step of the clock"):
        set_forward_us(made.folder, [1])


def test_append_with_steady_clocks_notes_nothing(used: Made) -> None:
    assert steps(used) == []
