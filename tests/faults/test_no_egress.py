"""Nothing on the wire: one run of everything in a network namespace, with a listener.

The control is the point: the same attempts without isolation put packets and a name query on
the same wire. The commands run without a namespace of their own (their kernel refuses it),
so the socket filter alone is what is measured.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.assets.builders import FIELDS, build, file_name
from tests.conftest import ROOT

pytestmark = pytest.mark.timeout(1300)
NAMESPACE = ["unshare", "-nm"] if os.getuid() == 0 else ["unshare", "-rnm"]
STRACE = shutil.which("strace")
SENDS = {"ctypes", "deputy", "dns", "inherited", "passed", "taken", "udp", "udp6"}
SENDS |= {"32bit", "thread"} if platform.machine() == "x86_64" else set()


def program(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "secure_rag", *map(str, arguments)]


def plan(home: Path) -> list[dict[str, Any]]:
    """Every format ingested, then each command that reads documents, models or the vault."""
    documents = home / "documents"
    documents.mkdir()
    for kind in FIELDS:
        data = build(kind, {"body": "Anna Novak ended the lease of the Hull depot in June 2024."})
        (documents / file_name(kind)).write_bytes(data)
    marked = home / "set.yaml"
    marked.write_text("format: 1\ndocuments:\n- part: a\n  text: Dear [Novak](PERSON), hello.\n")
    work, key = home / "work", home / "test.key"
    place = ("--workspace", work, "--key-file", key)
    trace = ["-f", "--seccomp-bpf", "-e", "trace=network", "-o", str(home / "trace")]
    ask = program("ask", "Who ended the lease of the Hull depot?", *place)
    return [
        {"name": "init", "command": program("init", work, "--key-file", key)},
        {"name": "add", "command": program("index", "add", documents, *place)},
        {"name": "ask", "command": [STRACE, *trace, *ask] if STRACE else ask},
        {
            "name": "chat",
            "command": program("chat", *place),
            "stdin": "When did the lease of the Hull depot end?\n",
        },
        {"name": "search", "command": program("search", "lease of the Hull depot", *place)},
        {"name": "reveal", "command": program("reveal", "{}", "--reason", "a test", *place)},
        {"name": "eval", "command": program("eval", "redaction", marked)},
        {"name": "demo", "command": program("demo", "--folder", home / "demo")},
    ]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Run it all once, in a namespace."""
    home = tmp_path_factory.mktemp("wire")
    for needed in ("ip", "unshare", "mount"):
        if shutil.which(needed) is None:
            pytest.skip(f"`{needed}` is not installed")
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel allows no network namespace here")
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.assets.wire", str(home)],
        input=json.dumps(plan(home)).encode(),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=1200,
        check=True,
    )
    return json.loads(done.stdout), home


def test_control_without_isolation_is_on_the_wire(report: tuple[dict[str, Any], Path]) -> None:
    control = report[0]["open"]
    assert control["packets"] >= len(SENDS)
    assert set(control["said"]) >= SENDS
    closed = {route for route, gave in control["routes"].items() if gave != "open"}
    # nobody answers the query; the others are switched off in many kernels
    assert closed <= {"dns", "x32 call", "io_uring", "vsock", "mptcp"}


def test_filtered_attempts_put_nothing_on_the_wire(report: tuple[dict[str, Any], Path]) -> None:
    filtered = report[0]["filtered"]
    assert filtered["packets"] == 0
    assert filtered["said"] == []
    routes = dict(filtered["routes"])
    assert routes.pop("dns") == "EAGAIN"
    assert len(routes) >= 17
    assert {route: gave for route, gave in routes.items() if gave != "EPERM"} == {}


@pytest.mark.parametrize(
    "command", ["init", "add", "ask", "chat", "search", "reveal", "eval", "demo"]
)
def test_command_puts_nothing_on_the_wire(
    report: tuple[dict[str, Any], Path], command: str
) -> None:
    seen, home = report
    assert seen[command] == {"code": 0, "packets": 0}, (home / f"{command}.err").read_text()


def test_session_starts_record_that_the_filter_stood_alone(
    report: tuple[dict[str, Any], Path],
) -> None:
    """Otherwise an empty namespace, not the filter, would have kept the wire quiet."""
    log = (report[1] / "work/audit/log").rglob("*")
    text = b"".join(path.read_bytes() for path in log if path.is_file())
    assert text.count(b'"network":"shared: EPERM"') >= 3
    assert b'"network":"empty"' not in text


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_strace_saw_no_socket_made(report: tuple[dict[str, Any], Path]) -> None:
    """What the filter denies never reaches strace's own filter: it sees what was allowed."""
    trace = (report[1] / "trace").read_text()
    calls = re.findall(r"^\d+ +(\w+)\(.*\) += (-?\d+)", trace, re.MULTILINE)
    allowed = {call for call, result in calls if not result.startswith("-")}
    assert "socketpair" in allowed, "strace saw nothing"
    assert allowed <= {
        "socketpair",
        "getsockname",
        "getsockopt",
        "setsockopt",
        "sendto",  # without an address
        "recvfrom",
        "shutdown",
    }
