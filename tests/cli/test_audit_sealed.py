"""Questions and answers sealed to a reviewer, as a user and a reviewer start the commands."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Sandbox, secure_rag

LINE = {
    "question": "How many days of notice are needed?",
    "passages": [
        "Either party may end the agreement with 21 days of written notice to Chidi Okafor.",
        "Invoices are paid within 30 days.",
    ],
}

ABOUT_A_PERSON = {**LINE, "question": "To whom is the written notice given?"}


def test_ask_with_a_reviewer_key_seals_question_and_answer(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    key = tmp_path / "reviewer.key"
    made = secure_rag("audit", "reviewer-key", key)
    assert made.code == 0, made.err
    assert secure_rag("audit", "reviewer-key", key).code == 4
    with (sandbox.workspace / "secure-rag.toml").open("a") as settings:
        settings.write(f'[audit]\nreviewer_key = "{made.out.strip()}"\n')
    lines = "".join(json.dumps(line) + "\n" for line in (ABOUT_A_PERSON, LINE))
    answer = sandbox.ok("ask", "--batch", "--json", stdin=lines).out
    log = (sandbox.workspace / "audit" / "log" / "000001.jsonl").read_text()
    records = [json.loads(line) for line in log.splitlines()]
    sealed = [(r["data"]["part"], r["seq"]) for r in records if r["type"] == "payload.sealed"]
    parts = dict(sealed)
    answers = [seq for part, seq in sealed if part == "answer"]
    assert "Okafor" not in log and "21 days" not in log
    assert parts.keys() == {"question", "answer"}, answer
    show = ("audit", "show", "--open", "--workspace", sandbox.workspace, "--key-file", key)
    opened = secure_rag(*show, "--json", str(parts["question"])).json["opened"]
    assert opened == LINE["question"]
    told = "".join(secure_rag(*show, str(seq)).out.split("opened     ")[1] for seq in answers)
    assert "21" in told and "<PERSON_" in told and "Okafor" not in told
    assert secure_rag(*show, "0").code == 4
    wrong = secure_rag(*show[:-1], sandbox.key_file, str(parts["answer"]))
    assert wrong.code == 4
    assert sandbox.run("audit", "verify").code == 0


def test_ask_with_a_malformed_reviewer_key_does_nothing(sandbox: Sandbox) -> None:
    with (sandbox.workspace / "secure-rag.toml").open("a") as settings:
        settings.write('[audit]\nreviewer_key = "nonsense"\n')
    done = sandbox.run("ask", "--batch", "--json", stdin=json.dumps(LINE) + "\n")
    log = (sandbox.workspace / "audit" / "log" / "000001.jsonl").read_text()
    assert "query.received" not in log
    assert done.code == 3 and "reviewer_key is not the line of a reviewer" in done.err
