"""`ask`, `chat` and `eval answers` with an adapter: digest on record, refusals, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secure_rag.runtime.adapters import ADAPTER_FILE, Retrain, locate_adapter, mark_retrain
from secure_rag.runtime.manifest import Models
from secure_rag.workspace import Workspace
from tests.assets.adapter_files import FAILED, lora_bytes, put_adapter, starter_record
from tests.conftest import Sandbox

ASKED = "How long are support tickets kept?"
OF_A_QUESTION = ("query.received", "passages.retrieved", "answer.given", "answer.refused")


def put(sandbox: Sandbox, **changes: object) -> str:
    """Put an adapter into the workspace; return its digest."""
    put_adapter(sandbox.workspace / "models", starter_record(**changes), lora_bytes())
    return locate_adapter(Models(Workspace(sandbox.workspace)), "small").digest


def since(sandbox: Sandbox, count: int) -> list[str]:
    """Return the types of the events after the first `count`: others may have asked before."""
    return [one["type"] for one in sandbox.ok("audit", "list", "--json").lines][count:]


def test_ask_with_an_adapter_has_its_digest_in_the_answer_and_in_every_event(own: Sandbox) -> None:
    digest = put(own)
    assert own.ok("ask", ASKED, "--json").json["adapter_digest"] is None
    found = own.ok("ask", ASKED, "--adapter", "small", "--json").json
    assert found["adapter_digest"] == digest and "three years" in found["answer"]
    log = [
        json.loads(line)
        for path in sorted((own.workspace / "audit" / "log").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    started = max(n for n, one in enumerate(log) if one.get("type") == "session.start"
                  and one["data"]["command"] == "ask")  # fmt: skip
    assert log[started]["data"]["model_digests"]["adapter"] == digest
    asked = [one for one in log[started:] if one.get("type") in OF_A_QUESTION]
    assert [one["type"] for one in asked] == ["query.received", "passages.retrieved",
                                              "answer.given"]  # fmt: skip
    assert {one["data"]["adapter_digest"] for one in asked} == {digest}
    assert own.run("audit", "verify").code == 0


def test_ask_takes_the_adapter_of_the_settings_unless_it_is_told_otherwise(own: Sandbox) -> None:
    digest = put(own)
    settings = own.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text("utf-8") + 'adapter = "small"\n', "utf-8")
    assert own.ok("ask", ASKED, "--json").json["adapter_digest"] == digest
    assert own.ok("ask", ASKED, "--adapter", "", "--json").json["adapter_digest"] is None
    refused = own.ok("ask", "Which language is the rocket controller in?", "--json").json
    assert refused["refused"] and refused["adapter_digest"] == digest


def test_chat_with_an_adapter_shows_its_digest(own: Sandbox) -> None:
    digest = put(own)
    (found,) = own.ok("chat", "--adapter", "small", "--json", stdin=ASKED + "\n/quit\n").lines
    assert found["adapter_digest"] == digest


def test_tampered_adapter_is_exit_5_before_the_question_is_taken(own: Sandbox) -> None:
    put(own)
    path = own.workspace / "models" / "small" / ADAPTER_FILE
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)
    before = len(since(own, 0))
    done = own.run("ask", ASKED, "--adapter", "small", "--unsafe-adapter", "--json")
    assert (done.code, done.out, done.error["code"]) == (5, "", "model.digest")
    kinds = since(own, before)
    assert "session.end" in kinds and "query.received" not in kinds


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"base_digest": "a" * 64}, "adapter.base"), ({"kind": "format"}, "adapter.kind")],
)
def test_adapter_of_another_base_or_job_is_exit_5(
    own: Sandbox, changes: dict[str, object], code: str
) -> None:
    put(own, **changes)
    done = own.run("ask", ASKED, "--adapter", "small", "--unsafe-adapter", "--json")
    assert (done.code, done.error["code"]) == (5, code)


@pytest.mark.parametrize("canary", [None, FAILED], ids=["never tried", "failed"])
def test_adapter_that_may_leak_is_exit_6_unless_unsafe_and_that_is_on_record(
    own: Sandbox, canary: object
) -> None:
    digest = put(own, canary=canary)
    before = len(since(own, 0))
    done = own.run("ask", ASKED, "--adapter", "small", "--json")
    assert (done.code, done.error["code"]) == (6, "adapter.canaries")
    unsafe = own.ok("ask", ASKED, "--adapter", "small", "--unsafe-adapter", "--json").json
    assert unsafe["adapter_digest"] == digest
    kinds = since(own, before)
    assert kinds.index("unsafe.used") < kinds.index("query.received")


def test_adapter_that_saw_what_was_erased_is_exit_6(own: Sandbox) -> None:
    put(own)
    mark_retrain(own.workspace / "models" / "small", [Retrain("document", "DOC1")])
    done = own.run("ask", ASKED, "--adapter", "small", "--json")
    assert (done.code, done.error["code"]) == (6, "adapter.retrain")


def test_eval_answers_measures_with_an_adapter(own: Sandbox, tmp_path: Path) -> None:
    digest = put(own)
    lines = tmp_path / "q.jsonl"
    passage = "Support tickets are kept for three years."
    one = {"id": "a", "question": ASKED, "answers": ["three years"], "passages": [passage]}
    lines.write_text(json.dumps(one) + "\n", "utf-8")
    system = own.ok("eval", "answers", lines, "--adapter", "small", "--json").json["system"]
    assert (system["adapter"], system["adapter_digest"]) == ("small", digest)
    put(own, name="leaky", canary=None)
    done = own.run("eval", "answers", lines, "--adapter", "leaky", "--json")
    assert done.code == 6
