"""The fictional cases of each use: valid, varied, and answered by the real program."""

from __future__ import annotations

import pytest

from secure_rag.evaluation.compare import compare
from secure_rag.evaluation.compare_cases import EXAMPLES, CompareSet, find_set, read_cases
from secure_rag.evaluation.compare_verdict import LEAST_CASES
from secure_rag.pipeline.unrecorded import UnrecordedSession
from secure_rag.policy.loader import load_policy

VERBATIM = ("support", "contracts", "compliance", "knowledge", "reports")
"""Uses whose answers stand in the passages as they are."""


@pytest.fixture(scope="module")
def session() -> UnrecordedSession:
    return UnrecordedSession(load_policy("default"))


def cases(use: str) -> CompareSet:
    return read_cases(find_set(use))


@pytest.mark.parametrize("use", EXAMPLES)
def test_example_is_whole(use: str) -> None:
    found = cases(use)
    assert not found.bad_lines and len(found.cases) >= 20
    ids = [one.case.question.id for one in found.cases]
    questions = [one.case.question.text for one in found.cases]
    assert len(set(ids)) == len(ids) and len(set(questions)) == len(questions)
    assert len({one.cluster for one in found.cases}) >= LEAST_CASES, "enough for a verdict"
    assert sum(not one.is_answerable for one in found.cases) >= 2
    assert all(one.case.passages for one in found.cases)


def test_format_example_names_the_keys_of_every_object_whether_it_can_be_or_not() -> None:
    found = cases("format").cases
    assert all(one.form == "json" and one.keys for one in found)
    asked = {one.keys for one in found if one.is_answerable}
    others = [one.keys for one in found if not one.is_answerable]
    # the keys themselves do not tell either: another case that has an answer asks for them
    assert len(others) >= 2 and set(others) <= asked


@pytest.mark.parametrize("use", VERBATIM)
def test_example_answer_stands_in_its_passages(use: str) -> None:
    for one in cases(use).cases:
        joined = " ".join(one.case.passages or ())
        golds = [gold.text for gold in one.case.question.golds]
        assert not golds or any(gold in joined for gold in golds), one.case.question.id


@pytest.mark.parametrize("use", EXAMPLES)
def test_example_runs(use: str, session: UnrecordedSession) -> None:
    found = read_cases(find_set(use), limit=2)
    report = compare(found, session, session.policy, arms=["rag", "adapter"])
    assert report["arms"]["rag"]["figures"]["cases"] == 2
    assert report["arms"]["rag"]["figures"]["leaks"]["values"] == 0
    assert report["arms"]["adapter"]["not_run"] == "no adapter"
