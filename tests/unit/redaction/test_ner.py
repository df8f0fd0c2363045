"""Spans from a token classifier: whole words, real scores, windows without seams."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from secure_rag.redaction.ner import NerDetector

LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
NAMES = {"anna": 1, "novak": 2, "john": 1, "smith": 2, "jones": 2, "leeds": 3, "acme": 5, "ltd": 6}


class PieceClassifier:
    """Cuts words into pieces of four letters; knows the names above by their first piece."""

    def __init__(self, *, sees_case: bool = False, sure: float = 8.0, **config: Any) -> None:
        self.config = {"id2label": {str(n): label for n, label in enumerate(LABELS)}, **config}
        self.sees_case = sees_case
        self.sure = sure
        self.lengths: list[int] = []
        self._ids: dict[str, int] = {}

    def tokenize(self, text: str) -> Any:
        ids, offsets = [], []
        for word in re.finditer(r"[^\W_]+|[^\w\s]|_", text):
            whole = word.group() if self.sees_case else word.group().lower()
            for start in range(word.start(), word.end(), 4):
                is_first = start == word.start()
                key = whole if is_first else "##" + text[start : start + 4]
                ids.append(self._ids.setdefault(key, len(self._ids)))
                offsets.append((start, min(start + 4, word.end())))
        return SimpleNamespace(ids=ids, offsets=offsets, kinds=[])

    def run(
        self,
        sequences: Sequence[Sequence[int]],
        *,
        kinds: Sequence[Sequence[int]] | None = None,
        batch_tokens: int = 2048,
    ) -> list[Any]:
        words = {number: word for word, number in self._ids.items()}
        rows = []
        for sequence in sequences:
            self.lengths.append(len(sequence))
            logits = np.zeros((len(sequence), len(LABELS)), np.float32)
            for row, number in enumerate(sequence):
                logits[row, NAMES.get(words[number], 0)] = self.sure
            rows.append(logits)
        return rows


def _find(text: str, **config: Any) -> list[tuple[str, str]]:
    detector = NerDetector(PieceClassifier(**config), digest="d")
    return [(text[s.start : s.end], s.entity) for s in detector.find(text)]


CASES = [
    ("then Anna Novak came", [("Anna Novak", "PERSON")]),
    ("then Anna Novak's car", [("Anna Novak", "PERSON")]),
    ("Smith-Jones came", [("Smith-Jones", "PERSON")]),
    ("Anna Novak, John Smith", [("Anna Novak", "PERSON"), ("John Smith", "PERSON")]),
    ("Anna Novak John Smith", [("Anna Novak", "PERSON"), ("John Smith", "PERSON")]),
    ("Anna\nNovak came", [("Anna", "PERSON"), ("Novak", "PERSON")]),
    ("so " * 20 + "Anna\nNovak came", [("Anna\nNovak", "PERSON")]),
    ("in Leeds for Acme Ltd.", [("Leeds", "LOCATION"), ("Acme Ltd", "ORGANIZATION")]),
    ("lease-novak.docx", [("novak", "PERSON")]),
    ("Smith, John came", [("Smith", "PERSON"), ("John", "PERSON")]),
    ("Barker-Smith and Smith-Barker", [("Barker-Smith", "PERSON"), ("Smith-Barker", "PERSON")]),
    ("john_smith_2024", [("john_smith", "PERSON")]),
    ("Anna\n\nNovak", [("Anna", "PERSON"), ("Novak", "PERSON")]),
    ("", []),
    ("nothing to see", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=range(len(CASES)))
def test_find_words_become_spans(text: str, expected: list[tuple[str, str]]) -> None:
    assert _find(text) == expected


@pytest.mark.parametrize("shift", range(0, 40, 3))
def test_find_name_at_a_window_edge_is_whole(shift: int) -> None:
    classifier = PieceClassifier(window_tokens=32, window_overlap_tokens=8)
    detector = NerDetector(classifier, digest="d")
    text = "so it " * 10 + "go " * shift + "Anna Novak went " + "on it " * 60
    found = detector.find(text)
    assert [text[s.start : s.end] for s in found] == ["Anna Novak"]
    assert max(classifier.lengths) <= 32


def test_find_long_text_is_read_in_stretches_without_seams() -> None:
    text = ("so it goes " * 40 + "Anna Novak went.\n") * 200
    found = NerDetector(PieceClassifier(), digest="d").find(text)
    assert [text[s.start : s.end] for s in found] == ["Anna Novak"] * 200


def test_find_score_is_the_probability_of_any_entity() -> None:
    unsure = PieceClassifier(sure=1.5)
    outside = 1 / (np.exp(1.5) + len(LABELS) - 1)
    text = "then Anna came"
    assert NerDetector(unsure, digest="d", lowest={"PERSON": 0.95}).find(text) == []
    (span,) = NerDetector(unsure, digest="d", lowest={"PERSON": 0.7}).find(text)
    assert span.score == pytest.approx(1 - outside, abs=1e-3)
    assert span.recognizer == "ner"


def test_find_second_type_that_is_likely_enough_is_reported_too() -> None:
    unsure = PieceClassifier(sure=1.5)
    lowest = {"PERSON": 0.7, "LOCATION": 0.1, "ORGANIZATION": 0.95}
    found = NerDetector(unsure, digest="d", lowest=lowest).find("Anna")
    assert tuple(span.entity for span in found) == ("PERSON", "LOCATION")


def test_find_calibration_of_the_model_moves_the_score() -> None:
    plain = NerDetector(PieceClassifier(sure=3.0), digest="d").find("Anna")
    lowered = NerDetector(PieceClassifier(sure=3.0, calibration=[1.0, -1.0]), digest="d")
    (before,), (after,) = plain, lowered.find("Anna")
    assert np.log(after.score / (1 - after.score)) == pytest.approx(
        np.log(before.score / (1 - before.score)) - 1.0, abs=0.01
    )


def test_find_line_in_capitals_is_read_in_title_case_where_case_is_seen() -> None:
    NAMES.update({"Anna": 1, "Novak": 2})
    try:
        assert _find("SIGNED ANNA NOVAK\n", sees_case=True) == [("ANNA NOVAK", "PERSON")]
    finally:
        del NAMES["Anna"], NAMES["Novak"]


def test_find_form_words_alone_are_no_names() -> None:
    NAMES["iban"] = 3
    try:
        assert _find("IBAN of Leeds") == [("Leeds", "LOCATION")]
    finally:
        del NAMES["iban"]
