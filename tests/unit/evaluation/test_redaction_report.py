"""The report: same figures in JSON, text and HTML; no words of the set; one page without script."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from secure_rag.errors import InputError, UsageError
from secure_rag.evaluation import redaction
from secure_rag.evaluation.counts import scope_of
from secure_rag.evaluation.datasets import read_set
from secure_rag.evaluation.labelled import LabelledSet, LabelledText, Mention
from secure_rag.evaluation.minimums import check_minimums, parse_minimums, refuse_unmeasured
from secure_rag.evaluation.redaction import SWEEP, evaluate
from secure_rag.evaluation.redaction_html import to_html
from secure_rag.evaluation.redaction_text import to_text
from secure_rag.evaluation.run import Found
from secure_rag.evaluation.systems import STOCK, Masked, SystemSetup

VALUES = ("zelda.marek@example.com", "4111 1111 1111 1111", "Quillfeather", "10.20.30.40")
LINES = (
    {"text": f"Write to {VALUES[0]} today.", "spans": [[9, 32, "EMAIL_ADDRESS"]], "part": "mail"},
    {"text": f"Card {VALUES[1]} of {VALUES[2]}.",
     "spans": [[5, 24, "CREDIT_CARD"], [28, 40, "PERSON"]], "locale": "en-GB"},
    {"text": f"Release {VALUES[3]} is out.", "spans": []},
)  # fmt: skip


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> LabelledSet:
    path = tmp_path_factory.mktemp("set") / "<b>mine.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")
    return read_set([path])


@pytest.fixture(scope="module")
def value(labelled: LabelledSet) -> dict[str, Any]:
    report = evaluate(labelled, SystemSetup(STOCK, thresholds=SWEEP), workers=1)
    return completed(labelled, report)


def completed(labelled: LabelledSet, report: dict[str, Any]) -> dict[str, Any]:
    return {
        "set": {
            "name": labelled.name,
            "format": labelled.format,
            "documents": len(labelled.texts),
            "characters": labelled.characters,
            "mentions": labelled.mentions,
        },
        "system": {"name": "secure-rag", "policy": "strict", "policy_digest": "0" * 64},
        **report,
        "baseline": None,
        "minimums": check_minimums(report, parse_minimums({"recall": ["0.99", "PERSON=0"]})),
    }


def test_evaluate_stock_presidio_finds_numbers_and_no_names(value: dict[str, Any]) -> None:
    assert value["entities"]["EMAIL_ADDRESS"]["coverage"] == 1.0
    assert value["entities"]["CREDIT_CARD"]["coverage"] == 1.0
    assert value["entities"]["PERSON"]["coverage"] == 0.0
    assert value["entities"]["IP_ADDRESS"]["mentions"]["gold"] == 0
    words = value["overall"]["words"]
    # zelda marek example com, four groups of digits, one name; four groups of the address
    assert (words["found"], words["gold"], words["right"], words["said"]) == (8, 9, 8, 12)
    assert value["overall"]["leakage"] == {"documents": 2, "leaked": 1, "rate": 0.5}
    kinds = {(one["kind"], one["entity"]): one["count"] for one in value["errors"]["counts"]}
    assert kinds == {("missed", "PERSON"): 1, ("extra", "IP_ADDRESS"): 1}


def test_evaluate_sweep_recall_never_rises_with_the_threshold(value: dict[str, Any]) -> None:
    rows = value["sweep"]
    assert [one["threshold"] for one in rows] == list(SWEEP)
    recalls = [one["recall"] for one in rows]
    assert recalls == sorted(recalls, reverse=True) and recalls[0] > recalls[-1] - 1


def test_evaluate_slices_name_part_and_locale(value: dict[str, Any]) -> None:
    rows = {(one["slice"], one["value"]): one for one in value["slices"] if one["entity"] == "*"}
    assert rows["part", "mail"]["full_recall"] == 1.0
    assert rows["locale", "en-GB"]["mentions"] == 2


def test_report_holds_no_words_of_the_set(value: dict[str, Any]) -> None:
    for shown in (json.dumps(value), to_text(value), to_html(value)):
        for secret in VALUES:
            assert secret not in shown
    for place in value["errors"]["places"]:
        assert set(place) == {"document", "start", "end", "kind", "entity", "found_as"}


def test_report_with_values_shows_them_where_asked(labelled: LabelledSet) -> None:
    report = evaluate(labelled, SystemSetup(STOCK), workers=1, show_values=True)
    assert {one["text"] for one in report["errors"]["places"]} == {VALUES[2], VALUES[3]}
    assert VALUES[2] in to_text(completed(labelled, report))
    assert VALUES[0] not in json.dumps(report)


class _Tags(HTMLParser):
    """Collects tags, and what could load, run or style from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_html_is_one_page_without_script_under_a_strict_policy(value: dict[str, Any]) -> None:
    page = to_html(value)
    tags = _Tags()
    tags.feed(page)
    assert not tags.tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not {name for name in tags.attributes if name.startswith("on")}
    assert not tags.attributes & {"style", "src", "href"}
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src &#x27;none&#x27;; style-src &#x27;sha256-")
    assert "unsafe" not in policy and "<b>mine" not in page


def test_html_draws_the_sweep_and_lists_its_values(value: dict[str, Any]) -> None:
    page = to_html(value)
    assert page.count("<polyline") == 3 and 'role="img"' in page
    assert "By threshold" in page and "0.95" in page


def test_text_tells_figures_and_the_missed_minimum(value: dict[str, Any]) -> None:
    text = to_text(value)
    assert "words hidden, under any type" in text and "8/9" in text
    assert re.search(r"recall of all +0\.990 +0\.889 +MISSED", text)
    assert "recall of PERSON" in text and "█" in text


def test_intervals_are_the_same_for_the_same_seed(labelled: LabelledSet) -> None:
    first, second = (
        evaluate(labelled, SystemSetup(STOCK), workers=1, seed=5)["overall"]["intervals"]
        for _ in range(2)
    )
    assert first == second and first["leakage"] is not None


def test_scope_of_nothing_marked_is_4_and_of_an_unmarked_entity_2(labelled: LabelledSet) -> None:
    with pytest.raises(UsageError):
        scope_of(labelled, ["LOCATION"])
    with pytest.raises(InputError) as caught:
        scope_of(LabelledSet("x", "jsonl", ()), [])
    assert caught.value.code == "dataset.empty"


@pytest.mark.parametrize("text", ["2", "-1", "x", "=0.5", "PERSON=", ""])
def test_minimum_that_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_minimums({"f2": [text]})


def test_minimum_of_an_entity_that_is_not_measured_is_refused() -> None:
    with pytest.raises(UsageError):
        refuse_unmeasured(parse_minimums({"f2": ["AGE=0.5"]}), {"PERSON"})


def test_module_example_names_what_exists() -> None:
    assert "evaluate(labelled, SystemSetup(OURS" in (redaction.__doc__ or "")
    assert Path(redaction.__file__).name == "redaction.py"


def test_evaluate_document_that_failed_is_named_and_not_counted(labelled: LabelledSet) -> None:
    found = [
        Found(1, (Masked(9, 32, "EMAIL_ADDRESS"),), 0.0),
        Found(2, (), 0.0, error="document.detector"),
        Found(3, (), 0.0),
    ]
    report = evaluate(labelled, SystemSetup(STOCK), found=found)
    assert report["documents_failed"] == [2]
    assert report["overall"]["mentions"]["gold"] == 1
    assert "not counted: 1" in to_text(completed(labelled, report))
    with pytest.raises(InputError):
        evaluate(labelled, SystemSetup(STOCK), found=[replace(one, error="x") for one in found])


def test_evaluate_court_text_prints_the_measures_of_its_benchmark() -> None:
    mentions = (
        Mention(0, 4, "PERSON", "a", "1", "DIRECT"),
        Mention(12, 17, "LOCATION", "a", "2", "QUASI"),
    )
    text = LabelledText("Anna lives, Leeds.", mentions, number=1, annotators=("a",))
    labelled = LabelledSet("court", "tab", (text,))
    found = [Found(1, (Masked(0, 4, "PERSON"),), 0.0)]
    report = evaluate(labelled, SystemSetup(STOCK), found=found)
    assert report["tab"]["er_direct"] == {"value": 1.0, "count": 1, "of": 1}
    assert report["tab"]["er_quasi"] == {"value": 0.0, "count": 0, "of": 1}
    assert "(ER_di)" in to_text(completed(labelled, report))
