"""A written sentence is shown only if the quotes bear it out."""

from __future__ import annotations

import pytest

from secure_rag.answering.grounding import is_supported

ANNA, BEN = "<PERSON_7Q2F9KX3M4>", "<PERSON_0123456789>"
QUOTES = [f"{ANNA} may end the contract with 30 days of notice.", "The fee is not refunded."]
QUESTION = f"How can {BEN} end the contract early?"

CONTEXT = ["3 Early termination", "consulting-contract.txt"]

SUPPORTED = {
    "same words": f"{ANNA} may end the contract with 30 days of notice.",
    "number as a word": f"{ANNA} may end the contract with thirty days of notice.",
    "words of the heading": f"For early termination {ANNA} may end the contract with notice.",
    "part": f"{ANNA} may end it with notice.",
}
UNSUPPORTED = {
    "other number": f"{ANNA} may end the contract with 60 days of notice.",
    "number of the question": f"{ANNA} may end the contract with 90 days of notice.",
    "number of the heading": f"{ANNA} may end the contract with 3 days of notice.",
    "other name": "Oslo may end the contract with 30 days of notice.",
    "name of the question": f"{BEN} may end the contract with 30 days of notice.",
    "unknown placeholder": "<PERSON_9999999999> may end the contract with notice.",
    "invented word": f"{ANNA} may end the contract with notarised notice.",
    "word of the question": f"{ANNA} may end the contract quickly with notice.",
    "other order": f"The contract may end {ANNA} with notice.",
    "condition lost": f"{ANNA} ends the contract with 30 days of notice.",
    "other condition": f"{ANNA} must end the contract with 30 days of notice.",
    "condition added": f"{ANNA} may only end the contract with 30 days of notice.",
    "negation added": f"{ANNA} may not end the contract with 30 days of notice.",
    "says nothing new": "The contract may end early.",
    "too short": "30 days.",
    "empty": "",
    "stop words": "It is so.",
}


@pytest.mark.parametrize("name", SUPPORTED)
def test_is_supported_sentence_of_the_quotes_is_shown(name: str) -> None:
    assert is_supported(SUPPORTED[name], QUOTES[:1], QUESTION, CONTEXT)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_is_supported_anything_else_is_not(name: str) -> None:
    question = QUESTION + " Quickly, in 90 days?"
    assert not is_supported(UNSUPPORTED[name], QUOTES[:1], question, CONTEXT)


@pytest.mark.parametrize(
    ("quote", "sentence"),
    [
        ("Claims over 500 euros need approval.", "Claims under 500 euros need approval."),
        ("Patients above 65 are called twice.", "Patients below 65 are called twice."),
        ("The vaccine is stored at -18 degrees.", "The vaccine is stored at 18 degrees."),
        ("The rate of the loan is 5% a year.", "The rate of the loan is 5 a year."),
    ],
)
def test_is_supported_bounds_and_signs_are_not_turned_round(quote: str, sentence: str) -> None:
    assert is_supported(quote, [quote], "What holds?")
    assert not is_supported(sentence, [quote], "What holds?")


WRITTEN_BY_THE_STARTER_MODEL = [
    (
        "Who wrote the reference?",
        [f"{ANNA} worked for us as a payroll clerk from June 2021 to January 2026."],
        f"{ANNA} wrote the reference for {ANNA}.",
    ),
    (
        "How much notice ends the agreement?",
        [
            "The agreement runs for two years from 1 September 2025. It is extended by one year "
            "each time unless it is ended with 90 days of notice before the end of a term."
        ],
        "The agreement runs for two years from 1 September 2025 and ends with one year after the "
        "end of a term.",
    ),
    ("Is the fee refunded?", ["The fee is not refunded."], "The fee of the contract is refunded."),
]


@pytest.mark.parametrize("row", range(len(WRITTEN_BY_THE_STARTER_MODEL)))
def test_is_supported_what_a_small_model_made_up_is_not(row: int) -> None:
    question, quotes, sentence = WRITTEN_BY_THE_STARTER_MODEL[row]
    assert not is_supported(sentence, quotes, question, ["Reference", "contract.txt"])
