"""Question sets: both forms, what is wrong with a file, and the passages of each condition."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from secure_rag.errors import InputError, UsageError
from secure_rag.evaluation.answers_cases import CONDITIONS, CaseMaker
from secure_rag.evaluation.answers_set import read_questions

PARKS = [
    "Hyde Park has a lake of 16 hectares that is called the Serpentine.",
    "The park opens at five in the morning and closes at midnight.",
    "A lake of 16 hectares needs two boat keepers.",
]
BRIDGES = ["Tower Bridge was opened in 1894.", "The bridge is 240 metres long."]


def squad() -> dict[str, object]:
    """Two articles; `q1` has an answer twice, `q2` none."""

    large = ("16 hectares", PARKS[0].index("16"))

    def qa(key: str, question: str, *answers: tuple[str, int]) -> dict[str, object]:
        return {
            "id": key,
            "question": question,
            "answers": [{"text": text, "answer_start": start} for text, start in answers],
            "is_impossible": not answers,
        }

    return {
        "version": "v2.0",
        "data": [
            {
                "title": "London_parks",
                "paragraphs": [
                    {"context": PARKS[0], "qas": [
                        qa("q1", "How large is the lake?", large, large),
                        qa("q2", "How deep is the lake?"),
                    ]},
                    {"context": PARKS[1], "qas": []},
                    {"context": PARKS[2], "qas": []},
                ],
            },
            {
                "title": "Tower_Bridge",
                "paragraphs": [
                    {"context": BRIDGES[0], "qas": [qa("q3", "When was it opened?", ("1894", 27))]},
                    {"context": BRIDGES[1], "qas": []},
                ],
            },
        ],
    }  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "set.json.xz"
    path.write_bytes(lzma.compress(json.dumps(squad()).encode()))
    return path


def test_read_questions_squad_keeps_topics_places_and_unanswerable_ones(file: Path) -> None:
    found = read_questions([file, file])  # twice the same counts once
    assert found.format == "squad" and len(found.paragraphs) == 5
    first, second, third = found.questions
    assert (first.id, first.topic, first.own) == ("q1", "london parks", (0,))
    (gold,) = first.golds
    assert PARKS[0][gold.start : gold.start + len(gold.text)] == "16 hectares"  # type: ignore[operator]
    assert second.golds == () and third.topic == "tower bridge"


def test_read_questions_limit_and_topics(file: Path) -> None:
    assert [one.id for one in read_questions([file], topics=["Tower_Bridge"]).questions] == ["q3"]
    drawn = read_questions([file], limit=2, seed=3)
    assert len(drawn.questions) == 2 and len(drawn.paragraphs) == 5
    assert drawn == read_questions([file], limit=2, seed=3)
    with pytest.raises(UsageError, match="no question is about"):
        read_questions([file], topics=["Bridges"])


def test_read_questions_json_lines_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "ours.jsonl"
    lines = [
        {"id": 7, "question": "How long?", "answer": "240 metres", "passages": BRIDGES},
        {"question": "Who built it?", "answers": [], "passages": BRIDGES[:1]},
        {"id": "c", "question": "Why?", "answer": None},
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n", "utf-8")
    found = read_questions([path])
    assert [(one.id, one.own, len(one.golds)) for one in found.questions] == [
        ("7", (0, 1), 1), ("2", (0,), 0), ("c", (), 0),
    ]  # fmt: skip


BAD = {
    "not JSON": ("x.json", b"{"),
    "another form": ("x.json", b'{"data": [{"title": "a"}]}'),
    "a list": ("x.json", b"[]"),
    "no questions": ("x.json", b'{"data": []}'),
    "not compressed": ("x.json.xz", b'{"data": []}'),
    "cut": ("x.json.xz", lzma.compress(b'{"data": []}' * 9)[:-8]),
    "not UTF-8": ("x.json", b'{"data": "\xff"}'),
    "bad line": ("x.jsonl", b'{"question": "a", "answers": []}\n{"question": 3}\n'),
    "no answers": ("x.jsonl", b'{"question": "a"}\n'),
    "empty question": ("x.jsonl", b'{"question": " ", "answers": []}\n'),
    "passages no list": ("x.jsonl", b'{"question": "a", "answers": [], "passages": "b"}\n'),
    "deep": ("x.json", b"[" * 100_000),
}


@pytest.mark.parametrize("case", BAD)
def test_read_questions_bad_file_names_the_place_only(tmp_path: Path, case: str) -> None:
    name, content = BAD[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_questions([tmp_path / name])
    assert caught.value.code.startswith("dataset.") and caught.value.message.startswith("x.json")


def test_read_questions_missing_file_and_mixed_forms(tmp_path: Path, file: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_questions([tmp_path / "nowhere.json"])
    (tmp_path / "a.jsonl").write_text('{"question": "a", "answers": []}\n')
    with pytest.raises(UsageError):
        read_questions([file, tmp_path / "a.jsonl"])


def test_cases_give_what_each_condition_promises(file: Path) -> None:
    maker = CaseMaker(read_questions([file]), passages=2, seed=1)
    assert maker.conditions() == CONDITIONS
    made = {(one.condition, one.question.id): one for one in maker.cases(CONDITIONS)}
    assert made["gold", "q1"].passages == (PARKS[0],) and made["gold", "q1"].is_answerable
    assert not made["gold", "q2"].is_answerable
    # the third passage holds the answer of q1 and is left out there
    assert made["same-topic", "q1"].passages == (PARKS[1],)
    assert set(made["same-topic", "q2"].passages or ()) == {PARKS[1], PARKS[2]}
    assert set(made["other", "q1"].passages or ()) == set(BRIDGES)
    mixed = made["mixed", "q1"]
    (own,) = mixed.own
    assert mixed.passages is not None and mixed.passages[own] == PARKS[0]
    assert set(mixed.passages) == {PARKS[0], PARKS[1]}
    assert not any(one.is_answerable for one in made.values() if one.condition in CONDITIONS[2:])
    again = {(one.condition, one.question.id): one for one in maker.cases(CONDITIONS)}
    assert again == made


def test_cases_of_a_set_without_topics(tmp_path: Path) -> None:
    path = tmp_path / "ours.jsonl"
    passages = [f"Bridge {number} is {number} m long." for number in range(1, 5)]
    lines = [
        {
            "question": f"How long is bridge {number}?",
            "answer": f"{number} m",
            "passages": [passage],
        }
        for number, passage in enumerate(passages, start=1)
    ]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    maker = CaseMaker(read_questions([path]), passages=2, seed=1)
    assert maker.conditions() == ("gold", "other")
    for number, one in enumerate(maker.cases(["other"])):
        assert one.passages is not None and len(one.passages) == 2
        assert passages[number] not in one.passages and not one.is_answerable
