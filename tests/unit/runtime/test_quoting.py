"""What a model writes in quotation marks stands in the given texts, whatever it wants."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.runtime.chat_template import PLAIN, ChatTemplate
from secure_rag.runtime.decoding import TextGenerator
from secure_rag.runtime.engine import Scores
from secure_rag.runtime.quoting import MARKS, OUTSIDE, QuotableText
from tests.assets.engines import END, FakeEngine, saying

TEXTS = ["The fee is 3.50 euros.", "Notice: 45 days (or less), it’s -5 %.", "Ümläut – naïve 中文"]
QUOTED = re.compile(
    "|".join(f"{opening}([^{closing}]*){closing}" for opening, closing in MARKS.items())
)


def quote(wants: str, texts: list[str] = TEXTS) -> str:
    engine = FakeEngine(saying(wants, after="assistant:"))
    written = TextGenerator(engine, ChatTemplate(PLAIN))
    message = [{"role": "user", "content": "?"}]
    return "".join(written.generate_quoting(message, max_tokens=120, quotable=texts))


HONEST = [
    'It says "The fee is 3.50 euros." and ends.',
    "It says “45 days” or „45 days (or less)“ or «naïve 中文».",
    'One "it’s -5 %" and one "Notice".',
    "No quote, it's plain.",
    "”fee” in closing marks",
]


@pytest.mark.parametrize("row", range(len(HONEST)))
def test_quote_that_stands_in_a_text_is_written_as_it_is(row: int) -> None:
    assert quote(HONEST[row]) == HONEST[row]


CHEATS = {
    "invented words": '"The fee is 90 euros."',
    "part of a number": '"The fee is 3"',
    "sign left out": '"5 %"',
    "part of a word": '"he fee"',
    "end of a word left out": '"The fe"',
    "across texts": '"euros. Notice"',
    "empty": '""',
    "never closed": '"The fee is',
    "other marks": "“The fee is 90”",
}


@pytest.mark.parametrize("name", CHEATS)
def test_quote_that_was_invented_is_not_written(name: str) -> None:
    written = quote(CHEATS[name])
    assert written != CHEATS[name]
    assert_quotes_are_theirs(written, TEXTS)


def assert_quotes_are_theirs(written: str, texts: list[str]) -> None:
    """Check with a plain search, another way than the state machine's."""
    for match in QUOTED.finditer(written):
        inner = next(group for group in match.groups() if group is not None)
        places = [
            text[found.start() - 1 : found.start()] + "|" + text[found.end() : found.end() + 1]
            for text in texts
            for found in re.finditer(re.escape(inner), text)
        ]
        assert inner and places, "a quote stands nowhere"
        assert any(not re.search(r"\w\|(?=\w)?$|^\w\||\|\w", place) for place in places)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 3))
def test_quote_of_a_model_that_writes_at_random_is_never_invented(seed: int, eager: float) -> None:
    random = np.random.default_rng(seed)

    def wants(so_far: bytes) -> Scores:
        scores = random.normal(size=257).astype(np.float32)
        scores[list(b'" ')] += eager
        scores[END] -= 3
        return scores

    written = TextGenerator(FakeEngine(wants), ChatTemplate(PLAIN))
    message = [{"role": "user", "content": "?"}]
    text = "".join(written.generate_quoting(message, max_tokens=80, quotable=TEXTS))
    assert_quotes_are_theirs(text, TEXTS)


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=3), st.data())
def test_advance_every_run_of_words_can_be_quoted(texts: list[str], data: st.DataObject) -> None:
    usable = [text for text in texts if not set(text) & set('\0"“”„«»\ud800') and text.split()]
    usable = [text for text in usable if text.encode("utf-8", "ignore").decode() == text]
    if not usable:
        return
    text = data.draw(st.sampled_from(usable))
    runs = list(re.finditer(r"\S+", text))
    first = data.draw(st.integers(0, len(runs) - 1))
    last = data.draw(st.integers(first, len(runs) - 1))
    inner = text[runs[first].start() : runs[last].end()]
    assert QuotableText(usable).advance(OUTSIDE, f"“{inner}”".encode()) == OUTSIDE
