"""`eval compare`, as a user starts it, with the starter model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secure_rag.runtime.adapters import locate_adapter
from secure_rag.runtime.manifest import Models
from secure_rag.workspace import Workspace
from tests.assets.adapter_files import FAILED, lora_bytes, put_adapter, starter_record
from tests.conftest import Sandbox, secure_rag

PARKING = "Either side may end the parking contract with 45 days of notice."
LINES = [
    {"id": "a", "question": "How many days of notice end the parking contract?",
     "answer": ["45 days", "45"], "passages": [PARKING]},
    {"id": "b", "question": "Who painted the zebra?", "answer": None, "passages": [PARKING]},
    {"id": "c", "question": "Which room does Rosa Lindholm have?", "answer": "room 31",
     "passages": ["Rosa Lindholm has room 31 on the left of the hall."], "changed": True},
    {"id": "d", "question": "Fill in the form from the note.", "answer": {"room": "31"},
     "passages": ["Rosa Lindholm has room 31 on the left of the hall."]},
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ours.jsonl").write_text("\n".join(map(json.dumps, LINES)), "utf-8")
    bad = [json.dumps(LINES[0]), "{nonsense", json.dumps({"question": "Who is Zelda?"})]
    (tmp_path / "bad.jsonl").write_text("\n".join(bad), "utf-8")
    (tmp_path / "empty.jsonl").write_text('{"question": "Who is Zelda?"}\n', "utf-8")
    return tmp_path


def test_eval_compare_needs_no_workspace_and_shows_no_text(folder: Path) -> None:
    done = secure_rag("eval", "compare", "ours.jsonl", "--json", "-o", "report.html", cwd=folder)
    assert done.code == 0, done.err
    found = done.json
    assert found["schema"] == "secure-rag/eval-compare/1"
    assert found["set"] | {"cases": 4, "independent": 2, "changed": 1} == found["set"]
    arms = found["arms"]
    assert [name for name, one in arms.items() if one["not_run"]] == ["adapter", "rag-adapter"]
    assert arms["adapter"]["not_run"] == "no adapter" and arms["adapter"]["figures"] is None
    rag, base = arms["rag"]["figures"], arms["base"]["figures"]
    assert rag["words"]["f1"]["value"] > base["words"]["f1"]["value"]
    assert rag["unanswerable_refused"]["count"] == 1 and rag["grounded"]["value"] == 1.0
    assert base["time"]["tokens"] > 0 and base["time"]["first_s"]["median"] > 0
    assert arms["rag"]["memory_mib"] > arms["base"]["memory_mib"] > 100
    assert rag["leaks"]["values"] == 0 and rag["fresh"]["changed"]["of"] == 1
    assert found["verdict"]["use"] is None and "independent cases" in found["verdict"]["words"]
    page = (folder / "report.html").read_text("utf-8")
    assert "<svg" in page and "<script" not in page
    for word in ("zebra", "Lindholm", "parking"):
        assert word not in done.out + done.err + page


def test_eval_compare_names_bad_lines_and_exits_4_at_the_end(folder: Path) -> None:
    done = secure_rag("eval", "compare", "bad.jsonl", "--arms", "rag,rag-writer", cwd=folder)
    assert done.code == 4
    assert "2 lines left out: 2, 3" in done.err
    assert "RAG, plain writer" in done.out and "base model alone" not in done.out
    assert "line 2: not valid JSON" in done.out and "Zelda" not in done.out + done.err


def test_eval_compare_without_index_reports_the_arms_that_want_one_as_not_run(
    folder: Path,
) -> None:
    (folder / "ask.jsonl").write_text('{"question": "How long?", "answer": "45 days"}\n')
    done = secure_rag("eval", "compare", "ask.jsonl", "--json", cwd=folder)
    assert done.code == 0, done.err
    reasons = {name: one["not_run"] for name, one in done.json["arms"].items()}
    assert reasons["base"] is None
    assert reasons["rag"] == reasons["rag-writer"] == "no index, and some cases bring no passages"


def test_eval_compare_from_the_index_is_on_record(own: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "ours.jsonl"
    line = {"question": "How long are support tickets kept?", "answer": "for three years after"}
    path.write_text(json.dumps(line), "utf-8")
    done = own.ok("eval", "compare", path, "--arms", "rag,rag-writer", "--json")
    arms = done.json["arms"]
    assert arms["rag"]["not_run"] is None and arms["rag"]["figures"]["score"]["value"] > 0
    assert arms["rag"]["figures"]["grounded"]["value"] == 1.0, "against what was cited"
    assert arms["rag-writer"]["not_run"] is None
    listed = own.ok("audit", "list", "--json").lines
    starts = [number for number, one in enumerate(listed) if one["type"] == "session.start"]
    # the listing itself is recorded after it was read
    assert listed[starts[-1]]["data"]["command"] == "eval compare"
    asked = [one for one in listed[starts[-1] :] if one["type"] == "query.received"]
    assert [one["data"]["mode"] for one in asked] == ["ask", "compare"]
    own.ok("audit", "verify")


def test_eval_compare_with_an_adapter_costs_its_training_and_is_on_record(own: Sandbox) -> None:
    put_adapter(own.workspace / "models", starter_record(train_s=7200.0), lora_bytes())
    digest = locate_adapter(Models(Workspace(own.workspace)), "small").digest
    path = own.home / "ours.jsonl"
    line = {"question": "How long are support tickets kept?", "answer": "three years"}
    path.write_text(json.dumps(line), "utf-8")
    done = own.ok("eval", "compare", path, "--adapter", "small", "--json",
                  "--arms", "rag-writer,adapter,rag-adapter")  # fmt: skip
    found = done.json
    for name in ("adapter", "rag-adapter"):
        arm = found["arms"][name]
        assert arm["figures"]["cases"] == 1 and arm["not_run"] is None
        assert arm["training"] == {"adapter": "small", "digest": digest, "seconds": 7200.0}
    assert found["system"]["adapter"] == "small"
    assert found["arms"]["rag-writer"]["training"] is None
    listed = own.ok("audit", "list", "--json").lines
    asked = [one["data"]["adapter_digest"] for one in listed if one["type"] == "query.received"]
    # others may have asked in this workspace before
    assert asked[-3:] == ["", digest, digest]


def test_eval_compare_chooses_no_adapter_by_itself(own: Sandbox) -> None:
    put_adapter(own.workspace / "models", starter_record(), lora_bytes())
    path = own.home / "ours.jsonl"
    path.write_text(json.dumps(LINES[0]), "utf-8")
    found = own.ok("eval", "compare", path, "--arms", "adapter,rag-adapter", "--json").json
    assert {arm["not_run"] for arm in found["arms"].values()} == {"no adapter"}
    assert found["system"]["adapter"] is None


@pytest.mark.parametrize(("options", "code"), [((), 6), (("--unsafe-adapter",), 0)])
def test_eval_compare_with_an_adapter_that_leaks_its_canaries(
    own: Sandbox, options: tuple[str, ...], code: int
) -> None:
    put_adapter(own.workspace / "models", starter_record(canary=FAILED), lora_bytes())
    path = own.home / "ours.jsonl"
    path.write_text(json.dumps(LINES[0]), "utf-8")
    done = own.run("eval", "compare", path, "--adapter", "small", "--arms", "adapter", *options)
    assert done.code == code, done.err


REFUSED = {
    "unknown adapter": (("ours.jsonl", "--adapter", "nosuch"), 5),
    "no file": ((), 2),
    "unknown arm": (("ours.jsonl", "--arms", "rag,magic"), 2),
    "report of another kind": (("ours.jsonl", "-o", "report.pdf"), 2),
    "unknown policy": (("ours.jsonl", "--policy", "nosuch"), 3),
    "unknown set": (("nosuch",), 4),
    "missing file": (("nosuch.jsonl",), 4),
    "no case is left": (("empty.jsonl",), 4),
}


@pytest.mark.parametrize("case", REFUSED)
def test_eval_compare_refuses_with_its_exit_code(folder: Path, case: str) -> None:
    arguments, code = REFUSED[case]
    done = secure_rag("eval", "compare", *arguments, "--json", cwd=folder)
    assert (done.code, done.out) == (code, ""), done.err
    assert done.error["exit_code"] == code and "Zelda" not in done.err
