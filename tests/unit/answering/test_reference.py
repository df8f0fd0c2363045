"""What a follow-up refers to: a table of turns and what is made of the next question."""

from __future__ import annotations

import pytest

from secure_rag.answering.reference import BUDGET, Turn, matter, points_back, refer

ANNA, BEN = "<PERSON_7Q2F9KX3M4>", "<PERSON_8Q2F9KX3M4>"
LEASE = f"When does the lease of {ANNA} end?"
LIFTS = "How much notice ends the maintenance agreement for the lifts?"


def count(text: str) -> int:
    return len(text.split())


def meant(last: str, question: str, answer: str = "") -> str:
    return refer(question, [Turn(last, answer, ("D1", "D2"))], count_tokens=count).question


@pytest.mark.parametrize(
    ("last", "question", "result"),
    [
        (LEASE, "And who signed it?", f"Who signed the lease of {ANNA}?"),
        (LEASE, "Did she sign it?", f"Did {ANNA} sign the lease of {ANNA}?"),
        (LEASE, "What is her deposit?", f"What is {ANNA}'s deposit?"),
        (LEASE, "since when?", f"About the lease of {ANNA}: since when?"),
        (LEASE, f"What about {BEN}?", f"When does the lease of {BEN} end?"),
        (LIFTS, "and who pays for it?", "Who pays for the maintenance agreement for the lifts?"),
        (
            LIFTS,
            "What about the second one?",
            "About the maintenance agreement for the lifts: What about the second one?",
        ),
        ("Why did the invoice export fail?", "What about the import?", "Why did the import fail?"),
        ("How long are support tickets kept?", "and invoices?", "How long are invoices kept?"),
        ("When was Tower Bridge opened?", "How long is it?", "How long is Tower Bridge?"),
        ("When was Nikola Tesla born?", "Where did he die?", "Where did Nikola Tesla die?"),
        ("When was Nikola Tesla born?", "What about Mr Edison?", "When was Mr Edison born?"),
    ],
)  # fmt: skip
def test_refer_puts_in_what_is_meant(last: str, question: str, result: str) -> None:
    assert meant(last, question) == result


def test_refer_takes_the_person_of_the_answer() -> None:
    assert meant("Who signed the lease?", "Where does he live?", f"{ANNA} did.") == (
        f"Where does {ANNA} live?"
    )


def test_refer_two_people_are_never_guessed_between() -> None:
    asked = "Where does she live?"
    assert meant(f"Did {ANNA} write to {BEN}?", asked) == asked
    assert meant(f"Who is the landlord of {ANNA}?", "What is his salary?", BEN) == (
        "What is his salary?"
    )


def test_refer_capitals_are_nobody_where_a_person_is_named() -> None:
    found = meant("Who signed the Loan Agreement?", "What is his salary?", f"{BEN} did.")
    assert found == f"What is {BEN}'s salary?"


@pytest.mark.parametrize(
    "question",
    [
        "How long are support tickets kept?",
        "How long does it take to export an invoice?",
        "Which clause says that the tenant may keep a dog?",
        f"When was {BEN} hired?",
        "Is it possible to extend the parking contract?",
    ],
)
def test_refer_question_of_its_own_stays_as_it_is(question: str) -> None:
    assert not points_back(question)
    found = refer(question, [Turn(LEASE, "", ("D1",))], count_tokens=count)
    assert found.is_alone and found.question == question


def test_refer_first_question_has_nothing_to_refer_to() -> None:
    assert refer("Who signed it?", [], count_tokens=count).is_alone


def test_refer_ordinal_prefers_the_document_of_that_citation() -> None:
    turns = [Turn(LIFTS, "…", ("D1", "D2"))]
    second = refer("What about the second one?", turns, count_tokens=count)
    assert second.documents == ("D2",)
    assert refer("Who pays for it?", turns, count_tokens=count).documents == ("D1", "D2")
    assert refer("and the fourth one?", turns, count_tokens=count).documents == ("D1", "D2")


def test_refer_search_gets_words_of_earlier_turns_within_the_budget() -> None:
    old = Turn(" ".join(f"word{number}" for number in range(200)) + "?")
    turns = [old, Turn(LEASE), Turn("Who signed the lease?", f"{ANNA} did.")]
    found = refer("since when?", turns, count_tokens=count)
    carried = found.search.removeprefix(found.question).split()
    assert carried[:2] == [ANNA, "signed"]  # newest first, names before words
    assert "word0" in carried and len(carried) == BUDGET
    none = refer("since when?", turns, count_tokens=count, budget=0)
    assert none.search == none.question


def test_refer_asked_of_another_carries_nothing_back() -> None:
    found = refer(f"What about {BEN}?", [Turn(LEASE, "", ("D1",))], count_tokens=count)
    assert ANNA not in found.search and found.documents == ()


@pytest.mark.parametrize(
    ("question", "about"),
    [
        (LEASE, f"the lease of {ANNA}"),
        ("Who signed the lease?", "the lease"),
        ("How long are tickets kept?", "tickets"),
        ("Why?", None),
        ("", None),
    ],
)
def test_matter_is_the_noun_and_what_hangs_on_it(question: str, about: str | None) -> None:
    assert matter(question) == about


LONG = ["the " * 4000, "and " * 4000, "it " * 4000 + "?", "<" * 4000, "the a of the b " * 1000]


@pytest.mark.parametrize("question", LONG, ids=range(len(LONG)))
def test_refer_long_text_ends_soon(question: str) -> None:
    refer(question, [Turn(question, question)], count_tokens=count)
