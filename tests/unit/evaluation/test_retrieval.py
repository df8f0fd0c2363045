"""Retrieval measured: figures by hand, sets, raw against redacted text with real models."""

from __future__ import annotations

import json
import lzma
import math
from pathlib import Path
from typing import Any

import pytest

from secure_rag.errors import InputError, UsageError
from secure_rag.evaluation.retrieval import compare
from secure_rag.evaluation.retrieval_arms import Arm, raw_arm, redacted_arm
from secure_rag.evaluation.retrieval_minimums import (
    check_retrieval_minimums,
    parse_retrieval_minimums,
)
from secure_rag.evaluation.retrieval_report import to_html, to_text
from secure_rag.evaluation.retrieval_scores import difference, figures, means
from secure_rag.evaluation.retrieval_sets import (
    Question,
    RetrievalSet,
    detect_format,
    read_beir,
    read_cases,
    read_squad,
    titled,
)
from secure_rag.index.embedder import load_embedder
from secure_rag.policy.loader import load_policy
from secure_rag.runtime.manifest import Models

TEXTS = {
    "lease": "Margaret Thompson signed the lease of the office in London in March.",
    "heating": "Peter Novak repairs the heating within ten working days of a report.",
    "cleaning": "Zelda Marek cleans the rooms on every working day before nine.",
    "lunch": "Lunch is served in the canteen from noon until two.",
}
QUESTIONS = (
    Question("q1", "What does Peter Novak repair?", {"heating": 1}),
    Question("q2", "When is lunch served?", {"lunch": 1}),
    Question("q3", "Who signed the lease of the office?", {"lease": 1}),
)
SET = RetrievalSet(
    "small", "cases", {name: titled("", text) for name, text in TEXTS.items()}, QUESTIONS
)


def test_figures_of_a_ranking_are_those_computed_by_hand() -> None:
    found = figures(["x", "b", "a"], {"a": 2, "b": 1})
    gain = 1 / math.log2(3) + 2 / math.log2(4)
    assert found["ndcg@10"] == pytest.approx(gain / (2 + 1 / math.log2(3)))
    assert (found["recall@1"], found["recall@5"], found["mrr@10"]) == (0.0, 1.0, 0.5)


def test_figures_of_nothing_found_are_zero() -> None:
    assert set(figures([], {"a": 1}).values()) == {0.0}
    assert figures(["x"] * 10 + ["a"], {"a": 1})["mrr@10"] == 0.0


def test_difference_is_paired_and_says_how_sure_it_is() -> None:
    left = {str(n): figures(["a"], {"a": 1}) for n in range(40)}
    right = {str(n): figures(["a"] if n % 4 else ["x"], {"a": 1}) for n in range(40)}
    found = difference(left, right)
    assert found is not None
    assert found["mean"] == pytest.approx(0.25)
    assert 0.1 < found["low"] < 0.25 < found["high"] < 0.45
    assert difference(left, left) == {"mean": 0.0, "low": 0.0, "high": 0.0, "questions": 40}
    assert difference(left, right, only=()) is None
    assert means(left, ()) is None


# Sets


def test_read_beir_takes_the_part_packed_or_not(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    corpus = '{"_id": "1", "title": "T", "text": "body"}\n{"_id": 2, "text": "other"}\n'
    (tmp_path / "corpus.jsonl.xz").write_bytes(lzma.compress(corpus.encode()))
    (tmp_path / "queries.jsonl").write_text('{"_id": "a", "text": "q"}\n{"_id": "b", "text": "r"}')
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\na\t1\t2\nb\t2\t0\n")
    found = read_beir(tmp_path, "dev")
    assert found.documents["1"].text == "T\n\nbody"
    assert [(one.id, dict(one.relevant)) for one in found.questions] == [("a", {"1": 2})]
    assert detect_format([tmp_path]) == "beir"
    with pytest.raises(InputError):
        read_beir(tmp_path, "test")


def test_read_squad_takes_answerable_questions_and_each_paragraph_once(tmp_path: Path) -> None:
    article = {
        "title": "gives it away",
        "paragraphs": [
            {"context": "text", "qas": [{"id": 1, "question": "q"}]},
            {"context": "text", "qas": [{"id": 2, "question": "r", "is_impossible": True}]},
        ],
    }
    file = tmp_path / "set.json"
    file.write_text(json.dumps({"data": [article]}))
    found = read_squad([file])
    assert [document.text for document in found.documents.values()] == ["text"]
    assert [one.id for one in found.questions] == ["1"]


BROKEN = {
    "not JSON": "{",
    "a list": "[1]",
    "no question": '{"id": 1, "documents": ["lease"]}',
    "no documents": '{"id": 1, "question": "q", "documents": []}',
    "an unknown document": '{"id": 1, "question": "q", "documents": ["none"]}',
    "nothing": "",
    "an id twice": '{"id": 1, "question": "q", "documents": ["lease"]}\n' * 2,
}


@pytest.mark.parametrize("name", BROKEN)
def test_read_cases_broken_names_the_line_and_quotes_nothing(name: str, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(BROKEN[name])
    with pytest.raises(InputError) as caught:
        read_cases(file, SET.documents)
    assert "cases.jsonl" in caught.value.message
    assert "none" not in caught.value.message.replace("cases.jsonl", "")


def test_read_cases_takes_a_mark_and_line_separators_inside_a_text(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    line = {"id": 1, "question": "one\u2028two\x85three", "documents": ["lease"]}
    file.write_text(json.dumps(line, ensure_ascii=False) + "\r\n", "utf-8-sig", newline="")
    assert [one.text for one in read_cases(file, {}).questions] == ["one\u2028two\x85three"]


def test_read_cases_may_name_a_document_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"id": 1, "question": "q", "documents": ["scan.pdf"]}')
    found = read_cases(file, SET.documents, {"scan.pdf": "document.image_only"})
    assert dict(found.unread) == {"scan.pdf": "document.image_only"}
    assert dict(found.questions[0].relevant) == {"scan.pdf": 1}


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_read_beir_of_an_id_twice_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text('{"_id": 1, "text": "body"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "a", "text": "q"}\n')
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\na\t1\t2\n")
    assert read_beir(tmp_path, "dev").questions
    (tmp_path / name).write_text((tmp_path / name).read_text() * 2)
    with pytest.raises(InputError):
        read_beir(tmp_path, "dev")


def test_read_squad_of_an_id_for_two_questions_is_refused(tmp_path: Path) -> None:
    asked = [{"id": 1, "question": "q"}, {"id": 1, "question": "r"}]
    file = tmp_path / "set.json"
    file.write_text(json.dumps({"data": [{"paragraphs": [{"context": "text", "qas": asked}]}]}))
    with pytest.raises(InputError):
        read_squad([file])
    asked[1] = asked[0]
    file.write_text(json.dumps({"data": [{"paragraphs": [{"context": "text", "qas": asked}]}]}))
    assert len(read_squad([file]).questions) == 1


def test_detect_format_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        detect_format([tmp_path / "a.csv"])


# Raw against redacted


@pytest.fixture(scope="module")
def arms() -> list[Arm]:
    models = Models()
    embedder = load_embedder(models)
    policy = load_policy("default")
    return [raw_arm(SET, embedder), redacted_arm(SET, embedder, policy, models)]


@pytest.fixture(scope="module")
def report(arms: list[Arm]) -> dict[str, Any]:
    found = compare(SET, arms, load_embedder(Models()), with_views=True)
    about = {"name": "small", "format": "cases", "documents": len(TEXTS)}
    return {"set": about, "policy": None, "minimums": [], **found}


def test_redacted_arm_redacts_documents_and_questions_alike(arms: list[Arm]) -> None:
    raw, redacted = arms
    assert raw.questions["q1"] == QUESTIONS[0].text
    assert "Novak" not in redacted.questions["q1"]
    stored = {redacted.names[one.document]: one.text for one, _ in redacted.indexed}
    assert not any(name in text for text in stored.values() for name in ("Novak", "Thompson"))
    placeholder = redacted.questions["q1"].split()[2]
    assert placeholder in stored["heating"]
    assert redacted.naming == {"q1"}
    assert not any(arm.failed for arm in arms)


def test_compare_finds_everything_in_both_arms(report: dict[str, Any]) -> None:
    assert [arm["name"] for arm in report["arms"]] == ["raw", "redacted"]
    for arm in report["arms"]:
        assert arm["modes"]["hybrid"]["all"]["recall@1"] == 1.0
        assert arm["documents"] == len(TEXTS)
    assert report["naming_questions"] == 1
    hybrid = [one for one in report["losses"] if one["mode"] == "hybrid"]
    assert [one["ndcg@10"]["mean"] for one in hybrid] == [0.0, 0.0, 0.0]
    assert [one["ndcg@10"]["questions"] for one in hybrid] == [3, 1, 2]


def test_compare_other_views_measures_what_a_view_changes(report: dict[str, Any]) -> None:
    views = {one["view"]: set(one["modes"]) for one in report["views"]}
    assert len(views) == 7
    assert views["vectors: no name in a question's either"] == {"vector", "hybrid"}
    assert views["vectors: type words"] == {"vector", "hybrid"}
    assert views["full text: type words only"] == {"lexical", "hybrid"}


def test_report_holds_figures_and_chart_and_no_text(report: dict[str, Any]) -> None:
    page, text = to_html(report), to_text(report)
    assert page.count("<rect ") == 6
    assert "<script" not in page
    for shown in (page, text):
        assert "redacted" in shown
        assert not any(word in shown for word in ("Novak", "heating", "canteen"))


MINIMUMS = {
    "recall@5=1": True,
    "raw:lexical:ndcg@10=0.5": True,
    "naming:recall@1=1": True,
    "index:hybrid:mrr@10=0.1": False,
}


@pytest.mark.parametrize("given", MINIMUMS)
def test_check_minimums(given: str, report: dict[str, Any]) -> None:
    (row,) = check_retrieval_minimums(report, parse_retrieval_minimums([given]), None)
    assert row["ok"] is MINIMUMS[given]


@pytest.mark.parametrize("given", ["", "0.9", "recall@7=1", "recall@5=2", "both:recall@5=1"])
def test_parse_minimums_of_nonsense_is_refused(given: str) -> None:
    with pytest.raises(UsageError):
        parse_retrieval_minimums([given])


@pytest.mark.parametrize(("most", "is_ok"), [(0.0, True), (0.01, True), (-0.01, False)])
def test_check_most_lost(most: float, is_ok: bool, report: dict[str, Any]) -> None:
    (row,) = check_retrieval_minimums(report, (), most)
    assert row["ok"] is is_ok
