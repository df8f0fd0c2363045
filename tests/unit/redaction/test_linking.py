"""Every pair of mentions of the case file, through the real redactor and a real vault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from secure_rag.policy.loader import parse_policy
from secure_rag.policy.model import Policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.pseudonyms import VaultPseudonyms
from secure_rag.redaction.spans import Detector, Span
from secure_rag.values import Block, RawDocument
from secure_rag.vault.store import Vault

POLICY = """
format: 1
name: linking
language: en
default_action: pseudonymise
rules:
  - {entity: TITLE, action: keep, reason: names nobody}
"""
_MARK = re.compile(r"\[([^|\]]+)\|([a-z])(?::([A-Z_]+))?\]")
_FILE = Path(__file__).with_name("linking_cases.txt")


@dataclass(frozen=True)
class Mention:
    text: int
    start: int
    end: int
    letter: str
    entity: str


@dataclass(frozen=True)
class Case:
    number: int
    locale: str
    texts: tuple[str, ...]
    mentions: tuple[Mention, ...]

    @property
    def pairs(self) -> list[tuple[Mention, Mention]]:
        return list(combinations(self.mentions, 2))


class Marks:
    """Claims the marked spans of the texts, as a names model that misses nothing would."""

    name = "ner"
    is_costly = True

    def __init__(self, case: Case) -> None:
        self._spans = {
            normalise(f"{text}\n").text: [
                Span(m.start, m.end, m.entity, 0.95, "ner")
                for m in case.mentions
                if m.text == number
            ]
            for number, text in enumerate(case.texts)
        }

    def find(self, text: str) -> list[Span]:
        return self._spans.get(text, [])

    def signature(self) -> str:
        return "marks"


def _load() -> list[Case]:
    cases: list[Case] = []
    for number, block in enumerate(_FILE.read_text("utf-8").split("\n== ")[1:]):
        head, *lines = block.strip().split("\n")
        texts: list[str] = []
        mentions: list[Mention] = []
        for line in lines:
            plain, last = "", 0
            for mark in _MARK.finditer(line):
                plain += line[last : mark.start()]
                start = len(plain)
                plain += mark.group(1)
                entity = mark.group(3) or "PERSON"
                mentions.append(Mention(len(texts), start, len(plain), mark.group(2), entity))
                last = mark.end()
            texts.append(plain + line[last:])
        cases.append(Case(number, head.partition(":")[0], tuple(texts), tuple(mentions)))
    return cases


CASES = _load()


@pytest.fixture(scope="module")
def linking_policy() -> Policy:
    return parse_policy(POLICY)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    folder = tmp_path_factory.mktemp("linking")
    key_file = folder / "keys" / "vault.key"
    key_file.parent.mkdir(mode=0o700)
    Vault.create(folder / "vault", vault_id="0" * 32, key_file=key_file)
    return Vault.open(folder / "vault", key_file=key_file)


@pytest.mark.parametrize("case", CASES, ids=[f"{c.number}-{c.locale}" for c in CASES])
def test_linking_case_every_pair_is_linked_or_not(
    case: Case, linking_policy: Policy, patterns: tuple[Detector, ...], vault: Vault
) -> None:
    redactor = Redactor(linking_policy, [*patterns, Marks(case)], redaction_digest="0" * 64)
    domain = vault.domain(f"case-{case.number}")
    found: dict[Mention, str | None] = {}
    for number, text in enumerate(case.texts):
        raw = RawDocument("text/plain", f"{text}\n", (Block(0, len(text), "body"),))
        redacted = redactor.redact_document(
            raw, document_id=f"D{number}", pseudonyms=VaultPseudonyms(domain)
        )
        for mention in case.mentions:
            if mention.text == number:
                (found[mention],) = {
                    finding.placeholder
                    for finding in redacted.findings
                    if finding.start <= mention.start < finding.end
                }
    wrong = [
        f"{one.text}:{one.start} {other.text}:{other.start}"
        for one, other in case.pairs
        if (found[one] == found[other]) is not (one.letter == other.letter)
    ]
    assert None not in found.values()
    assert wrong == []


def test_linking_case_file_is_large_and_wide() -> None:
    pairs = [pair for case in CASES for pair in case.pairs]
    linked = [one.letter == other.letter for one, other in pairs]
    assert len(pairs) >= 300
    assert min(linked.count(True), linked.count(False)) >= 120
    assert len({case.locale for case in CASES}) >= 20
    assert sum(len(case.texts) > 1 for case in CASES) >= 12
