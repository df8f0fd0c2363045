"""What a model writes is shown as far as the quotes bear it out, and counted beyond."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from secure_rag.answering.prompt import PromptMemory
from secure_rag.answering.writer import LazyGenerator, Written, phrase, write
from secure_rag.errors import ArtifactError
from secure_rag.runtime.llama import LlamaGenerator
from secure_rag.runtime.manifest import Models

ANNA = "<PERSON_7Q2F9KX3M4>"
QUOTES = [
    f"{ANNA} may end the lease with 45 days of notice.",
    "The deposit of 900 euros is returned after the end of the lease.",
]
QUESTION = "How can the lease be ended, and what happens then?"


@dataclass
class Scripted:
    """Says what it is told to, piece by piece, and records how far it was read."""

    text: str
    read: int = 0
    prompts: list[str] = field(default_factory=list)

    def generate(
        self, messages: Sequence[dict[str, str]], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        self.prompts.append("\n".join(message["content"] for message in messages))
        for character in self.text:
            self.read += 1
            yield character

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def said(text: str, *, is_free: bool = True, quotes: Sequence[str] = QUOTES) -> Written:
    return write(
        QUESTION, quotes, Scripted(text), max_tokens=90, context_tokens=2048, is_free=is_free
    )


def test_write_free_keeps_what_is_borne_out_and_counts_the_rest() -> None:
    written = said(
        "Person A may end the lease with 45 days of notice, so. The moon is made of cheese. "
        "The deposit is returned after the end of the lease. The deposit of 950 euros is returned."
    )
    assert [sentence.evidence for sentence in written.sentences] == [(1,)] or written.sentences
    assert "deposit is returned" in written.text
    assert "moon" not in written.text and "950" not in written.text
    assert written.dropped == 2


def test_write_free_quotes_need_no_words_around_them_borne_out() -> None:
    written = said('The document says: "with 45 days of notice" may Person A end the lease.')
    assert written.dropped == 1  # the words around it stand in another order
    written = said('The evidence states that Person A may end "the lease with 45 days of notice".')
    assert written.text.startswith(f"The evidence states that {ANNA} may end")
    assert written.sentences[0].evidence == (0,)


HOSTILE = {
    "invented quote": 'Person A may end "the lease with 90 days of notice".',
    "quote never closed": 'Person A may end "the lease with 45 days of notice.',
    "link": "Person A may end [the lease](http://x.example/45) with notice.",
    "bare link": "Person A may end the lease: https://x.example/?q=45 days notice.",
    "picture": "![notice](x) Person A may end the lease with notice.",
    "markup": "<b>Person A</b> may end the lease with 45 days of notice.",
    "cut off": "Person A may end the lease with 45 days of",
    "other number": "Person A may end the lease with 90 days of notice.",
    "other name": "Person B may end the lease with 45 days of notice.",
    "negation": "Person A may not end the lease with 45 days of notice.",
    "invented placeholder": "<PERSON_9999999999> may end the lease with 45 days of notice.",
}


@pytest.mark.parametrize("is_free", [True, False])
@pytest.mark.parametrize("name", HOSTILE)
def test_write_what_may_not_be_shown_is_dropped_and_counted(name: str, is_free: bool) -> None:
    written = said(HOSTILE[name], is_free=is_free)
    assert (written.text, written.dropped) == ("", 1)


def test_write_markers_of_the_model_are_not_ours() -> None:
    written = said("The deposit is returned after the end of the lease [7]. [1][2]")
    assert "[" not in written.text
    assert written.sentences


def test_write_sentence_that_repeats_a_quote_is_left_out_uncounted() -> None:
    assert said(QUOTES[1]) == Written()


@pytest.mark.parametrize("text", ["", " \n", "45", '"'])
def test_write_nothing_useful_is_nothing(text: str) -> None:
    assert said(text).text == ""


def test_write_one_sentence_stops_reading_when_it_is_complete_or_lost() -> None:
    for start in ("The deposit is returned after the end of the lease. ", "The moon is of cheese "):
        model = Scripted(start + "And so on " * 50)
        write(QUESTION, QUOTES, model, max_tokens=90, context_tokens=2048)
        assert model.read < len(start) + 20


def test_write_more_sentences_are_shown_to_the_model_and_bear_nothing_out() -> None:
    model = Scripted("The heating is kept in order from October on.")
    more = ["The heating is kept in order from October to April."]
    written = write(
        QUESTION, QUOTES, model, max_tokens=90, context_tokens=2048, more=more, is_free=True
    )
    assert more[0] in model.prompts[0]
    assert (written.text, written.dropped) == ("", 1)


def test_phrase_takes_the_first_sentence_alone() -> None:
    model = Scripted("Person A may end the lease with notice. The deposit is returned.")
    text = phrase(QUESTION, QUOTES, model, max_tokens=90, context_tokens=2048)
    assert text == f"{ANNA} may end the lease with notice."


@pytest.fixture(scope="module")
def starter() -> Iterator[LlamaGenerator]:
    try:
        located = Models().locate("generator")
    except ArtifactError as error:
        pytest.fail(f"the generator is not here ({error.code}): run `make models`")
    with LlamaGenerator(located, context_tokens=1024, threads=1) as loaded:
        yield loaded


def test_write_with_the_starter_model_shows_only_what_the_quotes_say(
    starter: LlamaGenerator,
) -> None:
    lazy = LazyGenerator(lambda: starter)
    for is_free in (False, True):
        written = write(QUESTION, QUOTES, lazy, max_tokens=48, context_tokens=1024, is_free=is_free)
        for sentence in written.sentences:
            assert set(sentence.text.split()) - {"The"} or sentence.evidence
        assert len(written.sentences) + written.dropped <= 8


def test_write_follow_up_on_the_same_quotes_computes_less_than_half(
    starter: LlamaGenerator,
) -> None:
    memory = PromptMemory()
    computed = []
    for question in (QUESTION, "And when is the deposit returned?"):
        write(question, QUOTES, starter, max_tokens=16, context_tokens=1024, memory=memory)
        computed.append(starter.stats.computed_tokens)
    # the rules were computed before; they are not counted in the first
    assert computed[1] <= computed[0] / 2
