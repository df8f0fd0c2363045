"""What the shipped adapters are trained on: facts kept, rules kept, apart from the test cases."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from secure_rag.answering.plain import keys_told
from secure_rag.answering.prompt import build_prompt

ROOT = Path(__file__).resolve().parents[3]
RECIPES = ROOT / "models/recipes/adapters"
sys.path[:0] = [str(RECIPES), str(RECIPES / "format"), str(RECIPES / "voice")]

import apart  # noqa: E402
import fence  # noqa: E402
import letters  # noqa: E402
import objects  # noqa: E402
import words  # noqa: E402

EMPTY = re.compile(
    r"inconvenience|regret|hereby|kindly|due to|in view of|leading|solution|at your earliest|must\b"
    r"|obliged|ticket (?:id|\d)|\bSLA\b|undersigned|approximately|understanding",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def bare(row: dict[str, str]) -> str:
    return row["input"].rsplit("Question: ", 1)[-1]


@pytest.fixture(scope="module")
def pairs() -> list[dict[str, str]]:
    return list(letters.rows(600, 11))


@pytest.fixture(scope="module")
def forms() -> list[dict[str, str]]:
    return list(objects.rows(600, 11))


def test_rows_are_the_same_for_the_same_seed_and_differ(
    pairs: list[dict[str, str]], forms: list[dict[str, str]]
) -> None:
    assert list(letters.rows(20, 11)) == pairs[:20] and list(objects.rows(20, 11)) == forms[:20]
    assert list(letters.rows(20, 12)) != pairs[:20] and list(objects.rows(20, 12)) != forms[:20]
    assert len({bare(row) for row in pairs}) == len(pairs)
    assert len({bare(row) for row in forms}) == len(forms)


def cases() -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for name in ("voice", "format")
        for line in (ROOT / f"examples/compare/{name}.jsonl").read_text("utf-8").splitlines()
    ]


def test_no_row_holds_a_text_of_a_case(
    pairs: list[dict[str, str]], forms: list[dict[str, str]]
) -> None:
    rows = "\n".join(text.casefold() for row in pairs + forms for text in row.values())
    for case in cases():
        for text in apart.texts(case):
            assert text.casefold().strip() not in rows, case["id"]
        if isinstance(case["answer"], dict):
            assert json.dumps(case["answer"]).casefold() not in rows, case["id"]
    known = apart.taken()
    assert all(apart.is_apart(row, known) for row in pairs + forms)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_a_row_made_of_a_case_would_be_left_out(case: dict[str, Any]) -> None:
    quoted = next(apart.texts(case))
    if len(quoted.split()) >= 4:
        row = {"input": f"Say this in our house voice: 'Dear reader, {quoted}'", "output": "x"}
        assert not apart.is_apart(row, apart.taken())


def test_the_voice_keeps_its_rules(pairs: list[dict[str, str]]) -> None:
    for row in pairs:
        said = row["output"]
        assert not EMPTY.search(said), said
        for sentence in re.split(r"(?<=[.?!])\s+", said):
            assert len(sentence.split()) <= 15, sentence
        assert said == letters.NOT_FOUND or said[0].isupper(), said


def test_the_voice_keeps_every_fact(pairs: list[dict[str, str]]) -> None:
    in_words = {letters.in_words(number): str(number) for number in range(2, 100)}
    spelled = re.compile(rf"\b({'|'.join(sorted(in_words, key=len, reverse=True))})\b")
    fixed = "\n".join(str(value) for value in vars(words).values())
    for row in pairs:
        if row["output"] == letters.NOT_FOUND:
            continue
        asked = spelled.sub(lambda found: in_words[found.group()], bare(row).casefold())
        for number in NUMBER.findall(row["output"]):
            assert number in asked, row
        for name in re.findall(r"\b[A-Z]-\d+", asked.upper()):
            assert name in row["output"], row
        for day in re.findall(rf"\b\d+ (?:{'|'.join(words.MONTHS)})", row["output"]):
            assert day.casefold() in asked, row
        assert "{" not in row["output"] and "{" not in row["input"], row
    assert "{day}" in fixed


def test_a_row_of_the_format_holds_what_its_keys_ask_for(forms: list[dict[str, str]]) -> None:
    nulls = absent = 0
    for row in forms:
        if row["output"] == objects.NOT_FOUND:
            absent += 1
            continue
        found = json.loads(row["output"])
        asked = bare(row)
        named = re.search(r" Keys: (.*)$", asked) or re.search(r"\(([^)]*)\)[^(]*'", asked)
        assert named and named.group(1).split(", ") == list(found), row
        for key, value in found.items():
            nulls += value is None
            for leaf in value if isinstance(value, list) else [value]:
                if isinstance(leaf, int | float):
                    assert f"{leaf:,}" in asked or f"{leaf:,.2f}" in asked or str(leaf) in asked
                elif leaf is not None and not any(
                    leaf in table for table in objects.schemas.TABLES.values()
                ):
                    assert leaf.casefold() in asked.casefold(), (key, row)
    assert nulls > 50 and 20 < absent < 100
    assert len({json.loads(row["output"]).keys().__str__() for row in forms
                if row["output"] != objects.NOT_FOUND}) > 100  # fmt: skip


def test_what_says_no_key_is_not_always_absent(forms: list[dict[str, str]]) -> None:
    # else a model could answer `not found` wherever no keys are told
    told = [(" Keys: " in row["input"], row["output"] == objects.NOT_FOUND) for row in forms]
    assert {(True, True), (True, False), (False, True), (False, False)} == set(told)


def test_rows_are_laid_out_as_they_are_asked() -> None:
    assert keys_told("Make it.", ["a", "b"]) == "Make it. Keys: a, b"
    import random

    lines = ["A reading has value.", "Ask with please."]
    made = fence.fenced(lines, "Make it.", random.Random(1))
    marker = re.search(r"\[evidence (\w+)\]", made)
    prompt = build_prompt("Make it.", lines, count_tokens=len, budget=500)
    served = prompt.messages[1]["content"]
    code = re.search(r"\[evidence (\w+)\]", served)
    assert marker and code and made.replace(marker.group(1), code.group(1)) == served


def test_grounded_rows_quote_their_evidence_and_leave_the_held_out_articles_alone(
    data_folder: Path,
) -> None:
    # the reader's recipe has a `pairs` too, and tests import that by its name
    place = importlib.util.spec_from_file_location("grounded", RECIPES / "grounded-qa/pairs.py")
    assert place and place.loader
    grounded = importlib.util.module_from_spec(place)
    place.loader.exec_module(grounded)
    rows = list(grounded.rows(data_folder, 11))
    assert rows == list(grounded.rows(data_folder, 11)) and len(rows) > 3000
    held = " ".join(grounded.questions.held_passages(data_folder))
    assert len(held) > 10_000
    for number, row in enumerate(rows):
        # a full stop alone stands everywhere
        assert not any(text in held for text in row["evidence"] if text != "."), number
        assert row["answer"] == row["quote"], number
        assert not row["quote"] or any(row["quote"] in text for text in row["evidence"]), number
    assert 0.15 < sum(not row["quote"] for row in rows) / len(rows) < 0.35
