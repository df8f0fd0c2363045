"""Figures of one text, by kind."""

from __future__ import annotations

import pytest

from secure_rag.adapters.examples import NOT_FOUND, Example
from secure_rag.adapters.measure import figures, measure

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
        ("voice", "red b", "c d", {"f1": 0.0}),
        ("voice", "red b", "red c", {"f1": 0.5}),
        # SQuAD's scoring, as `eval` has it: no articles, no punctuation
        ("voice", "Bring the key, please.", "bring key please", {"f1": 1.0}),
        ("grounded-qa", '"three years"', "Three years.", {"f1": 1.0, "refusal_accuracy": 1.0}),
    ],
)
def test_figures(kind: str, wanted: str, said: str, expected: dict[str, float]) -> None:
    assert figures(kind, wanted, said) == pytest.approx(expected)


class Saying:
    """Writes one text after the other."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)

    def generate(self, messages: object, *, max_tokens: int) -> list[str]:
        return [self.texts.pop(0)]


def test_each_figure_is_the_mean_over_the_examples_that_have_it() -> None:
    examples = [Example((), WANTED, "row 1"), Example((), "not found", "row 2"),
                Example((), WANTED, "row 3")]  # fmt: skip
    model = Saying(WANTED, "not found", "nothing")
    found = measure("format", examples, model)  # type: ignore[arg-type]
    assert found == {"valid": 0.5, "fields": 0.5, "exact": 1.0}
