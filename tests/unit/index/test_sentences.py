"""Sentence spans."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_rag.index.sentences import sentence_spans

CASES = {
    "two": ("It ends. It starts again.", ["It ends.", "It starts again."]),
    "title": ("Dr. Wen met Mr. Ode. They left.", ["Dr. Wen met Mr. Ode.", "They left."]),
    "initial": ("J. Ode signed it.", ["J. Ode signed it."]),
    "decimal": ("It costs 3.50 euros. Pay now.", ["It costs 3.50 euros.", "Pay now."]),
    "lower_case_follows": ("See sec. four for the approx. price.", None),
    "abbreviation": ("Use e.g. Linux. It works.", ["Use e.g. Linux.", "It works."]),
    "quotation": ("He said “no.” She left.", ["He said “no.”", "She left."]),
    "clause_number": ("3. Term and notice apply.", ["3. Term and notice apply."]),
    "wrapped_line": ("A sentence over\ntwo lines. Next.", ["A sentence over\ntwo lines.", "Next."]),
    "empty_line": ("A heading\n\nIts text", ["A heading", "Its text"]),
    "list": ("Bring:\n- a pen\n- a form", ["Bring:", "- a pen", "- a form"]),
    "rows": ("Name | Days\nBasic | 30\nPlus | 60", ["Name | Days", "Basic | 30", "Plus | 60"]),
    "fields": (
        "Notice period: 30 days\nGoverning law: Norway",
        ["Notice period: 30 days", "Governing law: Norway"],
    ),
    "placeholder": (
        "Ask <PERSON_7Q2F9KX3M4>. <PERSON_7Q2F9KX3M4> knows.",
        ["Ask <PERSON_7Q2F9KX3M4>.", "<PERSON_7Q2F9KX3M4> knows."],
    ),
    "question": ("Why? Because! So…", ["Why?", "Because!", "So…"]),
}


@pytest.mark.parametrize("name", CASES)
def test_sentence_spans_of_a_text_are_its_sentences(name: str) -> None:
    text, expected = CASES[name]
    found = [text[start:end] for start, end in sentence_spans(text)]
    assert found == ([text] if expected is None else expected)


def test_sentence_spans_within_bounds_stay_within_them() -> None:
    text = "One here. Two here. Three here."
    assert [text[a:b] for a, b in sentence_spans(text, 10, 25)] == ["Two here.", "Three"]


@given(st.text(alphabet="ab.A \n|:-?1<>", max_size=60))
def test_sentence_spans_of_any_text_lose_only_space(text: str) -> None:
    spans = sentence_spans(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
