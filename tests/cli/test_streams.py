"""Streams that nobody reads, that are full, or that were closed before the command began."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Done, Sandbox, run_python, secure_rag

TEXT = b"Write to anna@canary-house.example before noon.\n"
POLICY = r"""
format: 1
name: mine
extends: strict
recognizers:
  - name: ticket
    entity: ID_NUMBER
    regex: '\bT-\d{6}\b'
    score: 0.9
"""
LINES = b'{"id": 1, "text": "nothing"}\n' * 50


def run(
    *arguments: str | Path, cwd: Path | None = None, stdin: bytes = b"", close: str = "", **to: int
) -> tuple[int, str]:
    """Run the command with its streams at the given descriptors; return exit code and stderr.

    Args:
        close: redirections of a shell, such as `<&-`.
    """
    command = [sys.executable, "-m", "secure_rag", *map(str, arguments)]
    if close:
        command = ["sh", "-c", f'"$@" {close}', "sh", *command]
    done = subprocess.run(
        command,
        cwd=cwd or ROOT,
        input=stdin,
        stdout=to.get("stdout", subprocess.PIPE),
        stderr=to.get("stderr", subprocess.PIPE),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=300,
        check=False,
    )
    return done.returncode, (done.stderr or b"").decode()


@pytest.fixture
def unread() -> Iterator[int]:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


OUTSIDE = {
    "help": ("--help",),
    "help of a command": ("index", "add", "--help"),
    "version": ("--version",),
    "completion": ("completion", "bash"),
    "redact": ("redact", "-"),
    "policy entities": ("policy", "entities"),
    "policy check": ("policy", "check"),
    "policy check --schema": ("policy", "check", "--schema"),
    "error": ("frobnicate",),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_output_that_nobody_reads_is_no_error(tmp_path: Path, unread: int, case: str) -> None:
    code, err = run(*OUTSIDE[case], cwd=tmp_path, stdin=TEXT, stdout=unread)
    if case == "error":
        assert code == 2 and "frobnicate" in err
    else:
        assert (code, err) == (0, "")


@pytest.mark.parametrize(
    "command", [("audit", "list"), ("doctor",), ("redact", "--batch"), ("index", "list", "--json")]
)
def test_log_says_0_of_a_command_whose_output_nobody_reads(
    filled: Sandbox, own: Sandbox, unread: int, command: tuple[str, ...]
) -> None:
    where = ("--workspace", own.workspace, "--key-file", own.key_file)
    code, err = run(*command, *where, stdin=LINES, stdout=unread)
    assert code == 0 and "Error" not in err and "ignored" not in err
    ends = own.ok("audit", "list", "--type", "session.end", "--json").lines
    assert {one["data"]["exit_code"] for one in ends} == {0}


def test_messages_that_nobody_reads_stop_nothing(
    sandbox: Sandbox, tmp_path: Path, unread: int
) -> None:
    (tmp_path / "good.txt").write_text("The rent is due on the third working day.\n")
    (tmp_path / "bad.pdf").write_bytes(b"\x00 rubbish")
    files = (tmp_path / "bad.pdf", tmp_path / "good.txt")
    where = ("--workspace", sandbox.workspace, "--key-file", sandbox.key_file)
    assert run("index", "add", *files, *where, "-vv", stderr=unread)[0] == 4
    assert len(sandbox.ok("index", "list", "--json").lines) == 1


def test_pipe_of_a_process_that_died_is_a_bug_and_no_failed_check() -> None:
    program = (
        "from secure_rag.cli import main\n"
        "main._register()\n"
        "@main.cli.command('die')\n"
        "def die() -> None:\n    raise BrokenPipeError(32, 'x')\n"
        "print(main.run(['die']))"
    )
    assert run_python(program) == "70"


CLOSED = {
    "redact": (("redact", "-"), "<&-", 0),
    "ask": (("ask", "-"), "<&-", 2),
    "ask without -": (("ask",), "<&-", 2),
    "add": (("index", "add", "-"), "<&-", 4),
    "subject find": (("subject", "find", "-"), "<&-", 2),
    "nobody to ask": (("index", "remove", "7Q2F9KX3M4"), "<&-", 2),
    "nowhere to print": (("redact", "-"), ">&-", 0),
    "no messages": (("doctor",), "2>&-", 0),
    "nothing at all": (("redact", "-"), "<&- >&- 2>&-", 0),
}


@pytest.mark.parametrize("case", CLOSED)
def test_closed_stream_is_empty_or_leads_nowhere(sandbox: Sandbox, case: str) -> None:
    command, close, expected = CLOSED[case]
    where = ("--workspace", sandbox.workspace, "--key-file", sandbox.key_file)
    code, err = run(*command, *where, stdin=TEXT, close=close)
    assert code == expected, err
    assert "Error" not in err
    assert sandbox.ok("audit", "verify", "--json").json["ok"]


def test_full_disk_under_the_result_is_4_and_names_no_path(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        code, err = run("redact", "-", cwd=tmp_path, stdin=TEXT, stdout=full.fileno())
    assert code == 4 and "ENOSPC" in err and "/dev" not in err and "ignored" not in err


LONG = "Write to anna, please. " * 13
MISNAMED = {
    "redact": (("redact", LONG), 4),
    "policy explain": (("policy", "explain", LONG), 4),
    "policy capture": (("policy", "capture", LONG), 4),
    "policy": (("redact", "-", "--policy", LONG), 3),
    "policy check": (("policy", "check", LONG), 3),
    "workspace": (("redact", "-", "--workspace", LONG), 3),
    "compare": (("eval", "compare", LONG), 4),
}


@pytest.mark.parametrize("case", MISNAMED)
def test_text_in_the_place_of_a_path_is_no_bug(tmp_path: Path, case: str) -> None:
    command, expected = MISNAMED[case]
    done = secure_rag(*command, "--json", cwd=tmp_path, stdin=TEXT)
    assert (done.code, done.out) == (expected, ""), done.err


def test_user_without_a_home_is_3(tmp_path: Path) -> None:
    env = {
        name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CONFIG_HOME")
    }
    program = (
        "import os; from secure_rag.workspace import config_home\n"
        "os.setgid(64999); os.setuid(64999)\n"
        "try: config_home()\nexcept Exception as error: print(error.code, error.exit_code)"
    )
    if os.getuid() != 0:
        pytest.skip("only root can be somebody without an entry")
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True, check=False
    )
    assert done.stdout.decode().split()[0] == "config.home", done.stderr


def _with_pipe(command: str, content: Path) -> Done:
    """Run a command with a pipe in place of `{}`, and a text on standard input."""
    named = command.format('<(cat "$0")')
    done = subprocess.run(
        ["bash", "-c", f'"$1" -m secure_rag {named}', str(content), sys.executable],
        input=TEXT,
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        check=False,
        timeout=300,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("command", ["redact {}", "policy explain {}", "redact /dev/stdin"])
def test_pipes_are_read_where_a_file_is_named(tmp_path: Path, command: str) -> None:
    text = tmp_path / "a.txt"
    text.write_bytes(TEXT)
    done = _with_pipe(command, text)
    assert done.code == 0 and "EMAIL_ADDRESS" in done.out, done.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("redact - --json --policy {}", "EMAIL_ADDRESS"),
        ("policy explain - --policy {}", "policy mine"),
        ("policy entities --recognizers --policy {}", "ticket"),
        ("policy check {}", "4 rules"),
        ("policy check strict --allow-weaker --against {}", "ticket"),
        ("policy diff strict {}", "ticket"),
    ],
)
def test_pipes_are_read_where_a_policy_is_named(tmp_path: Path, command: str, words: str) -> None:
    policy = tmp_path / "mine.yaml"
    policy.write_text(POLICY)
    done = _with_pipe(command, policy)
    assert done.code == 0 and words in done.out, done.err


def test_pipe_with_a_policy_that_names_a_file_beside_it_is_3(tmp_path: Path) -> None:
    policy = tmp_path / "mine.yaml"
    policy.write_text("format: 1\nname: mine\nextends: beside\n")
    (tmp_path / "beside.yaml").write_text("format: 1\nname: beside\nextends: strict\n")
    assert secure_rag("redact", "-", "--policy", policy, stdin=TEXT).code == 0
    done = _with_pipe("redact - --policy {}", policy)
    assert done.code == 3 and "no policy named beside" in done.err
