"""Quotes that a model wrote are led back to the stored text, or found out."""

from __future__ import annotations

import pytest

from secure_rag.answering.prompt import local_names
from secure_rag.answering.quotes import find_quotes, outside_quotes, quoted_spans

ANNA = "<PERSON_7Q2F9KX3M4>"
STORED = [
    f"{ANNA}  may end\nthe “contract” with 45\u200b days (or less) of notice, costs $3.50.",
    "It's -5 % at night.",
]


def found(written: str) -> list[str] | None:
    """Return the stored texts of the quotes in what was written."""
    names = local_names(STORED)
    views = [names.view(text).one_line() for text in STORED]
    quotes = find_quotes(written, views)
    if quotes is None:
        return None
    return [STORED[quote.evidence][slice(*quote.stored)] for quote in quotes]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("No quote.", []),
        ("It says “45 days”.", ["45\u200b days"]),
        ('It says "Person A may end".', [f"{ANNA}  may end"]),
        ("Both \"the 'contract' with 45\" and «night».", ["the “contract” with 45", "night"]),
        ('"(or less)"', ["(or less)"]),
        ("„costs $3.50.“", ["costs $3.50."]),
        ('"It\'s -5 %"', ["It's -5 %"]),
    ],
)
def test_find_quotes_leads_back_to_the_stored_text(written: str, stored: list[str]) -> None:
    assert found(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        '"46 days"', '"Person B may end"', '"45 day"', '"5 days"', '"3.50"', '"$3"', '"5 %"',
        '"notice, costs $3.50. It\'s"', '"s -5 %"', '""', '" "', '"never closed', '"45 days ',
        'closed only”', '“45 days"', '" 45 days"',
    ],
)  # fmt: skip
def test_find_quotes_anything_else_is_found_out(written: str) -> None:
    assert found(written) is None


def test_outside_quotes_keeps_the_marks() -> None:
    assert outside_quotes('a "b" c “d”') == 'a "" c “”'
    assert quoted_spans("none") == []
