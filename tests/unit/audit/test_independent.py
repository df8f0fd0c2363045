"""The one-file verifier says what ours says: on honest logs, on changed ones, from the shell."""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secure_rag.audit.chain import Since
from secure_rag.audit.events import Event, HoldSet, LogPruned
from secure_rag.audit.log import AuditLog
from secure_rag.audit.note import sign
from secure_rag.audit.segments import segment_numbers, segment_path
from tests.unit.audit.audit_mutations import (
    honest_log,
    is_sealed_part_whole,
    mutate,
    sealed_parts,
)
from tests.unit.audit.audit_support import (
    INDEPENDENT,
    ORIGIN,
    ROOT,
    Made,
    abandon,
    refused,
    verify_twice,
)

PRUNED = LogPruned(segments=1, first=2, root="", sha256="", before="", reason="x")
PROGRAM = ROOT / "audit" / "verify.py"
HONEST, CHANGED, PER_LOG = 60, 1500, 25


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_verifier_imports_the_standard_library_and_cryptography_only() -> None:
    found = set()
    for node in ast.walk(ast.parse(PROGRAM.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    assert found - sys.stdlib_module_names == {"cryptography"}


def test_both_verifiers_honest_random_logs_raise_no_alarm(tmp_path: Path) -> None:
    dice = random.Random(11)
    for number in range(HONEST):
        made = honest_log(tmp_path / str(number), dice)
        report = verify_twice(made.folder, genesis=made.genesis)
        assert report.ok, number
        since = Since(dice.randrange(12))
        assert verify_twice(made.folder, genesis=made.genesis, since=since).ok, number


def test_both_verifiers_say_the_same_of_changed_logs(tmp_path: Path) -> None:
    dice = random.Random(12)
    found = 0
    for number in range(0, CHANGED, PER_LOG):
        made = honest_log(tmp_path / str(number), dice)
        kept = _checkpoint(made)
        parts = sealed_parts(made)
        for part in range(PER_LOG):
            copy = made.copy(tmp_path / f"{number}-{part}")
            mutate(copy, dice)
            options = {"genesis": dice.choice([made.genesis, None]),
                       "checkpoint": dice.choice([kept, None]),
                       "since": dice.choice([None, None, Since(dice.randrange(9))]),
                       "exported": dice.random() < 0.3}  # fmt: skip
            is_ok = verify_twice(copy.folder, **options).ok
            found += not is_ok
            assert options["exported"] or not is_ok or is_sealed_part_whole(copy, parts)
            shutil.rmtree(copy.folder)
    assert found > CHANGED * 0.6


def _checkpoint(made: Made) -> str:
    log = AuditLog.open(made.folder, session="kept")
    log.append(refused(1))
    return log.close().note


def test_both_verifiers_take_a_kept_checkpoint_with_a_cosignature_they_do_not_know(
    used: Made,
) -> None:
    kept = _checkpoint(used)
    text = kept.partition("\n\n")[0] + "\n"
    witness = sign(text, "witness.example", Ed25519PrivateKey.generate()).splitlines()[-1]
    forged = sign(text, ORIGIN, Ed25519PrivateKey.generate()).splitlines()[-1]
    for lines, is_ok in (([witness], True), ([witness, forged], True), ([witness] * 16, False)):
        note = kept + "".join(line + "\n" for line in lines)
        if is_ok:
            assert verify_twice(used.folder, checkpoint=note, require={"anchor"}).ok
        else:
            with pytest.raises(INDEPENDENT.MalformedError):
                INDEPENDENT.verify(used.folder, checkpoint=note)


# -- from a record on ----------------------------------------------------------------------


@pytest.mark.parametrize("start", [0, 1, 2, 5, 6, 9, 13, 14, 99])
def test_since_every_change_before_it_is_found_all_the_same(used: Made, start: int) -> None:
    clean = used.lines()
    report = verify_twice(used.folder, genesis=used.genesis, since=Since(start))
    codes = {s.code for s in report.not_checkable}
    assert report.ok and ("since" in codes) == (start > 2)
    assert ("records" in {s.code for s in report.verified}) == (start < 14)
    for number in range(len(clean)):
        changed = list(clean)
        changed[number] = changed[number].replace(b"2026", b"2025", 1)
        used.write_lines(changed)
        assert not verify_twice(used.folder, since=Since(start)).ok, number


def test_since_time_begins_at_the_first_event_not_before_it(used: Made) -> None:
    times = [json.loads(line).get("time", "") for line in used.lines()]
    report = verify_twice(used.folder, since=Since(time=times[7]))
    (since,) = [s for s in report.not_checkable if s.code == "since"]
    assert "before 7" in since.text
    late = verify_twice(used.folder, since=Since(time="2999"))
    assert late.ok and "records" not in {s.code for s in late.verified}


def test_since_within_torn_lines_raises_no_false_alarm(made: Made) -> None:
    for session in range(3):
        log = AuditLog.open(made.folder, session=f"s{session}")
        log.append(refused(1))
        abandon(log)
        with made.segment.open("ab") as file:
            file.write(b'{"torn\n{"torn')
    made.run(1, session="after")
    assert verify_twice(made.folder, genesis=made.genesis).ok
    for start in range(len(made.lines()) + 1):
        assert verify_twice(made.folder, genesis=made.genesis, since=Since(start)).ok, start


@pytest.mark.parametrize(
    "event", [HoldSet(hold="h1", reason="court"), PRUNED], ids=["hold", "prune"]
)
def test_since_after_a_torn_line_about_a_hold_or_pruning_raises_no_false_alarm(
    made: Made, event: Event
) -> None:
    log = AuditLog.open(made.folder, session="s")
    log.append(event)
    abandon(log)
    os.truncate(made.segment, made.segment.stat().st_size - 20)
    made.run(1, session="after")
    assert b'"type":"log.recovered"' in made.whole()
    assert verify_twice(made.folder, genesis=made.genesis).ok
    for start in range(len(made.lines()) + 1):
        assert verify_twice(made.folder, genesis=made.genesis, since=Since(start)).ok, start


# -- the program itself ---------------------------------------------------------------------


def test_program_good_copy_is_ok_and_says_that_it_records_nothing(used: Made) -> None:
    before = used.whole()
    done = run(used.folder, "--genesis", used.genesis, "--require", "genesis")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("OK  10 events, 4 checkpoints, head 14 ")
    assert "live-key" in done.stdout and "not recorded" in done.stderr
    assert used.whole() == before


def test_program_live_log_with_genesis_from_a_file(used: Made, tmp_path: Path) -> None:
    (tmp_path / "genesis.txt").write_text(f"printed by init:\n{used.genesis}\n")
    done = run(used.folder, "--genesis", tmp_path / "genesis.txt", "--live", "--json")
    value = json.loads(done.stdout)
    assert done.returncode == 0 and value["ok"] is True
    assert {s["code"] for s in value["verified"]} == {"records", "seals", "genesis", "live-key"}


def test_program_tampered_log_fails_with_the_record(used: Made) -> None:
    lines = used.lines()
    used.write_lines([*lines[:4], *lines[5:]])
    done = run(used.folder.parent, "--since", "2026-01-01")
    assert done.returncode == 1
    assert "record 4 is numbered 5" in done.stdout and "FAIL" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("--genesis", "a+b+c"), ("--genesis", "not-there"), ("--require", "all"), ("--since", "soon"),
     ("--checkpoint", "not-there")],
    ids=["line", "file", "require", "since", "checkpoint"],
)  # fmt: skip
def test_program_wrong_argument_is_two(used: Made, arguments: tuple[str, str]) -> None:
    assert run(used.folder, *arguments).returncode == 2


def test_program_without_the_catalogue_says_so(used: Made, tmp_path: Path) -> None:
    alone = tmp_path / "verify.py"
    shutil.copyfile(PROGRAM, alone)
    command = [sys.executable, "-I", str(alone), str(used.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "catalogue" in done.stdout


def test_program_several_segments_on_another_machine(made: Made, tmp_path: Path) -> None:
    for session in range(4):
        made.run(9, session=f"s{session}", segment_bytes=3000)
    copy = made.copy(tmp_path / "copy")
    assert run(copy.folder, "--genesis", made.genesis).returncode == 0
    segment_path(copy.folder, segment_numbers(copy.folder)[1]).unlink()
    done = run(copy.folder)
    assert done.returncode == 1 and "segment 2 is missing" in done.stdout
