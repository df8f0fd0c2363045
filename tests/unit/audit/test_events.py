"""The catalogue: every event can be recorded, and no text slips in."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import pytest

from secure_rag.audit import events
from secure_rag.audit.canonical import decode
from secure_rag.audit.events import CATALOGUE, Event
from secure_rag.audit.log import AuditLog
from secure_rag.audit.record import has_envelope
from tests.unit.audit.audit_support import Made, verify_twice

SAMPLES: dict[str, Any] = {
    "ident": "id-1", "idents": ["a#1", "b#2"], "digest": "0f" * 32, "digests": {"ner": "0f"},
    "code": "document.encrypted", "codes": ["unsafe-keep-all"], "name": "index add",
    "note": "asked by <PERSON_7Q2F9KX3M4>", "count": 3, "counts": {"PERSON": 2}, "flag": True,
    "sealed": "AAECAw==",
    "evidence": {"seccomp": "enforced", "probes": {"AF_INET": "EPERM"}},
}  # fmt: skip
OF_THE_LOG_ITSELF = {"genesis", "log.segment", "log.recovered"}
SENTENCE = "Ms Novak lives in Lisbon"


def sample(event: type[Event]) -> Event:
    return event(**{spec.name: SAMPLES[spec.metadata["kind"]] for spec in fields(event)})


@pytest.mark.parametrize("kind", sorted(CATALOGUE.keys() - OF_THE_LOG_ITSELF))
def test_event_every_type_is_recorded_and_verifies(kind: str, made: Made) -> None:
    event = CATALOGUE[kind]
    with AuditLog.open(made.folder, session="s1") as log:
        seq = log.append(sample(event))
    record = decode(made.lines()[seq].rstrip(b"\n"))
    assert has_envelope(record)
    assert record["type"] == event.TYPE
    assert record["data"].keys() == {spec.name for spec in fields(event)}
    report = verify_twice(made.folder, genesis=made.genesis)
    assert report.ok
    assert "unknown" not in {statement.code for statement in report.not_checkable}


@pytest.mark.parametrize("event", CATALOGUE.values(), ids=CATALOGUE)
def test_event_field_that_is_no_free_text_refuses_a_sentence(event: type[Event]) -> None:
    for spec in fields(event):
        kind = spec.metadata["kind"]
        if kind in ("name", "note", "evidence"):
            continue
        given = {s.name: SAMPLES[s.metadata["kind"]] for s in fields(event)}
        wrong = {"idents": [SENTENCE], "codes": [SENTENCE], "digests": {"a": SENTENCE}}
        given[spec.name] = {**wrong, "counts": {SENTENCE: 1}}.get(kind, SENTENCE)
        with pytest.raises(ValueError, match=spec.name) as caught:
            event(**given)
        assert "Novak" not in str(caught.value)


@pytest.mark.parametrize("value", [1.5, None, -1, 2**53, "3", True])
def test_event_count_that_is_no_number_from_zero_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="exit_code"):
        events.SessionEnd(exit_code=value)


@pytest.mark.parametrize(
    ("exit_code", "outcome"),
    [
        (0, "ok"),
        (1, "failed"),
        (4, "partial"),
        (6, "refused"),
        (70, "failed"),
        (130, "interrupted"),
    ],
)
def test_session_end_outcome_follows_the_exit_code(exit_code: int, outcome: str) -> None:
    assert events.SessionEnd(exit_code=exit_code).outcome == outcome


def test_event_reason_keeps_control_characters_escaped_in_the_line(made: Made) -> None:
    with AuditLog.open(made.folder, session="s1") as log:
        seq = log.append(
            events.RevealRequested(placeholders=[], reason="\x1b]52;c;AAAA\x07\u202ee\u0301\ud800")
        )
    line = made.lines()[seq]
    assert b"\x1b" not in line and b"\\u202e" in line
    assert decode(line.rstrip(b"\n"))["data"]["reason"] == "\x1b]52;c;AAAA\x07\u202e\u00e9?"


def test_event_default_lists_are_not_shared() -> None:
    one = events.AnswerGiven(query_id="q", chunks=["a"])
    two = events.AnswerGiven(query_id="q", chunks=["a"])
    assert one.documents is not two.documents


def test_catalogue_every_field_is_documented() -> None:
    for event in CATALOGUE.values():
        assert event.__doc__
        for spec in fields(event):
            assert spec.metadata["doc"] and spec.metadata["kind"] in SAMPLES
            assert spec.default is MISSING or spec.default in (
                "",
                0,
                False,
                "ask",
                "hybrid",
                "timer",
            )
