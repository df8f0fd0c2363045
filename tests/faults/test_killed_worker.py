"""The kernel kills a worker of `index add`, as for lack of memory: quarantine, the rest is read.

No file of the workspace or the temporary folder holds a value of a document afterwards.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.assets.traces import traces
from tests.conftest import ROOT, Sandbox

PARSER_S = 1.5
"""Processor seconds after which a parser is at the large document: starting takes less."""


def processes() -> dict[int, tuple[int, float, bytes]]:
    """Return parent, processor seconds and command line by process."""
    found = {}
    for name in os.listdir("/proc"):
        try:
            text = Path(f"/proc/{name}/stat").read_text("ascii", "replace")
            fields = text.rpartition(")")[2].split()
            ticks = int(fields[11]) + int(fields[12])
            line = Path(f"/proc/{name}/cmdline").read_bytes()
            found[int(name)] = (int(fields[1]), ticks / os.sysconf("SC_CLK_TCK"), line)
        except (OSError, ValueError, IndexError):
            continue
    return found


def busy_workers(command: int) -> list[int]:
    """Return the workers of a command whose parsers are at work for long."""
    found = processes()
    return [
        parent
        for parent, seconds, line in found.values()
        if b"secure_rag.documents.child" in line
        and seconds > PARSER_S
        and found.get(parent, (0,))[0] == command
    ]


@pytest.mark.timeout(400)
def test_worker_killed_over_a_document_puts_it_in_quarantine_and_the_rest_is_stored(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = sandbox.workspace / "secure-rag.toml"
    more = "\n[ingest]\nparse_timeout_s = 300\nworkers = 2\nparse_memory_mb = 4000\n"
    settings.write_text(settings.read_text("utf-8") + more, "utf-8")
    folder = tmp_path / "in"
    folder.mkdir()
    canaries = [f"zqworker{number}@nest.example" for number in range(5)]
    (folder / f"2-Novak-{canaries[0]}.json").write_bytes(
        f'["{canaries[2]}",'.encode() + b'{"a": "b"},' * 4_000_000 + b"1]"
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    for number in (1, 3, 4):
        text = f"Dear Anna Novak,\n\nthe lease of the Hull depot ends in year {number}.\n"
        text += f"\n{canaries[number]}\n"
        (folder / f"{number}-good.txt").write_text(text)
    command = [
        sys.executable,
        "-m",
        "secure_rag",
        "index",
        "add",
        str(folder),
        "--json",
        "--workspace",
        str(sandbox.workspace),
        "--key-file",
        str(sandbox.key_file),
    ]
    killed: set[int] = set()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        while running.poll() is None:
            for worker in busy_workers(running.pid):
                with suppress(ProcessLookupError):  # seen again until its parser has gone too
                    os.kill(worker, signal.SIGKILL)
                    killed.add(worker)
            time.sleep(0.05)
        out, err = running.communicate()
    assert running.returncode == 4, err
    assert len(killed) == 2, "once in the pool, once alone"
    listed = sandbox.ok("index", "quarantine", "--json").lines
    assert [one["reason"] for one in listed] == ["document.killed"]
    assert '"added": 3' in out
    assert "Novak" not in out + err
    assert traces(canaries, sandbox.home, temporary, printed=[out, err]) == []
    assert traces(canaries[1:2], folder), "the search does not see what is there"
    events = sandbox.ok("audit", "list", "--type", "document.quarantined", "--json").lines
    assert [one["data"]["reason"] for one in events] == ["document.killed"]
    assert sandbox.ok("audit", "verify", "--json").json["ok"]
