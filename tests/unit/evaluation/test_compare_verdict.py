"""The verdict never says more than the intervals show, and the page says what it rests on."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from secure_rag.evaluation.bars import Bar, bars
from secure_rag.evaluation.compare_arms import ARMS, WORDS
from secure_rag.evaluation.compare_report import to_html, to_text
from secure_rag.evaluation.compare_verdict import duration, verdict
from secure_rag.evaluation.estimates import mean, share, spread


def arm(name: str, score: float, *, leaks: int = 0, seconds: float | None = None) -> dict[str, Any]:
    values = [score] * 12
    clusters = [str(number) for number in range(12)]
    return {
        "words": WORDS[name],
        "not_run": None,
        "figures": {
            "cases": 12,
            "score": mean(values, clusters, seed=17),
            "over_silence": mean([score - 0.1] * 12, clusters, seed=17),
            "words": dict.fromkeys(("exact", "f1"), mean(values, clusters, seed=17)),
            "fields": {"accuracy": {**mean([], [], seed=17), "right": 0, "wanted": 0},
                       "valid": share(0, 0)},
            "unanswerable_refused": share(3, 4),
            "wrongly_refused": share(1, 8),
            "grounded": {"value": 0.5, "count": 5, "of": 10},
            "leaks": {"answers": leaks, "findings": 0, "values": leaks, "not_issued": 0},
            "fresh": None,
            "time": {"first_s": spread([0.2, 0.4]), "answer_s": spread([1.0]), "tokens": 9,
                     "tokens_per_s": 30.0},
        },
        "memory_mib": 512,
        "training": {"adapter": "a", "digest": "0" * 64, "seconds": seconds} if seconds else None,
    }  # fmt: skip


def pair(name: str, over: str, points: float, low: float, high: float) -> dict[str, Any]:
    shown = None if low <= 0 <= high else "better" if low > 0 else "worse"
    return {"arm": name, "over": over, "points": points, "interval": [low, high], "shown": shown}


def not_run(name: str) -> dict[str, Any]:
    return {"words": WORDS[name], "not_run": "no adapter", "figures": None, "memory_mib": None,
            "training": None}  # fmt: skip


def test_verdict_takes_what_needs_least_of_those_not_shown_worse() -> None:
    arms = {"base": arm("base", 0.1), "rag": arm("rag", 0.60),
            "rag-adapter": arm("rag-adapter", 0.604, seconds=7200)}  # fmt: skip
    found = verdict(
        arms,
        [pair("rag", "base", 50, 40, 60), pair("rag-adapter", "base", 50.4, 40, 60),
         pair("rag-adapter", "rag", 0.4, -0.7, 1.5)],
        independent=12,
    )  # fmt: skip
    assert found["use"] == "rag"
    assert found["words"] == (
        "use RAG, default answering: RAG + adapter adds 0.4 ± 1.1 points to RAG, default "
        "answering, which is not shown, costs 2 h of training"
    )
    assert found["reasons"][1] == "it adds 50.0 ± 10.0 points to base model alone"
    assert any("more cases may show RAG + adapter" in one for one in found["cautions"])


def test_verdict_pays_for_training_where_the_gain_is_shown() -> None:
    arms = {"rag": arm("rag", 0.5), "rag-adapter": arm("rag-adapter", 0.6, seconds=7500)}
    found = verdict(arms, [pair("rag-adapter", "rag", 10, 4, 16)], independent=12)
    assert found["use"] == "rag-adapter"
    assert found["words"] == (
        "use RAG + adapter: it adds 10.0 ± 6.0 points to RAG, default answering, costs 2 h 5 min "
        "of training"
    )


def test_verdict_undecided_says_that_nothing_is_shown() -> None:
    arms = {"base": arm("base", 0.4), "rag": arm("rag", 0.5), "adapter": not_run("adapter")}
    found = verdict(arms, [pair("rag", "base", 10, -2, 22)], independent=12)
    assert found["use"] is None
    assert found["words"] == (
        "no difference is shown: RAG, default answering adds 10.0 ± 12.0 points to base model "
        "alone, which is not shown"
    )
    assert found["cautions"] == [
        "adapter alone did not run: no adapter",
        "nothing is said about fine-tuning: no arm with an adapter ran",
    ]


def test_verdict_does_not_fall_back_on_an_arm_that_is_not_shown_better_than_the_base() -> None:
    arms = {"base": arm("base", 0.1), "rag": arm("rag", 0.2), "rag-writer": arm("rag-writer", 0.4)}
    found = verdict(
        arms,
        [pair("rag", "base", 10, -5, 25), pair("rag-writer", "base", 30, 10, 50),
         pair("rag-writer", "rag", 20, -1, 41)],
        independent=12,
    )  # fmt: skip
    assert found["use"] == "rag-writer"


def test_verdict_an_arm_that_shows_redacted_values_is_out() -> None:
    arms = {
        "base": arm("base", 0.1),
        "rag": arm("rag", 0.4),
        "adapter": arm("adapter", 0.9, leaks=2),
    }
    found = verdict(
        arms,
        [pair("rag", "base", 30, 10, 50), pair("adapter", "base", 80, 70, 90),
         pair("adapter", "rag", 50, 30, 70)],
        independent=12,
    )  # fmt: skip
    assert found["use"] == "rag"
    assert "adapter alone is out: its answers show 2 redacted values" in found["reasons"]


@pytest.mark.parametrize(
    ("arms", "independent", "said"),
    [
        ({"base": arm("base", 0.1), "rag": arm("rag", 0.9)}, 9, "9 independent cases, at least 10"),
        ({"rag": arm("rag", 0.9), "adapter": not_run("adapter")}, 99, "fewer than two arms ran"),
    ],
    ids=["few cases", "one arm"],
)
def test_verdict_without_enough_says_none(arms: Any, independent: int, said: str) -> None:
    found = verdict(arms, [pair("rag", "base", 80, 70, 90)], independent=independent)
    assert found["use"] is None and said in found["words"]


def test_verdict_the_base_model_cannot_leak_what_it_never_saw() -> None:
    arms = {"base": arm("base", 0.9, leaks=1), "rag": arm("rag", 0.4)}
    found = verdict(arms, [pair("rag", "base", -50, -60, -40)], independent=12)
    assert found["use"] == "base"


def test_verdict_uses_none_that_is_not_shown_better_than_refusing_everything() -> None:
    better = arm("rag", 0.2)
    better["figures"]["over_silence"] = {"value": 0.1, "interval": [-0.1, 0.3], "of": 12}
    arms = {"base": arm("base", 0.1), "rag": better}
    found = verdict(arms, [pair("rag", "base", 10, 5, 15)], independent=12)
    assert found["use"] is None
    assert found["words"].startswith("use none: the best, RAG, default answering reaches 20.0")


def test_verdict_warns_of_an_arm_that_refuses_too_little_or_too_much() -> None:
    worse = arm("rag", 0.5)
    worse["figures"] |= {"unanswerable_refused": share(1, 4), "wrongly_refused": share(5, 8)}
    found = verdict(
        {"base": arm("base", 0.1), "rag": worse}, [pair("rag", "base", 40, 20, 60)], independent=12
    )
    said = " ".join(found["cautions"])
    assert "answered 3 of 4" in said and "refused 5 of 8" in said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(40, "40 s"), (60, "1 min"), (2100, "35 min"), (7200, "2 h"), (7500, "2 h 5 min"),
     (3599, "1 h")],
)  # fmt: skip
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.fixture
def report() -> dict[str, Any]:
    arms = {name: not_run(name) for name in ARMS}
    arms["base"], arms["rag"] = arm("base", 0.1), arm("rag", 0.6)
    differences = [pair("rag", "base", 50, 40, 60)]
    return {
        "set": {"name": "<b>ours</b>.jsonl", "format": "jsonl", "cases": 12, "independent": 12,
                "answerable": 8, "unanswerable": 4, "forms": {"answer": 12}, "changed": 0,
                "from_index": 0, "bad_lines": [{"line": 3, "error": "not valid JSON"}],
                "limit": None, "seed": 17},
        "system": {"policy": "default", "policy_digest": "0" * 64, "models": {}, "generator": "g",
                   "writer": "supported", "adapter": None},
        "arms": arms,
        "refuse_everything": {"score": share(4, 12)},
        "pairs": differences,
        "verdict": verdict(arms, differences, independent=12),
    }  # fmt: skip


class _Balance(HTMLParser):
    """Checks that every element that must be closed is closed in order."""

    VOID = frozenset(("meta", "br", "line", "rect", "!doctype"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_report_page_is_whole_and_self_contained(report: dict[str, Any]) -> None:
    page = to_html(report)
    balance = _Balance()
    balance.feed(page)
    assert not balance.open
    assert "<script" not in page and "href=" not in page and " style=" not in page
    assert "src=" not in page.replace("style-src", "")
    assert "default-src &#x27;none&#x27;" in page and "prefers-color-scheme:dark" in page
    assert "&lt;b&gt;ours" in page and "<b>" not in page
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawn) == 4
    for one in drawn:
        tree = ElementTree.fromstring(one)
        kinds = [child.tag.rpartition("}")[2] for child in tree]
        assert kinds[:2] == ["title", "desc"]
        named = [child.get("id") for child in tree[:2]]
        assert (
            tree.get("aria-labelledby") == " ".join(map(str, named)) and tree.get("role") == "img"
        )
    assert page.count("<table>") == page.count("<caption>") >= 5


def test_report_text_leads_with_the_verdict(report: dict[str, Any]) -> None:
    text = to_text(report)
    verdict_at, table_at = text.index("VERDICT: use RAG"), text.index("SCORE")
    assert verdict_at < table_at
    assert "line 3: not valid JSON" in text and "not run" in text and "refuse everything" in text


def test_bars_draw_values_whiskers_and_words() -> None:
    rows = [Bar("one", 50.0, 25.0, 75.0, "50.0"), Bar("two", None, note="not run"),
            Bar("three", 130.0, note="130")]  # fmt: skip
    drawn = bars("Score & more", rows, whole=100, unit="points")
    (found,) = re.findall(r"<svg.*</svg>", drawn)
    tree = ElementTree.fromstring(found)
    space = "{http://www.w3.org/2000/svg}"
    widths = [float(one.get("width", "0")) for one in tree.iter(f"{space}rect")]
    assert len(widths) == 2 and widths[0] == pytest.approx(widths[1] / 2), "cut at the axis's end"
    whiskers = [one for one in tree.iter(f"{space}line") if one.get("class") == "whisker"]
    assert len(whiskers) == 3
    described = tree.findtext(f"{space}desc")
    assert described == "one: 50.0, 95 % 25 to 75; two: not run; three: 130"
