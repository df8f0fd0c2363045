"""What a training set holds: names for placeholders, and JSON that stays JSON."""

from __future__ import annotations

import json

from secure_rag.adapters.examples import named


def test_named_keeps_json_and_the_same_name_for_a_person_in_both_texts() -> None:
    asked, answer = named(["<PERSON_1> wrote.", '{"who": "<PERSON_1>", "other": "<PERSON_2>"}'])
    fields = json.loads(answer)
    assert asked == f"{fields['who']} wrote."
    assert "<" not in answer and fields["who"] != fields["other"]
