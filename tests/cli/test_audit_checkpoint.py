"""`audit checkpoint` and `audit witness`, as two people on two machines start them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from secure_rag.audit.log import AuditLog
from tests.conftest import Done, secure_rag

ORIGIN = "secure-rag/0123456789abcdef"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace that holds a log, and its genesis line beside it."""
    root = tmp_path / "work"
    (root / "audit").mkdir(parents=True)
    (root / "secure-rag.toml").write_text('format = 1\nworkspace_id = "0123456789abcdef"\n')
    genesis = AuditLog.create(root / "audit", origin=ORIGIN)
    (tmp_path / "genesis.txt").write_text(genesis + "\n")
    return root


def audit(root: Path, *arguments: str | Path) -> Done:
    return secure_rag("audit", *arguments, "--workspace", root)


def witness(folder: Path, *arguments: str | Path) -> Done:
    return secure_rag("audit", "witness", "--state", folder, *arguments)


def test_checkpoint_prints_a_note_that_verify_takes(root: Path, tmp_path: Path) -> None:
    done = audit(root, "checkpoint", "-o", tmp_path / "head.svg")
    assert done.code == 0, done.err
    assert len(done.out.encode()) <= 300 and done.out.startswith(ORIGIN + "\n")
    kept = tmp_path / "kept.txt"
    kept.write_text(done.out)
    done = audit(root, "verify", "--checkpoint", kept, "--require", "anchor", "--json")
    assert done.code == 0, done.err
    assert done.json["last_anchor"]["size"] == int(kept.read_text().splitlines()[1])
    tree = ElementTree.parse(tmp_path / "head.svg").getroot()
    assert not {element.tag.split("}")[1] for element in tree.iter()} & {"script", "image", "a"}
    assert kept.read_text() in "".join(tree.itertext())


def test_checkpoint_qr_fits_eighty_columns(root: Path) -> None:
    done = audit(root, "checkpoint", "--qr")
    assert done.code == 0, done.err
    rows = [line for line in done.out.splitlines() if line.startswith("\x1b[30;47m")]
    shown = [re.sub(r"\x1b\[[0-9;]*m", "", row) for row in rows]
    assert 30 < len(shown) <= 40 and {len(row) for row in shown} <= set(range(60, 79))
    assert set("".join(shown)) == set(" █▀▄")


@pytest.mark.parametrize(
    ("variables", "is_drawn"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["plain", "no-color", "dumb"],
)
def test_checkpoint_qr_on_a_terminal_needs_colours(
    root: Path, variables: dict[str, str], is_drawn: bool
) -> None:
    main, other = os.openpty()
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "secure_rag", "audit", "checkpoint", "--workspace", root],
            env={**env, "TERM": "xterm", **variables},
            stdin=subprocess.DEVNULL, stdout=other, stderr=subprocess.PIPE, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert (b"\x1b[30;47m" in os.read(main, 1 << 16)) is is_drawn
    finally:
        os.close(main)
        os.close(other)


def test_witness_cosigns_and_the_log_keeps_the_anchor(root: Path, tmp_path: Path) -> None:
    request, cosigned, state = tmp_path / "r.json", tmp_path / "c.txt", tmp_path / "state"
    assert audit(root, "checkpoint", "--witness-request", request).code == 0
    done = witness(state, request)
    assert done.code == 2 and "--genesis is needed" in done.err
    done = witness(state, request, "--genesis", tmp_path / "genesis.txt", "-o", cosigned)
    assert done.code == 0, done.err
    assert cosigned.read_text() == done.out
    done = audit(root, "checkpoint", "--add-cosignature", cosigned)
    assert done.code == 4 and "no known witness" in done.err
    line = witness(state).out.strip()
    with (root / "secure-rag.toml").open("a") as settings:
        settings.write(f'[audit]\nwitnesses = ["{line}"]\nanchor_max_age_days = 7\n')
    done = audit(root, "verify", "--require", "anchor")
    assert done.code == 1 and "there is none; one not older than 7 days" in done.out
    assert audit(root, "checkpoint", "--add-cosignature", cosigned).code == 0
    done = audit(root, "verify", "--require", "anchor")
    assert done.code == 0, done.out
    assert "last anchor: 0 hours ago, 3 records" in done.out
    done = audit(root, "checkpoint", "--witness-request", request)
    assert "starts from 3 records" in done.err
    assert witness(state, request).code == 0
    copy = tmp_path / "copy"
    shutil.copytree(root / "audit", copy)
    demand = ("--witness", line, "--anchor-max-age", "7", "--require", "anchor")
    assert secure_rag("audit", "verify", copy, *demand).code == 0
    assert secure_rag("audit", "verify", copy, *demand[2:]).code == 1


def test_witness_refuses_a_restored_log_and_says_what_it_keeps(root: Path, tmp_path: Path) -> None:
    request, state, backup = tmp_path / "r.json", tmp_path / "state", tmp_path / "backup"
    shutil.copytree(root, backup)
    assert audit(root, "checkpoint").code == 0
    assert audit(root, "checkpoint", "--witness-request", request).code == 0
    assert witness(state, request, "--genesis", tmp_path / "genesis.txt").code == 0
    assert audit(backup, "checkpoint", "--witness-request", request).code == 0
    done = witness(state, request)
    assert done.code == 1
    assert "REFUSED  witness.rollback" in done.out and f"kept: 5 records of {ORIGIN}" in done.out
    done = witness(state, request, "--json")
    assert (done.code, done.json["ok"], done.json["kept"]["size"]) == (1, False, 5)
    assert done.json["note"] is None


@pytest.mark.parametrize(
    "arguments",
    [("--since", "3"), ("-o", "head.png"), ("--add-cosignature", "not-there.txt")],
    ids=["since", "output", "missing"],
)
def test_checkpoint_wrong_arguments_are_a_usage_error(
    root: Path, arguments: tuple[str, str]
) -> None:
    assert audit(root, "checkpoint", *arguments).code == 2
