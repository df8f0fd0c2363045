"""`audit prune` as a user starts it: refusals, dry run, effect, and what the others say after."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from secure_rag.audit.canonical import encode
from secure_rag.audit.record import Moment
from secure_rag.audit.segments import segment_path
from tests.conftest import Done, Sandbox, secure_rag
from tests.unit.audit.audit_support import ROOT, Made

REASON = ("--reason", "the records plan", "--yes")
DRY_RUN = ("--dry-run",)
both = pytest.mark.parametrize("how", [DRY_RUN, REASON], ids=["dry-run", "prune"])
"""What a dry run says is what the other would say."""
_LATER = """
import sys
from secure_rag.audit.record import Moment

read, DAY_US = Moment.now, 86_400 * 10**6
wall, passed = (int(days) * DAY_US for days in sys.argv[1:3])

def later(cls):
    now = read()
    return Moment(now.time_us + wall, now.monotonic_us + passed)

Moment.now = classmethod(later)
from secure_rag.cli.main import run
sys.exit(run(sys.argv[3:]))
"""


def settings(sandbox: Sandbox, text: str) -> None:
    path = sandbox.workspace / "secure-rag.toml"
    path.write_text(path.read_text().partition("[audit]")[0] + f"[audit]\n{text}\n")


def grow(sandbox: Sandbox) -> str:
    """Give the log three segments; return a time after all of them."""
    made = Made(sandbox.workspace / "audit", "")
    for number in range(2):
        made.run(2, session=f"s{number}", segment_bytes=1)
    return Moment.now().text


def test_prune_removes_whole_segments_and_the_log_verifies(sandbox: Sandbox) -> None:
    before = grow(sandbox)
    numbers = sorted(path.name for path in (sandbox.workspace / "audit" / "log").glob("*.jsonl"))
    planned = sandbox.ok("audit", "prune", "--before", before, "--dry-run", "--json").json
    assert planned["segments"] == len(numbers) - 1 and planned["first"] > 4
    assert segment_path(sandbox.workspace / "audit", 1).exists()
    done = sandbox.ok("audit", "prune", "--before", before, *REASON, "--json").json
    assert (done["segments"], done["first"]) == (planned["segments"], planned["first"])
    assert not segment_path(sandbox.workspace / "audit", 1).exists()
    report = sandbox.ok("audit", "verify", "--json").json
    assert "pruning" in {one["code"] for one in report["verified"]}
    assert "pruned" in {one["code"] for one in report["not_checkable"]}
    shown = sandbox.ok("audit", "show", str(done["audit_seq"]), "--json").json
    assert shown["record"]["data"]["reason"] == "the records plan" and shown["proven"]
    gone = sandbox.run("audit", "show", "1", "--json")
    assert gone.code == 4 and "audit.pruned" in gone.err
    assert sandbox.ok("audit", "list", "--type", "log.pruned", "--json").out.count("\n") == 1


def test_prune_export_of_a_pruned_log_passes_both_verifiers(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    before = grow(sandbox)
    sandbox.ok("audit", "prune", "--before", before, *REASON)
    bundle = tmp_path / "bundle"
    sandbox.ok("audit", "export", "-o", str(bundle))
    assert (bundle / "audit" / "log" / "pruned.tree").exists()
    for program, arguments in (("check_export.py", []), ("verify.py", [str(bundle)])):
        command = [sys.executable, "-I", str(bundle / program), *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["checkpoints"] > 4
    assert (bundle / "verify.py").read_bytes() == (ROOT / "audit" / "verify.py").read_bytes()


@both
def test_prune_under_a_hold_is_refused_and_on_record(
    sandbox: Sandbox, how: tuple[str, ...]
) -> None:
    before = grow(sandbox)
    sandbox.ok("audit", "hold", "--set", "--reason", "court order")
    done = sandbox.run("audit", "prune", "--before", before, *how)
    assert done.code == 6 and "legal hold" in done.err
    assert segment_path(sandbox.workspace / "audit", 1).exists()
    last = [json.loads(line) for line in sandbox.ok("audit", "list", "--json").out.splitlines()]
    starts = [one for one in last if one["type"] == "session.start"]
    assert starts[-1]["data"]["command"] == " ".join(
        ["audit prune", *(how if how == DRY_RUN else ())]
    )
    ends = [one for one in last if one["type"] == "session.end"]
    assert (ends[-1]["data"]["exit_code"], ends[-1]["outcome"]) == (6, "refused")


@both
def test_prune_of_a_log_that_does_not_verify_is_refused(
    sandbox: Sandbox, how: tuple[str, ...]
) -> None:
    before = grow(sandbox)
    path = segment_path(sandbox.workspace / "audit", 1)
    path.write_bytes(path.read_bytes().replace(b'"outcome":"ok"', b'"outcome":"no"', 1))
    done = sandbox.run("audit", "prune", "--before", before, *how)
    assert done.code == 6 and "does not verify" in done.err and path.exists()
    assert done.out == ""


def forge_header(sandbox: Sandbox, *, segment: int = 2) -> list[Path]:
    """Say, without any proof, that the log begins later; return the segments that are there."""
    audit = sandbox.workspace / "audit"
    first = json.loads(segment_path(audit, 2).read_bytes().split(b"\n")[0])["seq"]
    header = encode({"first": first, "format": 1, "segment": segment})
    (audit / "log" / "pruned.tree").write_bytes(header + b"\n")
    return sorted((audit / "log").glob("*.jsonl"))


@pytest.mark.parametrize("segment", [2, 999])
def test_prune_where_a_forged_file_says_that_segments_went_removes_none(
    sandbox: Sandbox, segment: int
) -> None:
    before = grow(sandbox)
    there = forge_header(sandbox, segment=segment)
    done = sandbox.run("audit", "prune", "--before", before, *REASON)
    assert done.code == 6 and "does not verify" in done.err
    assert set(there) <= set((sandbox.workspace / "audit" / "log").glob("*.jsonl"))


def test_prune_a_hold_that_a_forged_file_hides_stands(sandbox: Sandbox) -> None:
    sandbox.ok("audit", "hold", "--set", "--reason", "court order")
    before = grow(sandbox)
    there = forge_header(sandbox)
    assert len(sandbox.ok("audit", "hold", "--json").json["holds"]) == 1
    done = sandbox.run("audit", "prune", "--before", before, *REASON)
    assert done.code == 6 and "legal hold" in done.err
    assert sorted((sandbox.workspace / "audit" / "log").glob("*.jsonl")) == there


def test_prune_where_the_file_of_pruned_records_is_none_says_so(sandbox: Sandbox) -> None:
    grow(sandbox)
    (sandbox.workspace / "audit" / "log" / "pruned.tree").write_bytes(b"{}\n")
    done = sandbox.run("audit", "prune", "--before", "2026-01-01", *REASON)
    assert done.code == 4 and "cannot be read" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "keep the log for ever"),
        (("--before", "2999-01-01", *REASON), 2, "yet to come"),
        (("--before", "2020-01-01", "--keep-days", "3", *REASON), 2, "exclude"),
        (("--keep-days", "3", "--yes"), 2, "reason"),
        (("--keep-days", "3", "--reason", "x"), 2, "--yes"),
        (("--keep-days", "0", *REASON), 2, "range"),
        (("--before", "soon", *REASON), 2, "no date"),
    ],
)
def test_prune_wrong_use_does_nothing(
    sandbox: Sandbox, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = sandbox.run("audit", "prune", *arguments)
    assert done.code == code and words in done.err


def test_prune_settings_are_the_default_and_the_least(sandbox: Sandbox) -> None:
    settings(sandbox, "retention_days = 30")
    shorter = sandbox.run("audit", "prune", "--keep-days", "7", *REASON)
    assert shorter.code == 6 and "30 days" in shorter.err
    early = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%d")
    assert sandbox.run("audit", "prune", "--before", early, *REASON).code == 6
    done = sandbox.ok("audit", "prune", "--yes")
    assert "no whole segment is older" in done.out
    checks = {one["subject"]: one for one in sandbox.run("doctor", "--json").json["checks"]}
    assert checks["retention"]["detail"] == "30 days; no whole segment is older"
    settings(sandbox, "retention_days = 0")
    checks = {one["subject"]: one for one in sandbox.run("doctor", "--json").json["checks"]}
    assert "for ever" in checks["retention"]["detail"]


def later(sandbox: Sandbox, wall: int, passed: int, *arguments: str) -> Done:
    """Run a command where the wall clock shows so many days later, and so many have passed."""
    named = ["--workspace", str(sandbox.workspace), "--key-file", str(sandbox.key_file)]
    command = [sys.executable, "-c", _LATER, str(wall), str(passed), *arguments, *named]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def pruned(sandbox: Sandbox, wall: int, passed: int, *arguments: str) -> tuple[bool, str]:
    """Prune at such a time; return whether the first segment is gone, and what was said."""
    done = later(sandbox, wall, passed, "audit", "prune", "--yes", *arguments)
    assert done.code == 0, done.err
    return not segment_path(sandbox.workspace / "audit", 1).exists(), done.err


def test_prune_after_the_clock_was_set_forward_takes_nothing_that_is_young(
    sandbox: Sandbox,
) -> None:
    settings(sandbox, "retention_days = 30")
    grow(sandbox)
    looked = later(sandbox, 400, 0, "audit", "prune", "--dry-run", "--json")
    assert json.loads(looked.out)["segments"] == 0
    for wall, passed in ((400, 0), (401, 1), (429, 29)):
        is_gone, said = pruned(sandbox, wall, passed)
        assert not is_gone and "the clock was set forward" in said
    dated = pruned(sandbox, 429, 29, "--before", f"{datetime.now(UTC).year + 1}-01-02", *REASON)
    assert not dated[0], "a time of the user's does not set the settings aside"
    (step,) = later(sandbox, 429, 29, "audit", "list", "--type", "clock.step", "--json").lines
    assert step["data"]["direction"] == "forward"
    assert pruned(sandbox, 431, 31)[0], "that much time has passed"
    verified = later(sandbox, 431, 31, "audit", "verify", "--genesis", sandbox.genesis)
    assert verified.code == 0, verified.out


def test_prune_where_the_clock_was_set_forward_and_back_counts_as_ever(sandbox: Sandbox) -> None:
    settings(sandbox, "retention_days = 30")
    grow(sandbox)
    assert not pruned(sandbox, 400, 0)[0]
    assert not pruned(sandbox, 0, 0)[0]
    assert not pruned(sandbox, 29, 29)[0]
    assert pruned(sandbox, 31, 31)[0]


def test_prune_after_so_much_time_takes_what_is_old(sandbox: Sandbox) -> None:
    settings(sandbox, "retention_days = 30")
    grow(sandbox)
    is_gone, said = pruned(sandbox, 400, 400)
    assert is_gone and "clock" not in said


# -- logs of before --------------------------------------------------------------------------


@pytest.fixture
def put_back(sandbox: Sandbox) -> Sandbox:
    """The workspace of a backup that was restored, with its log of before."""
    key, file, target = (sandbox.home / name for name in ("b.key", "b.bak", "new"))
    sandbox.ok("backup", file, "--new-backup-key", key)
    named = ("--workspace", target, "--key-file", sandbox.key_file)
    done = secure_rag("restore", file, "--backup-key", key, *named)
    assert done.code == 0, done.err
    return Sandbox(sandbox.home, target, sandbox.key_file)


def before_of(sandbox: Sandbox) -> list[Path]:
    return list((sandbox.workspace / "audit" / "before").iterdir())


def test_prune_reaches_the_log_of_before(put_back: Sandbox) -> None:
    settings(put_back, "retention_days = 30")
    (folder,) = before_of(put_back)
    young = put_back.ok("audit", "prune", "--yes", "--json").json
    assert young["earlier"] == [] and before_of(put_back) == [folder]
    planned = json.loads(later(put_back, 31, 31, "audit", "prune", "--dry-run", "--json").out)
    assert [one["backup"] for one in planned["earlier"]] == [folder.name]
    looked = json.loads(later(put_back, 31, 31, "doctor", "--json").out)["checks"]
    (retention,) = [one for one in looked if one["subject"] == "retention"]
    assert retention["state"] == "warn" and "1 log(s) of before" in retention["detail"]
    assert before_of(put_back) == [folder], "looking removes nothing"
    done = later(put_back, 31, 31, "audit", "prune", "--yes")
    assert done.code == 0 and f"the log of before {folder.name}" in done.out
    assert before_of(put_back) == []
    verified = later(put_back, 31, 31, "audit", "verify", "--json")
    assert verified.code == 0, verified.out
    assert "earlier.pruned" in {one["code"] for one in verified.json["not_checkable"]}
    listed = later(put_back, 31, 31, "audit", "list", "--type", "log.earlier_pruned", "--json")
    (event,) = listed.lines
    assert event["data"]["backup"] == folder.name and event["data"]["retention_days"] == 30


@both
def test_prune_of_the_log_of_before_under_a_hold_is_refused(
    put_back: Sandbox, how: tuple[str, ...]
) -> None:
    put_back.ok("audit", "hold", "--set", "--reason", "court order")
    before = Moment.now().text
    done = put_back.run("audit", "prune", "--before", before, *how)
    assert done.code == 6 and "legal hold" in done.err
    assert len(before_of(put_back)) == 1


def test_verify_a_log_of_before_that_was_removed_by_hand_fails(put_back: Sandbox) -> None:
    (folder,) = before_of(put_back)
    program = [sys.executable, "-I", str(ROOT / "audit" / "verify.py"), str(put_back.workspace)]
    whole = subprocess.run([*program, "--json"], capture_output=True, text=True, check=False)
    assert whole.returncode == 0
    assert "earlier" in {one["code"] for one in json.loads(whole.stdout)["verified"]}
    shutil.rmtree(folder)
    other = subprocess.run([*program, "--live"], capture_output=True, text=True, check=False)
    assert other.returncode == 1 and "earlier.missing" in other.stdout
    done = put_back.run("audit", "verify", "--json")
    assert done.code == 1
    assert [one["code"] for one in done.json["failed"]] == ["earlier.missing"]


def all_refuse(sandbox: Sandbox, code: str) -> None:
    """Every command that judges the log must say what `verify` says, and nothing may go."""
    verified = sandbox.run("audit", "verify", "--json")
    assert verified.code == 1
    assert [one["code"] for one in verified.json["failed"]] == [code]
    stats = sandbox.run("audit", "stats", "--json")
    assert stats.code == 1
    assert [one["code"] for one in stats.json["verdict"]["failed"]] == [code]
    page = sandbox.home / "report.html"
    report = sandbox.run("audit", "report", "-o", str(page))
    assert report.code == 1 and code in page.read_text("utf-8")
    there = sorted((sandbox.workspace / "audit").rglob("*.jsonl"))
    before = grow(sandbox)
    for how in (DRY_RUN, REASON):
        done = sandbox.run("audit", "prune", "--before", before, *how)
        assert done.code == 6 and "does not verify" in done.err
    assert set(there) <= set((sandbox.workspace / "audit").rglob("*.jsonl"))


def test_prune_and_surveys_where_a_log_of_before_is_gone_say_what_verify_says(
    put_back: Sandbox,
) -> None:
    (folder,) = before_of(put_back)
    shutil.rmtree(folder)
    all_refuse(put_back, "earlier.missing")


def test_prune_and_surveys_of_a_log_put_back_behind_its_anchor_say_what_verify_says(
    sandbox: Sandbox,
) -> None:
    audit, state = sandbox.workspace / "audit", sandbox.home / "state"
    request, cosigned = sandbox.home / "r.json", sandbox.home / "c.txt"
    (sandbox.home / "genesis.txt").write_text(sandbox.genesis + "\n")
    grow(sandbox)
    shutil.copytree(audit, sandbox.home / "older")
    grow(sandbox)
    sandbox.ok("audit", "checkpoint", "--witness-request", str(request))
    named = ("--state", state, "--genesis", sandbox.home / "genesis.txt")
    assert secure_rag("audit", "witness", *named, request, "-o", cosigned).code == 0
    line = secure_rag("audit", "witness", "--state", state).out.strip()
    settings(sandbox, f'witnesses = ["{line}"]')
    sandbox.ok("audit", "checkpoint", "--add-cosignature", str(cosigned))
    shutil.copytree(audit / "anchors", sandbox.home / "older" / "anchors")
    shutil.rmtree(audit)
    shutil.copytree(sandbox.home / "older", audit)
    all_refuse(sandbox, "witness.differs")


def test_verify_an_export_of_a_restored_workspace_passes(put_back: Sandbox, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    put_back.ok("audit", "export", "-o", str(bundle))
    done = secure_rag("audit", "verify", bundle, "--json")
    assert done.code == 0, done.out
    words = {one["code"]: one["text"] for one in done.json["not_checkable"]}
    assert "is not in here" in words["earlier"]
    readme = (bundle / "README.txt").read_text()
    assert "log of before" in readme and "not in here" in readme.replace("\n", " ")
    command = [sys.executable, "-I", str(bundle / "verify.py"), str(bundle), "--json"]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert other.returncode == 0
    assert "earlier" in {one["code"] for one in json.loads(other.stdout)["not_checkable"]}
