"""`benchmarks/redaction.py`: its sets, its verdicts, and a quick run."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from secure_rag.evaluation.labelled import LabelledSet, LabelledText, Mention
from tests.conftest import ROOT

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def sets() -> ModuleType:
    return load("redaction_sets")


@pytest.fixture(scope="module")
def page(sets: ModuleType) -> ModuleType:
    return load("redaction_page")


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


VARIED = {
    "no-break space": "4111\u00a01111\u00a01111\u00a01111",
    "zero-width space": "41\u200b11 1111 1111 1111",
    "soft hyphen": "41\u00ad11 1111 1111 1111",
    "broken over lines": "4111\n1111 1111 1111",
    "full-width digits": "４１１１ １１１１ １１１１ １１１１",
}


@pytest.mark.parametrize("name", VARIED)
def test_unicode_variants_change_the_value_alone_and_move_its_span(
    sets: ModuleType, name: str
) -> None:
    value = "4111 1111 1111 1111"
    text = LabelledText(f"my card: {value} - 4 5", (Mention(9, 9 + len(value), "CREDIT_CARD"),))
    varied = sets.unicode_variants(LabelledSet("x", "vectors", (text,)))
    (found,) = [one for one in varied.texts if one.part == name]
    (mention,) = found.mentions
    assert found.text[mention.start : mention.end] == VARIED[name]
    assert found.text.startswith("my card: ") and found.text.endswith(" - 4 5")


def test_unicode_variants_without_effect_are_left_out(sets: ModuleType) -> None:
    text = LabelledText("4111111111111111", (Mention(0, 16, "CREDIT_CARD"),))
    names = {one.part for one in sets.unicode_variants(LabelledSet("x", "v", (text,))).texts}
    assert "no-break space" not in names and "full-width digits" in names


def test_realistic_marks_lie_on_their_words(sets: ModuleType) -> None:
    found = sets.realistic()
    assert len(found.texts) > 15 and found.mentions > 100
    for text in found.texts:
        assert "<PER" not in text.text
        assert all(text.text[one.start : one.end].strip() for one in text.mentions)


def test_halves_of_rules_are_both_used(sets: ModuleType, data_folder: Path) -> None:
    kinds = sets.secrets(data_folder).kinds
    assert {half for half, _, _ in kinds} == {"a", "b"}
    judged = sum(is_judged for _, _, is_judged in kinds)
    assert len(kinds) * 0.8 < judged < len(kinds)


VERDICTS = (
    (0.95, 0.93, True, False, "reached"),
    (0.92, 0.93, True, False, "**missed**"),
    (0.95, 0.93, False, False, "**missed**"),
    (0.01, 0.02, True, True, "reached"),
    (0.03, 0.02, True, True, "**missed**"),
    (None, 0.93, True, False, "not measured"),
)


@pytest.mark.parametrize(("figure", "bar", "condition", "is_most", "verdict"), VERDICTS)
def test_bar_says_missed_where_missed(
    page: ModuleType,
    figure: float | None,
    bar: float,
    condition: bool,
    is_most: bool,
    verdict: str,
) -> None:
    assert page.Bar("x", "", bar, figure, condition, is_most=is_most).verdict == verdict


def test_quick_run_writes_both_reports_without_texts(data_folder: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "redaction.py", "--quick", "--workers", "1",
         "--data", data_folder, "--out", tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    value = json.loads((tmp_path / "results" / "redaction.json").read_text("utf-8"))
    assert value["test"] == {} and set(value["dev"]) >= {"synth_v2_dev", "wnut17_dev", "ewt_dev"}
    assert all(one["errors"]["places"] == [] for one in value["dev"].values())
    text = (tmp_path / "redaction.md").read_text("utf-8")
    assert "run with `--final`, once" in text and "span F2, no skip words" in text
    shown = text + json.dumps(value)
    synth = json.loads(
        (data_folder / "pii/synth_v2_dev/synth_dataset_v2.even_templates.json").read_text("utf-8")
    )
    assert not [s for s in synth for one in s["spans"]
                if len(one["entity_value"]) > 12 and one["entity_value"] in shown]  # fmt: skip


def test_final_sets_are_read_and_loan_agreements_lose_their_roles(
    sets: ModuleType, tmp_path: Path
) -> None:
    contents = {
        "wnut17_test": "Anna\tB-person\nNovak\tI-person\nwrote\tO\n",
        "sec_fin3_test": "-DOCSTART- -X- O O\n\nthe DT - O\nBorrower NNP - I-PER\nand CC - O\n"
        "Ivan NNP - I-PER\n",
    }
    for name, content in contents.items():
        path = tmp_path / sets.FINAL[name]
        path.parent.mkdir(parents=True)
        path.write_text(content, "utf-8")
    found = {one.name: one for one in sets.final_sets(tmp_path)}
    assert list(found) == ["wnut17_test", "sec_fin3_test", "sec_fin3_test_without_roles"]
    assert [one.mentions for one in found.values()] == [1, 2, 1]


def test_page_of_a_final_run_lists_the_test_parts(page: ModuleType) -> None:
    value = json.loads((BENCHMARKS / "results" / "redaction.json").read_text("utf-8"))
    some = value["dev"]["ewt_dev"]
    names = ("wnut17_test", "sec_fin3_test", "sec_fin3_test_without_roles")
    text = page.page({**value, "test": dict.fromkeys(names, some)})
    for name in names:
        assert f"| {name}: persons hidden whole" in text
    assert "run with `--final`" not in text


def test_committed_page_is_what_its_result_gives(page: ModuleType) -> None:
    value = json.loads((BENCHMARKS / "results" / "redaction.json").read_text("utf-8"))
    assert (BENCHMARKS / "redaction.md").read_text("utf-8") == page.page(value)
