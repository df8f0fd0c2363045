"""Detectors that look at each text once."""

from __future__ import annotations

import pytest

from secure_rag.errors import DocumentError
from secure_rag.policy.model import Policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.remembered import Memory, RememberedDetector
from secure_rag.redaction.spans import Span

TEXT = "Ask Anna Novak about the lift."


class Counting:
    """Finds one name, counts how often it looks, and fails when told to."""

    name = "ner"
    is_costly = True

    def __init__(self) -> None:
        self.looks = 0
        self.fails = False

    def find(self, text: str) -> list[Span]:
        self.looks += 1
        if self.fails:
            raise RuntimeError
        start = text.find("Anna Novak")
        return [Span(start, start + 10, "PERSON", 0.9, "ner")] if start >= 0 else []

    def signature(self) -> str:
        return "counting"


def test_remembered_detector_looks_once_and_hands_out_copies() -> None:
    inner = Counting()
    detector = RememberedDetector(inner)
    first = detector.find(TEXT)
    first.clear()
    assert len(detector.find(TEXT)) == 1 and inner.looks == 1
    assert detector.find("nobody") == [] and detector.find("nobody") == [] and inner.looks == 2
    assert (detector.name, detector.is_costly, detector.signature()) == ("ner", True, "counting")


def test_remembering_redactor_redacts_alike_and_numbers_anew(policy: Policy) -> None:
    inner = Counting()
    plain = Redactor(policy, [inner], redaction_digest="0")
    remembering = plain.remembering()
    texts = [
        one.redact_text(TEXT, pseudonyms=LookupPseudonyms(None))
        for one in (plain, remembering, remembering)
    ]
    assert len({one.text for one in texts}) == 1 and "<PERSON_1>" in texts[0].text
    looks = inner.looks
    remembering.redact_text(TEXT, pseudonyms=LookupPseudonyms(None))
    assert inner.looks == looks


def test_remembering_redactor_failure_is_not_remembered(policy: Policy) -> None:
    inner = Counting()
    redactor = Redactor(policy, [inner], redaction_digest="0").remembering()
    inner.fails = True
    with pytest.raises(DocumentError):
        redactor.redact_text(TEXT, pseudonyms=LookupPseudonyms(None))
    inner.fails = False
    assert "Anna" not in redactor.redact_text(TEXT, pseudonyms=LookupPseudonyms(None)).text


def test_redact_text_says_where_offsets_went(policy: Policy) -> None:
    done = Redactor(policy, [Counting()], redaction_digest="0").redact_text(
        TEXT, pseudonyms=LookupPseudonyms(None)
    )
    start, end = done.moved.span(TEXT.index("the lift"), TEXT.index("the lift") + 8)
    assert done.text[start:end] == "the lift"


def test_memory_forgets_what_was_not_used_for_longest_and_holds_no_text() -> None:
    memory: Memory[int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)
    assert "a" not in map(str, vars(memory)["_known"])
