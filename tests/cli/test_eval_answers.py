"""`eval answers`, as a user starts it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Sandbox, secure_rag

LINES = [
    {"id": "a", "question": "How many days of notice end the parking contract?",
     "answer": "45 days",
     "passages": ["Either side may end the parking contract with 45 days of notice."]},
    {"id": "b", "question": "Who painted the zebra?", "answers": [],
     "passages": ["Either side may end the parking contract with 45 days of notice."]},
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ours.jsonl").write_text("\n".join(map(json.dumps, LINES)), "utf-8")
    (tmp_path / "bad.jsonl").write_text('{"question": "Who is Zelda?"}\n', "utf-8")
    return tmp_path


def test_eval_answers_needs_no_workspace_and_shows_no_text(folder: Path) -> None:
    done = secure_rag("eval", "answers", "ours.jsonl", "--policy", "unsafe-keep-all", "--json",
                      "--min", "refused=1", "--max", "leaks=0", "--min", "answerable_f1=0.1",
                      "-o", "report.html", cwd=folder)  # fmt: skip
    assert done.code == 0, done.err
    assert "for public text only" in done.err
    found = done.json
    assert found["schema"] == "secure-rag/eval-answers/1"
    gold = found["conditions"]["gold"]
    assert gold["answered"] == 1 and gold["refuse_everything"]["f1"] == 0.5
    assert gold["time"]["writer"]["tokens"] == 0, "a short answer asks no writer"
    assert found["shown"]["cited"]["value"] == 1.0 and found["curve"]
    assert [one["ok"] for one in found["minimums"]] == [True, True, True]
    page = (folder / "report.html").read_text("utf-8")
    assert "<svg" in page and "<script" not in page
    assert "zebra" not in done.out + done.err + page


def test_eval_answers_counts_what_the_writer_of_the_workspace_says(own: Sandbox) -> None:
    with (own.workspace / "secure-rag.toml").open("a") as settings:
        settings.write('[answering]\nwriter = "always"\nthreads = 1\n')
    path = own.home / "ours.jsonl"
    path.write_text(json.dumps(LINES[0]) + "\n", "utf-8")
    done = own.ok("eval", "answers", path, "--policy", "unsafe-keep-all", "--json")
    assert done.json["conditions"]["gold"]["time"]["writer"]["tokens"] > 0


def test_eval_answers_from_the_index_is_on_record_and_fails_its_demand(
    own: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "ours.jsonl"
    lines = [
        {"question": "How long are support tickets kept?", "answer": "for three years after"},
        {"question": "What is the wifi password of the Manchester office?", "answers": []},
    ]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    done = own.run("eval", "answers", path, "--index", "--no-writer", "--min", "f1=1", "--json")
    assert done.code == 1, done.err
    found = done.json
    assert found["main"] == "index" and found["curve"] is None
    index = found["conditions"]["index"]
    assert index["citations"]["recall"]["value"] == 1.0
    assert index["unanswerable"]["refused"]["value"] == 1.0
    listed = own.ok("audit", "list", "--json").lines
    starts = [number for number, one in enumerate(listed) if one["type"] == "session.start"]
    assert listed[starts[-1]]["data"]["command"] == "eval answers"
    asked = [one["type"] for one in listed[starts[-1] :]]
    assert asked.count("query.received") == asked.count("passages.retrieved") == 2


REFUSED = {
    "no file": ((), 2),
    "index and condition": (("ours.jsonl", "--index", "--condition", "gold"), 2),
    "unknown figure": (("ours.jsonl", "--min", "f7=1"), 2),
    "report of another kind": (("ours.jsonl", "-o", "report.pdf"), 2),
    "condition the set has not": (("ours.jsonl", "--condition", "same-topic"), 2),
    "unknown policy": (("ours.jsonl", "--policy", "nosuch"), 3),
    "index without workspace": (("ours.jsonl", "--index"), 3),
    "bad file": (("bad.jsonl",), 4),
}


@pytest.mark.parametrize("case", REFUSED)
def test_eval_answers_refuses_with_its_exit_code(folder: Path, case: str) -> None:
    arguments, code = REFUSED[case]
    done = secure_rag("eval", "answers", *arguments, "--json", cwd=folder)
    assert (done.code, done.out) == (code, ""), done.err
    assert done.error["exit_code"] == code and "Zelda" not in done.err
