"""The second look."""

from __future__ import annotations

import re

import pytest

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


def _looked_at(text: str, **options: object) -> list[str]:
    seen: list[str] = []

    def find(view: str) -> list[Span]:
        seen.append(view)
        return []

    look_again(text, find=lambda view: [], find_near=find, **options)  # type: ignore[arg-type]
    return seen


BESIDE = [
    # text, is it read again by costly detectors?
    ("It was <PERSON_1> Marsh who called.", True),
    ("It was <PERSON_1> who called on Monday.", False),
    ("The tenant <PERSON_1> has paid.", False),
    ("it was <PERSON_1> marsh who called", True),  # no capital anywhere: one cannot tell
    ("DEAR <PERSON_1> MARSH", True),
    ("<PERSON_1> lives in Bath", True),
    ("Nothing was replaced near Marsh.", False),
]


@pytest.mark.parametrize(("text", "is_read"), BESIDE, ids=range(len(BESIDE)))
def test_look_again_costly_detectors_read_where_a_word_may_name_somebody(
    text: str, is_read: bool
) -> None:
    assert bool(_looked_at(text)) is is_read


def test_look_again_known_and_settled_places_are_not_read_again() -> None:
    text = "The bank Acme wrote to <PERSON_1> today."
    firm, person = (9, 13), (23, 33)
    assert text[slice(*firm)] == "Acme" and text[slice(*person)] == "<PERSON_1>"
    assert _looked_at(text)
    assert _looked_at(text, known=[firm]) == []
    assert _looked_at(text, settled=[person]) == []


def test_look_again_equal_lines_are_read_once_and_reported_each_time() -> None:
    text = "\n".join(["met <PERSON_1> Novak at noon " + "and then he went home " * 30] * 5)
    seen: list[str] = []

    def find(view: str) -> list[Span]:
        seen.append(view)
        return [Span(*m.span(), "PERSON", 0.9, "ner") for m in re.finditer("Novak", view)]

    spans = look_again(text, find=lambda view: [], find_near=find)
    assert sorted({(s.start, s.end) for s in spans}) == [
        m.span() for m in re.finditer("Novak", text)
    ]
    assert seen[0].count("Novak") < 5


def test_look_again_many_placeholders_stay_exact() -> None:
    text = "".join(f"<PERSON_{n}> met 4{n:03}7 " for n in range(1, 400))
    spans = look_again(text, find=_digits)
    assert [text[s.start : s.end] for s in spans] == [f"4{n:03}7" for n in range(1, 400)]
