"""Presidio's recognizers, made strict: offline, whole words, no skipped pattern."""

from __future__ import annotations

import logging
import sys
from typing import Any

import pytest
import regex

from secure_rag.errors import DocumentError
from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.presidio import PresidioDetector
from secure_rag.redaction.scan import Scanner, Views
from secure_rag.redaction.spans import Detector

CASES = [
    ("paid with ⟦4111 1111 1111 1111⟧ today", "CREDIT_CARD"),
    ("paid with ⟦4111\u00a01111\u20111111\u20111111⟧ today", "CREDIT_CARD"),
    ("paid with ⟦４１１１１１１１１１１１１１１１⟧ today", "CREDIT_CARD"),
    ("to ⟦DE89 3704 0044 0532 0130 00⟧ now", "IBAN_CODE"),
    ("mail ⟦anna.novak@example.com⟧ now", "EMAIL_ADDRESS"),
    ("mail ⟦jane.doe@corp.internal⟧ now", "EMAIL_ADDRESS"),
    ("mail ⟦bob@mail.local⟧ now", "EMAIL_ADDRESS"),
    ("see ⟦https://example.com/a/b?c=d⟧.", "URL"),
    ("see ⟦www.example.org⟧, please", "URL"),
    ("see ⟦intranet.example.com/people⟧ please", "URL"),
    ("from ⟦192.0.2.44⟧ at", "IP_ADDRESS"),
    ("from ⟦2001:db8::1⟧ at", "IP_ADDRESS"),
    ("card ⟦00:1A:2B:3C:4D:5E⟧ at", "MAC_ADDRESS"),
    ("his ssn: ⟦536904399⟧ is", "US_SSN"),
    ("NHS number ⟦999 000 1219⟧", "UK_NHS"),
    ("NI number ⟦AB123456C⟧", "UK_NINO"),
    ("passport ⟦912803456⟧ of", "US_PASSPORT"),
    ("call ⟦+44 20 7946 0958⟧ now", "PHONE_NUMBER"),
    ("call ⟦(212) 555-0142⟧ now", "PHONE_NUMBER"),
    ("on ⟦2024-03-12⟧ we", "DATE_TIME"),
    ("id ⟦123e4567-e89b-42d3-a456-426614174000⟧ of", "UUID"),
    # nothing
    ("install react@18.2.0 and run os.system in setup.py", ""),
    ("A1 of the public library is INTRODUCTORY", ""),
    ("end of sentence.It goes on", ""),
    ("912803456 boxes", ""),
    ("version 10.2.14 replaces 9.8", ""),
]


@pytest.mark.parametrize(("marked", "entity"), CASES, ids=range(len(CASES)))
def test_presidio_finds_the_marked_value_and_nothing_else(
    patterns: tuple[Detector, ...], marked: str, entity: str
) -> None:
    text = marked.replace("⟦", "").replace("⟧", "")
    found = [span for span in patterns[0].find(normalise(text).text) if span.score >= 0.35]
    if not entity:
        assert [span.entity for span in found] == []
        return
    start, end = marked.index("⟦"), marked.index("⟧") - 1
    assert (start, end, entity) in {(span.start, span.end, span.entity) for span in found}


def test_presidio_value_at_a_window_edge_is_found(patterns: tuple[Detector, ...]) -> None:
    text = "word " * 790 + "4111 1111 1111 1111 " + "word " * 800
    found = [s for s in patterns[0].find(text) if s.entity == "CREDIT_CARD"]
    assert [text[s.start : s.end] for s in found] == ["4111 1111 1111 1111"]


def test_presidio_email_check_opens_no_socket(
    patterns: tuple[Detector, ...], opened_sockets: list[str]
) -> None:
    assert patterns[0].find("write to someone.new@unseen-domain.example.com or x@y.internal")
    assert opened_sockets == []


@pytest.fixture
def opened_sockets() -> list[str]:
    seen: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith("socket.") and event != "socket.gethostname":
            seen.append(event)

    sys.addaudithook(watch)
    return seen


def test_presidio_pattern_out_of_time_fails_the_document() -> None:
    slow = Scanner(
        ((regex.compile(r"(?:(?:a|aa)+)+$"), 0.5, "whole"),),
        validate=lambda value: None,
        invalidate=lambda value: None,
        timeout_s=0.05,
    )
    with pytest.raises(DocumentError) as failure:
        slow.find(Views("a" * 200 + "!"))
    assert failure.value.code == "document.detector"
    assert "aaaa" not in str(failure.value)


def test_presidio_patterns_of_the_list_all_have_a_time_out() -> None:
    scanners = [one.scanner() for one in PresidioDetector().listed]
    assert scanners
    assert all(0 < scanner.timeout_s <= 5 for scanner in scanners)


def test_presidio_loggers_say_nothing_below_warning(
    patterns: tuple[Detector, ...], caplog: pytest.LogCaptureFixture
) -> None:
    assert patterns
    for name in ("presidio-analyzer", "decision_process", "presidio-anonymizer"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING
    caplog.set_level(logging.DEBUG)
    patterns[0].find("his ssn: 536904399 and mail anna.novak@example.com")
    assert "536904399" not in caplog.text
    assert "novak" not in caplog.text


def test_plugged_recognizer_of_the_user_is_a_detector() -> None:
    from presidio_analyzer import Pattern, PatternRecognizer

    from secure_rag.redaction.presidio import PluggedRecognizer

    badge = PatternRecognizer("BADGE", patterns=[Pattern("badge", r"B-\d{4}", 0.7)])
    detector = PluggedRecognizer(badge, {"BADGE": "ID_NUMBER"})
    found = detector.find("his badge B-1234 was lost")
    assert [(s.start, s.end, s.entity, s.score) for s in found] == [(10, 16, "ID_NUMBER", 0.7)]
    assert detector.signature()


def test_names_model_in_a_presidio_engine_finds_the_same_names() -> None:
    """The starter model, as a recognizer of a stock Presidio registry and engine."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

    from secure_rag.redaction.ner import NerDetector
    from secure_rag.redaction.presidio import DetectorRecognizer, PluggedRecognizer
    from secure_rag.runtime.encoder import Encoder
    from secure_rag.runtime.manifest import Models

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    located = Models().locate("ner")
    names = NerDetector(Encoder(located), digest=located.digest)
    wanted = ["PERSON", "LOCATION", "ORGANIZATION"]
    recognizer = DetectorRecognizer(names, wanted)
    text = "Dear Ms Lindholm, Tomasz Kowalczyk will visit you in Bristol on Monday."
    expected = {
        (s.entity, s.start, s.end)
        for s in names.find(text)
        if s.score >= 0.35 and s.entity in wanted
    }
    assert {entity for entity, *_ in expected} >= {"PERSON", "LOCATION"}

    engine = AnalyzerEngine(RecognizerRegistry([recognizer]), Blank(), supported_languages=["en"])
    found = engine.analyze(text, "en", wanted, score_threshold=0.35)
    assert {(one.entity_type, one.start, one.end) for one in found} == expected

    back = PluggedRecognizer(recognizer, {entity: entity for entity in wanted}).find(text)
    assert {(s.entity, s.start, s.end) for s in back if s.score >= 0.35} == expected
    assert isinstance(engine.nlp_engine.process_text(text, "en"), NlpArtifacts)
