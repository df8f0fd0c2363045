"""`chat`: follow-ups, commands, Ctrl-C, and that nothing of it is stored."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from secure_rag.isolation import unenforced
from secure_rag.pipeline.chat import Chat
from secure_rag.pipeline.session import open_session
from secure_rag.workspace import Workspace
from tests.conftest import ROOT, Sandbox

PLACEHOLDER = re.compile(r"<[A-Z_]+_[0-9A-HJKMNP-TV-Z]{10}>")


@pytest.fixture
def brief(own: Sandbox) -> Sandbox:
    """A filled workspace whose answers are quotes only: quick, and the same everywhere."""
    settings = own.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text() + '\n[answering]\nwriter = "quotes"\n')
    return own


def test_chat_follow_ups_commands_and_errors_in_one_conversation(brief: Sandbox) -> None:
    person = PLACEHOLDER.findall(
        brief.ok("search", "lease of Anna Novak", "-n", "1", "--json").json["question"]
    )[0]
    lines = [
        "When does the lease of Anna Novak end?",
        "and what is the deposit for it?",
        f"/reveal {person} asked by Anna Novak herself",
        "/reveal <PERSON_0000000000> curiosity",
        f"/reveal {person}",
        "/sauces",
        "/policy",
        "/sources",
    ]  # /quit is not needed: the end of input ends it
    before = len(brief.ok("audit", "list", "--json").lines)
    done = brief.ok("chat", "--json", stdin="\n".join(lines) + "\n")
    lease, deposit, revealed, policy, sources = done.lines
    assert person in lease["question"] and lease["read_as"] == lease["question"]
    assert not lease["refused"] and "2027" in lease["answer"]
    # the antecedent is put in, in redacted form
    assert deposit["question"] == "and what is the deposit for it?"
    assert deposit["read_as"] == f"What is the deposit for the lease of {person}?"
    same = lease["citations"][0]["document"]
    assert deposit["refused"] or deposit["citations"][0]["document"] == same
    assert revealed == {"schema": "secure-rag/reveal/1", "values": {person: "Anna Novak"}}
    assert policy["policy"] == "default" and policy["policy_digest"] == lease["policy_digest"]
    assert sources["citations"] == [
        {key: one[key] for key in ("marker", "document", "chunk", "quote", "place")}
        for one in deposit["citations"]
    ]
    errors = [json.loads(line)["error"] for line in done.err.splitlines() if '"error"' in line]
    assert [one["exit_code"] for one in errors] == [6, 2, 2]
    assert errors[0]["code"] == "vault.unknown_placeholder"
    assert errors[2]["hint"] == "did you mean /sources?"
    kinds = [one["type"] for one in brief.ok("audit", "list", "--json").lines][before:]
    wanted = ["reveal.requested", "reveal.granted", "reveal.requested", "reveal.denied"]
    assert [kind for kind in kinds if kind.startswith("reveal.")] == wanted
    assert kinds.count("query.received") == 2


def test_chat_as_text_shows_what_was_understood_and_stores_nothing(brief: Sandbox) -> None:
    lines = "Why did the invoice export fail?\nand when was that?\n/help\n/quit\nnot asked\n"
    done = brief.ok("chat", stdin=lines)
    assert "country code" in done.out
    assert "read as: " in done.err and "invoice export" in done.err
    assert "/reveal PLACEHOLDER REASON" in done.err
    assert len([line for line in done.err.splitlines() if "read as" in line]) == 1
    stored = b"".join(p.read_bytes() for p in brief.workspace.rglob("*") if p.is_file()
                      and "index" not in p.parts)  # fmt: skip
    assert b"when was that" not in stored and b"About the invoice export" not in stored


class Terminal:
    """A chat at a terminal of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        ours, theirs = pty.openpty()
        self.screen = ""
        self._descriptor = ours
        self.process = subprocess.Popen(
            [sys.executable, "-m", "secure_rag", "chat", "--workspace", str(sandbox.workspace),
             "--key-file", str(sandbox.key_file)],
            stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True, start_new_session=True,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
        )  # fmt: skip
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode() + b"\n")

    def wait_for(self, text: str, *, times: int = 1, within_s: float = 300) -> None:
        end = time.monotonic() + within_s
        while self.screen.count(text) < times:
            assert time.monotonic() < end, f"{text!r} did not come: {self.screen!r}"
            if select.select([self._descriptor], [], [], 0.2)[0]:
                try:
                    self.screen += os.read(self._descriptor, 65536).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    break

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._descriptor)


def events_of(sandbox: Sandbox, kind: str) -> int:
    """Count events in the bytes of the log, while the chat still holds it."""
    log = sandbox.workspace / "audit" / "log"
    return sum(path.read_bytes().count(kind.encode()) for path in log.glob("*.jsonl"))


@pytest.fixture
def terminal(own: Sandbox) -> Iterator[Terminal]:
    settings = own.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text() + "\n[answering]\nmax_tokens = 16\nthreads = 1\n")
    opened = Terminal(own)
    yield opened
    opened.close()


def test_chat_ctrl_c_stops_the_answer_not_the_chat(own: Sandbox, terminal: Terminal) -> None:
    terminal.wait_for("? ")
    terminal.type("Why did the invoice export fail?")
    terminal.wait_for("[1] ")
    asked = events_of(own, '"query.received"')
    refused = events_of(own, '"answer.refused"')
    terminal.type("How long are support tickets kept?")
    end = time.monotonic() + 300
    while events_of(own, '"query.received"') == asked:
        assert time.monotonic() < end
        time.sleep(0.002)
    os.kill(terminal.process.pid, signal.SIGINT)
    terminal.wait_for("stopped")
    terminal.wait_for("? ", times=3)
    os.kill(terminal.process.pid, signal.SIGINT)  # at the prompt: nothing to stop
    terminal.wait_for("? ", times=4)
    terminal.type("How much notice ends the maintenance agreement for the lifts?")
    terminal.wait_for("90")
    terminal.type("/quit")
    assert terminal.process.wait(timeout=300) == 0, terminal.screen
    listed = own.ok("audit", "list", "--json").lines
    reasons = [json.dumps(one) for one in listed if one["type"] == "answer.refused"]
    assert len(reasons) == refused + 1 and "stopped" in reasons[-1]
    assert own.ok("audit", "verify", "--json").json["ok"]


def test_chat_follow_up_on_the_same_document_computes_less_than_half_of_the_first_prompt(
    own: Sandbox,
) -> None:
    settings = own.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text() + '\n[answering]\nwriter = "free"\n')
    computed: list[int] = []
    with open_session(
        Workspace(own.workspace), command="test", collection="default",
        evidence=unenforced(), key_file=own.key_file,
    ) as session:  # fmt: skip
        writer = session.generator()
        session.generator = lambda: writer  # type: ignore[method-assign]
        with Chat(session) as chat:
            for question in (
                "When does the lease of Anna Novak end?",
                "and what is the deposit for it?",
            ):
                assert chat.ask(question).answered.answer.citations
                computed.append(writer.stats.computed_tokens)  # type: ignore[attr-defined]
    first, follow_up = computed
    assert 0 < follow_up <= first / 2


def test_chat_with_an_index_of_another_policy_is_5_before_the_first_question(
    own: Sandbox, tmp_path: Path
) -> None:
    settings = own.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text().replace('"default"', '"strict"'))
    done = own.run("chat", "--json", stdin="Why?\n")
    assert done.code == 5 and done.out == "", done.err
