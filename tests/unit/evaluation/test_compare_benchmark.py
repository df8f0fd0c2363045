"""`benchmarks/compare.py`: the adapter of each set, the words of its page, the guide's table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.compare_page import BEGIN, END, GUIDE, page, with_table
from benchmarks.compare_sets import (
    ADAPTERS,
    PUBLIC,
    TITLES,
    UNSEEN,
    adapters,
    command,
    wanted,
    write_unseen,
)
from secure_rag.evaluation.compare_arms import ARMS, WORDS
from secure_rag.evaluation.compare_cases import EXAMPLES, read_cases
from secure_rag.evaluation.estimates import mean, share, spread
from tests.conftest import ROOT

BENCHMARK = ROOT / "benchmarks" / "compare.py"


def test_every_set_has_a_title_and_an_adapter() -> None:
    assert set(TITLES) == set(ADAPTERS) == {*EXAMPLES, *PUBLIC}


def test_wanted_takes_several_names_in_the_order_of_the_page() -> None:
    assert wanted("voice, support", has_data=False) == ["support", "voice"]
    assert wanted("", has_data=False) == list(EXAMPLES)
    assert wanted("", has_data=True) == list(TITLES)


@pytest.mark.parametrize(("named", "said"), [("support,nix", "no set nix"), (UNSEEN, "DATA")])
def test_wanted_passes_no_name_over(named: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wanted(named, has_data=False)


def test_adapters_are_changed_by_set_and_left_out() -> None:
    chosen = adapters(["support=mine", "voice="])
    assert (chosen["support"], chosen["voice"]) == ("mine", "")
    assert {name: chosen[name] for name in chosen if name not in ("support", "voice")} == {
        name: ADAPTERS[name] for name in ADAPTERS if name not in ("support", "voice")
    }


@pytest.mark.parametrize("given", ["support", "nix=mine", "=mine", ""])
def test_adapters_want_a_set_and_a_name(given: str) -> None:
    with pytest.raises(ValueError, match="SET=NAME"):
        adapters([given])


def test_command_names_an_adapter_or_none_whatever_the_settings_say() -> None:
    line = command("support", "support", adapter="", limit=0, arms="")
    assert line[line.index("--adapter") + 1] == ""
    assert line[line.index("--policy") + 1] == "default"
    assert "--limit" not in line and "--arms" not in line
    line = command(UNSEEN, "file.jsonl", adapter="small", limit=9, arms="base,rag")
    assert line[line.index("--adapter") + 1] == "small"
    assert line[line.index("--policy") + 1] == "unsafe-keep-all"
    assert line[line.index("--limit") + 1] == "9" and line[line.index("--arms") + 1] == "base,rag"


def test_write_unseen_keeps_one_article_with_and_without_answers(tmp_path: Path) -> None:
    answered = {"id": "1", "question": "Who ruled?", "answers": [{"text": "Rome"}]}
    silent = {"id": "2", "question": "Who paid?", "answers": [], "is_impossible": True}
    data = [
        {"title": "Imperialism", "paragraphs": [{"context": "Rome ruled.",
                                                 "qas": [answered, silent]}]},
        {"title": "Lifts", "paragraphs": [{"context": "Lifts rise.", "qas": [
            {**answered, "id": "3", "question": "What rises?"}]}]},
    ]  # fmt: skip
    source, target = tmp_path / "squad.json", tmp_path / "cases.jsonl"
    source.write_text(json.dumps({"data": data}), "utf-8")
    write_unseen(source, target)
    found = read_cases(target)
    assert [one.case.question.id for one in found.cases] == ["1", "2"]
    assert [one.is_answerable for one in found.cases] == [True, False]
    assert {one.case.passages for one in found.cases} == {("Rome ruled.",)}
    assert len({one.cluster for one in found.cases}) == 1 and not found.bad_lines


SCORES = {"base": 0.1, "rag": 0.6, "rag-writer": 0.2, "adapter": 0.3, "rag-adapter": 0.5}
BETTER, WORSE, NOTHING = (20.0, 9.0, 31.0), (-20.0, -31.0, -9.0), (2.0, -5.0, 8.0)
Gain = tuple[float, float, float]


def _arm(name: str, score: float | None, adapter: str) -> dict[str, Any]:
    if score is None:
        return {"words": WORDS[name], "not_run": "no adapter", "figures": None,
                "memory_mib": None, "training": None}  # fmt: skip
    clusters = [str(number) for number in range(12)]
    value = mean([score] * 12, clusters, seed=17)
    nothing = mean([], [], seed=17)
    trained = {"adapter": adapter, "digest": "0" * 64, "seconds": 7200.0}
    return {
        "words": WORDS[name],
        "not_run": None,
        "figures": {
            "score": value,
            "over_silence": mean([score - 0.15] * 12, clusters, seed=17),
            "words": {"exact": value, "f1": value},
            "fields": {"accuracy": nothing, "valid": share(0, 0)},
            "unanswerable_refused": share(3, 4),
            "wrongly_refused": share(1, 8),
            "grounded": {"value": 0.5, "count": 5, "of": 10},
            "leaks": {"answers": 0, "findings": 0, "values": 0, "not_issued": 0},
            "fresh": None,
            "time": {"first_s": spread([0.2]), "answer_s": spread([1.0]), "tokens_per_s": 30.0},
        },
        "memory_mib": 512,
        "training": trained if name.endswith("adapter") else None,
    }


def _pair(arm: str, over: str, gain: Gain) -> dict[str, Any]:
    shown = {BETTER: "better", WORSE: "worse"}.get(gain)
    return {"arm": arm, "over": over, "points": gain[0], "interval": list(gain[1:]),
            "shown": shown}  # fmt: skip


def report(adapter: str, writer: Gain = BETTER, default: Gain = WORSE) -> dict[str, Any]:
    """Return the report of a set; `adapter` empty: the arms that want one did not run."""
    ran = [arm for arm in ARMS if adapter or not arm.endswith("adapter")]
    gains = {("rag-adapter", "rag-writer"): writer, ("rag-adapter", "rag"): default}
    pairs = [
        _pair(arm, over, gains.get((arm, over), NOTHING))
        for place, arm in enumerate(ran)
        for over in ran[:place]
    ]
    return {
        "set": {"cases": 12, "independent": 12},
        "system": {"models": {"generator": "ab" * 32}, "adapter": adapter or None},
        "arms": {arm: _arm(arm, SCORES[arm] if arm in ran else None, adapter) for arm in ARMS},
        "refuse_everything": {"score": mean([0.15] * 12, list("abcdefghijkl"), seed=17)},
        "pairs": pairs,
    }


def words(**sets: dict[str, Any]) -> str:
    return "\n".join(page({"machine": "a test", "sets": sets}))


def test_page_names_the_adapter_of_each_set_and_what_its_training_costs() -> None:
    said = words(support=report("grounded-qa"), voice=report(""))
    assert "| Support (12) | `grounded-qa` | 10.0" in said
    assert "| Brand voice (12) | none | 10.0" in said
    costs = [line for line in said.splitlines() if line.startswith("| Support | RAG")]
    assert [line.split(" | ")[-1] for line in costs[-3:]] == ["none |", "none |", "2 h |"]
    assert "but nothing is said about fine-tuning: no arm with an adapter ran" in said


def test_page_says_where_rag_and_adapter_win_and_where_not() -> None:
    said = words(
        support=report("grounded-qa"),
        contracts=report("grounded-qa", writer=NOTHING, default=BETTER),
        compliance=report("grounded-qa", writer=WORSE, default=NOTHING),
        drafting=report("voice-plain", default=BETTER),
        voice=report(""),
    )
    lines = [line.strip() for line in said.splitlines()]
    first = lines.index("- **`grounded-qa`**, tried on 3 of the sets")
    assert lines[first + 1 : first + 6] == [
        "- It beats RAG, plain writer in 1 of 3: Support +20.0 (9.0 to 31.0).",
        "- It does not beat RAG, plain writer in the others: it is worse in 1: "
        "Compliance queries -20.0 (-31.0 to -9.0); nothing is shown in 1: "
        "Contract questions +2.0 (-5.0 to 8.0).",
        "- It beats RAG, default answering in 1 of 3: Contract questions +20.0 (9.0 to 31.0).",
        "- It does not beat RAG, default answering in the others: it is worse in 1: "
        "Support -20.0 (-31.0 to -9.0); nothing is shown in 1: "
        "Compliance queries +2.0 (-5.0 to 8.0).",
        "- So it beats the default in some sets only: the default stays as it is.",
    ]
    second = lines.index("- **`voice-plain`**, tried on 1 of the sets")
    assert lines[second + 3] == "- So it beats the default in every set that it was compared on."
    assert "- Asked without an adapter, so nothing is said of one: Brand voice." in lines


def test_page_of_an_adapter_that_never_beats_the_default_says_so() -> None:
    said = words(support=report("grounded-qa"))
    assert "It beats RAG, default answering in 0 of 1." in said
    assert "So it beats the default in no set: the default stays as it is." in said


def test_table_of_the_guide_is_replaced_between_its_marks() -> None:
    result = {"sets": {"support": report("grounded-qa"), "voice": report("")}}
    made = with_table(f"before\n{BEGIN}\nold\n{END}\nafter\n", result)
    assert made.startswith(f"before\n{BEGIN}\n") and made.endswith(f"{END}\nafter\n")
    assert "old" not in made
    rows = [line for line in made.splitlines() if line.startswith("| ")]
    assert rows[1].startswith("| Support, `grounded-qa` | 10.0 | **60.0** (60.0 to 60.0) | 20.0 |")
    assert rows[2].startswith("| Brand voice | ") and "| not run | not run | 15.0 |" in rows[2]
    assert with_table(made, result) == made


@pytest.mark.parametrize("text", ["", BEGIN, f"{END} {BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_table_of_the_guide_wants_its_marks_once(text: str) -> None:
    with pytest.raises(ValueError, match="the guide wants"):
        with_table(text, {"sets": {}})


def test_pages_say_what_the_results_give(tmp_path: Path) -> None:
    written, guide = tmp_path / "compare.md", tmp_path / "guide.md"
    guide.write_text(GUIDE.read_text("utf-8"), "utf-8")
    line = [sys.executable, BENCHMARK, "--page", "-o", written, "--guide", guide]
    subprocess.run(line, check=True, cwd=ROOT)
    told = "run `python benchmarks/compare.py --page`"
    assert guide.read_text("utf-8") == GUIDE.read_text("utf-8"), told
    assert written.read_text("utf-8") == BENCHMARK.with_suffix(".md").read_text("utf-8"), told


def test_a_set_that_cannot_be_measured_is_named_and_the_exit_code_is_1(tmp_path: Path) -> None:
    guide, results = tmp_path / "guide.md", tmp_path / "results.json"
    guide.write_text(f"{BEGIN}\n{END}\n", "utf-8")
    kept = json.dumps({"machine": "a test", "sets": {"voice": report("")}})
    results.write_text(kept, "utf-8")
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--sets", "support", "--adapter", "support=nosuch",
         "--limit", "1", "--arms", "adapter", "-o", tmp_path / "compare.md",
         "--guide", guide, "--results", results],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "[1 of 1] support, adapter: nosuch" in done.stderr
    assert "not measured: support" in done.stderr
    assert results.read_text("utf-8") == kept
    assert "Brand voice" in guide.read_text("utf-8"), "what was measured before is still written"
