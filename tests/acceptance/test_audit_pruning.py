"""The attacks that pretend to be a pruning: all are found but the one that is an act on record."""

from __future__ import annotations

from pathlib import Path

from benchmarks.audit_pruning import ATTACKS, MISSED, judge_all


def test_pruning_attacks_all_but_the_stated_one_are_found(tmp_path: Path) -> None:
    table = judge_all(tmp_path)
    assert len(table) == len(ATTACKS) == 10
    missed = [{name for name, levels in table.items() if not levels[level]} for level in range(4)]
    assert missed[3] == missed[2] == MISSED
    # Without the genesis line, a log that was started over looks the same, pruned or not.
    assert missed[0] == missed[1] == MISSED | {"start over, then prune"}
