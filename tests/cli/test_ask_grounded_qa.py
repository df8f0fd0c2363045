"""`ask` with the `grounded-qa` adapter that comes with the program, writing freely.

Nothing here depends on what it writes: gate, quotes and digests hold for any adapter.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from secure_rag.runtime.adapters import locate_adapter
from secure_rag.runtime.manifest import Models
from tests.conftest import Sandbox

NAME = "grounded-qa"
ASKED = "How long are support tickets kept?"
NOWHERE = "Which language is the rocket controller in?"


@pytest.fixture
def free(own: Sandbox) -> Sandbox:
    """A workspace whose writer writes several sentences of its own."""
    settings = own.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text("utf-8") + '\n[answering]\nwriter = "free"\n', "utf-8")
    return own


def last_session(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return the records of the last `ask`, in order."""
    log = [
        json.loads(line)
        for path in sorted((sandbox.workspace / "audit" / "log").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    begun = max(
        number
        for number, one in enumerate(log)
        if one.get("type") == "session.start" and one["data"]["command"] == "ask"
    )
    return log[begun:]


def test_answer_written_with_the_adapter_quotes_what_is_stored_and_is_on_record(
    free: Sandbox,
) -> None:
    digest = locate_adapter(Models(), NAME).digest
    found = free.ok("ask", ASKED, "--adapter", NAME, "--json").json
    assert not found["refused"] and found["adapter_digest"] == digest
    assert found["citations"]
    stored: dict[str, str] = {}
    for one in found["citations"]:
        document = one["document"]
        if document not in stored:
            stored[document] = free.ok("index", "show", document, "--json").json["text"]
        assert one["verified"] is True
        assert stored[document][one["start"] : one["end"]] == one["quote"]
    # the adapter has learned to quote: whatever stands in quotation marks is stored, too
    for quote in re.findall('[“"]([^”"]+)[”"]', found["answer"]):
        assert any(quote in text for text in stored.values())
    log = last_session(free)
    assert log[0]["data"]["model_digests"]["adapter"] == digest
    asked = [one for one in log if "adapter_digest" in one.get("data", {})]
    assert [one["type"] for one in asked] == [
        "query.received", "passages.retrieved", "answer.given"]  # fmt: skip
    assert {one["data"]["adapter_digest"] for one in asked} == {digest}
    assert free.run("audit", "verify").code == 0


def test_question_without_evidence_is_refused_before_the_adapter_writes(free: Sandbox) -> None:
    digest = locate_adapter(Models(), NAME).digest
    plain = free.ok("ask", NOWHERE, "--json").json
    found = free.ok("ask", NOWHERE, "--adapter", NAME, "--json").json
    assert found["refused"] and found["reason"] == "low_evidence" == plain["reason"]
    assert found["answer"] == plain["answer"] and found["citations"] == []
    assert "write_s" not in found["timings"], "the writer was called"
    refused = [one for one in last_session(free) if one.get("type") == "answer.refused"]
    assert [one["data"]["adapter_digest"] for one in refused] == [digest]
