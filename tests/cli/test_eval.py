"""`eval redaction`, as a user starts it: figures, formats, exit codes, nothing of the texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Sandbox, secure_rag

VALUE = "zelda.marek@example.com"
SET = f"""\
format: 1
documents:
  - text: "Please write to [{VALUE}](EMAIL_ADDRESS) today."
  - text: "The invoice of [14 March 2024](DATE_TIME) is still open."
  - text: "Nothing personal stands in this one."
"""
MISSED = """\
documents:
  - text: "The [widget](ID_NUMBER) costs nothing."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set.yaml").write_text(SET, "utf-8")
    (tmp_path / "missed.yaml").write_text(MISSED, "utf-8")
    (tmp_path / "bad.yaml").write_text(f'documents:\n  - text: "[{VALUE}](NOBODY)"\n', "utf-8")
    return tmp_path


def test_eval_redaction_json_needs_no_workspace_and_holds_no_text(folder: Path) -> None:
    done = secure_rag("eval", "redaction", "set.yaml", "--json", "--min-recall", "0.9",
                      "--min-f2", "EMAIL_ADDRESS=0.9", cwd=folder)  # fmt: skip
    assert done.code == 0, done.err
    found = done.json
    assert found["schema"] == "secure-rag/eval-redaction/1"
    assert found["set"]["documents"] == 3 and found["set"]["mentions"] == 2
    assert found["system"]["policy"] == "strict" and len(found["system"]["policy_digest"]) == 64
    assert found["overall"]["words"]["recall"] == 1.0
    assert found["entities"]["EMAIL_ADDRESS"]["mentions"]["full"] == 1
    assert [one["ok"] for one in found["minimums"]] == [True, True]
    assert found["baseline"] is None and found["sweep"] is None
    assert VALUE not in done.out + done.err


def test_eval_redaction_below_a_minimum_is_1_and_shows_places_only(folder: Path) -> None:
    done = secure_rag("eval", "redaction", "missed.yaml", "--min-recall", "0.5", cwd=folder)
    assert done.code == 1
    assert "MISSED" in done.out and "4–10" in done.out
    assert "widget" not in done.out + done.err


def test_eval_redaction_show_values_is_named_unsafe_and_warns(folder: Path) -> None:
    done = secure_rag("eval", "redaction", "missed.yaml", "--show-values", cwd=folder)
    assert "widget" in done.out and "public sets only" in done.err
    help_text = secure_rag("eval", "redaction", "--help").out
    assert "UNSAFE" in help_text.split("--show-values")[1][:60]


def test_eval_redaction_writes_html_with_sweep_and_baseline(folder: Path) -> None:
    done = secure_rag("eval", "redaction", "set.yaml", "--threshold-sweep", "--baseline",
                      "stock-presidio", "-o", "report.html", "-q", cwd=folder)  # fmt: skip
    assert done.code == 0, done.err
    page = (folder / "report.html").read_text("utf-8")
    assert "<svg" in page and "<script" not in page and VALUE not in page
    assert "baseline: words hidden" in page
    assert "THRESHOLD 0.05 TO 0.95" in done.out


def test_eval_redaction_writes_the_json_it_prints(folder: Path) -> None:
    done = secure_rag("eval", "redaction", "set.yaml", "--json", "-o", "report.json", cwd=folder)
    written = json.loads((folder / "report.json").read_text("utf-8"))
    assert written == done.json


def test_eval_redaction_over_several_processes_finds_the_same(folder: Path) -> None:
    one, two = (
        secure_rag("eval", "redaction", "set.yaml", "--json", "--workers", count, cwd=folder)
        for count in ("1", "2")
    )
    assert one.code == two.code == 0, one.err + two.err
    for name in ("entities", "slices", "errors"):
        assert one.json[name] == two.json[name]


def test_eval_redaction_takes_the_policy_of_a_workspace(sandbox: Sandbox, folder: Path) -> None:
    own = sandbox.workspace / "policies" / "own.yaml"
    own.write_text(
        "format: 1\nname: own\nrules:\n  - {entity: EMAIL_ADDRESS, action: keep, reason: test}\n",
        "utf-8",
    )
    done = sandbox.run("eval", "redaction", folder / "set.yaml", "--policy", "own", "--json")
    assert done.code == 0, done.err
    # what a policy keeps is not hidden
    assert done.json["entities"]["EMAIL_ADDRESS"]["words"]["found"] == 0


def test_eval_redaction_found_measures_a_second_annotator(folder: Path) -> None:
    second = SET.replace("[14 March 2024](DATE_TIME)", "14 [March 2024](DATE_TIME)")
    (folder / "second.yaml").write_text(second, "utf-8")
    done = secure_rag(
        "eval", "redaction", "set.yaml", "--found", "second.yaml", "--json", cwd=folder
    )
    assert done.code == 0, done.err
    assert done.json["system"] == {"name": "second.yaml", "policy": None, "policy_digest": None}
    words = done.json["overall"]["words"]
    # four words of the address; `March` and `2024` of three
    assert (words["found"], words["gold"], words["precision"]) == (6, 7, 1.0)
    assert done.json["surface"]["speed"]["characters_per_cpu_second"] is None


def test_eval_redaction_found_on_other_texts_is_4(folder: Path) -> None:
    done = secure_rag(
        "eval", "redaction", "set.yaml", "--found", "missed.yaml", "--json", cwd=folder
    )
    assert (done.code, done.error["code"]) == (4, "dataset.texts")
    assert "widget" not in done.err


REFUSED = {
    "no file": (("eval", "redaction"), 2),
    "unknown format": (("eval", "redaction", "set.yaml", "--format", "xml"), 2),
    "report of another kind": (("eval", "redaction", "set.yaml", "-o", "report.pdf"), 2),
    "report in no folder": (("eval", "redaction", "set.yaml", "-o", "no/where.html"), 2),
    "minimum no number": (("eval", "redaction", "set.yaml", "--min-recall", "high"), 2),
    "minimum of nothing": (("eval", "redaction", "set.yaml", "--min-recall", "AGE=0.5"), 2),
    "entity nobody marked": (("eval", "redaction", "set.yaml", "--entity", "AGE"), 2),
    "map of another form": (("eval", "redaction", "set.yaml", "--map", "AGE"), 2),
    "unknown policy": (("eval", "redaction", "set.yaml", "--policy", "nosuch"), 3),
    "missing file": (("eval", "redaction", "nowhere.yaml"), 4),
    "bad file": (("eval", "redaction", "bad.yaml"), 4),
}


@pytest.mark.parametrize("case", REFUSED)
def test_eval_redaction_refuses_with_its_exit_code(folder: Path, case: str) -> None:
    arguments, code = REFUSED[case]
    done = secure_rag(*arguments, "--json", cwd=folder)
    assert done.code == code, done.err
    assert done.error["exit_code"] == code and done.out == ""
    assert VALUE not in done.err


def test_eval_redaction_with_another_names_model_is_5(folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "store" / "ner-minilm"
    store.mkdir(parents=True)
    for name in ("config.json", "model.onnx", "tokenizer.json"):
        (store / name).write_text("{}")
    done = secure_rag(
        "eval", "redaction", "set.yaml", "--json", cwd=folder,
        env={"SECURE_RAG_MODELS": str(store.parent)},
    )  # fmt: skip
    assert (done.code, done.error["code"]) == (5, "model.digest"), done.err
