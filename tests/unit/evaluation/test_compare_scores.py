"""What a case is, how an answer is scored, and what differences are worth: known answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secure_rag.errors import InputError
from secure_rag.evaluation.answers_cases import GOLD, Case
from secure_rag.evaluation.answers_set import Gold, Question
from secure_rag.evaluation.answers_shown import Leaks, Shown
from secure_rag.evaluation.compare_cases import CompareCase, find_set, read_cases
from secure_rag.evaluation.compare_figures import arm_figures, pairs
from secure_rag.evaluation.compare_run import CompareOutcome, Said, Score, Written, ask
from secure_rag.evaluation.compare_scores import is_valid, right_fields, says_nothing
from secure_rag.values import Answer

WANTED: dict[str, Any] = {"name": "Rosa Lindholm", "room": "31", "keys": ["a", "b"], "fax": None}
FORMS = {"Rosa Lindholm": ("<PERSON_1>",)}
FIELDS = {
    "all right": ('{"name": "<PERSON_1>", "room": "31", "keys": ["b", "a"], "fax": null}', 4),
    "another number form": ('{"name": "x", "room": 31.0, "keys": [], "fax": ""}', 2),
    "the value itself is not the form": ('{"name": "Rosa Lindholm"}', 0),
    "a missing key is not null": ('{"room": "31"}', 1),
    "a list with one too many": ('{"keys": ["a", "b", "b"]}', 0),
    "text around": ('Here: {"room": "the 31."} ok', 1),
    "no object": ("31", 0),
}


@pytest.mark.parametrize("name", FIELDS)
def test_right_fields(name: str) -> None:
    text, right = FIELDS[name]
    assert right_fields(text, WANTED, FORMS) == right


def test_a_true_is_not_the_number_one() -> None:
    assert right_fields('{"n": true}', {"n": 1}, {}) == 0
    assert right_fields('{"n": "1,240"}', {"n": 1240}, {}) == 1


NOTHING = {
    '{"a": null, "b": ""}': True,
    'Here: {"a": [], "b": " "}': True,
    "{}": True,
    '{"a": null, "b": 0}': False,
    '{"a": false}': False,
    '{"a": "not found"}': False,
    "not found": False,
}


@pytest.mark.parametrize("text", NOTHING)
def test_says_nothing(text: str) -> None:
    assert says_nothing(text) is NOTHING[text]


class Saying:
    """An arm that always says the same, and what stands beside it."""

    name = "base"

    def __init__(self, text: str, *, refused: bool = False) -> None:
        self._answer = Answer(question="q", text=text, refused=refused)

    def ask(self, case: CompareCase, on_text: object) -> Said:
        return Said(self._answer)

    def shown(self, case: Case, *, each: bool = False) -> Shown:
        return Shown(None, {}, frozenset())

    def leaks(self, answer: Answer, shown: Shown) -> Leaks:
        return Leaks()


@pytest.mark.parametrize(
    ("text", "refused", "score"),
    [('{"a": null}', False, 1.0), ("not found", True, 1.0), ('{"a": "x"}', False, 0.0),
     ("words", False, 0.0)],
)  # fmt: skip
def test_object_that_cannot_be_is_refused_in_words_or_by_saying_nothing_in_it(
    text: str, refused: bool, score: float
) -> None:
    question = Question("1", "q", (), ())
    case = CompareCase(Case(question, GOLD, None, frozenset()), "json", {}, ("a",))
    arm = Saying(text, refused=refused)
    found = ask(arm, case, arm)  # type: ignore[arg-type]
    assert (found.score.value, found.refused) == (score, score == 1.0)


VALID = {
    '{"a": 1, "b": 2}': True,
    '```json\n{"a": 1, "b": 2}\n```': True,
    '{"a": 1}': False,
    '{"a": 1, "b": 2, "c": 3}': False,
    'Here: {"a": 1, "b": 2}': False,
    '[{"a": 1, "b": 2}]': False,
    "": False,
}


@pytest.mark.parametrize("text", VALID)
def test_is_valid(text: str) -> None:
    assert is_valid(text, {"a": 0, "b": 0}) is VALID[text]


def test_read_cases_takes_every_form_and_names_bad_lines(tmp_path: Path) -> None:
    lines = [
        {"question": "One?", "answer": "45 days", "passages": ["45 days."], "document": "d"},
        {"question": "Two?", "answer": None, "passages": ["45 days."]},
        {"question": "Three?", "answer": {"a": 1, "b": None}, "changed": True},
        {"question": "Four?", "answers": ["x", "y"], "form": "text"},
        {"question": "Five?", "answer": None, "keys": ["a", "b"]},
    ]
    bad = ["{", '"text"', '{"answer": "x"}', '{"question": "x"}',
           '{"question": "x", "answer": 3}', '{"question": "x", "answer": "y", "passages": "z"}',
           '{"question": "x", "answer": {"a": {"b": 1}}}',
           '{"question": "x", "answer": "y", "form": "json"}',
           '{"question": "x", "answer": "y", "keys": ["a"]}',
           '{"question": "x", "answer": null, "keys": ["a", "a"]}',
           '{"question": "x", "answer": null, "keys": [" "]}',
           '{"question": "x", "answer": null, "keys": "a"}',
           '{"question": "x", "answer": {"a": 1}, "keys": ["b"]}',
           '{"question": "x", "answer": null, "keys": ["a"], "form": "text"}']  # fmt: skip
    path = tmp_path / "ours.jsonl"
    path.write_text("\n".join([*map(json.dumps, lines), "", *bad]), "utf-8")
    found = read_cases(path)
    assert [one.form for one in found.cases] == ["answer", "answer", "json", "text", "json"]
    assert [one.keys for one in found.cases] == [(), (), ("a", "b"), (), ("a", "b")]
    assert [one.is_answerable for one in found.cases] == [True, False, True, True, False]
    assert [one.is_changed for one in found.cases] == [False, False, True, False, False]
    assert [one.cluster for one in found.cases] == ["d", "45 days.", "3", "4", "5"]
    assert [one.case.passages for one in found.cases] == [("45 days.",)] * 2 + [None] * 3
    assert found.wants_index
    assert [line for line, _ in found.bad_lines] == list(range(7, 21))
    assert all(error not in ("x", "y", "z") for _, error in found.bad_lines)


def test_read_cases_draws_the_same_cases_by_seed(tmp_path: Path) -> None:
    path = tmp_path / "ours.jsonl"
    path.write_text(
        "\n".join(json.dumps({"id": str(n), "question": "q?", "answer": "a"}) for n in range(30))
    )

    def drawn(seed: int) -> list[str]:
        return [one.case.question.id for one in read_cases(path, limit=5, seed=seed).cases]

    assert drawn(1) == drawn(1) != drawn(2) and len(drawn(1)) == 5


def test_read_cases_reads_squad_with_the_own_passages(tmp_path: Path) -> None:
    answers = [{"text": "45 days", "answer_start": 0}]
    asked = [{"id": "q", "question": "How long?", "answers": answers},
             {"id": "r", "question": "Who?", "answers": [], "is_impossible": True}]  # fmt: skip
    body = {"data": [{"title": "t", "paragraphs": [{"context": "45 days.", "qas": asked}]}]}
    path = tmp_path / "set.json"
    path.write_text(json.dumps(body))
    found = read_cases(path)
    assert [one.is_answerable for one in found.cases] == [True, False]
    assert {one.case.passages for one in found.cases} == {("45 days.",)}
    assert len({one.cluster for one in found.cases}) == 1, "one passage is one draw"


@pytest.mark.parametrize(
    ("named", "code"), [("nosuch", "dataset.missing"), ("policyqa", "dataset.missing")]
)
def test_find_set_without_a_file(named: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECURE_RAG_DATA", raising=False)
    with pytest.raises(InputError) as raised:
        find_set(named)
    assert raised.value.code == code and raised.value.hint


def test_find_set_takes_public_sets_from_their_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURE_RAG_DATA", "/sets")
    assert find_set("policyqa") == Path("/sets/qa/policyqa/dev.json.xz")
    assert find_set("support").is_file()


def outcome(number: int, value: float, *, golds: bool = True, **change: Any) -> CompareOutcome:
    question = Question(str(number), "q?", (Gold("a"),) if golds else (), ())
    case = CompareCase(Case(question, GOLD, ("p",), frozenset({0})), cluster=f"d{number}")
    made = CompareOutcome(case, refused=not golds and value == 1, score=Score(value, value))
    return replace(made, **change)


def test_pairs_are_of_the_same_cases_and_only_an_interval_shows_anything() -> None:
    low = [outcome(n, 0.2) for n in range(12)]
    high = [outcome(n, 0.7) for n in range(12)]
    mixed = [outcome(n, 0.2 + (0.1 if n % 2 else -0.1)) for n in range(12)]
    found = pairs({"rag": high, "base": low, "rag-writer": mixed}, seed=17)
    assert [(one["arm"], one["over"]) for one in found] == [
        ("rag", "base"), ("rag-writer", "base"), ("rag-writer", "rag")]  # fmt: skip
    better, none, worse = found
    assert (better["points"], better["interval"], better["shown"]) == (50.0, [50.0, 50.0], "better")
    assert none["shown"] is None and none["interval"][0] < 0 < none["interval"][1]
    assert worse["points"] == -50.0 and worse["shown"] == "worse"
    assert pairs({"rag": high, "base": low}, seed=17) == found[:1]


def test_pairs_draw_cases_of_one_document_together() -> None:
    one = [outcome(n, 0.7 if n < 10 else 0.0) for n in range(20)]
    other = [outcome(n, 0.2) for n in range(20)]
    apart = pairs({"rag": one, "base": other}, seed=17)[0]

    def together(outcomes: list[CompareOutcome]) -> list[CompareOutcome]:
        return [
            replace(made, case=replace(made.case, cluster=str(number // 10)))
            for number, made in enumerate(outcomes)
        ]

    joined = pairs({"rag": together(one), "base": together(other)}, seed=17)[0]
    assert apart["points"] == joined["points"]
    width = [pair["interval"][1] - pair["interval"][0] for pair in (apart, joined)]
    assert width[1] > 1.5 * width[0]


def test_arm_figures_counts_by_kind() -> None:
    question = Question("9", "q?", (Gold("31"),), ())
    wanted = CompareCase(Case(question, GOLD, ("p",), frozenset({0})), "json", {"room": "31"})
    outcomes = [
        outcome(1, 1.0, first_s=0.2, total_s=1.0, written=Written(10, 0.5), words=4, grounded=3),
        outcome(2, 0.5, refused=True, leaks=Leaks(findings=1)),
        outcome(3, 1.0, golds=False),
        outcome(4, 0.0, golds=False, leaks=Leaks(values=2)),
        CompareOutcome(replace(wanted, is_changed=True), False, Score(1.0, 1.0, 1, is_valid=True)),
    ]
    found = arm_figures(outcomes, seed=17)
    assert found["score"]["value"] == 0.7
    assert found["over_silence"]["value"] == pytest.approx(0.3)
    assert found["words"]["f1"]["value"] == 0.75 and found["words"]["f1"]["of"] == 2
    assert found["fields"]["accuracy"]["right"] == found["fields"]["accuracy"]["wanted"] == 1
    assert found["fields"]["valid"]["value"] == 1.0
    assert found["unanswerable_refused"]["count"] == 1 and found["wrongly_refused"]["count"] == 1
    assert found["grounded"] == {"value": 0.75, "count": 3, "of": 4}
    assert found["leaks"] == {"answers": 2, "findings": 1, "values": 2, "not_issued": 0}
    assert found["fresh"]["changed"]["of"] == 1 and found["fresh"]["others"]["of"] == 4
    assert found["time"]["tokens_per_s"] == 20.0 and found["time"]["first_s"]["median"] == 0.2
