"""Pruning of logs of before: by the rules they go and `verify` knows; nothing else passes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from secure_rag.audit.earlier import Earlier, earlier_logs, judge_earlier
from secure_rag.audit.earlier_retention import (
    carry_out_earlier,
    plan_earlier,
    remove_left_earlier,
)
from secure_rag.audit.event import Event
from secure_rag.audit.log import AuditLog
from secure_rag.audit.log_events import (
    ClockStepped,
    EarlierPruned,
    HoldCleared,
    HoldSet,
    LogPruned,
)
from secure_rag.audit.record import Moment
from secure_rag.audit.segments import segment_numbers
from secure_rag.audit.verdict import VerifyReport
from secure_rag.audit.verify import verify
from secure_rag.errors import RefusedError
from secure_rag.pipeline.backup import backup
from secure_rag.pipeline.doctor_copies import check_copies
from secure_rag.pipeline.prune import Pruned, Term, make_term, prune
from secure_rag.workspace import Workspace
from tests.unit.audit.audit_support import EVENTS, INDEPENDENT, FailingDisk, Killed, verdict
from tests.unit.pipeline.test_backup import LOCK, Scene

DAY_US = 86_400 * 10**6


def backed_up(scene: Scene, workspace: Workspace) -> None:
    with scene.session(workspace) as session:
        backup(session, scene.file, LOCK)


@dataclass
class Twice:
    """A workspace that was restored twice: its log, one of before, and one before that."""

    scene: Scene
    workspace: Workspace

    @property
    def audit(self) -> Path:
        return self.workspace.audit

    @property
    def logs(self) -> list[Earlier]:
        """The newest first."""
        return list(earlier_logs(self.audit))

    def prune(self, before: str = "", **how: int) -> Pruned:
        term = Term(before or Moment.now().text, 0, how.get("old_by_us"))
        with self.scene.session(self.workspace) as session:
            return prune(session, term, "the records plan")

    def check(self) -> VerifyReport:
        for exported in (True, False):
            report = verify(self.audit, exported=exported)
            judge_earlier(report, self.audit, exported=exported)
            other = INDEPENDENT.verify(self.audit, is_live=not exported, catalogue=EVENTS)
            INDEPENDENT.judge_earlier(other, self.audit, not exported)
            assert verdict(report) == verdict(other)
        return report

    def codes(self) -> tuple[list[str], set[str]]:
        """Return what failed, and what is not checkable."""
        report = self.check()
        failed = [one.code for one in report.failed]
        return failed, {one.code for one in report.not_checkable}

    def warned(self) -> dict[str, str | None]:
        """Return the hints of `doctor` about logs of before, by state."""
        with self.scene.session(self.workspace) as session:
            checks = [one for one in check_copies(session) if one.subject == "log of before"]
        return {one.state: one.hint for one in checks}

    def record(self, *events: Event, sealed: bool = True) -> None:
        log = AuditLog.open(self.audit, session="s")
        log.append_many(events)
        if sealed:
            log.close()
        else:
            log._release()

    def announce(self, one: Earlier, **changed: object) -> EarlierPruned:
        event = EarlierPruned(
            backup=one.backup, records=one.head.size, root=one.head.root,
            before=Moment.now().text, reason="x",
        )  # fmt: skip
        return replace(event, **changed)  # type: ignore[arg-type]


def restored_twice(home: Path, *events: Event) -> Twice:
    """Make one; the events are recorded in the log that is before the last."""
    scene = Scene(home)
    scene.backup()
    first = Twice(scene, scene.restore("first").workspace)
    scene.settle(first.workspace)
    if events:
        first.record(*events)
    time.sleep(1.1)  # backups tell their time to the second
    backed_up(scene, first.workspace)
    second = scene.restore("second").workspace
    scene.settle(second)
    return Twice(scene, second)


STEP = ClockStepped(direction="forward", milliseconds=2 * DAY_US // 1000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    return restored_twice(tmp_path_factory.mktemp("twice"))


@pytest.fixture
def stepped(tmp_path: Path) -> Twice:
    return restored_twice(tmp_path, STEP)


@pytest.fixture
def twice(made: Twice, tmp_path: Path) -> Twice:
    shutil.copytree(made.workspace.root, tmp_path / "work")
    return Twice(made.scene, Workspace(tmp_path / "work"))


def test_prune_takes_old_logs_of_before_and_verify_knows(twice: Twice) -> None:
    newest, oldest = twice.logs
    done = twice.prune()
    assert [one.backup for one in done.earlier.going] == [oldest.backup, newest.backup]
    assert list((twice.audit / "before").iterdir()) == []
    failed, skipped = twice.codes()
    assert not failed and "earlier.pruned" in skipped
    assert not {"earlier", "earlier.left", "earlier.stranger"} & skipped
    assert twice.warned() == {}
    assert twice.prune().earlier.going == ()


def test_prune_takes_only_what_ended_before(twice: Twice) -> None:
    newest, oldest = twice.logs
    between = f"{oldest.made[:19]}.999999Z"
    done = twice.prune(between)
    assert [one.backup for one in done.earlier.going] == [oldest.backup]
    assert newest.is_there and not oldest.is_there
    report = twice.check()
    assert report.ok
    said = {one.code: one.text for one in report.not_checkable}
    assert f"{oldest.head.size} records, was pruned" in said["earlier.pruned"]
    assert "earlier" in {one.code for one in report.verified}
    assert segment_numbers(twice.audit)[0] == 1, "the event that names it stays"


def test_prune_of_nothing_that_is_old_enough_does_nothing(twice: Twice) -> None:
    done = twice.prune("2020-01-01T00:00:00.000000Z")
    assert done.plan is None and done.earlier.going == ()
    assert all(one.is_there for one in twice.logs)


def test_a_backup_made_since_knows_of_the_pruning_too(twice: Twice) -> None:
    newest, oldest = twice.logs
    twice.prune(f"{oldest.made[:19]}.999999Z")
    backed_up(twice.scene, twice.workspace)
    third = twice.scene.restore(f"third-{twice.workspace.root.parent.name}").workspace
    again = Twice(twice.scene, third)
    assert [one.backup for one in again.logs][1:] == [newest.backup, oldest.backup]
    failed, skipped = again.codes()
    assert not failed and "earlier.pruned" in skipped


def take_away(twice: Twice, one: Earlier) -> None:
    shutil.rmtree(one.folder)


def announce_unsealed(twice: Twice, one: Earlier) -> None:
    twice.record(twice.announce(one), sealed=False)
    take_away(twice, one)


def announce_another(twice: Twice, one: Earlier) -> None:
    twice.record(twice.announce(one, backup="0" * 16))
    take_away(twice, one)


def announce_another_root(twice: Twice, one: Earlier) -> None:
    twice.record(twice.announce(one, root="0" * 64), twice.announce(one, records=1))
    take_away(twice, one)


def announce_another_kind(twice: Twice, one: Earlier) -> None:
    event = LogPruned(
        segments=1, first=2, root=one.head.root, sha256="0" * 64,
        before=Moment.now().text, reason=str(twice.announce(one)),
    )  # fmt: skip
    twice.record(event)
    take_away(twice, one)


def announce_young(twice: Twice, one: Earlier) -> None:
    twice.record(twice.announce(one, before="2020-01-01T00:00:00.000000Z"))
    take_away(twice, one)


def announce_future(twice: Twice, one: Earlier) -> None:
    twice.record(twice.announce(one, before="2999-01-01T00:00:00.000000Z"))
    take_away(twice, one)


def announce_under_hold(twice: Twice, one: Earlier) -> None:
    twice.record(HoldSet(hold="h", reason="a case"), twice.announce(one))
    take_away(twice, one)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (take_away, "earlier.missing"),
        (announce_unsealed, "earlier.missing"),
        (announce_another, "earlier.missing"),
        (announce_another_root, "earlier.missing"),
        (announce_another_kind, "earlier.missing"),
        (announce_young, "earlier.young"),
        (announce_future, "earlier.young"),
        (announce_under_hold, "earlier.hold"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_log_of_before_that_went_otherwise_fails(
    twice: Twice, act: Callable[[Twice, Earlier], None], code: str
) -> None:
    act(twice, twice.logs[1])
    assert code in twice.codes()[0]
    assert "fail" in twice.warned()


def test_an_announcement_after_a_hold_was_cleared_counts(twice: Twice) -> None:
    oldest = twice.logs[1]
    hold, cleared = HoldSet(hold="h", reason="a case"), HoldCleared(hold="h", reason="closed")
    twice.record(hold, cleared, twice.announce(oldest))
    take_away(twice, oldest)
    assert twice.codes()[0] == []


def test_nothing_goes_under_a_hold(twice: Twice) -> None:
    twice.record(HoldSet(hold="h", reason="a case"))
    with pytest.raises(RefusedError) as caught:
        twice.prune()
    assert caught.value.code == "audit.held"
    assert all(one.is_there for one in twice.logs)


def test_a_hold_that_comes_between_plan_and_act_keeps_the_log(twice: Twice) -> None:
    newest = twice.logs[0]
    event = twice.announce(newest)
    with AuditLog.open(twice.audit, session="s") as log:
        log.append(HoldSet(hold="h", reason="a case"))
        with pytest.raises(RefusedError):
            carry_out_earlier(log, twice.audit, newest, event)
        with pytest.raises(RefusedError):
            remove_left_earlier(log, twice.audit, [newest])
    assert newest.is_there and twice.codes()[0] == []


def test_a_log_of_before_that_does_not_verify_keeps_everything(twice: Twice) -> None:
    newest, oldest = twice.logs
    path = newest.folder / "log" / "000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"outcome":"ok"', b'"outcome":"no"', 1))
    with pytest.raises(RefusedError) as caught:
        twice.prune()
    assert caught.value.code == "audit.prune" and caught.value.exit_code == 6
    assert newest.is_there and oldest.is_there
    assert b"log.earlier_pruned" not in (twice.audit / "log" / "000001.jsonl").read_bytes()


def flip_record(folder: Path) -> None:
    path = folder / "log" / "000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"outcome":"ok"', b'"outcome":"no"', 1))


def drop_newest_seal(folder: Path) -> None:
    path = folder / "log" / "000001.jsonl"
    path.write_bytes(path.read_bytes().rpartition(b'{"format"')[0])


def damage_pruned(folder: Path) -> None:
    (folder / "log" / "pruned.tree").write_bytes(b"{}\n")


@pytest.mark.parametrize("which", [0, 1], ids=["newest", "oldest"])
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (shutil.rmtree, "earlier.missing"),
        (flip_record, "earlier.differs"),
        (drop_newest_seal, "earlier.differs"),
        (damage_pruned, "earlier.differs"),
    ],
)
def test_both_verifiers_find_a_changed_log_of_before(
    twice: Twice, act: Callable[[Path], None], code: str, which: int
) -> None:
    act(twice.logs[which].folder)
    assert code in twice.codes()[0]


def test_both_verifiers_say_of_a_copy_without_logs_of_before_that_they_are_not_in_it(
    twice: Twice,
) -> None:
    shutil.rmtree(twice.audit / "before")
    report = verify(twice.audit, exported=True)
    judge_earlier(report, twice.audit, exported=True)
    other = INDEPENDENT.verify(twice.audit, catalogue=EVENTS)
    INDEPENDENT.judge_earlier(other, twice.audit, False)
    assert verdict(report) == verdict(other) and report.ok
    assert {"restored", "earlier"} <= {one.code for one in report.not_checkable}


def test_a_present_log_that_cannot_be_read_fails_and_raises_nothing(twice: Twice) -> None:
    damage_pruned(twice.audit)
    assert "pruned.form" in twice.codes()[0]


@pytest.mark.parametrize("how", ["before", "middle", "after"])
def test_prune_killed_at_each_step_is_no_failure_and_goes_on(twice: Twice, how: str) -> None:
    seen: set[str] = set()
    for at in range(1, 60):
        one = Twice(twice.scene, Workspace(twice.workspace.root.parent / f"{how}-{at}"))
        shutil.copytree(twice.workspace.root, one.workspace.root)
        oldest = one.logs[1]
        disk = FailingDisk(at, how)
        log = AuditLog.open(one.audit, session="s", disk=disk)
        is_whole = True
        try:
            carry_out_earlier(log, one.audit, oldest, one.announce(oldest), disk)
        except Killed:
            is_whole = False
        finally:
            log._release()
        failed, skipped = one.codes()
        assert failed == [], (at, failed)
        seen |= skipped
        done = one.prune(f"{oldest.made[:19]}.999999Z")
        assert not oldest.is_there
        assert one.codes()[0] == []
        assert {"going": len(done.earlier.going), "left": len(done.earlier.left)}[
            "left" if "earlier.left" in skipped else "going"
        ] == (0 if is_whole or "earlier.pruned" in skipped else 1)
        shutil.rmtree(one.workspace.root)
        if is_whole:
            break
    else:
        raise AssertionError("it never ended")
    assert "earlier.left" in seen


def test_doctor_names_what_a_pruning_left_and_what_nobody_names(twice: Twice) -> None:
    oldest = twice.logs[1]
    twice.record(twice.announce(oldest))
    assert twice.warned() == {"warn": "secure-rag audit prune"}
    twice.prune(f"{oldest.made[:19]}.999999Z")
    (twice.audit / "before" / "some folder").mkdir()
    assert twice.warned() == {"warn": "rm -r 'audit/before/some folder'"}
    assert "earlier.stranger" in twice.codes()[1]


def test_of_a_link_only_the_link_goes(twice: Twice, tmp_path: Path) -> None:
    oldest = twice.logs[1]
    elsewhere = tmp_path / "elsewhere"
    shutil.move(oldest.folder, elsewhere)
    oldest.folder.symlink_to(elsewhere)
    (twice.logs[0].folder / "link").symlink_to(elsewhere)
    twice.prune()
    assert list((twice.audit / "before").iterdir()) == []
    assert (elsewhere / "log" / "000001.jsonl").exists()


# -- age -------------------------------------------------------------------------------------


def aged(twice: Twice, days: int, passed: int, monkeypatch: pytest.MonkeyPatch) -> set[bool]:
    """Return which logs of before go under a term of 30 days, at such a time."""
    read = Moment.now

    def later() -> Moment:
        now = read()
        return Moment(now.time_us + days * DAY_US, now.monotonic_us + passed * DAY_US)

    with monkeypatch.context() as patched:
        patched.setattr(Moment, "now", later)
        term = make_term(30)
        plan = plan_earlier(twice.audit, term.before, old_by_us=term.old_by_us)
    going = {one.backup for one in plan.going}
    return {one.backup in going for one in twice.logs}


def test_a_clock_that_was_set_forward_makes_no_log_old(
    twice: Twice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert aged(twice, 29, 29, monkeypatch) == {False}
    assert aged(twice, 400, 0, monkeypatch) == {False}
    assert "the clock was set forward" in caplog.text
    caplog.clear()
    assert aged(twice, 31, 31, monkeypatch) == {True}
    assert caplog.text == ""


def test_a_noted_step_in_a_younger_log_makes_the_older_one_no_older(
    stepped: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step was noted after the older log ended; the younger one stays until that one goes."""
    assert aged(stepped, 31, 31, monkeypatch) == {False}
    assert aged(stepped, 33, 33, monkeypatch) == {True}


def test_a_noted_step_of_the_present_log_counts(
    twice: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice.record(STEP)
    assert aged(twice, 31, 31, monkeypatch) == {False}
    assert aged(twice, 33, 33, monkeypatch) == {True}
