"""Public vectors of secrets: how many are found, how many strings are taken for one.

The rules were split into two halves by the SHA-256 of their name. One half was worked
with; the other was counted once before anybody read it (see docs/explanation/redaction.md).

A row is judged by one rule of its own, we look for all secrets at once. So two kinds of
rows say nothing about us, and are set apart by what they hold, not by what we find.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from secure_rag.redaction.recognizers import secrets
from secure_rag.redaction.recognizers.secret_scan import SecretDetector

# Positives without a value: format strings, parts of source code around the value, a value
# whose name stands elsewhere, a line that only announces a key file.
_FORMAT = re.compile(r"%s")
_ENCODED_TOKEN = re.compile(r"ey\w{8}[^\s]*\.|ZXlK")
_SIGN = re.compile(r"[=:,]")
# Negatives of one rule that have the form of another: whole keys of published forms (some
# are samples their makers print), and generated values assigned to a name of a key.
_OTHER_RULE = re.compile(
    r"(?-i:^AIzaSy[\w-]{33}$|\bAKIA(?!X{4})[A-Z2-7]{16}\b|\bsk-ant-api03-[\w-]{93}AA\b)"
    r"|\bey[\w-]{10,}\.ey[\w-]{10,}\.[\w-]{20,}"
    r"|\b(?:api-?_?key|\w+_token|token\d|key)\b['\"]?\s?[:=]\s?['\"]?"
    r"(?=[A-Za-z-]*\d)(?![\w-]*(?:X{4}|x{4}|0{6}))[a-zA-Z0-9-]{32,}\b",
    re.IGNORECASE,
)


def half_of(rule: str) -> str:
    return "ab"[hashlib.sha256(rule.encode()).digest()[0] % 2]


def holds_no_secret(rule: str, text: str) -> bool:
    if rule == "jwt":
        return not _ENCODED_TOKEN.search(text)
    if rule == "gcp-service-account":
        return "private_key" not in text
    if rule == "generic-api-key":
        return not _SIGN.search(text)
    return bool(_FORMAT.search(text))


@pytest.fixture(scope="module")
def vectors(data_folder: Path) -> list[dict[str, str]]:
    file = data_folder / "secrets" / "gitleaks_vectors.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _count(vectors: list[dict[str, str]], kind: str, half: str) -> tuple[int, int, int]:
    """Return rows that can be judged, those of them that are found, and rows set apart."""
    detector = SecretDetector("secrets", secrets.PATTERNS)
    judged = found = apart = 0
    for row in vectors:
        if row["kind"] != kind or half_of(row["rule"]) not in half:
            continue
        text = row["text"]
        if holds_no_secret(row["rule"], text) if kind == "tp" else _OTHER_RULE.search(text):
            apart += 1
            continue
        judged += 1
        found += bool(detector.find(text))
    return judged, found, apart


@pytest.mark.parametrize(
    ("half", "least", "most_apart"), [("a", 1.0, 29), ("b", 1.0, 6), ("ab", 1.0, 35)]
)
def test_vectors_secrets_are_found(
    vectors: list[dict[str, str]], half: str, least: float, most_apart: int
) -> None:
    judged, found, apart = _count(vectors, "tp", half)
    assert judged >= 69
    assert apart <= most_apart
    assert found / judged >= least


@pytest.mark.parametrize(("half", "most_apart"), [("a", 19), ("b", 6), ("ab", 25)])
def test_vectors_other_strings_stay(
    vectors: list[dict[str, str]], half: str, most_apart: int
) -> None:
    judged, found, apart = _count(vectors, "fp", half)
    assert judged >= 60
    assert apart <= most_apart
    assert found / judged <= 0.02
