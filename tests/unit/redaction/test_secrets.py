"""Recognizers of secrets: what they find, what they leave alone, and how fast."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.recognizers import secret_scan, secrets
from secure_rag.redaction.recognizers.secret_scan import SecretDetector
from secure_rag.redaction.recognizers.secret_values import (
    is_random,
    is_template,
    word_share,
)
from tests.unit.redaction.secret_cases import NEGATIVE, POSITIVE, fill, marked

REPOSITORY = Path(__file__).resolve().parents[3]
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def detector() -> SecretDetector:
    return SecretDetector("secrets", secrets.PATTERNS)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("number", range(len(POSITIVE)))
def test_secret_marked_value_is_found_whole(
    detector: SecretDetector, number: int, seed: int
) -> None:
    entity, template = POSITIVE[number]
    text, start, end = marked(template, 1000 * seed + number)
    found = detector.find(normalise(text).text)
    assert (start, end, entity) in {(s.start, s.end, s.entity) for s in found}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("number", range(len(NEGATIVE)))
def test_secret_other_text_stays(detector: SecretDetector, number: int, seed: int) -> None:
    text = fill(NEGATIVE[number], 1000 * seed + number)
    assert [(s.entity, s.recognizer) for s in detector.find(text)] == []


def test_cases_are_as_many_as_they_should_be() -> None:
    assert len(POSITIVE) >= 120
    assert len(set(NEGATIVE)) >= 120


@pytest.mark.parametrize(
    "before", ["", "\n", "\t", '"', "'", "(", "=", ":", ">", "%22", "\\n", "/"]
)
def test_token_after_any_separator_is_found(detector: SecretDetector, before: str) -> None:
    text = fill(before + "gh·p_{an:36}", 5)
    assert [s.start for s in detector.find(text) if s.recognizer == "github_token"] == [len(before)]


def test_token_behind_letters_that_grow_when_small_is_found_in_place(
    detector: SecretDetector,
) -> None:
    text = "İİİ " + fill("gh·p_{an:36}", 6)
    assert [(s.start, s.end) for s in detector.find(text)] == [(4, len(text))]


def test_token_longer_than_any_window_is_found_whole(detector: SecretDetector) -> None:
    text = "x " * 3000 + fill("ey·J{url:400}.ey·J{url:6000}.{url:300}", 7) + " y" * 3000
    spans = [s for s in detector.find(text) if s.recognizer == "jwt"]
    assert [(s.start, s.end) for s in spans] == [(6000, len(text) - 6000)]


def test_block_longer_than_any_window_is_found_whole(detector: SecretDetector) -> None:
    lines = "\n".join(fill("{b64:64}", number) for number in range(150))
    begin, end = (
        fill("-----BEGIN ·RSA PRIVATE KEY-----", 0),
        fill("-----END ·RSA PRIVATE KEY-----", 0),
    )
    key = f"{begin}\n{lines}\n{end}"
    spans = [s for s in detector.find(f"a\n{key}\nb") if s.entity == "SECRET_PRIVATE_KEY"]
    assert [(s.start, s.end) for s in spans] == [(2, 2 + len(key))]


def test_block_cut_off_is_found_as_far_as_it_goes(detector: SecretDetector) -> None:
    text = fill("-----BEGIN ·PRIVATE KEY-----\n{b64:64}\n{b64:64}\nthe rest is missing", 8)
    assert [text[s.end :] for s in detector.find(text)] == ["\nthe rest is missing"]


def test_wallet_key_with_a_wrong_check_stays(detector: SecretDetector) -> None:
    for seed in range(50):
        text = fill("5{b58:50}", seed)
        assert not [s for s in detector.find(text) if s.recognizer == "wallet_key"]


def test_wallet_key_with_a_right_check_is_found(detector: SecretDetector) -> None:
    text = "key " + _wallet_key(bytes(range(1, 33)))
    assert [(s.start, s.end) for s in detector.find(text)] == [(4, len(text))]


def _wallet_key(key: bytes) -> str:
    import hashlib

    raw = b"\x80" + key
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, letters = int.from_bytes(raw, "big"), ""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    while number:
        number, digit = divmod(number, 58)
        letters = alphabet[digit] + letters
    return letters


@pytest.mark.parametrize("alphabet", ["an", "b64", "url", "hex"])
def test_generated_values_are_taken_for_random(alphabet: str) -> None:
    values = [fill(f"{{{alphabet}:32}}", seed) for seed in range(1000)]
    assert sum(map(is_random, values)) >= 980


def test_words_are_not_taken_for_random() -> None:
    words = Path(REPOSITORY, "docs/explanation/redaction.md").read_text(encoding="utf-8").split()
    assert not [word for word in words if word.isascii() and word.isalnum() and is_random(word)]
    assert word_share("customer_profile_2024_final") > 0.5
    assert is_template("${HOME}") and is_template("your-api-key-here")


def test_own_source_holds_no_secret(detector: SecretDetector) -> None:
    """Only samples: the self-check's token, passwords in tables of cases."""
    count = size = 0
    for path in sorted((REPOSITORY / "secure_rag").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        size += len(text)
        count += len(detector.find(text))
    assert size > 500_000
    assert count <= 3


def test_prose_holds_no_secret(detector: SecretDetector, data_folder: Path) -> None:
    folder = data_folder / "qa"
    size = count = 0
    for path in (
        *folder.glob("abcd_support/*.json"),
        folder / "dstc11_track5_support/knowledge.json",
    ):
        text = path.read_text(encoding="utf-8")
        size += len(text)
        count += len(detector.find(text))
    assert size > 1_000_000
    assert count == 0


HOSTILE = [
    "a", "1", " ", "\n", "a b ", "key=", "key ", "key: ", "token ", "password ", "password: ",
    "password for ", "pass=", "pwd\n", "://", "a://b:", "a:", "server=a;", "host=a ",
    "kind: secret\n", "kind: Secret data:\n a: b", "seed: ", "seed abc ", "abc def ", "ey", "eyJ.",
    "ey-", "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\naaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    "$2", "$6$", "authorization: ", "recovery codes: ", "recovery codes: a1b2c-d3e4f\n",
    "a1b2c3d4\n", "1234 ", "mysql ", "docker login ", "login a ", "user=a;", "cred a:", "<key>",
    "key >", "key a", "name: key\n value", "x-", "x-a-", "0x", "K", "5K", "--pass ", "pat", "sk-",
    "sk-a-", "a.", "a/b", "/1234567890123", "|123456789012345", "private key ", "\"",
    "private-lines: 1\n", "q~", "'key',", "(\"key\", \"", "xox", "xoxb-12345678-", "$1$a$",
    "mnemonic abc\n", "bearer ", "sess=", "%41", "\\n", "a=b;", "https://u:p", "key=key",
    "seed phrase: " + "word " * 23, "secret_", "authorization: bearer a1", "pw is ", "a@b:c ",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_text_is_read_in_bounded_time(detector: SecretDetector, number: int) -> None:
    part = HOSTILE[number]
    text = (part * (100_000 // len(part) + 1))[:100_000]
    started = time.process_time()
    detector.find(text)
    assert time.process_time() - started < 3


def test_prose_is_read_fast(detector: SecretDetector) -> None:
    words = Path(REPOSITORY, "docs/explanation/architecture.md").read_text(encoding="utf-8")
    text = (words * (1_000_000 // len(words) + 1))[:1_000_000]
    started = time.process_time()
    detector.find(text)
    assert time.process_time() - started < 1  # a million characters a second, on a busy machine


def test_signature_changes_with_a_pattern(detector: SecretDetector) -> None:
    shorter = SecretDetector("secrets", secrets.PATTERNS[1:])
    assert shorter.signature() != detector.signature()


def test_anchors_are_small_ascii_and_named_sources_are_known() -> None:
    for pattern in secrets.PATTERNS:
        assert pattern.anchors
        assert all(anchor == anchor.lower() and anchor.isascii() for anchor in pattern.anchors)
        assert pattern.entity.startswith("SECRET_")
    assert secret_scan.VALUE == "value"
