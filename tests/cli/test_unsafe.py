"""`--unsafe-no-isolation` is loud and on record; a bug says where and nothing of a text."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import ROOT, Sandbox

CANARY = "zqbugcanary@nest.example"
_BUG = """
import sys, tomllib

def broken(*arguments, **named):
    raise RuntimeError(sys.argv[1])

tomllib.loads = tomllib.load = broken
from secure_rag.cli.main import run
sys.exit(run(sys.argv[2:]))
"""


def test_command_without_isolation_warns_and_is_an_event_that_is_flagged(sandbox: Sandbox) -> None:
    calm = sandbox.ok("index", "list")
    assert "WITHOUT isolation" not in calm.err
    assert sandbox.ok("audit", "list", "--type", "unsafe.used", "--json").lines == []
    loud = sandbox.ok("index", "list", "--unsafe-no-isolation", "-q")
    assert "WITHOUT isolation" in loud.err, "also with -q"
    (event,) = sandbox.ok("audit", "list", "--type", "unsafe.used", "--json").lines
    assert event["data"] == {"option": "no-isolation"}
    starts = sandbox.ok("audit", "list", "--type", "session.start", "--json").lines
    measured = [start["data"]["isolation"]["seccomp"] for start in starts]
    assert measured.count("none") == 1 and measured.count("enforced") == len(measured) - 1
    flagged = sandbox.ok("audit", "stats", "--json").json["anomalies"]
    assert "unsafe-option" in {one["rule"] for one in flagged}


def test_doctor_without_isolation_is_1(sandbox: Sandbox) -> None:
    done = sandbox.run("doctor", "--unsafe-no-isolation", "--json")
    assert done.code == 1
    (check,) = [one for one in done.json["checks"] if one["subject"] == "isolation"]
    assert (check["state"], check["detail"]) == ("fail", "not enforced")


def test_bug_is_70_and_shows_nothing_of_its_message(sandbox: Sandbox) -> None:
    command = [sys.executable, "-c", _BUG, CANARY, "index", "list", "--json"]
    done = subprocess.run(
        [*command, "--workspace", sandbox.workspace, "--key-file", sandbox.key_file],
        cwd=ROOT,
        env={**os.environ, "SECURE_RAG_LOGLEVEL": "DEBUG"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 70, done.stderr
    assert "a bug: RuntimeError at " in done.stderr
    assert CANARY not in done.stdout + done.stderr and "Traceback" not in done.stderr
