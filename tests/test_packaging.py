"""What is shipped: units that start a command that exists, and every file the code reads."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import click
import pytest

from secure_rag.cli.commands import COMMANDS

PACKAGING = Path(__file__).resolve().parents[1] / "packaging"
UNIT = PACKAGING / "systemd" / "secure-rag-heartbeat@.service"
TIMER = UNIT.with_suffix(".timer")
CRON = PACKAGING / "cron" / "secure-rag-heartbeat"


def read_unit(path: Path) -> RawConfigParser:
    unit = RawConfigParser(comment_prefixes="#", interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text("utf-8"))
    return unit


def assert_starts_heartbeat(words: list[str]) -> None:
    assert words[words.index("secure-rag") :][1:3] == ["audit", "heartbeat"]
    command = COMMANDS["audit"].commands["heartbeat"]  # type: ignore[attr-defined]
    known = {name for param in command.get_params(click.Context(command)) for name in param.opts}
    assert {word for word in words if word.startswith("--")} == {"--workspace", "--quiet"} <= known


def test_service_starts_a_command_that_exists() -> None:
    assert_starts_heartbeat(shlex.split(read_unit(UNIT)["Service"]["ExecStart"]))


def test_timer_and_service_belong_together() -> None:
    timer = read_unit(TIMER)
    assert timer["Timer"]["OnUnitActiveSec"] == "15min"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_cron_line_starts_a_command_that_exists() -> None:
    (line,) = [x for x in CRON.read_text("utf-8").splitlines() if x.startswith("*")]
    fields = shlex.split(line)
    assert all(re.fullmatch(r"[*/0-9]+", field) for field in fields[:5])
    assert_starts_heartbeat(fields[6:])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_units_are_accepted_by_systemd(tmp_path: Path) -> None:
    for path in (UNIT, TIMER):
        shutil.copy(path, tmp_path / path.name.replace("@.", "@srv-cases."))
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "secure-rag" in line]
    assert complaints == []


def test_wheel_holds_every_file_of_the_package() -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    root = PACKAGING.parent
    shipped = {
        Path(file.distribution_path).as_posix()
        for file in wheel.WheelBuilder(str(root)).recurse_included_files()
    }
    here = {
        path.relative_to(root).as_posix()
        for path in (root / "secure_rag").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "secure_rag/redaction/recognizers/surnames.txt" in here
    assert here - shipped == set()
    assert "secure_rag/_data/models/manifest.toml" in shipped
