"""The second look."""

from __future__ import annotations

import re

from secure_rag.redaction.gate import look_again
from secure_rag.redaction.propagate import Found
from secure_rag.redaction.spans import Span

TEXT = "<PERSON_7Q2F9KX3M4> Novak, <ID_NUMBER_1> and ****1111 of March 2024"


def _digits(text: str) -> list[Span]:
    return [Span(*m.span(), "LONG_NUMBER", 0.9, "x") for m in re.finditer(r"\d+", text)]


def test_look_again_placeholders_and_own_values_are_not_looked_at() -> None:
    mask = TEXT.index("****1111")
    month = TEXT.index("March 2024")
    own = [(mask, mask + 8), (month, month + 10)]
    assert look_again(TEXT, find=_digits, own=own) == []


def test_look_again_placeholder_is_put_aside_for_the_detectors() -> None:
    seen: list[str] = []

    def find(text: str) -> list[Span]:
        seen.append(text)
        return []

    look_again(TEXT, find=find)
    assert seen == ["it Novak, it and ****1111 of March 2024"]


def test_look_again_what_sticks_out_of_a_placeholder_is_seen() -> None:
    def find(text: str) -> list[Span]:
        return [Span(0, text.index(","), "PERSON", 0.9, "ner")]

    (span,) = look_again(TEXT, find=find)
    assert TEXT[span.start : span.end] == " Novak"


def test_look_again_found_values_are_looked_for() -> None:
    spans = look_again(TEXT, find=lambda text: [], values=[Found("PERSON", "Petra Novak")])
    assert [TEXT[s.start : s.end] for s in spans] == ["Novak"]


def test_look_again_costly_detectors_look_around_what_was_replaced() -> None:
    far = "far away Nobody\n" * 200
    text = far + "near <PERSON_1> Novak\n" + far + "<PERSON_2> and Marsh\n"
    seen: list[str] = []

    def find(view: str) -> list[Span]:
        seen.append(view)
        return [Span(*m.span(), "PERSON", 0.9, "ner") for m in re.finditer(r"Novak|Marsh", view)]

    spans = look_again(text, find=lambda view: [], find_near=find)
    assert [text[s.start : s.end] for s in spans] == ["Novak", "Marsh"]
    assert len(seen) == 1
    assert len(seen[0]) < len(text) / 3


def test_look_again_many_placeholders_stay_exact() -> None:
    text = "".join(f"<PERSON_{n}> met 4{n:03}7 " for n in range(1, 400))
    spans = look_again(text, find=_digits)
    assert [text[s.start : s.end] for s in spans] == [f"4{n:03}7" for n in range(1, 400)]
