"""Anchors: kept after their event, held against the log, old where the disk was put back."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from secure_rag.audit.anchors import FOLDER, AnchorCheck, add_anchor, newest_anchor
from secure_rag.audit.canonical import decode
from secure_rag.audit.chain import Since
from secure_rag.audit.export import bundle, collect
from secure_rag.audit.heads import make_request
from secure_rag.audit.pruned import kept_numbers, read_beginning
from secure_rag.audit.verdict import VerifyReport
from secure_rag.audit.verify import verify
from secure_rag.audit.witness import Witness
from secure_rag.errors import ConfigError, InputError
from tests.unit.audit.audit_support import ORIGIN, Made, make_log

DAY = 86_400
NOW = 1_700_000_000


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "state")


def anchored(made: Made, witness: Witness, *, now: int = NOW) -> str:
    """Have the log cosigned and the anchor kept; return the cosigned note."""
    kept = witness.kept(ORIGIN)
    request = make_request(made.folder, kept.text.size if kept else 0)
    decision = witness.cosign(request, genesis=made.genesis, now=now)
    assert decision.is_accepted and decision.kept is not None
    add_anchor(made.folder, decision.kept.note, [witness.key.line()], session="s")
    return decision.kept.note


def checked(
    made: Made, witness: Witness, *, days: int = 0, later: int = 0, **options: object
) -> tuple[VerifyReport, AnchorCheck]:
    check = AnchorCheck.of(made.folder, [witness.key.line()], days)
    check.now = NOW + later * DAY
    report = verify(made.folder, genesis=made.genesis, stored=check, **options)  # type: ignore[arg-type]
    return report, check


def codes(report: VerifyReport) -> tuple[set[str], set[str], set[str]]:
    lists = (report.verified, report.failed, report.not_checkable)
    verified, failed, not_checkable = ({s.code for s in found} for found in lists)
    return verified, failed, not_checkable


def test_anchor_is_kept_after_its_event(used: Made, witness: Witness) -> None:
    note = anchored(used, witness)
    (path,) = (used.folder / FOLDER).iterdir()
    assert path.read_text() == note and path.stat().st_mode & 0o777 == 0o600
    event = decode(used.lines()[-2][:-1])
    assert (event["type"], event["data"]["size"]) == ("anchor.added", 13)
    assert event["data"]["cosigned"] == "2023-11-14T22:13:20Z"
    report, check = checked(used, witness)
    assert report.ok and "witness" in codes(report)[0]
    assert check.newest == (13, float(NOW))


def test_anchor_without_any_says_none(used: Made, witness: Witness) -> None:
    report, check = checked(used, witness)
    assert report.ok and check.newest is None and check.is_fresh
    assert not {"witness", "anchor-age"} & set[str]().union(*codes(report))


@pytest.mark.parametrize(("later", "is_fresh"), [(0, True), (7, True), (8, False)])
def test_anchor_demanded_age_is_flagged_and_fails_where_required(
    used: Made, witness: Witness, later: int, is_fresh: bool
) -> None:
    anchored(used, witness)
    report, check = checked(used, witness, days=7, later=later)
    assert report.ok and check.is_fresh is is_fresh
    assert ("anchor-age" in codes(report)[0]) is is_fresh
    assert ("anchor-age" in codes(report)[2]) is not is_fresh
    required, _ = checked(used, witness, days=7, later=later, require={"anchor"})
    assert required.ok is is_fresh
    assert codes(required)[1] == (set() if is_fresh else {"require.anchor"})


def test_anchor_none_where_one_is_demanded_fails_if_required(used: Made, witness: Witness) -> None:
    report, check = checked(used, witness, days=7, require={"anchor"})
    assert not check.is_fresh
    assert codes(report)[1] == {"require.anchor"}


def test_anchor_stored_without_a_demanded_age_does_not_stand_for_a_kept_one(
    used: Made, witness: Witness
) -> None:
    anchored(used, witness)
    report, _ = checked(used, witness, require={"anchor"})
    assert codes(report)[1] == {"require.anchor"}


def test_anchor_kept_checkpoint_counts_for_the_age(used: Made, witness: Witness) -> None:
    note = make_request(used.folder, 0).notes[-1]
    check = AnchorCheck.of(used.folder, [], 7)
    report = verify(used.folder, checkpoint=note, stored=check, require={"anchor"})
    assert report.ok and check.is_fresh and check.newest is not None
    check = AnchorCheck.of(used.folder, [], 7)
    check.now += 8 * DAY
    report = verify(used.folder, checkpoint=note, stored=check, require={"anchor"})
    assert codes(report)[1] == {"require.anchor"}


def test_anchor_newer_than_a_restored_log_fails(
    used: Made, witness: Witness, tmp_path: Path
) -> None:
    backup = used.copy(tmp_path / "backup")
    used.run(2)
    anchored(used, witness)
    shutil.copytree(used.folder / FOLDER, backup.folder / FOLDER)
    report, check = checked(backup, witness)
    assert codes(report)[1] == {"witness.differs"}
    assert check.newest is None
    backup.run(1, session="a")
    backup.run(9, session="other")
    report, _ = checked(backup, witness)
    assert codes(report)[1] == {"witness.differs"}


def test_anchor_whole_disk_put_back_is_old(used: Made, witness: Witness, tmp_path: Path) -> None:
    anchored(used, witness)
    backup = used.copy(tmp_path / "backup")
    used.run(2)
    anchored(used, witness, now=NOW + 7 * DAY)
    assert checked(used, witness, days=7, later=8, require={"anchor"})[0].ok
    report, _ = checked(backup, witness, days=7, later=8, require={"anchor"})
    assert codes(report)[1] == {"require.anchor"}


def test_anchor_changed_or_of_a_stranger_is_not_counted(
    used: Made, witness: Witness, tmp_path: Path
) -> None:
    anchored(used, witness)
    stranger = Witness(tmp_path / "stranger")
    report, check = checked(used, stranger)
    assert report.ok and check.newest is None
    assert "witness-unknown" in codes(report)[2]
    (path,) = (used.folder / FOLDER).iterdir()
    data = path.read_bytes()
    ends = data.index(b"\n\n"), data.rindex(b"\n", 0, -1)
    for place in (*range(0, ends[0], 5), *range(ends[1], len(data), 5)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert checked(used, witness)[1].newest is None


def test_anchor_dated_in_the_future_is_not_counted(used: Made, witness: Witness) -> None:
    anchored(used, witness, now=NOW + DAY)
    report, check = checked(used, witness)
    assert check.newest is None and "witness-time" in codes(report)[2]


def test_anchor_beyond_the_first_wrong_record_is_not_checkable(
    used: Made, witness: Witness
) -> None:
    anchored(used, witness)
    lines = used.lines()
    used.write_lines([*lines[:6], lines[6].replace(b"no_passages", b"no_passageS"), *lines[7:]])
    report, check = checked(used, witness)
    assert codes(report)[1] == {"checkpoint.root"} and check.newest is None
    assert "witness" in codes(report)[2]


def test_anchor_of_another_log_or_unknown_witness_is_not_added(
    used: Made, witness: Witness, tmp_path: Path
) -> None:
    other = make_log(tmp_path / "other")
    other.run(2)
    request = make_request(other.folder, 0)
    foreign = witness.cosign(request, genesis=other.genesis, now=NOW).kept
    assert foreign is not None
    before = used.whole()
    with pytest.raises(InputError) as caught:
        add_anchor(used.folder, foreign.note, [witness.key.line()], session="s")
    assert caught.value.code == "witness.differs"
    stranger = Witness(tmp_path / "stranger").key.line()
    for known in ([], [stranger]):
        with pytest.raises(InputError) as caught:
            add_anchor(used.folder, foreign.note, known, session="s")
        assert caught.value.code == "witness.unknown"
    with pytest.raises(ConfigError):
        add_anchor(used.folder, foreign.note, ["nonsense"], session="s")
    assert used.whole() == before and newest_anchor(used.folder, [stranger]) is None


@pytest.mark.parametrize("since", [1, 9, 14])
def test_anchor_is_seen_where_earlier_events_are_not_read(
    used: Made, witness: Witness, since: int
) -> None:
    anchored(used, witness)
    report, check = checked(used, witness, since=Since(since))
    assert report.ok and check.newest == (13, float(NOW))


# -- beside a pruned log, and in a bundle ------------------------------------------------------


def test_anchor_over_pruned_records_still_holds_the_log(made: Made, witness: Witness) -> None:
    for session in range(4):
        made.run(3, session=f"s{session}", segment_bytes=1500)
        if session == 0:
            note = anchored(made, witness)
    made.prune(len(kept_numbers(made.folder)) - 1)
    assert newest_anchor(made.folder, [witness.key.line()]) is not None
    report, check = checked(made, witness)
    assert report.ok and {"witness", "pruning"} <= codes(report)[0]
    assert check.newest is not None and check.newest[0] < read_beginning(made.folder).first
    changed = note.replace(f"\n{check.newest[0]}\n", "\n4\n", 1)
    assert changed != note
    (made.folder / FOLDER / "9-00.note").write_text(changed)
    assert "witness-unknown" in codes(checked(made, witness)[0])[2]


def exported(made: Made, folder: Path) -> Any:
    """Write a bundle; return the program in it that checks it."""
    for name, content in bundle(collect(made.folder), ()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    spec = importlib.util.spec_from_file_location("check_export", folder / "check_export.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules.pop("verify")  # the next bundle brings its own
    sys.path.remove(str(folder))
    return module


def said(report: Any) -> tuple[set[str], ...]:
    lists = (report.verified, report.failed, report.not_checkable)
    return tuple({one["code"] for one in found} for found in lists)


def test_export_bundles_anchors_and_holds_them_against_the_log(
    made: Made, witness: Witness, tmp_path: Path
) -> None:
    made.run(2)
    note = anchored(made, witness)
    made.run(2)
    place = tmp_path / "bundle"
    program = exported(made, place)
    (path,) = (place / "audit" / FOLDER).iterdir()
    assert path.read_text() == note
    line = witness.key.line()
    verified, failed, _ = said(program.check(place, made.genesis, (line,)))
    assert not failed and {"witness", "events", "genesis"} <= verified
    assert "witness-unknown" in said(program.check(place, made.genesis))[2]
    other = Witness(tmp_path / "other").key.line()
    assert "witness-unknown" in said(program.check(place, made.genesis, (other,)))[2]
    # Our own verifier reads them in the bundle as well.
    report = verify(place / "audit", exported=True, stored=AnchorCheck.of(place / "audit", [line]))
    assert report.ok and "witness" in {one.code for one in report.verified}


def test_export_anchor_of_another_history_fails(
    made: Made, witness: Witness, tmp_path: Path
) -> None:
    other = made.copy(tmp_path / "other")
    made.run(2)
    note = anchored(made, witness)
    for session in range(3):
        other.run(3, session=f"t{session}")
    place = tmp_path / "bundle"
    program = exported(other, place)
    (place / "audit" / FOLDER).mkdir()
    (place / "audit" / FOLDER / "5-00.note").write_text(note)
    assert said(program.check(place, made.genesis, (witness.key.line(),)))[1] == {"witness.differs"}
    line = witness.key.line()
    for bad in (line[:-2] + "AA", "x", line.replace("+", "-")):
        with pytest.raises(program.MalformedError):
            program.check(place, made.genesis, (bad,))
