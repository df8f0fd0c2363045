"""Measure `ask --batch` with given passages: what it saves that the same passages come again.

    SECURE_RAG_DATA=… python benchmarks/ask_batch.py [--questions N] [--writer quotes|supported]

The same questions are asked three times in one process: by detectors that look at every text, by
ones that remember (the way of --batch), and remembered but grouped by passages first. The models
are loaded before the clock starts. Answers must be the same each time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from secure_rag.evaluation.answers_cases import MIXED, Case, CaseMaker
from secure_rag.evaluation.answers_set import read_questions
from secure_rag.pipeline.ask import Asker
from secure_rag.pipeline.unrecorded import UnrecordedSession
from secure_rag.policy.loader import load_policy
from secure_rag.settings import AnsweringSettings

SET = "qa/squad2_dev/even_articles.json.xz"


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--topic", default="imperialism")
    parser.add_argument("--writer", default="quotes")
    given = parser.parse_args(arguments)
    data = Path(os.environ.get("SECURE_RAG_DATA") or sys.exit("set SECURE_RAG_DATA"))
    asked = read_questions([data / SET], topics=[given.topic], limit=given.questions, seed=17)
    cases = list(CaseMaker(asked, passages=6, seed=17).cases([MIXED]))
    grouped = sorted(cases, key=lambda one: sorted(one.passages or ()))
    print(f"{len(cases)} questions, 6 passages each, writer {given.writer}")
    first: dict[str, str] = {}
    for name, remembers, order in (
        ("every text looked at", False, cases),
        ("remembered", True, cases),
        ("remembered, grouped by passages", True, grouped),
    ):
        seconds, cpu, said = measure(order, remembers=remembers, writer=given.writer)
        first = first or said
        same = "same answers" if said == first else "OTHER ANSWERS"
        rate = f"{len(order) / seconds:6.2f} questions/s"
        print(f"{name:34} {seconds:7.1f} s  {rate}  {cpu:6.1f} s of processor time  {same}")


def measure(
    cases: Sequence[Case], *, remembers: bool, writer: str
) -> tuple[float, float, dict[str, str]]:
    """Return seconds, processor time and answers of one way."""
    answering = AnsweringSettings().model_copy(update={"writer": writer})
    session = UnrecordedSession(load_policy("default"), answering=answering)
    session.remembers = remembers
    asker = Asker(session, policy=session.policy)
    asker.ask("Is the office open?", passages=["The office is open from nine to five."])
    clock, used = time.perf_counter(), time.process_time()
    said = {
        one.question.id: asker.ask(one.question.text, passages=one.passages).answer.text
        for one in cases
    }
    return time.perf_counter() - clock, time.process_time() - used, said


if __name__ == "__main__":
    main(sys.argv[1:])
