"""Logs for the tests of the audit package."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.audit.audit_support import Made, make_log


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A new log with nothing but its genesis record and first checkpoint."""
    return make_log(tmp_path / "audit")


@pytest.fixture
def used(made: Made) -> Made:
    """A log of three sessions of three events, sealed."""
    for number in range(3):
        made.run(3, session=f"s{number}")
    return made
