"""Listings over the search index: the same as by reading all, whatever happened to the index."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secure_rag.audit import events, search_index
from secure_rag.audit.canonical import decode
from secure_rag.audit.epoch import EpochKey, open_slots, read_keys
from secure_rag.audit.export import collect
from secure_rag.audit.filters import Filters
from secure_rag.audit.leaves import Tree
from secure_rag.audit.listing import Listing, scan, select
from secure_rag.audit.log import AuditLog
from secure_rag.audit.merkle import inclusion_proof, leaf_hash, tree_root
from secure_rag.audit.note import parse_checkpoint, parse_note, sign
from secure_rag.audit.pruned import pruned_path, read_beginning
from secure_rag.audit.record import checkpoint_line
from secure_rag.audit.review import show
from secure_rag.audit.search_index import FILE_NAME
from secure_rag.audit.verify import verify
from secure_rag.errors import InputError
from tests.unit.audit.audit_support import Made, seal_anew

ME = str(os.getuid())
ANNA = "<PERSON_7Q2F9KX3M4>"
QUESTIONS: dict[str, tuple[dict[str, str], list[str]]] = {
    "saw": ({"saw": "doc1"}, ["passages.retrieved", "answer.given"]),
    "saw chunk": ({"saw": "doc2"}, ["passages.retrieved"]),
    "saw nothing": ({"saw": "doc"}, []),
    "used": ({"used": "doc1"}, ["answer.given"]),
    "not used": ({"used": "doc2"}, []),
    "revealed": ({"revealed_by": ME}, ["reveal.requested", "reveal.granted"]),
    "revealed nothing": ({"revealed_by": "nobody-here"}, []),
    "subject": ({"subject": ANNA}, ["reveal.requested", "reveal.granted"]),
    "subject bare": ({"subject": "PERSON_7Q2F9KX3M4"}, ["reveal.requested", "reveal.granted"]),
    "subject note": ({"subject": "PERSON_AAAAAAAAAA"}, ["reveal.requested"]),
    "subject part": ({"subject": "PERSON_7Q2F9"}, []),
    "type": ({"type": "reveal"}, ["reveal.requested", "reveal.granted"]),
    "not canonical": ({"session": "\ud800"}, []),
}


@pytest.fixture
def asked(made: Made) -> Made:
    with AuditLog.open(made.folder, session="aaaa0001", segment_bytes=900) as log:
        log.append(events.PassagesRetrieved(query_id="q1", chunks=["doc1#0", "doc2#4"]))
        log.append(events.AnswerGiven(query_id="q1", chunks=["doc1#0"], documents=["doc1"]))
        note = "asked by <PERSON_AAAAAAAAAA>"
        log.append(events.RevealRequested(placeholders=[ANNA], reason=note))
        log.append(events.RevealGranted(placeholders=[ANNA]))
    return made


def types(listing: Listing) -> list[str]:
    return [listed.record["type"] for listed in listing.found]


@pytest.mark.parametrize("indexed", [False, True], ids=["read", "index"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_select_questions_of_a_review_have_one_filter_each(
    asked: Made, question: str, indexed: bool
) -> None:
    filters, expected = QUESTIONS[question]
    listing = select(asked.folder, Filters(**filters), indexed=indexed)
    assert types(listing) == expected
    assert {listed.proof for listed in listing.found} <= {"sealed"}
    assert listing.used_index is indexed


def test_select_index_and_reading_agree_while_the_log_grows(made: Made) -> None:
    filters = Filters(type="answer")
    for number in range(14):
        made.run(number * 20 % 90 + 1, session=f"s{number}", segment_bytes=9000)
        by_index = select(made.folder, filters, indexed=True)
        assert by_index.used_index and not by_index.rebuilt
        assert by_index.found == select(made.folder, filters).found
    assert made.whole().count(b"\n") > 2 * search_index.TILE


def test_select_records_after_the_last_checkpoint_are_open(made: Made) -> None:
    log = AuditLog.open(made.folder, session="s1")
    log.append(events.AnswerRefused(query_id="q1", reason="no_passages"))
    for indexed in (False, True):
        listing = select(made.folder, Filters(type="answer"), indexed=indexed)
        assert [listed.proof for listed in listing.found] == ["open"]
        assert listing.used_index is indexed
    log.close()


def _hide_row(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE rows SET type = 'session.end' WHERE type = 'reveal.granted'")


def _hide_name(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM names")


def _drop_row(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM rows WHERE type = 'reveal.granted'")


def _forge_leaf(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE rows SET leaf = zeroblob(32) WHERE type = 'reveal.granted'")


def _move_row(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE rows SET at = at + 1 WHERE type = 'reveal.granted'")


def _swap_places(connection: sqlite3.Connection) -> None:
    sql = (
        "UPDATE rows SET (segment, at, length) = (SELECT segment, at, length FROM rows WHERE "
        "type = 'reveal.requested') WHERE type = 'reveal.granted'"
    )
    connection.execute(sql)


def _claim_more(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO rows SELECT seq + 1, segment, at, length, leaf, time, user, uid, session, "
        "type, outcome FROM rows WHERE seq = (SELECT max(seq) FROM rows)"
    )


def _add_trigger(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TRIGGER evil AFTER INSERT ON rows BEGIN DELETE FROM rows; END")


@pytest.mark.parametrize(
    "harm",
    [
        _hide_row, _hide_name, _drop_row, _forge_leaf, _move_row, _swap_places, _claim_more,
        _add_trigger,
    ],
)  # fmt: skip
def test_select_index_that_lies_is_made_anew_and_hides_nothing(
    asked: Made, harm: Callable[[sqlite3.Connection], None]
) -> None:
    filters = Filters(type="reveal", subject=ANNA)
    before = select(asked.folder, filters, indexed=True)
    connection = sqlite3.connect(asked.folder / FILE_NAME)
    with connection:
        harm(connection)
    connection.close()
    after = select(asked.folder, filters, indexed=True)
    assert after.found == before.found and len(after.found) == 2
    again = select(asked.folder, filters, indexed=True)
    assert again.used_index and not again.rebuilt


def test_select_index_that_is_no_database_is_made_anew(asked: Made) -> None:
    (asked.folder / FILE_NAME).write_bytes(b"SQLite format 3\0" + bytes(4000))
    listing = select(asked.folder, Filters(type="reveal"), indexed=True)
    assert listing.used_index and len(listing.found) == 2


def test_select_index_of_another_log_is_made_anew(asked: Made, tmp_path: Path) -> None:
    select(asked.folder, Filters(type="reveal"), indexed=True)
    other = asked.copy(tmp_path / "other")
    other.run(3)
    select(other.folder, Filters(type="reveal"), indexed=True)
    (other.folder / FILE_NAME).replace(asked.folder / FILE_NAME)
    listing = select(asked.folder, Filters(type="reveal"), indexed=True)
    assert listing.used_index and len(listing.found) == 2


def test_select_index_that_cannot_be_written_is_done_without(asked: Made) -> None:
    (asked.folder / FILE_NAME).mkdir()
    listing = select(asked.folder, Filters(type="reveal"), indexed=True)
    assert not listing.used_index and len(listing.found) == 2


def test_select_index_is_readable_by_the_owner_only(asked: Made) -> None:
    select(asked.folder, Filters(type="reveal"), indexed=True)
    assert (asked.folder / FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("indexed", [False, True], ids=["read", "index"])
def test_select_changed_record_is_unproven_and_earlier_ones_stay_sealed(
    made: Made, indexed: bool
) -> None:
    made.run(2, session="aaaa")
    made.run(2, session="bbbb")
    lines = made.lines()
    lines[5] = lines[5].replace(b'"q0"', b'"q7"')
    made.write_lines(lines)
    listing = select(made.folder, Filters(type="answer"), indexed=indexed)
    assert [listed.proof for listed in listing.found] == ["sealed"] * 2 + ["unproven"] * 2
    assert not listing.used_index


def test_select_log_signed_anew_by_another_key_is_unproven(made: Made, tmp_path: Path) -> None:
    from tests.unit.audit.audit_support import make_log

    made.run(2)
    other = make_log(tmp_path / "other")
    other.run(2)
    made.write_lines([*made.lines()[:2], *other.lines()[2:]])
    proofs = {one.proof for one in select(made.folder, Filters(type="answer"), indexed=True).found}
    assert proofs == {"unproven"}


@pytest.mark.parametrize("indexed", [False, True], ids=["read", "index"])
@pytest.mark.parametrize("has_live_key", [False, True], ids=["no key", "live key"])
def test_select_checkpoints_made_anew_by_a_stranger_prove_nothing(
    used: Made, indexed: bool, has_live_key: bool
) -> None:
    lines, first = used.lines(), 5
    lines[first - 1] = lines[first - 1].replace(b'"q2"', b'"q9"')
    if has_live_key:
        with open_slots(used.folder) as slots:
            (key,) = read_keys(slots)
        used.run(1)
        lines = [*lines, *used.lines()[len(lines) :]]
        seal_anew(used, lines, len(lines) - 1, key)
    else:
        seal_anew(used, lines, first)
    assert not verify(used.folder).ok
    listing = select(used.folder, Filters(type="answer"), indexed=indexed)
    assert {listed.proof for listed in listing.found} == {"unproven"}
    assert not show(used.folder, first - 1).is_proven
    assert not show(used.folder, first + 2).is_proven
    assert collect(used.folder).size < first


@pytest.mark.parametrize("indexed", [False, True], ids=["read", "index"])
def test_select_kept_checkpoints_made_anew_by_a_stranger_prove_nothing(
    used: Made, indexed: bool
) -> None:
    used.run(1, segment_bytes=1)
    used.prune(1)
    header, *kept = pruned_path(used.folder).read_bytes().split(b"\n")[:-1]
    last = max(n for n, line in enumerate(kept) if b'"type":"checkpoint"' in line)
    old = parse_checkpoint(parse_note(decode(kept[last])["note"]).text)
    key = EpochKey.generate(old.epoch)
    text = replace(old, next_public=key.public).encode()
    kept[last] = checkpoint_line(old.size, sign(text, old.origin, key.private))
    pruned_path(used.folder).write_bytes(b"\n".join([header, *kept, b""]))
    tree, lines = read_beginning(used.folder).tree, used.whole().splitlines(keepends=True)
    seal_anew(used, lines, 0, key, prefix=(tree, old.epoch + 1, 2))
    assert "checkpoint.signature" in {one.code for one in verify(used.folder).failed}
    listing = select(used.folder, Filters(type="answer"), indexed=indexed)
    assert {one.proof for one in listing.found} == {"unproven"}


@pytest.mark.parametrize("indexed", [False, True], ids=["read", "index"])
def test_select_never_calls_sealed_what_was_changed(made: Made, indexed: bool) -> None:
    for session in range(3):
        made.run(2, session=f"s{session}")
    honest = made.lines()
    data = made.segment.read_bytes()
    select(made.folder, Filters(type="answer"), indexed=indexed)
    for place in range(0, len(data), 41):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        made.segment.write_bytes(changed)
        for listed in select(made.folder, Filters(type="answer"), indexed=indexed).found:
            is_honest = listed.seq < len(honest) and honest[listed.seq] == listed.entry.line + b"\n"
            assert is_honest or listed.proof != "sealed", (place, listed.seq)


def test_scan_without_filters_yields_every_record_once(asked: Made) -> None:
    assert [one.seq for one in scan(asked.folder)] == list(range(asked.whole().count(b"\n")))


def test_select_without_log_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        select(tmp_path, Filters(), indexed=True)


@pytest.mark.parametrize("size", [*range(1, 20), 33, 64, 100])
def test_tree_proofs_and_root_are_those_of_the_recursive_definition(size: int) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    tree: Any = Tree(leaves)
    assert tree.root() == tree_root(leaves)
    for index in range(size):
        assert tree.proof(index) == inclusion_proof(leaves, index)


def test_tree_index_beyond_the_end_is_refused() -> None:
    with pytest.raises(IndexError):
        Tree([leaf_hash(b"a")]).proof(1)
