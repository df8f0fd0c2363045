"""Public vectors as a floor: what is found today may not be lost tomorrow."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.spans import Detector, Span

NAMES = {"UK_POSTCODE": "POSTCODE", "UK_DRIVING_LICENCE": "ID_NUMBER"}

# entity: (most expected spans that may be missed, most strings falsely reported)
FLOOR = {
    "CREDIT_CARD": (0, 0),
    "CRYPTO": (0, 0),
    "DATE_TIME": (4, 1),  # `21.5.21` and `5/21` without any word beside them
    "EMAIL_ADDRESS": (0, 1),  # an unknown ending counts as an inner domain
    "IBAN_CODE": (0, 2),  # right check digits, wrong length for the country: account-like
    "IP_ADDRESS": (2, 0),  # `::/0` names no machine
    "MAC_ADDRESS": (0, 0),
    "PHONE_NUMBER": (1, 0),
    "UK_DRIVING_LICENCE": (1, 0),  # small letters
    "UK_NHS": (0, 0),
    "UK_NINO": (0, 0),
    "UK_POSTCODE": (4, 0),  # without a space and without a word beside it
    "URL": (0, 3),
    "US_BANK_NUMBER": (0, 0),
    "US_DRIVER_LICENSE": (1, 0),  # only beside a word
    "US_ITIN": (1, 0),
    "US_PASSPORT": (2, 0),  # only beside a word
    "US_SSN": (0, 0),
}


@pytest.fixture(scope="module")
def counted(data_folder: Path, patterns: tuple[Detector, ...]) -> dict[str, tuple[int, int, int]]:
    """Per entity: spans, spans missed, strings falsely reported."""
    file = data_folder / "pii" / "presidio_vectors" / "presidio_recognizer_vectors.jsonl"
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in file.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        entity = (vector.get("entities") or [""])[0]
        if entity not in FLOOR or vector.get("spans") is None:
            continue
        found = _find(patterns, vector["text"])
        for start, end in vector["spans"]:
            counts[entity][0] += 1
            counts[entity][1] += not _is_covered(vector["text"], start, end, found)
        if vector["expected_len"] == 0:
            wanted = NAMES.get(entity, entity)
            counts[entity][2] += any(s.entity == wanted and s.score >= 0.35 for s in found)
    return {entity: (a, b, c) for entity, (a, b, c) in counts.items()}


def _find(detectors: tuple[Detector, ...], text: str) -> list[Span]:
    seen = normalise(text)
    return [
        Span(*seen.to_input(s.start, s.end), s.entity, s.score, s.recognizer)
        for detector in detectors
        for s in detector.find(seen.text)
        if s.score >= 0.2
    ]


def _is_covered(text: str, start: int, end: int, found: list[Span]) -> bool:
    covered = {index for span in found for index in range(span.start, span.end)}
    return all(index in covered for index in range(start, end) if text[index].isalnum())


@pytest.mark.parametrize("entity", FLOOR)
def test_vectors_structured_type_stays_above_its_floor(
    counted: dict[str, tuple[int, int, int]], entity: str
) -> None:
    spans, missed, false = counted[entity]
    most_missed, most_false = FLOOR[entity]
    assert spans > 0
    assert missed <= most_missed
    assert false <= most_false


def test_vectors_all_structured_types_together(
    counted: dict[str, tuple[int, int, int]],
) -> None:
    spans = sum(row[0] for row in counted.values())
    missed = sum(row[1] for row in counted.values())
    assert spans >= 400
    assert missed / spans <= 0.04


def test_vectors_secrets_recall(data_folder: Path, patterns: tuple[Detector, ...]) -> None:
    """Some true rows of the file hold no secret (labels, format strings): 27 are set apart."""
    total = found = 0
    file = data_folder / "secrets" / "gitleaks_vectors.jsonl"
    for line in file.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        text = vector["text"]
        if vector["kind"] != "tp" or not _may_hold_a_secret(vector["rule"], text):
            continue
        total += 1
        found += any(s.entity.startswith("SECRET_") for d in patterns[1:] for s in d.find(text))
    assert total >= 150
    assert found / total >= 0.93


def _may_hold_a_secret(rule: str, text: str) -> bool:
    if rule == "jwt":
        return ("ey" in text.lower() and "." in text) or "ZXlK" in text
    return "%s" not in text and any(character.isdigit() for character in text)
