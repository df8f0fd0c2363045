"""`kill -9` at 50 random moments of an ingest; the next run makes it whole.

Ten series of five kills: each series starts from the same empty workspace, is killed
five times at random moments, then runs to its end. Its rows must be those of a run
that nobody disturbed (placeholders are random, so they are compared by their order).
After each kill no file of the workspace or the temporary folder holds a value of a letter.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secure_rag.index.store import Store
from tests.assets.traces import traces
from tests.conftest import ROOT, Sandbox, make_sandbox

SERIES, KILLS = 10, 5
PLACEHOLDER = re.compile(r"<([A-Z_]+)_[0-9A-HJKMNP-TV-Z]{10}>")
CANARIES = [f"zqletter{number:02}@nest.example" for number in range(12)]
NAMES = ["Anna Novak", "Chidi Okonkwo", "Priya Raman", "Erik Lindqvist", "Grace Adeyemi"]


def write_letters(folder: Path) -> None:
    folder.mkdir()
    for number in range(12):
        name, other = NAMES[number % 5], NAMES[(number * 2 + 1) % 5]
        clause = f"Paragraph {number}: the rent is due on the third working day of the month. "
        (folder / f"letter-{number:02}.txt").write_text(
            f"Dear {name},\n\nyour neighbour {other} wrote to us about the lease.\n\n"
            + clause * 12
            + f"\n\nKind regards\nHelen Marchetti, 0113 496 08{number:02}\n{CANARIES[number]}\n"
        )


def start(sandbox: Sandbox, letters: Path, temporary: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "secure_rag", "index", "add", letters]
    command += ["--workspace", sandbox.workspace, "--key-file", sandbox.key_file]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(child: subprocess.Popen[bytes], after_s: float) -> bool:
    """Kill a run with its workers; return whether it was still running."""
    try:
        child.wait(after_s)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return True


def rows(sandbox: Sandbox) -> list[tuple[object, ...]]:
    """Return all chunk rows, with placeholders numbered by first appearance."""
    with Store(sandbox.workspace / "index" / "default") as store:
        found: list[tuple[object, ...]] = []
        for document in store.documents():
            seen: dict[str, str] = {}

            def number(match: re.Match[str], seen: dict[str, str] = seen) -> str:
                return seen.setdefault(match.group(), f"<{match.group(1)}_{len(seen)}>")

            for chunk in store.chunks(document.document):
                text = PLACEHOLDER.sub(number, chunk.text)
                found.append((document.document, chunk.ordinal, text))
    return sorted(found)  # type: ignore[type-var]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, Path, float, list[object]]:
    """An empty workspace, letters, and what an undisturbed run makes of them."""
    home = tmp_path_factory.mktemp("killed")
    letters = home / "letters"
    write_letters(letters)
    empty = make_sandbox(home / "empty")
    calm = empty.copy(home / "calm")
    began = time.monotonic()
    calm.ok("index", "add", letters)
    return empty, letters, time.monotonic() - began, list(rows(calm))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("series", range(SERIES))
def test_ingest_killed_at_random_moments_resumes_to_the_same_rows(
    scene: tuple[Sandbox, Path, float, list[object]], series: int, tmp_path: Path
) -> None:
    empty, letters, duration_s, expected = scene
    own = empty.copy(tmp_path / "own")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    moments = random.Random(series)
    for _ in range(KILLS):
        kill(start(own, letters, temporary), moments.uniform(0.3, duration_s))
        assert {row[0] for row in rows(own)} <= {row[0] for row in expected}  # type: ignore[index]
        assert traces(CANARIES, own.home, temporary) == []
    own.ok("index", "add", letters)
    assert rows(own) == expected
    assert traces(CANARIES, own.home, temporary) == []
    assert len(traces(CANARIES, letters)) == len(CANARIES), "the search does not see what is there"
    verified = own.run("audit", "verify", "--genesis", own.genesis, "--json")
    assert verified.code == 0, verified.json["failed"]
