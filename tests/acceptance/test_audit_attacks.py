"""The 13-attack program: exactly the two attacks that no single machine can find are missed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.audit_attacks import ATTACKS, LEVELS, MISSED, judge_all


def test_thirteen_attacks_all_but_the_two_stated_ones_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = judge_all(tmp_path)
    with capsys.disabled():
        sys.stdout.write("\n" + table.text() + "\n")
    assert len(ATTACKS) == 13
    assert table.missed(len(LEVELS) - 1) == MISSED
    # The measured table of a plain hash chain: it misses nine.
    assert [len(table.missed(level)) for level in range(len(LEVELS))] == [9, 6, 4, 3, 2]
