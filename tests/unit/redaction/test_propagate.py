"""A found name is found everywhere else, and little besides."""

from __future__ import annotations

import time

import pytest

from secure_rag.redaction.propagate import Found, Propagator

# what was found, the text, what is found in it
CASES = [
    ("John Smith", "and John Smith came", ["John Smith"]),
    ("John Smith", "and JOHN SMITH came", ["JOHN SMITH"]),
    ("John Smith", "and Smith came", ["Smith"]),
    ("John Smith", "Smith's claim", ["Smith"]),
    ("John Smith", "J. Smith and Smith, John", ["J. Smith", "Smith, John"]),
    ("John Smith", "john_smith_cv.pdf", ["john_smith"]),
    ("John Smith", "Smith-John 2024.docx", ["Smith-John"]),
    ("John Smith", "johnsmith@corp", ["johnsmith"]),
    ("John Smith", "user jsmith logged in", ["jsmith"]),
    ("John Smith", "contract_smith2024.pdf", []),
    ("John Smith", "contract_Smith2024.pdf", ["Smith"]),
    ("José García", "JOSE GARCIA signed", ["JOSE GARCIA"]),
    ("Mr John Smith", "Smith said", ["Smith"]),
    ("Smith, John", "John Smith said", ["John Smith"]),
    ("Anna-Maria O'Neill", "O'Neill and Anna-Maria", ["Neill", "Anna", "Maria"]),
    ("lease-novak", "the Lease of Novak, lease-novak.pdf", ["lease-novak"]),
    # words that are no name on their own
    ("Will May", "May I ask, Will you", []),
    ("Mark Bill", "please mark the bill", []),
    ("John Smith", "a smith forges iron", []),
    ("John Smith", "Smithers and Johnson", []),
    ("Al Bo", "Al went to Bo", []),
]


@pytest.mark.parametrize(("value", "text", "expected"), CASES, ids=range(len(CASES)))
def test_find_name_in_the_rest_of_a_text(value: str, text: str, expected: list[str]) -> None:
    spans = Propagator([Found("PERSON", value)]).find(text)
    assert [text[s.start : s.end] for s in spans] == expected
    assert {s.recognizer for s in spans} <= {"propagation"}


def test_find_number_that_a_word_gave_away_once() -> None:
    text = "later 12345-B again, not 12345"
    spans = Propagator([Found("ID_NUMBER", "12345-B")]).find(text)
    assert [text[s.start : s.end] for s in spans] == ["12345-B"]


def test_find_other_types_are_left_to_their_patterns() -> None:
    assert Propagator([Found("DATE_TIME", "March 2024")]).find("in March 2024") == []


def test_find_many_names_in_a_long_text_is_linear() -> None:
    values = [Found("PERSON", f"Given{n:04}x Surname{n:04}y") for n in range(2000)]
    text = "plain words and more of them " * 10_000
    started = time.process_time()
    assert Propagator(values).find(text) == []
    assert time.process_time() - started < 5
