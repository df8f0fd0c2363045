"""`eval retrieval`, as a user starts it: cases over a folder and over an index, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, Sandbox, secure_rag

VALUE = "Margaret Thompson"
TEXTS = {
    "lease.txt": f"{VALUE} signed the lease of the office in London.",
    "parts/heating.txt": "The heating is repaired within ten working days of a report.",
}
CASES = [
    {"id": 1, "question": f"What did {VALUE} sign?", "documents": ["lease.txt"]},
    {"id": "b", "question": "When is the heating repaired?", "documents": ["parts/heating.txt"]},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Documents and the cases about them."""
    for name, text in TEXTS.items():
        path = tmp_path / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in CASES))
    return tmp_path


def test_cases_over_a_folder_measures_both_texts_and_leaves_nothing(folder: Path) -> None:
    temporary = folder / "temporary"
    temporary.mkdir()
    done = secure_rag(
        "--json",
        "eval",
        "retrieval",
        folder / "cases.jsonl",
        "--documents",
        folder / "documents",
        "--min",
        "recall@5=1",
        "--max-loss",
        "0.5",
        "-o",
        folder / "report.html",
        env={"TMPDIR": str(temporary)},
    )
    assert done.code == 0, done.err
    value = done.json
    assert value["schema"] == "secure-rag/eval-retrieval/1"
    assert [arm["name"] for arm in value["arms"]] == ["raw", "redacted"]
    assert value["naming_questions"] == 1
    assert all(one["ok"] for one in value["minimums"])
    report = (folder / "report.html").read_text()
    for shown in (done.out, done.err, report):
        assert "Thompson" not in shown
    assert list(temporary.iterdir()) == []


def test_figure_below_the_minimum_is_exit_1(folder: Path) -> None:
    done = secure_rag(
        "eval",
        "retrieval",
        folder / "cases.jsonl",
        "--documents",
        folder / "documents",
        "--text",
        "raw",
        "--min",
        "raw:lexical:recall@1=1",
        "--min",
        "naming:recall@5=1",
    )  # no question is known to name anybody where nothing is redacted
    assert done.code == 1, done.err
    assert "MISSED" in done.out


USAGE = {
    "suffix": ["-o", "report.csv"],
    "figure": ["--min", "recall@3=1"],
    "loss without both": ["--text", "raw", "--max-loss", "0.1"],
    "no raw text in an index": ["--text", "raw"],
    "no other policy for an index": ["--policy", "strict"],
}


@pytest.mark.parametrize("name", USAGE)
def test_usage_errors_come_before_the_work(name: str, folder: Path) -> None:
    done = secure_rag("--json", "eval", "retrieval", folder / "cases.jsonl", *USAGE[name])
    assert done.code == 2
    assert done.out == ""


def test_broken_case_is_exit_4_and_quotes_nothing(folder: Path) -> None:
    (folder / "cases.jsonl").write_text(f'{{"id": 1, "question": "{VALUE}", "documents": []}}\n')
    done = secure_rag(
        "--json", "eval", "retrieval", folder / "cases.jsonl", "--documents", folder / "documents"
    )
    assert done.code == 4
    assert done.error["code"] == "dataset.format"
    assert "Thompson" not in done.err


def test_document_that_cannot_be_read_is_counted_and_exit_4(folder: Path) -> None:
    (folder / "documents" / "scan.pdf").write_text("no PDF")
    case = {"id": "c", "question": "What does the scan say?", "documents": ["scan.pdf"]}
    with (folder / "cases.jsonl").open("a") as file:
        file.write(json.dumps(case) + "\n")
    done = secure_rag("--json", "eval", "retrieval", folder / "cases.jsonl", "--documents",
                      folder / "documents", "--text", "raw")  # fmt: skip
    assert done.code == 4, done.err
    (arm,) = done.json["arms"]
    assert arm["failed"] == {"document.wrong_type": 1}
    assert done.json["questions"] == 3
    assert arm["modes"]["hybrid"]["all"]["recall@100"] < 1


def test_cases_over_the_index_of_a_workspace(sandbox: Sandbox, folder: Path) -> None:
    assert sandbox.run("index", "add", folder / "documents").code == 0
    listed = sandbox.run("--json", "index", "list").lines
    shown = {one["path"].rsplit("/")[-1]: one["document"] for one in listed}
    cases = [
        {"id": 1, "question": CASES[0]["question"], "documents": [shown["lease.txt"]]},
        {"id": 2, "question": CASES[1]["question"], "documents": [shown["heating.txt"]]},
    ]
    file = folder / "own.jsonl"
    file.write_text("".join(json.dumps(case) + "\n" for case in cases))
    done = sandbox.run("--json", "eval", "retrieval", file, "--min", "recall@1=1")
    assert done.code == 0, done.err
    (arm,) = done.json["arms"]
    assert (arm["name"], list(arm["modes"])) == ("index", ["hybrid"])
    assert sandbox.run("audit", "verify").code == 0
    events = [one["type"] for one in sandbox.run("--json", "audit", "list").lines]
    assert events.count("passages.retrieved") == len(cases)


def test_killed_in_the_middle_leaves_no_raw_text(folder: Path) -> None:
    temporary = folder / "temporary"
    temporary.mkdir()
    for number in range(200):
        text = f"{VALUE} wrote report number {number} about the heating. " * 5
        (folder / "documents" / f"more{number}.txt").write_text(text)
    command = ["eval", "retrieval", str(folder / "cases.jsonl"), "--documents"]
    child = subprocess.Popen(
        [sys.executable, "-m", "secure_rag", *command, str(folder / "documents")],
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not any(temporary.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(4.0)
    child.send_signal(signal.SIGKILL)
    child.wait()
    left = [file.read_bytes() for file in temporary.rglob("*") if file.is_file()]
    assert any(temporary.iterdir())
    assert not any(b"Thompson" in data for data in left)
