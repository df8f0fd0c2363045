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
    "CREDIT_CARD": (0, 2),  # mistyped, but the text calls it a card number
    "CRYPTO": (0, 0),
    "DATE_TIME": (0, 1),
    "EMAIL_ADDRESS": (0, 1),  # an unknown ending counts as an inner domain
    "IBAN_CODE": (0, 2),  # right check digits, wrong length for the country: account-like
    "IP_ADDRESS": (2, 0),  # `::/0` names no machine
    "MAC_ADDRESS": (0, 0),
    "PHONE_NUMBER": (1, 0),
    "UK_DRIVING_LICENCE": (0, 0),
    "UK_NHS": (0, 0),
    "UK_NINO": (0, 0),
    "UK_POSTCODE": (0, 0),
    "URL": (0, 3),
    "US_BANK_NUMBER": (0, 0),
    "US_DRIVER_LICENSE": (0, 0),
    "US_ITIN": (0, 1),  # wrong group, but the text calls it a tax id
    "US_PASSPORT": (0, 0),
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
    assert missed / spans <= 0.01


VARIANTS = {
    "full-width digits": lambda v: v.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "no-break space": lambda v: v.replace(" ", "\u00a0"),
    "thin space": lambda v: v.replace(" ", "\u2009"),
    "no-break hyphen": lambda v: v.replace("-", "\u2011"),
    "en dash": lambda v: v.replace("-", "\u2013"),
    "zero-width space": lambda v: v[: len(v) // 2] + "\u200b" + v[len(v) // 2 :],
    "soft hyphen": lambda v: v[: len(v) // 2] + "\u00ad" + v[len(v) // 2 :],
    "line break": lambda v: v.replace(" ", "\n", 1),
}
LEAST = {"line break": 0.95}
"""Share of the values found plain that must be found changed; 0.99 where nothing stands here."""


@pytest.mark.parametrize("variant", VARIANTS)
def test_vectors_unicode_variants_are_found_like_the_plain_values(
    data_folder: Path, patterns: tuple[Detector, ...], variant: str
) -> None:
    file = data_folder / "pii" / "presidio_vectors" / "presidio_recognizer_vectors.jsonl"
    total = missed = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        text = vector["text"]
        if variant == "line break" and not vector.get("entities"):
            continue  # mostly licence plates: two lines with two words are none
        for start, end in vector.get("spans") or ():
            value = VARIANTS[variant](text[start:end])
            if value == text[start:end]:
                continue
            if not _is_covered(text, start, end, _find(patterns, text)):
                continue
            total += 1
            changed = text[:start] + value + text[end:]
            found = _find(patterns, changed)
            missed += not _is_covered(changed, start, start + len(value), found)
    assert total >= 60
    assert missed / total <= 1 - LEAST.get(variant, 0.99)


def test_vectors_every_type_together(data_folder: Path, patterns: tuple[Detector, ...]) -> None:
    """Numbers of two dozen countries, most of them without any word beside them."""
    file = data_folder / "pii" / "presidio_vectors" / "presidio_recognizer_vectors.jsonl"
    total = missed = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        for start, end in vector.get("spans") or ():
            total += 1
            found = _find(patterns, vector["text"])
            missed += not _is_covered(vector["text"], start, end, found)
    assert total >= 700
    assert missed / total <= 0.02
