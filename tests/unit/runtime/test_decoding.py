"""The decode loop over an engine without a model: drafts, prefixes, faults."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.runtime.chat_template import PLAIN, ChatTemplate
from secure_rag.runtime.decoding import TextGenerator, held_back
from secure_rag.runtime.drafts import Drafts, expected
from secure_rag.runtime.engine import KEPT_PREFIXES, DraftCost
from tests.assets.engines import FakeEngine, saying

RULES = {"role": "system", "content": "Rules."}
EVIDENCE = "The tenant may end the lease with three months of notice."
CHEAP = DraftCost(1.0, 0.05)


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def generator(engine: FakeEngine, cost: DraftCost | None = None) -> TextGenerator:
    return TextGenerator(engine, ChatTemplate(PLAIN), draft_cost=cost)


def test_generate_drafts_change_the_number_of_calls_and_nothing_else() -> None:
    texts, calls = [], []
    for cost in (None, CHEAP):
        engine = FakeEngine(saying(f"It says: {EVIDENCE}", after="assistant:"))
        written = generator(engine, cost)
        texts.append("".join(written.generate([RULES, user(EVIDENCE)], max_tokens=200)))
        calls.append(len(engine.calls))
    assert texts == [f"It says: {EVIDENCE}"] * 2
    assert calls[1] < calls[0] / 2
    assert written.stats.accepted_tokens > 40
    assert written.stats.generated_tokens == len(texts[0])


@settings(deadline=None, max_examples=50)
@given(
    st.text(alphabet="ab ", max_size=40), st.text(alphabet="ab ", max_size=40), st.integers(1, 50)
)
def test_generate_any_text_with_drafts_is_what_it_is_without(
    evidence: str, said: str, room: int
) -> None:
    texts = []
    for cost in (None, DraftCost(0.0, 0.01)):
        engine = FakeEngine(saying(said, after="assistant:"))
        written = generator(engine, cost)
        for _ in range(2):
            texts.append("".join(written.generate([user("x" + evidence)], max_tokens=room)))
            assert written.stats.generated_tokens <= room
    assert set(texts) == {said[:room]}


def test_generate_drafts_too_dear_are_not_made() -> None:
    engine = FakeEngine(saying(EVIDENCE, after="assistant:"))
    written = generator(engine, DraftCost(20.0, 1.0))
    "".join(written.generate([user(EVIDENCE)], max_tokens=200))
    assert written.stats.drafted_tokens == 0


def test_generate_recurrent_model_makes_no_drafts() -> None:
    engine = FakeEngine(saying(EVIDENCE, after="assistant:"), can_rewind=False)
    written = generator(engine, CHEAP)
    assert "".join(written.generate([user(EVIDENCE)], max_tokens=200)) == EVIDENCE
    assert written.stats.drafted_tokens == 0


def test_drafts_propose_what_followed_and_learn_from_misses() -> None:
    drafts = Drafts([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4], DraftCost(1.0, 0.05))
    first = drafts.propose(15)
    assert first == [5, 6, 7, 8, 9, 1, 2]
    assert drafts.propose(3) == [5, 6, 7]
    assert drafts.propose(0) == []
    for _ in range(20):
        drafts.learn(proposed=7, accepted=0)
    assert drafts.propose(15) == []


def test_expected_tokens_lie_between_one_and_all() -> None:
    assert expected(0, 4) == 1
    assert expected(1, 4) == 5
    assert 1 < expected(0.5, 4) < 2


@pytest.mark.parametrize("can_rewind", [True, False])
def test_generate_rules_are_computed_once_whatever_comes_between(can_rewind: bool) -> None:
    engine = FakeEngine(saying("ok", after="assistant:"), can_rewind=can_rewind)
    written = generator(engine)
    rules = {"role": "system", "content": "Rules of this house. " * 4}
    static = len("system: " + rules["content"].strip() + "\nuser: ")
    "".join(written.generate([rules, user("one")], max_tokens=9))
    assert written.stats.computed_tokens == written.stats.prompt_tokens
    "".join(written.generate([user("something else")], max_tokens=9))
    assert "".join(written.generate([rules, user("two")], max_tokens=9)) == "ok"
    assert written.stats.computed_tokens == written.stats.prompt_tokens - static


def test_generate_more_prefixes_than_slots_forgets_the_oldest() -> None:
    engine = FakeEngine(saying("ok", after="assistant:"))
    written = generator(engine)
    for number in [*range(KEPT_PREFIXES + 2), 0, 1]:
        rules = {"role": "system", "content": f"{number} rules"}
        assert "".join(written.generate([rules, user("?")], max_tokens=9)) == "ok"
    assert len(engine.kept) == KEPT_PREFIXES


@pytest.mark.parametrize("fails_at", range(1, 7))
def test_generate_interrupted_computing_leaves_nothing_behind(fails_at: int) -> None:
    engine = FakeEngine(saying("ok", after="assistant:"), fails_at=fails_at)
    written = generator(engine, CHEAP)
    outcomes = []
    for question in ("one", "two", "one"):
        try:
            outcomes.append("".join(written.generate([RULES, user(question)], max_tokens=9)))
        except KeyboardInterrupt:
            assert engine.live == []
    assert set(outcomes) == {"ok"}


@pytest.mark.parametrize(
    ("pieces", "stop", "expected"),
    [
        (["ab", "cd"], [], "abcd"),
        (["ab", "cd"], ["bc"], "a"),
        (["a", "b", "c"], ["abd"], "abc"),
        (["xab", "ab", "c"], ["abc"], "xab"),
        (["one\n", "\ntwo"], ["\n\n"], "one"),
        (["", "end"], ["e"], ""),
        (["ab"], ["b", "a"], ""),
    ],
)
def test_held_back_text_never_shows_a_stop(
    pieces: list[str], stop: list[str], expected: str
) -> None:
    assert "".join(held_back(iter(pieces), stop)) == expected
