"""Verification: every change is found, no crash is called one, and no word too much."""

from __future__ import annotations

import os
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secure_rag.audit.canonical import decode, encode
from secure_rag.audit.epoch import FILE_NAME, EpochKey, create_slots, open_slots, read_keys
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import CheckpointText, VerifierKey, sign
from secure_rag.audit.record import checkpoint_line
from secure_rag.audit.segments import segment_numbers, segment_path
from secure_rag.audit.verdict import VerifyReport
from secure_rag.audit.verify import verify
from secure_rag.errors import UsageError
from tests.unit.audit.audit_support import (
    INDEPENDENT,
    ORIGIN,
    Made,
    make_log,
    refused,
    verify_twice,
)


def check(made: Made, **kind: object) -> VerifyReport:
    return verify_twice(made.folder, genesis=made.genesis, **kind)  # type: ignore[arg-type]


def failed(made: Made, **kind: object) -> set[str]:
    return {statement.code for statement in check(made, **kind).failed}


def unsure(made: Made, **kind: object) -> set[str]:
    return {statement.code for statement in check(made, **kind).not_checkable}


# -- small changes -------------------------------------------------------------------------


def test_verify_every_flipped_bit_of_a_small_log_is_found(made: Made) -> None:
    made.run(1)
    clean = made.segment.read_bytes()
    assert check(made).ok
    with made.segment.open("r+b", buffering=0) as file:
        for position, byte in enumerate(clean):
            for bit in range(8):
                os.pwrite(file.fileno(), bytes([byte ^ 1 << bit]), position)
                assert not check(made).ok, f"byte {position}, bit {bit}"
            os.pwrite(file.fileno(), bytes([byte]), position)
    assert check(made).ok


def test_verify_flipped_bit_in_the_open_window_is_found_or_the_window_is_stated(
    made: Made,
) -> None:
    log = AuditLog.open(made.folder, session="s1")
    log.append(refused(1))
    clean = made.segment.read_bytes()
    start = clean.index(b"\n", clean.index(b"\n") + 1) + 1
    for position in range(start, len(clean), 7):
        data = bytearray(clean)
        data[position] ^= 4
        made.segment.write_bytes(data)
        report = check(made)
        codes = {statement.code for statement in report.not_checkable}
        assert not report.ok or codes & {"window", "torn"}, position
    made.segment.write_bytes(clean)
    assert "window" in unsure(made)
    log.close()
    assert "window" not in unsure(made)


def test_verify_every_flipped_bit_of_a_live_key_is_found(made: Made) -> None:
    made.run(1)
    path = made.folder / FILE_NAME
    clean = path.read_bytes()
    with open_slots(made.folder) as slots:
        (key,) = read_keys(slots)
    start = clean.index(key.pack())
    for position in range(start, start + len(key.pack())):
        for bit in range(8):
            data = bytearray(clean)
            data[position] ^= 1 << bit
            path.write_bytes(data)
            assert failed(made) == {"live-key.differs"}


def test_verify_cut_at_every_byte_is_found(made: Made) -> None:
    made.run(2)
    clean = made.segment.read_bytes()
    for size in range(len(clean) - 1, -1, -1):
        os.truncate(made.segment, size)
        assert not check(made).ok, size


def line_changes(lines: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Delete, swap, repeat, replay, renumber at every record."""
    count = len(lines)
    for n in range(count):
        yield f"delete {n}", lines[:n] + lines[n + 1 :]
        yield f"repeat {n}", [*lines[: n + 1], *lines[n:]]
        yield f"cut at {n}", lines[:n]
        yield f"cut before {n}", lines[n:]
        yield f"empty line at {n}", [*lines[:n], b"\n", *lines[n:]]
        for other in range(n + 1, count):
            swapped = list(lines)
            swapped[n], swapped[other] = swapped[other], swapped[n]
            yield f"swap {n} {other}", swapped
            replayed = list(lines)
            replayed[other] = lines[n]
            yield f"{n} in place of {other}", replayed
            again = decode(lines[n][:-1]) | {"seq": other}
            yield f"{n} renumbered to {other}", [
                *lines[:other], encode(again) + b"\n", *lines[other + 1 :]
            ]  # fmt: skip
    for n in range(1, count):
        renumbered = [
            encode(decode(line[:-1]) | {"seq": m}) + b"\n"
            for m, line in enumerate(lines[:n] + lines[n + 1 :])
        ]
        yield f"delete {n} and renumber", renumbered


def test_verify_every_change_of_whole_records_is_found(used: Made) -> None:
    lines = used.lines()
    for name, changed in line_changes(lines):
        if changed != lines:
            used.write_lines(changed)
            assert not check(used).ok, name
    used.write_lines(lines)
    assert check(used).ok


def test_verify_edited_event_names_where_the_doubt_begins(used: Made) -> None:
    lines = used.lines()
    lines[7] = lines[7].replace(b'"q0"', b'"q9"').replace(b'"q1"', b'"q9"')
    assert lines[7] != used.lines()[7]
    used.write_lines(lines)
    report = check(used)
    assert [s.code for s in report.failed] == ["checkpoint.root"]
    assert report.first_bad == 6
    assert "from 6 to 8" in report.failed[0].text
    assert any("seal records 0 to 5" in s.text for s in report.verified)
    assert {"rest", "anchor"} == {s.code for s in report.not_checkable}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"format":1', b'"format":2', "record.format"),
        (b'"seq":4', b'"seq":5', "record.seq"),
        (b'"uid":', b'"uid":"0","x":', "record.unreadable"),
        (b'"tty":', b'"extra":1,"tty":', "record.unreadable"),
        (b'"type":"answer.refused"', b'"type":"genesis"', "record.genesis"),
        (b'"type":"answer.refused"', b'"type":"log.segment"', "segment.start"),
        (b'"type":"answer.refused"', b'"type":"log.recovered"', "record.recovery"),
        (b'"type":"answer.refused"', b'"type":"answer.given"', "checkpoint.root"),
        (b'"seq":4', b'"seq":4.0', "record.unreadable"),
        (b'"boot"', b' "boot"', "record.unreadable"),
    ],
)
def test_verify_bad_record_is_named_by_number_and_code(
    used: Made, old: bytes, new: bytes, code: str
) -> None:
    lines = used.lines()
    assert old in lines[4]
    lines[4] = lines[4].replace(old, new)
    used.write_lines(lines)
    report = check(used)
    assert [s.code for s in report.failed] == [code]
    assert report.first_bad == (2 if code == "checkpoint.root" else 3 if "recovery" in code else 4)


# -- attacks with keys ---------------------------------------------------------------------


def live_key(made: Made) -> EpochKey:
    with open_slots(made.folder) as slots:
        return read_keys(slots)[-1]


def resealed(made: Made, lines: list[bytes], key: EpochKey, following: EpochKey) -> list[bytes]:
    """Seal `lines` anew at their end, with a key the attacker has."""
    tree = Frontier()
    for line in lines:
        tree.push(line[:-1])
    text = CheckpointText(
        ORIGIN, tree.size, tree.root(), key.epoch, "2026-11-22T00:00:00Z", following.public
    )
    note = sign(text.encode(), ORIGIN, key.private)
    return [*lines, checkpoint_line(tree.size, note) + b"\n"]


def put_key(made: Made, key: EpochKey) -> None:
    (made.folder / FILE_NAME).unlink()
    with create_slots(made.folder) as slots:
        slots.write(key.slot, key.pack())


def test_verify_edit_and_reseal_with_the_live_key_is_found(used: Made) -> None:
    stolen, following = live_key(used), EpochKey.generate(5)
    lines = used.lines()
    lines[3] = lines[3].replace(b'"q1"', b'"q7"')
    kept = [line for line in lines if b'"type":"checkpoint"' not in line[-30:]]
    renumbered = [encode(decode(x[:-1]) | {"seq": n}) + b"\n" for n, x in enumerate(kept)]
    for attempt in (resealed(used, lines, stolen, following),
                    resealed(used, lines[:-1], stolen, following),
                    resealed(used, lines[:9], EpochKey(2, stolen.pack()[8:]), following),
                    resealed(used, renumbered, stolen, following)):  # fmt: skip
        used.write_lines(attempt)
        put_key(used, following)
        assert failed(used) & {"checkpoint.root", "checkpoint.signature", "checkpoint.epoch"}


def test_verify_cut_tail_with_the_live_key_kept_is_found(used: Made) -> None:
    lines = used.lines()
    for count in range(2, len(lines)):
        used.write_lines(lines[:count])
        assert not check(used).ok, count


def test_verify_cut_and_regrown_tail_is_found(used: Made) -> None:
    stolen, following = live_key(used), EpochKey.generate(5)
    lines = used.lines()[:6]
    fakes = [encode(decode(lines[4][:-1]) | {"seq": n}) + b"\n" for n in range(6, 9)]
    used.write_lines(resealed(used, [*lines, *fakes], stolen, following))
    put_key(used, following)
    assert failed(used) & {"checkpoint.signature", "checkpoint.epoch"}


def test_verify_log_started_over_is_found_with_the_genesis_key_only(
    used: Made, tmp_path: Path
) -> None:
    forged = make_log(tmp_path / "forged")
    forged.run(9)
    assert verify_twice(forged.folder, genesis=used.genesis).failed[0].code == "genesis.key"
    without = verify_twice(forged.folder)
    assert without.ok
    assert "genesis" in {s.code for s in without.not_checkable}


def test_verify_log_put_back_from_a_backup_is_found_with_a_kept_checkpoint_only(
    used: Made, tmp_path: Path
) -> None:
    backup = used.copy(tmp_path / "backup")
    with AuditLog.open(used.folder, session="late") as log:
        log.append(refused(1))
        kept = log.close().note
    assert check(used, checkpoint=kept, require={"genesis", "anchor"}).ok
    assert check(backup).ok
    report = check(backup, checkpoint=kept)
    assert [s.code for s in report.failed] == ["anchor.beyond"]
    assert "was cut" in report.failed[0].text


def test_verify_rewritten_history_differs_from_a_kept_checkpoint(
    made: Made, tmp_path: Path
) -> None:
    """Root later, from the first epoch on: only the kept checkpoint can tell."""
    other = made.copy(tmp_path / "other")
    with AuditLog.open(made.folder, session="s1") as log:
        log.append(refused(1))
        kept = log.close().note
    other.run(1)
    assert check(other).ok
    assert failed(other, checkpoint=kept) == {"anchor.differs"}


def test_verify_kept_checkpoint_of_another_log_fails(used: Made, tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    AuditLog.create(folder, origin="secure-rag/foreign")
    with AuditLog.open(folder, session="s1") as log:
        foreign = log.close().note
    assert failed(used, checkpoint=foreign) == {"anchor.origin"}


def test_verify_kept_checkpoint_with_a_forged_signature_fails(used: Made) -> None:
    with AuditLog.open(used.folder, session="s") as log:
        log.append(refused(1))
        text = log.close().note.partition("\n\n")[0] + "\n"
    forged = sign(text, ORIGIN, Ed25519PrivateKey.generate())
    assert failed(used, checkpoint=forged) == {"anchor.differs"}


# -- missing parts and wrong arguments -----------------------------------------------------


def _remove_segment(made: Made) -> None:
    segment_path(made.folder, 2).unlink()


def _remove_last_segment(made: Made) -> None:
    segment_path(made.folder, segment_numbers(made.folder)[-1]).unlink()


def _remove_first_segment(made: Made) -> None:
    made.segment.unlink()


def _swap_segments(made: Made) -> None:
    one, two = segment_path(made.folder, 2), segment_path(made.folder, 3)
    one_bytes, two_bytes = one.read_bytes(), two.read_bytes()
    one.write_bytes(two_bytes)
    two.write_bytes(one_bytes)


def _join_segments(made: Made) -> None:
    numbers = segment_numbers(made.folder)
    last, before = (segment_path(made.folder, n) for n in (numbers[-1], numbers[-2]))
    before.write_bytes(before.read_bytes() + last.read_bytes())
    last.unlink()


def _move_a_border(made: Made) -> None:
    one, two = segment_path(made.folder, 1), segment_path(made.folder, 2)
    line, _, rest = two.read_bytes().partition(b"\n")
    one.write_bytes(one.read_bytes() + line + b"\n")
    two.write_bytes(rest)


def _empty_segment(made: Made) -> None:
    segment_path(made.folder, segment_numbers(made.folder)[-1] + 1).write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (_remove_segment, "segment.missing"),
        (_remove_last_segment, "live-key.differs"),
        (_remove_first_segment, "segment.missing"),
        (_swap_segments, "record.seq"),
        (_join_segments, "segment.start"),
        (_move_a_border, "segment.start"),
        (_empty_segment, "segment.empty"),
    ],
)
def test_verify_segment_that_is_missing_or_moved_is_named(
    made: Made, damage: Callable[[Made], None], code: str
) -> None:
    for number in range(5):
        made.run(9, session=f"s{number}", segment_bytes=3000)
    assert len(segment_numbers(made.folder)) >= 4
    assert check(made).ok
    damage(made)
    assert failed(made) == {code}


def test_verify_without_log_fails(tmp_path: Path) -> None:
    report = verify_twice(tmp_path)
    assert [s.code for s in report.failed] == ["log.missing"]
    assert (report.events, report.head and report.head.size) == (0, 0)


def test_verify_log_folder_that_is_a_file_fails(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("")
    assert [s.code for s in verify_twice(tmp_path).failed] == ["log.unreadable"]


def test_verify_without_key_file_fails_unless_it_is_a_copy(used: Made) -> None:
    (used.folder / FILE_NAME).unlink()
    assert failed(used) == {"live-key.missing"}
    assert failed(used, exported=True) == set()
    assert "live-key" in unsure(used, exported=True)


@pytest.mark.parametrize("content", [b"", b"rubbish", bytes(192)])
def test_verify_damaged_key_file_fails(used: Made, content: bytes) -> None:
    (used.folder / FILE_NAME).write_bytes(content)
    assert failed(used) == {"live-key.differs"}


def test_verify_wrong_genesis_key_fails(used: Made) -> None:
    wrong = VerifierKey(ORIGIN, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    report = verify_twice(used.folder, genesis=wrong.line(), require={"genesis"})
    assert [s.code for s in report.failed] == ["genesis.key", "require.genesis"]


@pytest.mark.parametrize(
    "require", [set(), {"genesis"}, {"anchor"}, {"genesis", "anchor"}], ids=sorted
)
def test_verify_what_is_required_and_not_given_fails(used: Made, require: set[str]) -> None:
    report = verify_twice(used.folder, require=require)
    assert {s.code for s in report.failed} == {f"require.{name}" for name in require}
    assert {"genesis", "anchor"} <= {s.code for s in report.not_checkable}


@pytest.mark.parametrize(
    "arguments",
    [
        {"genesis": "nonsense"},
        {"genesis": "a+00000000+AAAA"},
        {"checkpoint": "nonsense"},
        {"require": {"everything"}},
    ],
    ids=["genesis", "key id", "checkpoint", "require"],
)
def test_verify_malformed_argument_is_a_usage_error(used: Made, arguments: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError):
        verify(used.folder, **arguments)
    with pytest.raises(INDEPENDENT.MalformedError):
        INDEPENDENT.verify(used.folder, **arguments)


def test_verify_changes_nothing_and_works_read_only(used: Made, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(used.folder, copy)
    (copy / "log.lock").unlink()
    before = {path.name: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert verify_twice(copy, genesis=used.genesis).ok
    assert before == {path.name: path.read_bytes() for path in copy.rglob("*") if path.is_file()}


def test_verify_stray_file_that_looks_like_a_segment_is_mentioned(used: Made) -> None:
    (used.folder / "log" / "7.jsonl").write_text("{}\n")
    assert failed(used) == set()
    assert "stray" in unsure(used)


def test_verify_two_keys_after_an_interrupted_sealing_are_mentioned(used: Made) -> None:
    live = live_key(used)
    with open_slots(used.folder) as slots:
        other = EpochKey.generate(live.epoch + 1)
        slots.write(other.slot, other.pack())
    assert failed(used) == set()
    assert "second-key" in unsure(used)
    AuditLog.open(used.folder, session="s1").close()
    assert "second-key" not in unsure(used)


def test_verify_event_of_an_unknown_type_is_not_called_tampering(made: Made) -> None:
    """A newer version may have written it; its bytes are sealed like all others."""
    log = AuditLog.open(made.folder, session="s1")
    log.append(refused(1))
    line = made.lines()[-1].replace(b"answer.refused", b"answer.dreamed")
    made.write_lines([*made.lines()[:-1], line])
    log = AuditLog.open(made.folder, session="s2")
    log.append(refused(2))
    log.close()
    assert failed(made) == set()
    assert "unknown" in unsure(made)


def test_verify_torn_line_without_its_account_is_tampering(made: Made) -> None:
    log = AuditLog.open(made.folder, session="s1")
    log.append(refused(1))
    os.truncate(made.segment, made.segment.stat().st_size - 9)
    made.run(1, session="after")
    lines = made.lines()
    torn = next(n for n, line in enumerate(lines) if b"log.recovered" in line) - 1
    lines[torn] = lines[torn][:-2] + b"!\n"
    made.write_lines(lines)
    report = check(made)
    assert [s.code for s in report.failed] == ["record.recovery"]
    assert report.first_bad == torn


def test_verify_report_as_json_has_the_three_lists(used: Made) -> None:
    value = check(used).to_dict()
    assert value["ok"] is True
    assert {"verified", "failed", "not_checkable", "events", "head"} <= value.keys()
    assert value["events"] == 10 and value["checkpoints"] == 4
    assert value["head"]["size"] == 14 and len(value["head"]["root"]) == 64
    assert all(s.keys() == {"code", "text"} for s in value["verified"])


def test_verify_memory_does_not_grow_with_the_log(made: Made) -> None:
    peaks = []
    for count in (500, 5000):
        with AuditLog.open(made.folder, session="s1") as log:
            log.append_many([refused(n) for n in range(count)])
        tracemalloc.start()
        assert check(made).ok
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000
