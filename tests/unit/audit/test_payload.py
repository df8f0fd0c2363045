"""Sealed texts: only the reviewer's key opens them, at the place they were written for."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from secure_rag.audit.payload import (
    MAX_BYTES,
    ReviewerKey,
    create_reviewer,
    open_text,
    parse_reviewer,
)
from secure_rag.errors import ConfigError, InputError

TEXT = "Who signed for <PERSON_1>? \u00e4\u20ac\U0001f512"


@pytest.fixture
def key(tmp_path: Path) -> ReviewerKey:
    return create_reviewer(tmp_path / "reviewer.key")


@pytest.mark.parametrize("text", ["", "a", TEXT, "x" * 255, "x" * 256, TEXT * 700])
def test_payload_comes_back_whole(key: ReviewerKey, tmp_path: Path, text: str) -> None:
    sealed = parse_reviewer(key.line() + "\n").seal(text, query="q1", part="answer")
    assert open_text(sealed, tmp_path / "reviewer.key", query="q1", part="answer") == text


def test_payload_too_long_is_cut_between_characters(key: ReviewerKey, tmp_path: Path) -> None:
    sealed = key.seal("\u20ac" * MAX_BYTES, query="q1", part="answer")
    assert len(sealed) < 60_000
    opened = open_text(sealed, tmp_path / "reviewer.key", query="q1", part="answer")
    assert opened == "\u20ac" * (MAX_BYTES // 3)


def test_payload_length_and_bytes_tell_nothing(key: ReviewerKey) -> None:
    sealed = {key.seal(text, query="q1", part="answer") for text in ("no", "no", "yes, she did")}
    assert len(sealed) == 3 and len({len(one) for one in sealed}) == 1


def test_payload_every_changed_byte_is_refused(key: ReviewerKey, tmp_path: Path) -> None:
    data = base64.b64decode(key.seal(TEXT, query="q1", part="answer"))
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(InputError):
            open_text(
                base64.b64encode(changed).decode(), tmp_path / "reviewer.key",
                query="q1", part="answer",
            )  # fmt: skip


@pytest.mark.parametrize(("query", "part"), [("q2", "answer"), ("q1", "question"), ("q1\na", "")])
def test_payload_moved_to_another_place_is_refused(
    key: ReviewerKey, tmp_path: Path, query: str, part: str
) -> None:
    sealed = key.seal(TEXT, query="q1", part="answer")
    with pytest.raises(InputError):
        open_text(sealed, tmp_path / "reviewer.key", query=query, part=part)


def test_payload_other_key_is_refused(key: ReviewerKey, tmp_path: Path) -> None:
    create_reviewer(tmp_path / "other.key")
    sealed = key.seal(TEXT, query="q1", part="answer")
    for name in ("other.key", "missing.key"):
        with pytest.raises(InputError):
            open_text(sealed, tmp_path / name, query="q1", part="answer")


def test_reviewer_key_file_is_private_and_never_overwritten(
    key: ReviewerKey, tmp_path: Path
) -> None:
    path = tmp_path / "reviewer.key"
    before = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600 and key.line().encode() not in before
    with pytest.raises(InputError):
        create_reviewer(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "line",
    ["", "x25519:", "x25519:AAAA", "nonsense", "x25519:" + base64.b64encode(bytes(32)).decode()],
    ids=["empty", "prefix", "short", "word", "low order"],
)
def test_reviewer_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ConfigError):
        parse_reviewer(line)
