"""Steps of the wall clock are noted, and nothing else is called one."""

from __future__ import annotations

import itertools

import pytest

from secure_rag.audit import log as audit_log
from secure_rag.audit.canonical import decode
from secure_rag.audit.clock import clock_step
from secure_rag.audit.log import AuditLog
from secure_rag.audit.record import Moment, boot_id, parse_time
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
    return [record["data"] for record in records if record["type"] == "clock.step"]


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


def test_append_with_steady_clocks_notes_nothing(used: Made) -> None:
    assert steps(used) == []
