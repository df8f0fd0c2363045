"""Selecting and showing records for people."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from secure_rag.audit import events
from secure_rag.audit.adapter_events import AdapterMarked
from secure_rag.audit.anomalies import Anomalies
from secure_rag.audit.canonical import decode, encode
from secure_rag.audit.events import CATALOGUE
from secure_rag.audit.filters import Filters, parse_when
from secure_rag.audit.listing import select
from secure_rag.audit.log import AuditLog
from secure_rag.audit.ocsf import to_ocsf
from secure_rag.audit.record import checkpoint_line
from secure_rag.audit.review import record_reading, show, summarise
from secure_rag.audit.rules import Rule, load_rules
from secure_rag.audit.vault_events import ErasureDone, ErasureReplayed
from secure_rag.audit.verify import verify
from secure_rag.errors import InputError, UsageError
from tests.unit.audit.audit_support import INDEPENDENT, Made


@pytest.fixture
def mixed(made: Made) -> Made:
    with AuditLog.open(made.folder, session="aaaa0001") as log:
        log.append(events.DocumentQuarantined(document_id="doc1", reason="document.encrypted"))
        log.append(events.PassagesRetrieved(query_id="q1", chunks=["doc1#0", "doc2#4"]))
    with AuditLog.open(made.folder, session="bbbb0002") as log:
        log.append(events.RevealRequested(placeholders=["<PERSON_7Q2F9KX3M4>"], reason="why"))
    return made


@pytest.mark.parametrize(
    ("filters", "last", "expected"),
    [
        ({}, None, [0, 2, 3, 5]),
        ({"type": "document"}, None, [2]),
        ({"type": "reveal.requested"}, None, [5]),
        ({"type": "doc"}, None, []),
        ({"type": "checkpoint"}, None, [1, 4, 6]),
        ({"session": "aaaa"}, None, [2, 3]),
        ({"document": "doc1"}, None, [2, 3]),
        ({"document": "doc2"}, None, [3]),
        ({"document": "doc"}, None, []),
        ({"outcome": "refused"}, None, [2]),
        ({"actor": "nobody-here"}, None, []),
        ({"actor": str(os.getuid())}, 1, [5]),
        ({"since": "2020-01-01", "until": "2999-01-01"}, 2, [3, 5]),
        ({"since": "2999-01-01"}, None, []),
        ({"until": "2020-01-01"}, None, []),
    ],
    ids=range(15),
)
def test_select_filters_choose_the_events(
    mixed: Made, filters: dict[str, Any], last: int | None, expected: list[int]
) -> None:
    for indexed in (False, True):
        listing = select(mixed.folder, Filters(**filters), last=last, indexed=indexed)
        assert [listed.seq for listed in listing.found] == expected
        assert {listed.proof for listed in listing.found if listed.seq != 6} <= {"sealed"}


@pytest.mark.parametrize("indexed", [False, True], ids=["read", "index"])
def test_select_document_finds_erasures_and_marks_and_no_counts(made: Made, indexed: bool) -> None:
    with AuditLog.open(made.folder, session="s") as log:
        log.append(ErasureReplayed(kind="document", subject="doc1"))
        log.append(
            ErasureDone(
                kind="document", names=["doc0", "doc1"], found=0, receipt_digest="", verifier="v"
            )
        )
        log.append(AdapterMarked(adapter="a", kind="document", names=["doc1"]))
        log.append(events.DocumentIndexed(document_id="doc9", chunks=2, entities={}))
    expected = {"doc1": [2, 3, 4], "doc0": [3], "doc9": [5], "2": [], "None": []}
    for document, found in expected.items():
        listing = select(made.folder, Filters(document=document), indexed=indexed)
        assert [listed.seq for listed in listing.found] == found, document


def test_show_every_record_of_every_log_size_is_proven(made: Made) -> None:
    for session in range(6):
        made.run(session, session=f"s{session}", segment_bytes=3000)
        sealed = len(made.whole().splitlines()) - 1
        for seq in range(sealed):
            shown = show(made.folder, seq)
            assert shown.is_proven and shown.sealed_by == sealed, (session, seq)


def test_show_neighbours_are_the_lines_around(mixed: Made) -> None:
    shown = show(mixed.folder, 2, context=2)
    assert [entry.seq for entry in shown.before] == [0, 1]
    assert [entry.seq for entry in shown.after] == [3, 4]
    assert shown.entry.line == mixed.lines()[2][:-1]


def test_show_changed_record_is_not_proven(mixed: Made) -> None:
    lines = mixed.lines()
    lines[2] = lines[2].replace(b"doc1", b"doc9")
    mixed.write_lines(lines)
    assert not show(mixed.folder, 3).is_proven


def test_show_checkpoint_signed_by_another_key_is_not_proven(mixed: Made) -> None:
    lines = mixed.lines()
    forged = decode(lines[6][:-1])["note"].replace("epoch 2", "epoch 3")
    lines[6] = lines[6].replace(b"epoch 2", b"epoch 3")
    assert forged
    mixed.write_lines(lines)
    assert not show(mixed.folder, 3).is_proven


@pytest.mark.parametrize("seq", [-1, 7, 99])
def test_show_number_that_is_not_there_is_an_input_error(mixed: Made, seq: int) -> None:
    with pytest.raises(InputError):
        show(mixed.folder, seq)


def test_record_reading_is_an_event_that_holds_no_filter(mixed: Made) -> None:
    seq = record_reading(mixed.folder, kind="list", options={"actor": "novak"}, records=4)
    assert isinstance(seq, int)
    line = mixed.lines()[seq]
    assert b"novak" not in line and decode(line[:-1])["data"]["records"] == 4
    assert verify(mixed.folder, genesis=mixed.genesis).ok


def test_record_reading_of_a_cut_log_says_why_not(mixed: Made) -> None:
    mixed.write_lines(mixed.lines()[:-1])
    before = mixed.whole()
    reason = record_reading(mixed.folder, kind="list", options={}, records=0)
    assert isinstance(reason, str) and "cut" in reason
    assert mixed.whole() == before


@pytest.mark.parametrize(
    ("text", "is_end", "expected"),
    [
        ("", False, ""),
        ("2026-11-22", False, "2026-11-22T00:00:00.000000Z"),
        ("2026-11-22", True, "2026-11-23T00:00:00.000000Z"),
        ("2026-11-22T08:30", True, "2026-11-22T08:30:00.000000Z"),
        ("2026-11-22T08:30:00+02:00", False, "2026-11-22T06:30:00.000000Z"),
        ("2026-11-22 08:30", True, "2026-11-22T08:30:00.000000Z"),
        ("2026-11-22T08:30Z", False, "2026-11-22T08:30:00.000000Z"),
    ],
)
def test_parse_when_gives_utc_as_the_log_writes_it(text: str, is_end: bool, expected: str) -> None:
    assert parse_when(text, is_end=is_end) == expected


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-13-01", "\x1b[2J", "2026-11-29-05:00", "2026-11-29+02:00", "2026-W48",
     "2026-W48-1", "20261129", "2026-11-29x08:30", "2026-11-29T", "2026-11-29T+02:00",
     "\u0662026-11-29"],
    ids=range(12),
)  # fmt: skip
def test_parse_when_no_time_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_when(text)
    assert "\x1b" not in str(caught.value) and "2026-11-22T08:30" in str(caught.value.hint)
    with pytest.raises(argparse.ArgumentTypeError):
        INDEPENDENT.when(text if not text.isdigit() else text + "-")


def _odd_records(made: Made) -> Iterator[dict[str, Any]]:
    """Yield records of every type whose fields hold what no writer puts there."""
    base = decode(made.lines()[0][:-1])
    odd = [5, True, "x", "\u202e", [], [[1], {"a": 1}, 5], {"a": {"b": [1]}}, ""]
    times = ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z", "soon", ""]
    for kind, event in CATALOGUE.items():
        for number, value in enumerate(odd):
            data = {spec.name: value for spec in fields(event)} | {"payload": value}
            time = times[number % len(times)]
            yield base | {"type": kind, "data": data, "time": time, "outcome": "x", "seq": number}


def test_readers_take_records_that_no_writer_makes(made: Made) -> None:
    made.run(1)
    limits = {"from": "09:00", "to": "18:00"}
    shifted = [
        Rule.model_validate(
            {"name": "h", "title": "t", "severity": "low", "kind": "hours",
             "types": tuple(CATALOGUE), "hours": limits | {"utc_offset_minutes": offset}}
        )
        for offset in (60, -60)
    ]  # fmt: skip
    anomalies = Anomalies([*load_rules(), *shifted])
    filters = [Filters(document="doc"), Filters(subject="P"), Filters(used="doc"),
               Filters(saw="doc"), Filters(revealed_by="x")]  # fmt: skip
    for seq, found in enumerate(_odd_records(made)):
        assert isinstance(summarise(found), str)
        anomalies.add(seq, found)
        assert not any(one.match(found) for one in filters)
        line = encode(found)
        assert to_ocsf(found, line, leaf="00", product="0")["raw_data"] == line.decode()
    assert anomalies.found()


def test_show_last_checkpoint_that_cannot_be_read_is_not_proven(mixed: Made) -> None:
    lines = mixed.lines()
    lines[-1] = checkpoint_line(len(lines) - 1, "x\n\n") + b"\n"
    mixed.write_lines(lines)
    shown = show(mixed.folder, 2)
    assert (shown.sealed_by, shown.is_proven) == (len(lines) - 1, False)


def test_summarise_counts_long_lists_and_leaves_empty_fields_out(made: Made) -> None:
    with AuditLog.open(made.folder, session="s1") as log:
        log.append(
            events.AnswerGiven(query_id="q1", chunks=["a#1", "a#2", "a#3", "a#4"], documents=["a"])
        )
    record = decode(made.lines()[2][:-1])
    assert summarise(record) == "chunks=(4) documents=a query_id=q1"
    assert "epoch 1" in summarise(decode(made.lines()[3][:-1]))
