"""A small measurement with the real starter models, and what is made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from secure_rag.errors import UsageError
from secure_rag.evaluation.answers import evaluate, make_cases
from secure_rag.evaluation.answers_cases import Case
from secure_rag.evaluation.answers_curve import best_below, curve
from secure_rag.evaluation.answers_figures import demandable, demanded
from secure_rag.evaluation.answers_report import to_html, to_text
from secure_rag.evaluation.answers_run import Leaks, Measurement, Outcome
from secure_rag.evaluation.answers_set import Gold, Question, QuestionSet, read_questions
from secure_rag.evaluation.demands import check_demands, parse_demands, refuse_unknown
from secure_rag.pipeline.unrecorded import UnrecordedSession
from secure_rag.policy.loader import load_policy
from secure_rag.settings import AnsweringSettings

LINES = [
    {"id": "notice", "question": "How many days of notice end the parking contract?",
     "answer": "45 days",
     "passages": ["Either side may end the parking contract with 45 days of notice."]},
    {"id": "keeper", "question": "Who keeps the keys of the parking contract?", "answers": [],
     "passages": ["Either side may end the parking contract with 45 days of notice."]},
    {"id": "room", "question": "Which room does Rosa Lindholm have?", "answer": "room 31",
     "passages": ["Rosa Lindholm has room 31 on the left of the hall."]},
    {"id": "ceiling", "question": "Who painted the chapel ceiling?", "answer": "a plasterer",
     "passages": ["A plasterer of the town painted the chapel ceiling in 1790."]},
]  # fmt: skip


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> QuestionSet:
    path = tmp_path_factory.mktemp("answers") / "ours.jsonl"
    path.write_text("\n".join(map(json.dumps, LINES)), "utf-8")
    return read_questions([path])


@pytest.fixture(scope="module")
def session() -> UnrecordedSession:
    return UnrecordedSession(load_policy("default"), answering=AnsweringSettings(writer="quotes"))


@pytest.fixture(scope="module")
def report(questions: QuestionSet, session: UnrecordedSession) -> dict[str, Any]:
    made = evaluate(questions, session, session.policy, passages=2, show_texts=True)
    return {**made, "minimums": check_demands(demanded(made), parse_demands(["f1=2"], ["leaks=0"]))}


def test_evaluate_scores_and_sets_refuse_everything_beside(report: dict[str, Any]) -> None:
    gold = report["conditions"]["gold"]
    assert gold["cases"] == 4 and gold["answerable"]["f1"]["of"] == 3
    assert gold["refuse_everything"]["f1"] == 0.25
    assert gold["gain"]["value"] == pytest.approx(gold["overall"]["f1"]["value"] - 0.25, abs=1e-4)
    assert gold["citations"]["precision"]["value"] == 1.0
    assert gold["answerable"]["refused"]["count"] == 0
    assert report["conditions"]["other"]["unanswerable"]["refused"]["of"] == 4


def test_evaluate_shown_answers_are_cited_grounded_and_leak_nothing(report: dict[str, Any]) -> None:
    shown = report["shown"]
    assert shown["answers"] >= 3 and shown["cited"]["value"] == 1.0
    assert shown["unverified"] == 0 and shown["grounded"]["value"] == 1.0
    assert shown["leaks"] == {"answers": 0, "findings": 0, "values": 0, "not_issued": 0}
    # the answer about a person is compared as the policy leaves it
    assert "Lindholm" not in json.dumps(report["mistakes"])


def test_curve_runs_from_nothing_to_everything_refused(report: dict[str, Any]) -> None:
    rows = report["curve"]
    assert rows[0]["wrongly_refused"] == 0.0 and rows[-1]["wrongly_refused"] == 1.0
    refused = [row["refused"] for row in rows]
    assert refused == sorted(refused)
    assert rows[-1]["f1"] == report["conditions"]["gold"]["refuse_everything"]["f1"]
    row = best_below(rows, 0.5)
    assert row is not None and row["wrongly_refused"] <= 0.5


def test_report_text_and_html(report: dict[str, Any]) -> None:
    text = to_text(report)
    for part in ("refuse everything", "wrongly refused", "BY THRESHOLD", "MISSED", "tokens/s"):
        assert part in text
    page = to_html(report)
    assert page.count("<svg") == 2 and "<script" not in page
    assert "default-src &#x27;none&#x27;" in page and "src=" not in page.replace("style-src", "")
    without = {**report, "curve": None}
    assert "<svg" not in to_html(without) and "BY THRESHOLD" not in to_text(without)


def test_measurement_sees_a_leak_an_unverified_quote_and_a_forged_placeholder(
    session: UnrecordedSession,
) -> None:
    class Showing:
        """An asker that shows what it was told to."""

        def __init__(self, inner: Any, **change: Any) -> None:
            self._inner, self._change = inner, change

        def ask(self, *given: Any, **kind: Any) -> Any:
            answered = self._inner.ask(*given, **kind)
            return replace(answered, answer=replace(answered.answer, **self._change))

    question = Question("1", LINES[2]["question"], (Gold("room 31"),), (0,))  # type: ignore[arg-type]
    case = Case(question, "gold", tuple(LINES[2]["passages"]), frozenset({0}))
    measurement = Measurement(session, session.policy)
    good = measurement.ask(case)
    assert not good.refused and not good.leaks.any and good.citations.unverified == 0
    assert good.golds == ("room 31",) and good.first_s is not None
    inner = measurement._asker
    citation = measurement._asker.ask(question.text, passages=case.passages).answer.citations[0]
    for change, leaks, unverified in (
        ({"text": "Rosa Lindholm has room 31. [1]"}, True, 0),
        ({"text": "<PERSON_7Q2F9KX3M4> has room 31. [1]"}, True, 0),
        ({"citations": (replace(citation, quote="room 32"),)}, False, 1),
        ({"citations": (replace(citation, verified=False),)}, False, 1),
        ({"citations": (replace(citation, chunk="9"),)}, False, 1),
    ):
        measurement._asker = Showing(inner, **change)  # type: ignore[assignment]
        found = measurement.ask(case)
        assert (found.leaks.any, found.citations.unverified) == (leaks, unverified)


def outcome(evidence: float, *, golds: tuple[Gold, ...] = (), f1: float = 0.0) -> Outcome:
    case = Case(Question("1", "?", golds, (0,)), "gold", ("text",), frozenset({0}))
    return Outcome(case, False, None, evidence, f1, f1, leaks=Leaks())


def test_curve_counts_by_hand() -> None:
    right, wrong = outcome(0.8, golds=(Gold("a"),), f1=1.0), outcome(0.4)
    rows = {row["threshold"]: row for row in curve({"gold": [right, wrong]})}
    assert rows[0.0]["f1"] == 0.5 and rows[0.5]["f1"] == 1.0 and rows[0.9]["f1"] == 0.5
    assert rows[0.5]["unanswerable_refused"] == {"gold": 1.0}
    assert rows[0.9]["f1_of_answered"] is None
    assert best_below(list(rows.values()), 0.0)["threshold"] == 0.8  # type: ignore[index]


@pytest.mark.parametrize("text", ["f1", "f1=", "=1", "f1=high", "f1=nan"])
def test_demand_of_another_form_is_usage(text: str) -> None:
    with pytest.raises(UsageError):
        parse_demands([text], [])


def test_demands_hold_and_unknown_names_are_refused() -> None:
    demands = parse_demands(["f1=0.5", "gold.f1=0.5"], ["leaks=0", "first_s=1"])
    figures = {"f1": 0.5, "gold.f1": 0.49, "leaks": 0.0, "first_s": None}
    assert [one["ok"] for one in check_demands(figures, demands)] == [True, False, True, False]
    refuse_unknown(demands, demandable(["gold"]))
    with pytest.raises(UsageError, match="no figure of that name"):
        refuse_unknown(parse_demands(["f2=1"], []), demandable(["gold"]))


def test_make_cases_condition_that_the_set_has_not_is_usage(questions: QuestionSet) -> None:
    with pytest.raises(UsageError, match="does not allow"):
        make_cases(questions, ["same-topic"])
