"""Pruning: what is left verifies, whatever kills it; what only looks like it is found."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from secure_rag.audit.canonical import decode, encode
from secure_rag.audit.epoch import EpochKey, open_slots, read_keys
from secure_rag.audit.events import HoldCleared, HoldSet
from secure_rag.audit.filters import Filters
from secure_rag.audit.heads import make_request, note_at, parse_request
from secure_rag.audit.holds import standing_holds
from secure_rag.audit.leaves import Tree
from secure_rag.audit.listing import select
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import (
    Frontier,
    Range,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    range_levels,
    tree_root,
)
from secure_rag.audit.note import CheckpointText, sign
from secure_rag.audit.pruned import (
    Header,
    kept_numbers,
    pruned_path,
    read_beginning,
    read_header,
)
from secure_rag.audit.record import Author, Moment, checkpoint_line, event_line
from secure_rag.audit.retention import left_segments, plan_pruning, remove_left, write_draft
from secure_rag.audit.review import show
from secure_rag.audit.search_index import FILE_NAME as INDEX
from secure_rag.audit.segments import segment_numbers, segment_path
from secure_rag.audit.verdict import VerifyReport
from secure_rag.audit.witness import Witness
from secure_rag.errors import AuditUnavailableError, InputError, RefusedError
from tests.unit.audit.audit_support import (
    ORIGIN,
    FailingDisk,
    Killed,
    Made,
    abandon,
    make_log,
    no_space,
    refused,
    verify_twice,
)

SMALL = 2000


def long_log(folder: Path, sessions: int = 7) -> Made:
    made = make_log(folder)
    for number in range(sessions):
        made.run(3, session=f"s{number}", segment_bytes=SMALL)
    return made


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A log of several segments; tests work on copies."""
    return long_log(tmp_path_factory.mktemp("long") / "audit")


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory, long: Made) -> Made:
    """The same, with its first two segments pruned; tests work on copies."""
    made = long.copy(tmp_path_factory.mktemp("cut") / "audit")
    made.prune(2)
    return made


def check(made: Made, **options: object) -> VerifyReport:
    return verify_twice(made.folder, genesis=made.genesis, **options)  # type: ignore[arg-type]


def codes(report: VerifyReport) -> tuple[set[str], set[str], set[str]]:
    lists = (report.verified, report.failed, report.not_checkable)
    verified, failed, skipped = ({one.code for one in found} for found in lists)
    return verified, failed, skipped


def notes(made: Made) -> list[str]:
    """Return every checkpoint of a log of which nothing was pruned."""
    found = (decode(line) for line in made.whole().split(b"\n")[:-1])
    return [str(one["note"]) for one in found if one["type"] == "checkpoint"]


# -- the tree of what is left ----------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 7, 8, 21, 40])
def test_tree_without_its_first_leaves_proves_the_same(size: int) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    for first in range(1, size):
        head = Range(0)
        for leaf in leaves[:first]:
            head.push(leaf)
        nodes, at = {}, 0
        for level, digest in zip(range_levels(0, first), head.digests, strict=True):
            nodes[level, at >> level] = digest
            at += 1 << level
        tree = Tree(leaves[first:], first, nodes)
        assert tree.root() == tree_root(leaves)
        for index in range(first, size):
            assert tree.proof(index) == inclusion_proof(leaves, index)
            assert tree.consistency(index) == consistency_proof(leaves, index)


def test_range_in_pieces_is_the_range_at_once_and_leads_to_the_same_root() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(40)]
    for start in range(24):
        for middle in range(start, 40, 3):
            whole, first, rest = Range(start), Range(start), Range(middle)
            for leaf in leaves[start:]:
                whole.push(leaf)
            for leaf in leaves[start:middle]:
                first.push(leaf)
            for leaf in leaves[middle:]:
                rest.push(leaf)
            for level, digest in zip(range_levels(middle, 40), rest.digests, strict=True):
                first.push(digest, level)
            assert first.digests == whole.digests
            edge = Frontier()
            for leaf in leaves[:start]:
                edge.push_node(leaf, 0)
            for level, digest in zip(range_levels(start, 40), whole.digests, strict=True):
                edge.push_node(digest, level)
            assert edge.root() == tree_root(leaves)


# -- what is left verifies -------------------------------------------------------------------


def test_prune_what_is_left_verifies_and_says_what_is_gone(cut: Made) -> None:
    verified, failed, skipped = codes(check(cut, require={"genesis"}))
    assert {"pruning", "records", "seals", "genesis", "live-key"} <= verified
    assert not failed and skipped == {"pruned", "anchor"}
    header = read_header(cut.folder)
    assert header is not None and header.segment == 3
    assert kept_numbers(cut.folder)[0] == 3 and not left_segments(cut.folder)


def test_prune_every_checkpoint_from_before_still_holds_the_log(long: Made, cut: Made) -> None:
    kept = notes(long)
    assert len(kept) == 8
    for note in kept:
        assert not check(cut, checkpoint=note, require={"anchor"}).failed
        size = int(note.split("\n")[1])
        assert note_at(cut.folder, size) == note
    forged = [note.replace("\ntime 2", "\ntime 1", 1) for note in kept[:2]]
    for note in forged:
        assert codes(check(cut, checkpoint=note))[1] == {"anchor.differs"}


def test_prune_checkpoint_whose_place_was_another_record_differs(long: Made, cut: Made) -> None:
    note = notes(long)[1].replace("\n5\n", "\n4\n", 1)
    assert codes(check(cut, checkpoint=note))[1] == {"anchor.differs"}


def test_prune_again_and_again_then_the_log_goes_on(long: Made, tmp_path: Path) -> None:
    made = long.copy(tmp_path / "audit")
    kept = notes(made)
    for number in range(4):
        event = made.prune(1)
        assert show(made.folder, event).is_proven
        made.run(3, session=f"later{number}", segment_bytes=SMALL)
        report = check(made, checkpoint=kept[number])
        assert report.ok, report.failed
        assert "pruning-open" not in codes(report)[2]
    text = pruned_path(made.folder).read_bytes()
    assert text.count(b'"type":"log.pruned"') < 4 and made.whole().count(b'"log.pruned"') > 0


def test_prune_exported_copy_verifies(cut: Made, tmp_path: Path) -> None:
    copy = cut.copy(tmp_path / "copy")
    shutil.rmtree(copy.folder / "log" / "nothing", ignore_errors=True)
    (copy.folder / "epoch.key").unlink()
    verified, failed, skipped = codes(check(copy, exported=True))
    assert not failed and "pruning" in verified and "live-key" in skipped


def test_prune_since_reads_what_it_needs(cut: Made) -> None:
    from secure_rag.audit.chain import Since

    for start in (0, 12, 20, 99):
        verified, failed, _ = codes(check(cut, since=Since(start)))
        assert not failed and "pruning" in verified


def test_prune_readers_begin_with_the_minimum_index(cut: Made, tmp_path: Path) -> None:
    made = cut.copy(tmp_path / "audit")
    first = read_beginning(made.folder).first
    by_index = select(made.folder, Filters(type="answer"), indexed=True)
    read = select(made.folder, Filters(type="answer"))
    assert by_index.used_index and by_index.found == read.found
    assert {one.proof for one in read.found} == {"sealed"} and read.found[0].seq > first
    assert show(made.folder, first).is_proven
    with pytest.raises(InputError) as caught:
        show(made.folder, first - 1)
    assert caught.value.code == "audit.pruned"


def test_prune_index_from_before_is_removed_with_its_names(long: Made, tmp_path: Path) -> None:
    made = long.copy(tmp_path / "audit")
    assert select(made.folder, Filters(type="answer"), indexed=True).used_index
    old = (made.folder / INDEX).read_bytes()
    made.prune(2)
    assert not (made.folder / INDEX).exists()
    (made.folder / INDEX).write_bytes(old)
    listing = select(made.folder, Filters(type="answer"), indexed=True)
    assert listing.used_index and listing.found == select(made.folder, Filters(type="answer")).found


def test_prune_witness_from_before_follows_the_log(long: Made, tmp_path: Path) -> None:
    made = long.copy(tmp_path / "audit")
    witness = Witness(tmp_path / "state")
    sizes = [int(note.split("\n")[1]) for note in notes(made)]
    for since, upto in ((0, None), (sizes[-1], "pruned")):
        if upto:
            made.prune(3)
        request = parse_request(make_request(made.folder, since).encode())
        genesis = made.genesis if not since else None
        assert witness.cosign(request, genesis=genesis, now=1).code == ""
    for since in sizes:  # one that was left behind long ago catches up too
        assert make_request(made.folder, since).proof
    fresh = Witness(tmp_path / "fresh")
    request = make_request(made.folder, 0)
    assert fresh.cosign(request, genesis=made.genesis, now=1).code == ""


def test_prune_process_that_has_an_old_segment_open_loses_nothing(
    long: Made, tmp_path: Path
) -> None:
    made = long.copy(tmp_path / "audit")
    log = AuditLog.open(made.folder, session="slow", segment_bytes=2**20)
    made.run(2, session="other", segment_bytes=1)
    made.run(2, session="other", segment_bytes=1)
    made.prune(len(kept_numbers(made.folder)) - 1)
    number = log.append(refused(1))
    log.close()
    assert show(made.folder, number).is_proven and check(made).ok


def test_log_whose_open_segment_is_removed_is_refused(made: Made) -> None:
    made.run(1)
    log = AuditLog.open(made.folder, session="s")
    log.rotate(older_than=Moment.now().text)
    log.append(refused(1))
    log.seal()
    segment_path(made.folder, 2).unlink()
    with pytest.raises(AuditUnavailableError):
        log.append(refused(2))
    abandon(log)


def test_rotate_begins_a_segment_only_where_this_one_is_older(made: Made) -> None:
    made.run(1)
    with AuditLog.open(made.folder, session="s") as log:
        assert not log.rotate(older_than="2020-01-01T00:00:00.000000Z")
        assert log.rotate(older_than=Moment.now().text)
    assert segment_numbers(made.folder) == [1, 2] and check(made).ok


# -- killed at every step --------------------------------------------------------------------


@pytest.mark.parametrize("how", ["before", "middle", "after"])
def test_prune_killed_at_every_step_is_verifiable_and_can_be_finished(
    long: Made, tmp_path: Path, how: str
) -> None:
    seen: set[str] = set()
    for at in range(100):
        made = long.copy(tmp_path / f"{how}-{at}")
        try:
            made.prune(2, FailingDisk(at, how))
        except Killed:
            pass
        else:
            break
        verified, failed, skipped = codes(check(made))
        assert not failed, (at, failed)
        seen |= skipped | (verified & {"pruning"})
        with AuditLog.open(made.folder, session="next") as log:
            log.append(refused(1))
        assert check(made).ok
        header = read_header(made.folder)
        if header is not None:
            with AuditLog.open(made.folder, session="finish") as log:
                remove_left(log, made.folder, header)
        else:
            made.prune(2)
        verified, failed, skipped = codes(check(made))
        assert not failed and "pruning" in verified
        assert not skipped & {"pruned.left", "pruning-open"}
    else:
        raise AssertionError("the pruning never ended")
    assert {"pruned", "pruned.left", "pruning", "pruning-open"} <= seen


def test_prune_on_a_full_disk_nothing_goes(long: Made, tmp_path: Path) -> None:
    for at in range(100):
        made = long.copy(tmp_path / str(at))
        before = segment_numbers(made.folder)
        try:
            made.prune(2, FailingDisk(at, "before", no_space))
        except AuditUnavailableError:
            header = read_header(made.folder)
            assert header is not None or set(before) <= set(segment_numbers(made.folder))
            assert check(made).ok
        else:
            assert at > 5
            return
    raise AssertionError("the pruning never succeeded")


# -- holds -----------------------------------------------------------------------------------


def test_prune_under_a_hold_is_refused_and_nothing_is_recorded(long: Made, tmp_path: Path) -> None:
    made = long.copy(tmp_path / "audit")
    with AuditLog.open(made.folder, session="hold") as log:
        log.append(HoldSet(hold="h1", reason="court"))
    before = made.whole()
    with pytest.raises(RefusedError) as caught:
        made.prune(2)
    assert (caught.value.code, caught.value.exit_code) == ("audit.held", 6)
    assert made.whole() == before and read_header(made.folder) is None
    with AuditLog.open(made.folder, session="hold") as log:
        log.append(HoldCleared(hold="h1", reason="lifted"))
    made.prune(2)
    assert check(made).ok and not standing_holds(made.folder)


def test_prune_interrupted_then_held_is_not_finished(long: Made, tmp_path: Path) -> None:
    made = long.copy(tmp_path / "audit")
    copies = {n: segment_path(made.folder, n).read_bytes() for n in (1, 2)}
    made.prune(2)
    segment_path(made.folder, 2).write_bytes(copies[2])
    header = read_header(made.folder)
    assert header is not None
    with AuditLog.open(made.folder, session="hold") as log:
        log.append(HoldSet(hold="h1", reason="court"))
        with pytest.raises(RefusedError):
            remove_left(log, made.folder, header)
    assert codes(check(made))[2] >= {"pruned.left"}
    with AuditLog.open(made.folder, session="hold") as log:
        log.append(HoldCleared(hold="h1", reason="lifted"))
        assert remove_left(log, made.folder, header) == 1
    assert check(made).ok and not left_segments(made.folder)


def test_prune_left_by_another_header_than_the_proven_one_stays(long: Made, tmp_path: Path) -> None:
    made = long.copy(tmp_path / "audit")
    copies = {n: segment_path(made.folder, n).read_bytes() for n in (1, 2)}
    made.prune(2)
    segment_path(made.folder, 2).write_bytes(copies[2])
    proven = read_header(made.folder)
    assert proven is not None
    with AuditLog.open(made.folder, session="s") as log, pytest.raises(RefusedError) as caught:
        remove_left(log, made.folder, replace(proven, first=proven.first - 1))
    assert caught.value.code == "audit.prune" and left_segments(made.folder)


def test_prune_unproven_header_hides_no_hold(long: Made, tmp_path: Path) -> None:
    made = long.copy(tmp_path / "audit")
    with AuditLog.open(made.folder, session="hold") as log:
        log.append(HoldSet(hold="h1", reason="court"))
    made.run(1, segment_bytes=1)
    last = segment_numbers(made.folder)[-1]
    seq = decode(segment_path(made.folder, last).read_bytes().split(b"\n")[0])["seq"]
    (hold,) = standing_holds(made.folder)
    pruned_path(made.folder).write_bytes(Header(seq, last).encode() + b"\n")
    assert standing_holds(made.folder) == [hold] and hold.seq < seq


# -- what only looks like a pruning ------------------------------------------------------------


def _delete_first(made: Made) -> None:
    segment_path(made.folder, 3).unlink()


def _delete_file(made: Made) -> None:
    pruned_path(made.folder).unlink()


def _shorten_file(made: Made) -> None:
    path = pruned_path(made.folder)
    path.write_bytes(path.read_bytes().rpartition(b'{"end"')[0])


def _swap_lines(made: Made) -> None:
    path = pruned_path(made.folder)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3], lines[5] = lines[5], lines[3]
    path.write_bytes(b"".join(lines))


def _cut_the_announcement(made: Made) -> None:
    path = segment_path(made.folder, kept_numbers(made.folder)[-1])
    data = path.read_bytes()
    start = data.index(b'"type":"log.pruned"')
    path.write_bytes(data[: data.rindex(b"\n", 0, start) + 1])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_delete_first, "segment.missing"),
        (_delete_file, "segment.missing"),
        (_shorten_file, "pruned.form"),
        (_swap_lines, "pruned.form"),
        (_cut_the_announcement, "pruned.unrecorded"),
    ],
)
def test_prune_damage_after_it_is_found(
    cut: Made, tmp_path: Path, change: Callable[[Made], None], expected: str
) -> None:
    made = cut.copy(tmp_path / "audit")
    change(made)
    failed = codes(check(made))[1]
    assert expected in failed
    assert failed - {expected} <= {"live-key.differs"}
    assert not check(made, exported=True).ok


def test_prune_every_flipped_bit_of_its_file_is_found(cut: Made, tmp_path: Path) -> None:
    made = cut.copy(tmp_path / "audit")
    path = pruned_path(made.folder)
    clean = path.read_bytes()
    with path.open("r+b", buffering=0) as file:
        for position in range(0, len(clean), 5):
            bit = position // 5 % 8
            os.pwrite(file.fileno(), bytes([clean[position] ^ 1 << bit]), position)
            assert not check(made).ok, (position, bit)
            os.pwrite(file.fileno(), clean[position : position + 1], position)
    assert check(made).ok


def cut_front(made: Made, segments: int) -> None:
    """Cut the front as a pruning would, without a word in the log."""
    following = kept_numbers(made.folder)[segments]
    time = decode(segment_path(made.folder, following).read_bytes().split(b"\n")[0])["time"]
    plan = plan_pruning(made.folder, time)
    assert plan is not None
    write_draft(made.folder, plan)
    os.rename(pruned_path(made.folder).with_suffix(".new"), pruned_path(made.folder))
    for path in left_segments(made.folder):
        path.unlink()


def test_prune_without_a_record_is_found(long: Made, cut: Made, tmp_path: Path) -> None:
    for number, (made, segments) in enumerate(((long, 1), (long, 3), (cut, 1))):
        copy = made.copy(tmp_path / str(number))
        cut_front(copy, segments)
        for exported in (False, True):
            report = check(copy, exported=exported)
            assert codes(report)[1] == {"pruned.unrecorded"} and report.first_bad == 0


def test_prune_file_over_segments_that_are_all_there_hides_nothing(
    long: Made, tmp_path: Path
) -> None:
    made = long.copy(tmp_path / "audit")
    plan = plan_pruning(made.folder, Moment.now().text)
    assert plan is not None
    write_draft(made.folder, plan)
    os.rename(pruned_path(made.folder).with_suffix(".new"), pruned_path(made.folder))
    assert codes(check(made))[1] == {"pruned.unrecorded"}


def forged(made: Made, *, before: str, hold: bool = False, sealed: bool = True) -> None:
    """Announce and prune as root with the live key, past what the program refuses."""
    plan = plan_pruning(made.folder, Moment.now().text)
    assert plan is not None
    draft = write_draft(made.folder, plan)
    event = draft.event(reason="", retention_days=0)
    object.__setattr__(event, "before", before)
    with open_slots(made.folder) as slots:
        (key,) = read_keys(slots)
    tree, lines = Frontier(), made.whole().split(b"\n")[:-1]
    for line in lines:
        tree.push(line)
    author = Author.current("forged")
    events = [HoldSet(hold="h", reason="")] if hold else []
    new = []
    for one in (*events, event):
        new.append(event_line(tree.size, author, one))
        tree.push(new[-1])
    if sealed:
        following = EpochKey.generate(key.epoch + 1)
        text = CheckpointText(
            ORIGIN, tree.size, tree.root(), key.epoch, "2026-11-22T00:00:00Z", following.public
        )
        new.append(checkpoint_line(tree.size, sign(text.encode(), ORIGIN, key.private)))
        with open_slots(made.folder) as slots:
            slots.write(following.slot, following.pack())
            slots.erase(key.slot)
    with segment_path(made.folder, segment_numbers(made.folder)[-1]).open("ab") as file:
        file.write(b"\n".join([*new, b""]))
    os.rename(pruned_path(made.folder).with_suffix(".new"), pruned_path(made.folder))
    for path in left_segments(made.folder):
        path.unlink()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"before": "2999-01-01T00:00:00.000000Z"}, "pruned.young"),
        ({"before": "2020-01-01T00:00:00.000000Z"}, "pruned.young"),
        ({"before": "", "sealed": False}, "pruned.unrecorded"),
        ({"before": "now", "hold": True}, "pruned.hold"),
    ],
)
def test_prune_forged_by_root_against_its_rules_is_found(
    long: Made, tmp_path: Path, options: dict[str, object], expected: str
) -> None:
    made = long.copy(tmp_path / "audit")
    if options["before"] == "now":
        options = {**options, "before": Moment.now().text}
    forged(made, **options)  # type: ignore[arg-type]
    assert codes(check(made))[1] == {expected}


def test_prune_without_a_checkpoint_over_the_first_record_that_stays_is_found(made: Made) -> None:
    """Records 0 to 4 go, of which 4 was never sealed; 6 announces that, and 7 seals it."""
    made.run(1)
    log = AuditLog.open(made.folder, session="s")
    log.append(refused(1))
    log.rotate(older_than=Moment.now().text)
    abandon(log)
    forged(made, before=Moment.now().text)
    header = read_header(made.folder)
    assert header == Header(5, 2)
    for exported in (False, True):
        report = check(made, exported=exported)
        assert codes(report)[1] == {"pruned.unrecorded"} and report.first_bad == 0


def test_prune_forged_by_root_within_the_rules_is_on_record_and_old_anchors_hold(
    long: Made, tmp_path: Path
) -> None:
    """What no log can find by itself: it must be visible, and old heads must still bind."""
    made = long.copy(tmp_path / "audit")
    forged(made, before=Moment.now().text)
    report = check(made, checkpoint=notes(long)[2])
    assert report.ok and "pruned" in codes(report)[2]
    other = long_log(tmp_path / "other")
    assert codes(check(made, checkpoint=notes(other)[2]))[1] == {"anchor.differs"}


def test_prune_record_altered_in_a_kept_line_is_found(cut: Made, tmp_path: Path) -> None:
    made = cut.copy(tmp_path / "audit")
    path = pruned_path(made.folder)
    lines = path.read_bytes().splitlines()
    changed = decode(lines[1]) | {"user": "nobody"}
    path.write_bytes(b"\n".join([lines[0], encode(changed), *lines[2:], b""]))
    assert codes(check(made))[1] == {"checkpoint.root"}
