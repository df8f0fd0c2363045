"""The generated files say the same as the catalogue."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from secure_rag.audit.schema import files

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("path", files(ROOT), ids=lambda path: path.name)
def test_generated_file_is_that_of_the_code(path: Path) -> None:
    expected = files(ROOT)[path]
    if os.environ.get("UPDATE_DOCS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(expected, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == expected, "run this test with UPDATE_DOCS=1"
