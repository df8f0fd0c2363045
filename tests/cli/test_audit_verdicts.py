"""The right verdict, exit code and words for every case, from both verifiers as programs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from secure_rag.audit import events
from secure_rag.audit.epoch import FILE_NAME, EpochKey
from secure_rag.audit.log import AuditLog
from secure_rag.audit.segments import segment_path
from secure_rag.settings import starter_settings
from tests.conftest import ROOT, Done, secure_rag
from tests.unit.audit.audit_support import ORIGIN, Made
from tests.unit.audit.test_verify import live_key, put_key, resealed


@dataclass
class Case:
    """A workspace with a log of three sealed sessions in two segments, and what was kept."""

    root: Path
    genesis: str
    kept: Path

    @property
    def log(self) -> Made:
        return Made(self.root / "audit", self.genesis)

    def edit(self, change: Callable[[list[bytes]], list[bytes]]) -> None:
        self.log.write_lines(change(self.log.lines()))

    def ours(self, *arguments: str) -> Done:
        options = ("--genesis", self.genesis, "--checkpoint", self.kept)
        return secure_rag("audit", "verify", *options, *arguments, "--workspace", self.root)

    def independent(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", ROOT / "audit" / "verify.py", self.root, "--live"]
        command += ["--genesis", self.genesis, "--checkpoint", self.kept, *arguments]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def make_case(root: Path) -> Case:
    (root / "audit").mkdir(parents=True)
    (root / "secure-rag.toml").write_text(starter_settings("0" * 16))
    case = Case(root, AuditLog.create(root / "audit", origin=ORIGIN), root.parent / "kept.txt")
    for number in range(3):
        log = AuditLog.open(root / "audit", session=f"s{number}", segment_bytes=3400)
        for part in range(3):
            log.append(events.AnswerRefused(query_id=f"q{number}{part}", reason="no_passages"))
        note = log.close().note
        if number == 1:
            case.kept.write_text(note)
    return case


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return make_case(tmp_path / "work")


def _nothing(_: Case) -> None:
    pass


def _bit(case: Case) -> None:
    case.edit(lambda lines: [*lines[:3], lines[3].replace(b'"q01"', b'"q11"'), *lines[4:]])


def _cut(case: Case) -> None:
    path = segment_path(case.log.folder, 2)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def _swap(case: Case) -> None:
    case.edit(lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]])


def _replay(case: Case) -> None:
    case.edit(lambda lines: [*lines[:4], lines[3], *lines[4:]])


def _splice(case: Case) -> None:
    """Go on with the second session of another log that has the same name."""
    other = make_case(case.root.parent / "other" / "work")
    case.edit(lambda lines: [*lines[:6], *other.log.lines()[6:]])


def _reseal(case: Case) -> None:
    """Edit, and seal with the live key."""
    made, key, following = case.log, live_key(case.log), EpochKey.generate(9)
    lines = [line.replace(b'"q11"', b'"q77"') for line in made.lines()[:9]]
    stolen = EpochKey(2, key.pack()[8:])
    made.write_lines(resealed(made, lines, stolen, following))
    segment_path(made.folder, 2).unlink()
    put_key(made, following)


def _wrong_key(case: Case) -> None:
    put_key(case.log, EpochKey.generate(4))


def _no_key(case: Case) -> None:
    (case.log.folder / FILE_NAME).unlink()


def _wrong_genesis(case: Case) -> None:
    folder = case.root.parent / "foreign"
    case.genesis = AuditLog.create(folder, origin=ORIGIN)


def _empty(case: Case) -> None:
    segment_path(case.log.folder, 2).unlink()
    case.log.segment.write_bytes(b"")


def _no_log(case: Case) -> None:
    shutil.rmtree(case.log.folder / "log")
    (case.log.folder / "log").mkdir()


def _missing_segment(case: Case) -> None:
    case.log.segment.unlink()


def _backup(case: Case) -> None:
    """Log and key as they were after the first session."""
    shutil.rmtree(case.root)
    (case.root / "audit").mkdir(parents=True)
    (case.root / "secure-rag.toml").write_text(starter_settings("0" * 16))
    case.genesis = AuditLog.create(case.root / "audit", origin=ORIGIN)


def _torn(case: Case) -> None:
    with segment_path(case.log.folder, 2).open("ab") as file:
        file.write(b'{"boot":"')


def _window(case: Case) -> None:
    log = AuditLog.open(case.log.folder, session="open")
    log.append(events.AnswerRefused(query_id="q", reason="no_passages"))
    log._release()


CASES = {
    "good": (_nothing, 0, "", "the kept checkpoint of"),
    "good, old anchor": (_nothing, 0, "", "seals 9 records"),
    "torn": (_torn, 0, "", "are an interrupted write"),
    "window": (_window, 0, "", "from 15 on stand after the last checkpoint"),
    "bit": (_bit, 1, "checkpoint.root", "a record from 2 to 4 is not what"),
    "cut": (_cut, 1, "live-key.differs", "the tail of the log was cut"),
    "swap": (_swap, 1, "record.seq", "record 3 is numbered 4"),
    "replay": (_replay, 1, "record.seq", "record 4 is numbered 3"),
    "splice": (_splice, 1, "checkpoint.signature", "is not signed by epoch 2's key"),
    "reseal": (_reseal, 1, "checkpoint.signature", "record 9 is not signed by epoch 2's key"),
    "wrong key": (_wrong_key, 1, "live-key.differs", "the key file replaced"),
    "no key": (_no_key, 1, "live-key.missing", "epoch.key is missing"),
    "wrong genesis": (_wrong_genesis, 1, "genesis.key", "does not begin with the given genesis"),
    "empty": (_empty, 1, "segment.empty", "segment 1 is empty"),
    "no log": (_no_log, 1, "log.missing", "there is no log here"),
    "missing segment": (_missing_segment, 1, "segment.missing", "segment 1 is missing"),
    "backup": (_backup, 1, "anchor.beyond", "seals 9 records, the log has 2: it was cut"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict_exit_code_and_words_are_right_in_both_verifiers(case: Case, name: str) -> None:
    damage, exit_code, code, words = CASES[name]
    damage(case)
    other, ours = case.independent(), case.ours()  # ours records its reading, and seals
    assert (ours.code, other.returncode) == (exit_code, exit_code), ours.out + other.stdout
    for text in (ours.out, other.stdout):
        assert words in text
        assert text.splitlines()[-1].startswith("FAIL" if exit_code else "OK")
        assert f"  {code}" in text
        assert exit_code or "failed: nothing" in text
    assert ("not recorded" in ours.err) == bool(exit_code)
    assert "not recorded" in other.stderr


def test_since_reads_from_there_on_in_both_verifiers(case: Case) -> None:
    for start in ("7", "2026-01-01T00:00Z", "2999-01-01"):
        ours, other = case.ours("--since", start, "--json"), case.independent("--since", start)
        assert (ours.code, other.returncode) == (0, 0)
        is_late = start.startswith("2999")
        assert ("records" in {s["code"] for s in ours.json["verified"]}) == (not is_late)
        assert ("hashed" in other.stdout) == (start != "2026-01-01T00:00Z")
    assert case.ours("--since", "soon").code == 2


def test_verify_read_only_log_works_and_says_that_it_recorded_nothing(
    case: Case, tmp_path: Path
) -> None:
    mounted = tmp_path / "read-only"
    mounted.mkdir()
    bind = subprocess.run(["mount", "--bind", case.root, mounted], capture_output=True, check=False)
    if bind.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", mounted], check=True)
        done = secure_rag("audit", "verify", "--genesis", case.genesis, "--workspace", mounted)
    finally:
        subprocess.run(["umount", mounted], check=True)
    assert done.code == 0, done.err
    assert "not recorded" in done.err and "Read-only" in done.err


def test_heartbeat_is_recorded_and_its_absence_flagged_where_it_is_promised(case: Case) -> None:
    settings = case.root / "secure-rag.toml"
    settings.write_text(starter_settings("0" * 16) + "[audit]\nheartbeat_minutes = 15\n")
    done = secure_rag("audit", "heartbeat", "--workspace", case.root, "--json")
    assert done.code == 0, done.err
    assert done.json["schema"] == "secure-rag/audit-heartbeat/1" and done.json["seq"] == 15
    line = segment_path(case.log.folder, 2).read_bytes().splitlines()[-2]
    assert json.loads(line)["data"] == {"promised_minutes": 15, "source": "timer"}
    report = case.ours("--json")
    codes = {s["code"] for name in ("verified", "not_checkable") for s in report.json[name]}
    assert report.code == 0 and "heartbeat" in codes


def test_heartbeat_where_the_log_cannot_be_written_is_six(case: Case) -> None:
    _no_key(case)
    assert secure_rag("audit", "heartbeat", "--workspace", case.root, "--quiet").code == 6
