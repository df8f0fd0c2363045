"""Figures of one text, by kind."""

from __future__ import annotations

import pytest

from secure_rag.adapters.examples import NOT_FOUND
from secure_rag.adapters.measure import figures

WANTED = '{"a": 1, "b": "x"}'


@pytest.mark.parametrize(
    ("kind", "wanted", "said", "expected"),
    [
        ("format", WANTED, '{"b": "x", "a": 1}', {"valid": 1.0, "fields": 1.0}),
        ("format", WANTED, '{"a": 1, "b": "y"}', {"valid": 1.0, "fields": 0.5}),
        ("format", WANTED, '{"a": 1}', {"valid": 0.0, "fields": 0.0}),
        ("format", WANTED, "a: 1", {"valid": 0.0, "fields": 0.0}),
        ("format", "plain", "plain", {"exact": 1.0}),
        ("classify", "Fire", "fire", {"exact": 1.0}),
        ("classify", "Fire", "water", {"exact": 0.0}),
        ("grounded-qa", NOT_FOUND, NOT_FOUND, {"f1": 1.0, "refusal_accuracy": 1.0}),
        ("grounded-qa", "In May", NOT_FOUND, {"f1": 0.0, "refusal_accuracy": 0.0}),
        ("grounded-qa", "In May", "in may", {"f1": 1.0, "refusal_accuracy": 1.0}),
        ("voice", "a b", "c d", {"f1": 0.0}),
        ("voice", "a b", "a c", {"f1": 0.5}),
    ],
)
def test_figures(kind: str, wanted: str, said: str, expected: dict[str, float]) -> None:
    assert figures(kind, wanted, said) == pytest.approx(expected)
