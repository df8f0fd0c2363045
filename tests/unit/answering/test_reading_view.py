"""What the reader sees leads back to whole words and placeholders of the stored text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.answering.reading_view import reading_view
from secure_rag.vault.placeholders import LOCAL, PLACEHOLDER

ANNA = "<PERSON_7Q2F9KX3M4>"
NAMES = {ANNA: "Person A", "<PERSON_1>": "Person B", "<DATE_TIME_Q9X7M2K4F8>": "date A"}

PARTS = st.one_of(
    st.sampled_from(list(NAMES)),
    st.text("abcé9_ .,;:'’-\n\u200b\U0001f600", max_size=6),
)
TEXTS = st.lists(PARTS, max_size=12).map("".join)


def test_snapped_span_of_a_sign_in_a_word_is_the_word() -> None:
    assert reading_view("a 99_ b", str).snapped_span(4, 5) == (2, 5)
    assert reading_view("a __ b", str).snapped_span(3, 4) == (2, 2)


@settings(deadline=None)
@given(TEXTS, st.data())
def test_snapped_span_of_any_range_cuts_no_word_and_no_placeholder(
    text: str, data: st.DataObject
) -> None:
    view = reading_view(text, NAMES.__getitem__)
    if not view.text:
        return
    start = data.draw(st.integers(0, len(view.text) - 1))
    end = data.draw(st.integers(start + 1, len(view.text)))
    low, high = view.snapped_span(start, end)
    assert 0 <= low <= high <= len(text)
    assert low == high or any(one.isalnum() for one in text[low:high])
    whole = [match.span() for one in (PLACEHOLDER, LOCAL) for match in one.finditer(text)]
    blank = re.compile("|".join(map(re.escape, NAMES))).sub(lambda m: " " * len(m.group()), text)
    whole += [match.span() for match in re.finditer(r"\w+", blank)]
    for first, last in whole:
        assert not first < low < last and not first < high < last


@settings(deadline=None)
@given(TEXTS)
def test_stored_span_of_the_whole_view_is_the_whole_text(text: str) -> None:
    view = reading_view(text, NAMES.__getitem__)
    assert not any(name in view.text for name in NAMES)
    if text:
        assert view.stored_span(0, len(view.text)) == (0, len(text))


@settings(deadline=None)
@given(TEXTS)
def test_stored_span_of_each_character_outside_names_is_that_character(text: str) -> None:
    view = reading_view(text, NAMES.__getitem__)
    outside = re.compile("|".join(map(re.escape, NAMES))).sub("", text)
    same = [
        text[slice(*view.stored_span(place, place + 1))]
        for place in range(len(view.text))
        if len(text[slice(*view.stored_span(place, place + 1))]) == 1
    ]
    assert "".join(same) == outside


@pytest.mark.parametrize(
    ("seen", "stored"),
    [
        ("Person A", ANNA),
        ("erson", ANNA),
        ("lease of Person", f"lease of {ANNA}"),
        (" ends on ", "ends on"),
        ("A ends", f"{ANNA} ends"),
        (", unrenewed.", "unrenewed"),
        ("at 9 a.m.", "at 9 a.m."),
        ("(see Person A", f"(see {ANNA})"),
        ("newed", "unrenewed"),
        (",", ""),
    ],
)
def test_snapped_span_of_a_part_is_whole(seen: str, stored: str) -> None:
    text = f"The lease of {ANNA} ends on 31 March, unrenewed. Come (see {ANNA}) at 9 a.m."
    view = reading_view(text, NAMES.__getitem__)
    assert view.text == (
        "The lease of Person A ends on 31 March, unrenewed. Come (see Person A) at 9 a.m."
    )
    start = view.text.index(seen)
    assert text[slice(*view.snapped_span(start, start + len(seen)))] == stored


@pytest.mark.parametrize(
    ("text", "read", "snapped"),
    [
        ("The T-score of the hip is -2.8.", "2.8", "-2.8"),
        ("It was at closing -$2,300.", "$2,300", "-$2,300"),
        ("It was \u20132.5% compared", "2.5%", "\u20132.5%"),
        (">100,000 is required", "100,000", ">100,000"),
        ("It is > 10 years.", "10 years", "> 10 years"),
        ("was (2,300) thousand euros", "2,300) thousand euros", "(2,300) thousand euros"),
        ("at 18 \u00b0C now", "18", "18 \u00b0C"),
        ("about 5% of it", "5", "5%"),
        ("It costs \u20ac500 a year", "500", "\u20ac500"),
        ("from 5-10 years", "10 years", "10 years"),
        ("in 2019\u20132021 it", "2021", "2021"),
        ("ward 12 - 5 days", "5 days", "5 days"),
    ],
)
def test_snapped_span_keeps_the_sign_of_a_number(text: str, read: str, snapped: str) -> None:
    start = text.index(read)
    low, high = reading_view(text, str).snapped_span(start, start + len(read))
    assert text[low:high] == snapped
