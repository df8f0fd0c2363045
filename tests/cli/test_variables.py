"""`SECURE_RAG_*` variables: they count where no flag was given, also outside a workspace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Sandbox, secure_rag

TEXT = "Call 020 7946 0958 for EUR 12.50.\n"
OF_MINE = "format: 1\nname: mine\nextends: strict\n"
STRICT = {"SECURE_RAG_POLICY": "strict"}
UNKNOWN = {"SECURE_RAG_POLICY": "nope"}
CASE = {
    "id": "1", "question": "Who?", "answers": ["a firm"], "passages": ["It is a firm."],
    "documents": ["a.txt"],
}  # fmt: skip
LABELLED = {
    "text": "Call 020 7946 0958 now.",
    "spans": [{"start": 5, "end": 18, "label": "PHONE_NUMBER"}],
}
NOWHERE = {"SECURE_RAG_WORKSPACE": "/nowhere"}


def _digest(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    done = secure_rag("redact", "-", "--json", *arguments, cwd=folder, stdin=TEXT, env=env)
    assert done.code == 0, done.err
    return str(done.json["policy_digest"])


def test_policy_variable_holds_outside_a_workspace_and_the_flag_before_it(tmp_path: Path) -> None:
    strict = _digest(tmp_path, "--policy", "strict")
    assert _digest(tmp_path, env=STRICT) == strict != _digest(tmp_path)
    assert _digest(tmp_path, "--policy", "strict", env=UNKNOWN) == strict


def test_policy_variable_explains_the_policy_it_names(tmp_path: Path) -> None:
    done = secure_rag("policy", "explain", "-", "--json", cwd=tmp_path, stdin=TEXT, env=STRICT)
    assert done.code == 0 and done.json["policy"] == "strict", done.err


@pytest.mark.parametrize("command", [("redact",), ("redact", "--batch"), ("policy", "explain"),
                                     ("policy", "capture")])  # fmt: skip
def test_policy_variable_without_such_a_policy_is_3(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = secure_rag(*command, "--json", cwd=tmp_path, stdin=TEXT, env=UNKNOWN)
    assert (done.code, done.error["code"], done.out) == (3, "policy.missing", "")


@pytest.mark.parametrize("command", [("answers",), ("redaction",),
                                     ("retrieval", "--documents", "letters")])  # fmt: skip
def test_policy_variable_without_such_a_policy_is_3_for_evaluation(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "cases.jsonl").write_text(json.dumps(CASE))
    done = secure_rag("eval", *command, "cases.jsonl", "--json", cwd=tmp_path, env=UNKNOWN)
    assert (done.code, done.error["code"], done.out) == (3, "policy.missing", "")


def test_policy_variable_names_the_policy_to_measure_and_the_flag_goes_before(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.yaml").write_text(OF_MINE)
    (tmp_path / "set.jsonl").write_text(json.dumps(LABELLED))
    command = ("eval", "redaction", "set.jsonl", "--workers", "1", "--json")
    measured = [
        secure_rag(*command, *flag, cwd=tmp_path, env={"SECURE_RAG_POLICY": value})
        for flag, value in (((), "mine.yaml"), (("--policy", "strict"), "nope"), ((), ""))
    ]
    assert [one.json["system"]["policy"] for one in measured] == ["mine", "strict", "strict"]


def test_policy_variable_may_name_a_file(tmp_path: Path, sandbox: Sandbox) -> None:
    path = tmp_path / "elsewhere" / "mine.yaml"
    path.parent.mkdir()
    path.write_text(OF_MINE)
    env = {"SECURE_RAG_POLICY": str(path)}
    flag = sandbox.ok("redact", "-", "--json", "--policy", path, stdin=TEXT)
    inside = sandbox.run("redact", "-", "--json", stdin=TEXT, env=env)
    assert inside.code == 0, inside.err
    assert inside.json["policy_digest"] == flag.json["policy_digest"]
    assert _digest(tmp_path, env=env) == flag.json["policy_digest"]


@pytest.mark.parametrize("command", [("redact", "-"), ("policy", "explain", "-"),
                                     ("policy", "check"), ("doctor",)])  # fmt: skip
def test_workspace_variable_without_a_workspace_is_3(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = secure_rag(*command, "--json", cwd=tmp_path, stdin=TEXT, env=NOWHERE)
    assert (done.code, done.error["code"], done.out) == (3, "workspace.missing", "")
