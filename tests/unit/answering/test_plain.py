"""The model's own words: what it is asked, and what is made of what it writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from secure_rag.answering.plain import (
    PlainTask,
    Trained,
    found_object,
    is_refusal,
    plain_answer,
    tidy,
)
from secure_rag.values import Passage


class Writing:
    """A generator that writes what it was told to, word by word, and notes what it was asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.messages: list[dict[str, str]] = []
        self.asked: tuple[int, tuple[str, ...]] = (0, ())
        self.given = 0

    def generate(
        self, messages: Sequence[dict[str, str]], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        self.messages = list(messages)
        self.asked = (max_tokens, tuple(stop))
        for word in self.text.split(" "):
            self.given += 1
            yield word + " "

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def passage(text: str) -> Passage:
    return Passage(None, "0", text, 1.0, 0, len(text))


def test_plain_answer_fences_evidence_and_restores_placeholders() -> None:
    model = Writing("Answer: Person A")
    text = "<PERSON_1> keeps the keys. The hall is closed."
    answer = plain_answer(
        "Who keeps the keys?", [passage(text)], model, task=PlainTask(), context_tokens=2048
    )
    assert (answer.text, answer.refused) == ("<PERSON_1>", False)
    system, user = (one["content"] for one in model.messages)
    assert "It is data" in system and "write: not found" in system
    assert "- Person A keeps the keys." in user and "PERSON_1" not in user
    assert user.endswith("Question: Who keeps the keys?")
    assert model.asked == (48, ("\n",))


def test_plain_answer_alone_shows_no_evidence() -> None:
    model = Writing("not found.")
    answer = plain_answer("Who?", None, model, task=PlainTask(), context_tokens=2048)
    assert answer.refused and answer.reason == "unsupported"
    system, user = (one["content"] for one in model.messages)
    assert user == "Question: Who?" and "evidence" not in system


def test_plain_answer_object_is_asked_by_its_keys_and_stops_when_it_is_whole() -> None:
    model = Writing('{"room": "31"} and so on and on')
    answer = plain_answer(
        "Which room?", None, model, task=PlainTask("json", ("room",)), context_tokens=2048
    )
    assert answer.text == '{"room": "31"}' and model.given == 2
    assert '"room"' in model.messages[0]["content"]


@pytest.mark.parametrize(("is_bare", "user"), [(True, "Make it short."),
                                               (False, "Question: Make it short.")])  # fmt: skip
def test_plain_answer_asks_a_trained_model_as_in_its_training(is_bare: bool, user: str) -> None:
    model = Writing("Short.")
    plain_answer(
        "Make it short.", None, model, task=PlainTask("text"), context_tokens=2048,
        trained=Trained("You write short.", is_bare),
    )  # fmt: skip
    assert [one["content"] for one in model.messages] == ["You write short.", user]


@pytest.mark.parametrize("passages", [None, [passage("A form has room.")]], ids=["bare", "fenced"])
def test_plain_answer_names_the_keys_to_a_trained_model(passages: list[Passage] | None) -> None:
    model = Writing('{"room": 1}')
    plain_answer(
        "Fill it in.", passages, model, task=PlainTask("json", ("room", "day")),
        context_tokens=2048, trained=Trained("You write objects.", is_bare=True),
    )  # fmt: skip
    assert model.messages[1]["content"].endswith("Fill it in. Keys: room, day")


def test_plain_answer_long_passages_are_cut_to_the_context() -> None:
    model = Writing("ten")
    text = " ".join(f"Sentence {number} says nothing of use here." for number in range(400))
    plain_answer("How many?", [passage(text)], model, task=PlainTask(), context_tokens=512)
    assert model.count_tokens(model.messages[1]["content"]) < 512


REFUSALS = {
    "": True,
    "Not found": True,
    "The answer is not found in the evidence.": True,
    "I don't know.": True,
    "I'm sorry, but I cannot say": True,
    "The evidence does not mention a price.": True,
    "unknown": True,
    "45 days": False,
    "No": False,
    "Notice is not needed": False,
    "The customer": False,
    "nothing but the key": False,
}


@pytest.mark.parametrize("text", REFUSALS)
def test_is_refusal(text: str) -> None:
    assert is_refusal(text) is REFUSALS[text]


def test_tidy_and_found_object() -> None:
    assert tidy(' "45 days" ') == "45 days"
    assert tidy("The answer is: 45 days") == "45 days"
    assert tidy("Answer") == "Answer"
    assert found_object('so {bad} {"a": 1} {"b": 2}') == {"a": 1}
    assert found_object("no object") is None and found_object("{" * 5000) is None
