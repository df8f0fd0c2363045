"""docs/reference/policy.md says the same as the code."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from secure_rag.policy.entities import ENTITIES, GENERALISATIONS
from secure_rag.policy.loader import MAX_BYTES, policy_files
from secure_rag.policy.model import (
    ACTIONS,
    DEFAULT_GATE_THRESHOLD,
    DEFAULT_THRESHOLD,
    FIELDS,
)
from secure_rag.policy.strict_yaml import MAX_DEPTH
from secure_rag.resources import resource

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "policy.md"
_TABLE = re.compile(r"(?<=<!-- generated: entities -->\n).*?(?=<!-- end -->)", re.DOTALL)


def entity_table() -> str:
    """Return the table of entities as it must stand in the page."""
    rows = ["| Group | Entity | What | Found by |", "|---|---|---|---|"]
    rows += [
        f"| {entity.group} | `{entity.name}` | {entity.description} | {entity.found_by} |"
        for entity in ENTITIES.values()
    ]
    return "\n".join(rows) + "\n"


def test_reference_entity_table_is_that_of_the_code() -> None:
    text = PAGE.read_text("utf-8")
    if os.environ.get("UPDATE_DOCS"):
        text = _TABLE.sub(lambda _: entity_table(), text)
        PAGE.write_text(text, "utf-8")
    (found,) = _TABLE.findall(text)
    assert found == entity_table(), "run this test with UPDATE_DOCS=1"


@pytest.mark.parametrize(
    "stated",
    [
        *(f"`{name}`" for name in (*FIELDS, *ACTIONS)),
        *(f"`{form}`" for forms in GENERALISATIONS.values() for form in forms),
        f"| {DEFAULT_THRESHOLD} |",
        f"| {DEFAULT_GATE_THRESHOLD} |",
        f"{MAX_DEPTH}\nlevels",
        f"{MAX_BYTES // 1024} KiB",
        *(f"| `{path.stem}` |" for path in policy_files(resource("policies"))),
    ],
)
def test_reference_states_what_the_code_does(stated: str) -> None:
    assert stated in PAGE.read_text("utf-8")
