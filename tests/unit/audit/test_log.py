"""Writing: durable, one process at a time, sealed, and safe when it is interrupted."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_rag.audit import log as audit_log
from secure_rag.audit.canonical import decode
from secure_rag.audit.epoch import FILE_NAME, filled_slots, open_slots, read_keys
from secure_rag.audit.log import AuditLog
from secure_rag.audit.note import parse_checkpoint, parse_note, parse_verifier
from secure_rag.audit.segments import segment_numbers, segment_path
from secure_rag.errors import AuditUnavailableError, ExitCode
from tests.unit.audit.audit_support import (
    ORIGIN,
    FailingDisk,
    Killed,
    Made,
    make_log,
    no_space,
    refused,
    retrieved,
    verify_twice,
)

ROOT = Path(__file__).resolve().parents[3]
_SMALL = 3000
"""A segment size at which a few events start a new segment."""
_STEPS = 150


def codes(made: Made) -> tuple[set[str], set[str]]:
    report = verify_twice(made.folder, genesis=made.genesis)
    return {s.code for s in report.failed}, {s.code for s in report.not_checkable}


# -- the ordinary run ----------------------------------------------------------------------


def test_create_gives_a_sealed_log_and_a_verifier(made: Made) -> None:
    genesis, checkpoint = map(decode, (line[:-1] for line in made.lines()))
    assert genesis["data"]["verifier"] == made.genesis
    assert parse_note(checkpoint["note"]).is_signed_by(parse_verifier(made.genesis))
    assert verify_twice(made.folder, genesis=made.genesis, require={"genesis"}).ok


def test_create_where_a_log_is_refuses(made: Made) -> None:
    with pytest.raises(AuditUnavailableError, match="already"):
        AuditLog.create(made.folder, origin=ORIGIN)


def test_create_everything_is_readable_by_the_owner_only(made: Made) -> None:
    with AuditLog.open(made.folder, session="s1") as log:
        log.append(refused(1))
    for path in made.folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path.name


def test_append_returns_the_number_of_the_record(made: Made) -> None:
    with AuditLog.open(made.folder, session="s1") as log:
        assert [log.append(refused(n)) for n in range(3)] == [2, 3, 4]
        assert log.append_many([refused(n) for n in range(10)]) == 14
    record = decode(made.lines()[3][:-1])
    assert (record["seq"], record["session"], record["data"]["query_id"]) == (3, "s1", "q1")


def test_close_checkpoint_seals_everything_and_ends_the_epoch(made: Made) -> None:
    log = AuditLog.open(made.folder, session="s1")
    log.append(refused(1))
    sealed = log.close()
    text = parse_checkpoint(parse_note(sealed.note).text)
    assert (sealed.size, sealed.seq, sealed.epoch, sealed.origin) == (3, 3, 1, ORIGIN)
    with open_slots(made.folder) as slots:
        (key,) = read_keys(slots)
    assert (key.epoch, key.public) == (2, text.next_public)


def test_close_without_new_records_adds_no_checkpoint(made: Made) -> None:
    before = made.whole()
    with AuditLog.open(made.folder, session="s1"):
        pass
    assert made.whole() == before


def test_append_after_close_is_refused(made: Made) -> None:
    log = AuditLog.open(made.folder, session="s1")
    log.close()
    with pytest.raises(AuditUnavailableError):
        log.append(refused(1))


def test_append_too_long_event_is_refused_and_the_log_goes_on(made: Made) -> None:
    with AuditLog.open(made.folder, session="s1") as log:
        with pytest.raises(AuditUnavailableError, match="too long"):
            log.append(retrieved(1, chunks=9000))
        log.append(refused(2))
    assert codes(made)[0] == set()


def test_old_key_is_gone_from_the_key_file_after_sealing(made: Made) -> None:
    seen = []
    for number in range(20):
        with open_slots(made.folder) as slots:
            seen += [key.pack()[8:] for key in read_keys(slots)]
        made.run(1, session=f"s{number}")
    raw = (made.folder / FILE_NAME).read_bytes()
    assert len(set(seen)) == 20
    assert not any(seed in raw for seed in seen)


def test_segments_are_started_where_one_is_full(made: Made) -> None:
    for number in range(4):
        made.run(9, session=f"s{number}", segment_bytes=_SMALL)
    assert len(segment_numbers(made.folder)) > 3
    assert codes(made) == (set(), {"anchor"})
    first = decode(segment_path(made.folder, 2).read_bytes().split(b"\n")[0])
    assert first["data"] == {
        "segment": 2,
        "previous_bytes": segment_path(made.folder, 1).stat().st_size,
    }


@pytest.mark.parametrize("damage", ["missing", "nonsense", "wrong hash", "wrong place"])
def test_open_with_a_bad_cache_reads_the_log_instead(used: Made, damage: str) -> None:
    path = used.folder / "tail.json"
    cache = json.loads(path.read_text())
    if damage == "missing":
        path.unlink()
    elif damage == "nonsense":
        path.write_text("[")
    elif damage == "wrong hash":
        path.write_text(json.dumps({**cache, "hashes": ["00" * 32] * len(cache["hashes"])}))
    else:
        path.write_text(json.dumps({**cache, "offset": cache["offset"] - 1}))
    used.run(2)
    assert codes(used) == (set(), {"anchor"})


def test_honest_random_logs_are_never_called_tampered(tmp_path: Path) -> None:
    dice = random.Random(7)
    for number in range(200):
        made = make_log(tmp_path / str(number))
        for session in range(dice.randint(0, 3)):
            size = dice.choice([400, 1500, 2**20])
            with AuditLog.open(made.folder, session=f"s{session}", segment_bytes=size) as log:
                for _ in range(dice.randint(0, 2)):
                    log.append_many([retrieved(n) for n in range(dice.randint(0, 5))])
        assert codes(made) == (set(), {"anchor"}), number


# -- several processes ---------------------------------------------------------------------

_WRITER = """
import sys
from pathlib import Path
from secure_rag.audit.events import AnswerRefused
from secure_rag.audit.log import AuditLog
folder, session, count, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for part in range(4):
    with AuditLog.open(folder, session=session, segment_bytes=size) as log:
        for number in range(part * count // 4, (part + 1) * count // 4):
            log.append(AnswerRefused(query_id=f"q{number}", reason="no_passages"))
            print(number, flush=True)
"""


def start_writer(made: Made, session: str, count: int, size: int = 2**20) -> Any:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(made.folder), session, str(count), str(size)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.parametrize("size", [20_000, 2**20])
def test_append_two_processes_at_once_lose_and_mix_nothing(made: Made, size: int) -> None:
    writers = [start_writer(made, name, 200, size) for name in ("one", "two")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    records = [decode(line) for line in made.whole().splitlines()]
    for name in ("one", "two"):
        queries = [r["data"]["query_id"] for r in records if r.get("session") == name and
                   r["type"] == "answer.refused"]  # fmt: skip
        assert queries == [f"q{number}" for number in range(200)]
    assert codes(made) == (set(), {"anchor"})


def test_append_two_logs_open_in_one_process_see_each_other(made: Made) -> None:
    one = AuditLog.open(made.folder, session="one", segment_bytes=_SMALL)
    two = AuditLog.open(made.folder, session="two", segment_bytes=_SMALL)
    for number in range(20):
        (one if number % 3 else two).append(refused(number))
    one.close()
    two.append(refused(20))
    two.close()
    assert codes(made) == (set(), {"anchor"})


def test_killed_process_every_acknowledged_event_is_in_the_log(made: Made) -> None:
    dice = random.Random(3)
    acknowledged = []
    for number in range(6):
        writer = start_writer(made, f"k{number}", 4000)
        first = writer.stdout.readline()
        time.sleep(dice.random() / 3)
        writer.send_signal(signal.SIGKILL)
        out = (first + writer.communicate()[0]).decode().splitlines()
        acknowledged += [(f"k{number}", f"q{line}") for line in out]
    made.run(1, session="after")
    records = [decode(line) for line in made.lines_readable()]
    written = {(r["session"], r["data"].get("query_id")) for r in records if "data" in r}
    assert acknowledged and set(acknowledged) <= written
    assert codes(made)[0] == set()


# -- interrupted and failing disks ---------------------------------------------------------


def scenario(made: Made, disk: FailingDisk, acknowledged: list[int]) -> None:
    """Append one by one and in bulk over a segment's end, and seal, twice."""
    for number in range(2):
        log = AuditLog.open(made.folder, session=f"s{number}", disk=disk, segment_bytes=_SMALL)
        for query in range(3):
            acknowledged.append(log.append(refused(query)))
        last = log.append_many([retrieved(query) for query in range(6)])
        acknowledged += range(last - 5, last + 1)
        log.close()


@pytest.mark.parametrize("how", ["before", "middle", "after"])
def test_killed_at_every_step_log_opens_again_and_hides_nothing(how: str, tmp_path: Path) -> None:
    fresh = make_log(tmp_path / "fresh")
    ended = False
    for step in range(_STEPS):
        made = fresh.copy(tmp_path / str(step))
        acknowledged: list[int] = []
        try:
            scenario(made, FailingDisk(step, how), acknowledged)
            ended = True
        except Killed:
            pass
        failed, _ = codes(made)
        assert failed == set(), f"step {step}: a crash was called tampering"
        made.run(1, session="after", segment_bytes=_SMALL)
        failed, unsure = codes(made)
        assert (failed, unsure - {"torn"}) == (set(), {"anchor"}), f"step {step}"
        with open_slots(made.folder) as slots:
            assert len(filled_slots(slots)) == 1, f"step {step}: an old key is left"
        assert_acknowledged(made, acknowledged)
        assert_tampering_is_found(made, acknowledged)
        if ended:
            return
    pytest.fail("the scenario has more steps than were tried")


def assert_acknowledged(made: Made, acknowledged: list[int]) -> None:
    lines = made.whole().split(b"\n")
    for seq in acknowledged:
        assert decode(lines[seq])["seq"] == seq


def assert_tampering_is_found(made: Made, acknowledged: list[int]) -> None:
    """Take one acknowledged event out of the recovered log."""
    if not acknowledged:
        return
    for number in segment_numbers(made.folder):
        path = segment_path(made.folder, number)
        lines = path.read_bytes().splitlines(keepends=True)
        mark = f'"seq":{acknowledged[0]},'.encode()
        path.write_bytes(b"".join(line for line in lines if mark not in line))
    assert codes(made)[0] != set()


@pytest.mark.parametrize("how", ["before", "middle", "after"])
def test_disk_error_at_every_step_refuses_the_act_and_keeps_the_log(
    how: str, tmp_path: Path
) -> None:
    fresh = make_log(tmp_path / "fresh")
    for step in range(_STEPS):
        made = fresh.copy(tmp_path / str(step))
        acknowledged: list[int] = []
        try:
            scenario(made, FailingDisk(step, how, no_space), acknowledged)
        except AuditUnavailableError as error:
            assert error.exit_code is ExitCode.REFUSED
        else:
            return
        assert codes(made)[0] == set(), f"step {step}"
        made.run(1, session="after")
        assert codes(made) == (set(), {"anchor"}), f"step {step}"
        assert_acknowledged(made, acknowledged)
    pytest.fail("the scenario has more steps than were tried")


@pytest.mark.parametrize(
    "check",
    [
        test_killed_at_every_step_log_opens_again_and_hides_nothing,
        test_disk_error_at_every_step_refuses_the_act_and_keeps_the_log,
    ],
    ids=["killed", "disk error"],
)
def test_interrupted_session_that_seals_in_between_is_as_safe(
    check: Callable[[str, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "SEAL_AFTER_S", -1)
    check("middle", tmp_path)


def test_disk_error_log_is_unusable_afterwards(made: Made) -> None:
    log = AuditLog.open(made.folder, session="s1", disk=FailingDisk(1, "before", no_space))
    for _ in range(2):
        with pytest.raises(AuditUnavailableError):
            log.append(refused(1))
    with pytest.raises(AuditUnavailableError):
        log.close()
    assert len(made.lines()) == 2


def test_disk_full_by_the_kernel_refuses_and_leaves_no_torn_line(made: Made) -> None:
    size = made.segment.stat().st_size
    program = f"""
import resource
from pathlib import Path
from secure_rag.audit.events import AnswerRefused
from secure_rag.audit.log import AuditLog
from secure_rag.errors import AuditUnavailableError
log = AuditLog.open(Path({str(made.folder)!r}), session="s1")
resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 100}, {size + 100}))
try:
    log.append(AnswerRefused(query_id="q", reason="no_passages"))
except AuditUnavailableError as error:
    raise SystemExit(int(error.exit_code))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False)
    assert done.returncode == ExitCode.REFUSED
    assert made.segment.stat().st_size == size
    assert codes(made) == (set(), {"anchor"})


def _remove_all(made: Made) -> None:
    made.segment.unlink()


def _log_is_a_file(made: Made) -> None:
    made.segment.rename(made.folder / "aside")
    (made.folder / "log").rmdir()
    (made.folder / "log").write_text("")


def _segment_is_a_folder(made: Made) -> None:
    made.segment.unlink()
    made.segment.mkdir()


def _lock_is_a_folder(made: Made) -> None:
    (made.folder / "log.lock").unlink(missing_ok=True)
    (made.folder / "log.lock").mkdir()


def _no_key(made: Made) -> None:
    (made.folder / FILE_NAME).unlink()


def _no_checkpoint(made: Made) -> None:
    made.write_lines(made.lines()[:1])


@pytest.mark.parametrize(
    "damage",
    [_remove_all, _log_is_a_file, _segment_is_a_folder, _lock_is_a_folder, _no_key, _no_checkpoint],
)
def test_open_log_that_cannot_be_written_is_refused(
    made: Made, damage: Callable[[Made], None]
) -> None:
    damage(made)
    with pytest.raises(AuditUnavailableError) as caught:
        AuditLog.open(made.folder, session="s1")
    assert caught.value.exit_code is ExitCode.REFUSED
    assert caught.value.hint


def test_open_log_whose_tail_was_cut_is_refused(used: Made) -> None:
    used.write_lines(used.lines()[:-1])
    with pytest.raises(AuditUnavailableError, match="cut"):
        AuditLog.open(used.folder, session="s1")


def test_append_log_that_became_shorter_while_open_is_refused(made: Made) -> None:
    log = AuditLog.open(made.folder, session="s1")
    log.append(refused(1))
    made.write_lines(made.lines()[:-1])
    with pytest.raises(AuditUnavailableError, match="shorter"):
        log.append(refused(2))


@pytest.mark.parametrize("cut", [1, 5, 200])
def test_open_after_a_torn_write_accounts_for_it(made: Made, cut: int) -> None:
    log = AuditLog.open(made.folder, session="s1")
    log.append(refused(1))
    log.append(refused(2))
    del log
    os.truncate(made.segment, made.segment.stat().st_size - cut)
    assert codes(made) == (set(), {"anchor", "window", "torn"})
    made.run(1, session="after")
    assert codes(made) == (set(), {"anchor", "torn"})
    recovered = [decode(line) for line in made.lines_readable() if b"log.recovered" in line]
    assert [r["data"]["lines"] for r in recovered] == [1]


def test_interrupted_append_does_not_lose_the_place(made: Made) -> None:
    disk = FailingDisk(1, "after", KeyboardInterrupt)
    log = AuditLog.open(made.folder, session="s1", disk=disk)
    with pytest.raises(KeyboardInterrupt):
        log.append(refused(1))
    assert log.append(refused(2)) == 3
    log.close()
    assert codes(made) == (set(), {"anchor"})
