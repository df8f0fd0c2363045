"""What a training set holds: names for placeholders, and JSON that stays JSON."""

from __future__ import annotations

import json

from secure_rag.adapters.examples import NOT_FOUND, _grounded, named


def test_named_keeps_json_and_the_same_name_for_a_person_in_both_texts() -> None:
    asked, answer = named(["<PERSON_1> wrote.", '{"who": "<PERSON_1>", "other": "<PERSON_2>"}'])
    fields = json.loads(answer)
    assert asked == f"{fields['who']} wrote."
    assert "<" not in answer and fields["who"] != fields["other"]


def test_grounded_answer_that_is_its_quote_is_written_in_quotation_marks_alone() -> None:
    messages, said = _grounded(["It ends in May.", "When?", "in May", "in May"])
    assert said == '"in May"' and "- It ends in May." in messages[1][1]
    assert _grounded(["It ends in May.", "When?", "In spring.", "in May"])[1] == (
        'In spring: "in May"'
    )
    assert _grounded(["It ends in May.", "Who?", "", ""])[1] == NOT_FOUND


def test_grounded_prompt_is_the_same_when_a_training_goes_on() -> None:
    row = ["It ends in May.", "When?", "in May", "in May"]
    assert _grounded(row) == _grounded(row)
    assert _grounded(row)[0] != _grounded(["It ends in June.", *row[1:3], ""])[0]
