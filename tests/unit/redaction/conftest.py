"""Policies, detectors and documents for the tests of redaction; all people are invented."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from secure_rag.policy.loader import parse_policy
from secure_rag.policy.model import Policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.spans import Detector, Span
from secure_rag.values import Block, RawDocument

POLICY = """
format: 1
name: test
language: en
default_action: pseudonymise
rules:
  - {entity: TITLE, action: keep, reason: names nobody}
  - {entity: ORGANIZATION, action: keep, fields: [body], reason: wanted}
  - {entity: DATE_TIME, action: generalise, to: month, reason: periods}
  - {entity: AGE, action: generalise, to: band, reason: bands}
  - {entity: LOCATION, action: generalise, to: region, reason: regions}
  - {entity: CREDIT_CARD, action: mask, keep_last: 4, reason: receipts}
  - {group: SECRETS, action: drop, reason: nobody needs them}
"""


class WordDetector:
    """Finds given words; stands in for the names model, and can fail on purpose."""

    name = "ner"
    is_costly = True

    def __init__(self, words: dict[str, str], *, score: float = 0.9) -> None:
        self.words = words
        self.score = score
        self.error: Exception | None = None
        self.texts: list[str] = []

    def find(self, text: str) -> list[Span]:
        self.texts.append(text)
        if self.error is not None:
            raise self.error
        return [
            Span(match.start(), match.end(), entity, self.score, "ner")
            for word, entity in self.words.items()
            for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)
        ]

    def signature(self) -> str:
        return repr(sorted(self.words.items()))


@pytest.fixture(scope="session")
def policy() -> Policy:
    return parse_policy(POLICY)


@pytest.fixture(scope="session")
def patterns() -> tuple[Detector, ...]:
    """Every recognizer that needs no model; importing Presidio takes a second."""
    from secure_rag.redaction.setup import pattern_detectors

    return pattern_detectors()


@pytest.fixture
def words() -> type[WordDetector]:
    return WordDetector


@pytest.fixture
def redactor(policy: Policy, patterns: tuple[Detector, ...]) -> Callable[..., Redactor]:
    """Make a redactor with all patterns and a stand-in for the names model."""

    def make(names: dict[str, str] | None = None, *more: Detector, **options: object) -> Redactor:
        detectors: Sequence[Detector] = [*patterns, WordDetector(names or {}), *more]
        return Redactor(policy, detectors, redaction_digest="0" * 64)

    return make


@pytest.fixture
def document() -> Callable[..., RawDocument]:
    """Make a document of fields, in the order given."""

    def make(*fields: tuple[str, str]) -> RawDocument:
        blocks: list[Block] = []
        text = ""
        for name, value in fields:
            blocks.append(Block(len(text), len(text) + len(value), name))
            text += value + "\n"
        return RawDocument("text/plain", text, tuple(blocks))

    return make
