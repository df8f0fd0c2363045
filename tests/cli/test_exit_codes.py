"""Every exit code, reached through the command line, with its message and hint."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from secure_rag.cli.commands import COMMANDS
from tests.conftest import ROOT, Sandbox, secure_rag

GROUPS = {
    name: list(command.commands)
    for name, command in COMMANDS.items()
    if isinstance(command, click.Group)
}
USAGE = {
    "unknown command": ("frobnicate",),
    "unknown option": ("ask", "--frobnicate"),
    "missing argument": ("reveal", "--reason", "x"),
    "missing reason": ("reveal", "<PERSON_7Q2F9KX3M4>"),
    "batch with question": ("ask", "--batch", "why?"),
    "bad shell": ("completion", "tcsh"),
}


@pytest.mark.parametrize("case", USAGE)
def test_usage_error_is_2(case: str) -> None:
    done = secure_rag(*USAGE[case])
    assert done.code == 2
    assert done.err.startswith("secure-rag: error: ")
    assert done.out == ""


def test_json_error_is_the_last_line_on_stderr() -> None:
    done = secure_rag("reveal", "x", "--json")
    assert done.error["exit_code"] == 2 and done.error["code"] == "usage"


@pytest.mark.parametrize("name", [None, *GROUPS])
def test_missing_command_is_2_and_the_hint_names_those_there_are(name: str | None) -> None:
    done = secure_rag("--json", name) if name else secure_rag("--json")
    path, commands = (f"secure-rag {name}", GROUPS[name]) if name else ("secure-rag", COMMANDS)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.error["message"] == "Missing command."
    assert done.error["hint"] == f"commands: {', '.join(commands)}; see `{path} --help`"


@pytest.mark.parametrize("words", [(), ("index",)])
def test_missing_command_in_words_shows_the_help_page(words: tuple[str, ...]) -> None:
    done = secure_rag(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err == secure_rag(*words, "--help").out


def test_no_workspace_is_3(tmp_path: Path) -> None:
    done = secure_rag("index", "list", "--json", cwd=tmp_path)
    assert done.code == 3
    assert done.error["code"] == "workspace.missing" and "init" in done.error["hint"]


def test_init_in_a_used_folder_is_3(sandbox: Sandbox) -> None:
    done = secure_rag("init", sandbox.workspace, "--json")
    assert (done.code, done.error["code"]) == (3, "workspace.exists")


@pytest.mark.parametrize("key", ["work/v.key", "work/policies/v.key", "other/../work/v.key"])
def test_init_with_the_key_in_the_workspace_is_3_and_makes_nothing(
    tmp_path: Path, key: str
) -> None:
    (tmp_path / "other").mkdir()
    done = secure_rag("init", "work", "--key-file", key, "--json", cwd=tmp_path)
    assert (done.code, done.error["code"]) == (3, "vault.key_file")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_init_with_the_key_in_the_workspace_by_way_of_a_link_is_3(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("work")
    (tmp_path / "work").mkdir()
    done = secure_rag("init", "work", "--key-file", "link/v.key", "--json", cwd=tmp_path)
    assert (done.code, done.error["code"]) == (3, "vault.key_file")
    assert not list((tmp_path / "work").iterdir())


def test_backup_beside_the_workspace_is_made_and_in_it_by_a_link_refused(sandbox: Sandbox) -> None:
    root = sandbox.workspace
    link = root.parent / "link"
    link.symlink_to(root)
    options = ("--new-backup-key", str(root.parent / "b.key"), "--json")
    inside = sandbox.run("backup", link / "in.bak", *options)
    assert (inside.code, inside.error["code"]) == (2, "usage")
    assert not list(root.glob("in.bak*"))
    beside = sandbox.run("backup", "../out.bak", *options, cwd=root)
    assert beside.code == 0 and (root.parent / "out.bak").is_file()


def test_session_end_has_the_exit_code_of_the_command(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    batch = '{"id": 1, "question": "When?", "passages": []}\nnot json\n'
    for arguments, stdin in (
        (("index", "add", tmp_path / "empty.txt"), ""),
        (("index", "quarantine", "--retry"), ""),
        (("ask", "--batch", "--json"), batch),
        (("redact", "--batch", "--json"), "not json\n"),
    ):
        assert sandbox.run(*arguments, stdin=stdin).code == 4
        listed = sandbox.ok("audit", "list", "--type", "session.end", "--json").out.splitlines()
        last = [json.loads(line) for line in listed if "audit list" not in line][-1]
        assert (last["outcome"], last["data"]["exit_code"]) == ("partial", 4), arguments


SETTINGS = {
    "unknown key": ("frobnicate = 1\n", "config.unknown_key"),
    "near key": ("[retrieval]\npasages = 3\n", "config.unknown_key"),
    "bad value": ("[retrieval]\npassages = 0\n", "config.value"),
    "not toml": ("policy = \n", "config"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_unusable_settings_are_3(sandbox: Sandbox, case: str) -> None:
    text, code = SETTINGS[case]
    path = sandbox.workspace / "secure-rag.toml"
    path.write_text(path.read_text() + text)
    done = sandbox.run("doctor", "--json")
    assert (done.code, done.error["code"]) == (3, code)


def test_unknown_key_names_the_nearest(sandbox: Sandbox) -> None:
    path = sandbox.workspace / "secure-rag.toml"
    path.write_text(path.read_text() + "[retrieval]\npasages = 3\n")
    assert "passages" in sandbox.run("doctor", "--json").error["hint"]


def test_invalid_policy_is_3(sandbox: Sandbox) -> None:
    path = sandbox.workspace / "policies" / "default.yaml"
    path.write_text(path.read_text().replace("entity: PERSON", "entity: PERSONN", 1))
    done = sandbox.run("ask", "Who?", "--json")
    assert done.code == 3 and "PERSON" in done.error["hint"]


def test_missing_input_is_4(sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox.run("index", "add", tmp_path / "nothing-here.txt", "--json")
    assert (done.code, done.error["code"]) == (4, "input.missing")
    assert "nothing-here" not in done.err


def test_quarantined_document_is_4_and_the_rest_is_stored(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "good.txt").write_text("The rent is due on the third working day of the month.\n")
    (folder / "bad.pdf").write_bytes(b"\x00\x01\x02 rubbish")
    done = sandbox.run("index", "add", folder, "--json")
    assert done.code == 4
    assert done.json["added"] == 1
    assert [one["reason"] for one in done.json["quarantined"]] == ["document.wrong_type"]
    listed = sandbox.ok("index", "quarantine", "--json").lines
    assert [one["reason"] for one in listed] == ["document.wrong_type"]


def test_missing_model_is_5(sandbox: Sandbox, tmp_path: Path) -> None:
    path = sandbox.workspace / "secure-rag.toml"
    path.write_text('generator = "no-such-model"\n' + path.read_text())
    (tmp_path / "a.txt").write_text("The rent is due on the third working day.\n")
    done = sandbox.run("ask", "When is the rent due?", "--json")
    assert done.code == 5
    assert done.error["hint"]


def test_older_format_is_5(sandbox: Sandbox) -> None:
    path = sandbox.workspace / "secure-rag.toml"
    path.write_text(path.read_text().replace("format = 1", "format = 0"))
    done = sandbox.run("doctor", "--json")
    assert (done.code, done.error["code"]) == (5, "format")


def test_index_of_another_policy_is_5(own: Sandbox) -> None:
    path = own.workspace / "secure-rag.toml"
    path.write_text(path.read_text().replace('"default"', '"strict"'))
    done = own.run("ask", "When does the lease end?", "--json")
    assert (done.code, done.error["code"]) == (5, "index.mismatch")
    assert "index rebuild" in done.error["hint"]


def test_unwritable_log_is_6_and_nothing_happens(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The rent is due on the third working day.\n")
    log = sandbox.workspace / "audit" / "log"
    shutil.rmtree(log)
    log.write_text("not a folder")
    done = sandbox.run("index", "add", tmp_path / "a.txt", "--json")
    assert done.code == 6
    assert not list((sandbox.workspace / "index").rglob("*.lance"))


def test_missing_key_is_6(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.key_file.unlink()
    (tmp_path / "a.txt").write_text("The rent is due on the third working day.\n")
    done = sandbox.run("index", "add", tmp_path / "a.txt", "--json")
    assert done.code == 6 and "key" in done.error["hint"]


def test_forged_placeholder_is_6(sandbox: Sandbox) -> None:
    done = sandbox.run("reveal", "<PERSON_7Q2F9KX3M4>", "--reason", "test", "--json")
    assert done.code == 6
    events = sandbox.ok("audit", "list", "--type", "reveal.denied", "--json").lines
    assert len(events) == 1


def test_unsafe_policy_is_refused_by_index_add(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Public text.\n")
    done = sandbox.run("index", "add", tmp_path / "a.txt", "--policy", "unsafe-keep-all", "--json")
    assert (done.code, done.error["code"]) == (6, "policy.unsafe")


def test_tampered_log_fails_verification_with_1(own: Sandbox) -> None:
    segment = sorted((own.workspace / "audit" / "log").glob("*.jsonl"))[0]
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(bytes(data))
    assert own.run("audit", "verify").code == 1


def test_interrupt_is_130(sandbox: Sandbox) -> None:
    command = [sys.executable, "-m", "secure_rag", "chat", "--workspace", sandbox.workspace]
    command += ["--key-file", sandbox.key_file]
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    while b"ask a question" not in (line := child.stderr.readline()):
        assert line, "chat ended early"
    assert child.stdin is not None
    child.stdin.close()
    child.wait(60)
    assert child.returncode == 0

    child = subprocess.Popen(
        [*command[:3], "redact", "-", "--json"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    assert child.stderr is not None
    error = json.loads(child.stderr.read().splitlines()[-1])["error"]
    assert (error["code"], error["exit_code"]) == ("interrupted", 130)


def test_interrupted_ingest_is_130_without_a_traceback(sandbox: Sandbox) -> None:
    command = [sys.executable, "-m", "secure_rag", "index", "add", ROOT / "examples/documents"]
    command += ["--workspace", sandbox.workspace, "--key-file", sandbox.key_file]
    child = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    with pytest.raises(subprocess.TimeoutExpired):
        child.communicate(timeout=3)
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 130
    assert b"interrupted" in err and b"Traceback" not in err
    assert sandbox.ok("audit", "verify", "--json").json["ok"]


def test_results_go_to_stdout_and_nothing_else(filled: Sandbox) -> None:
    done = filled.ok("search", "notice period", "--json")
    assert done.out.count("\n") == 1 and done.json["schema"] == "secure-rag/search/1"
