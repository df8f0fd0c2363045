"""Quarantine records: written, read, replaced, refused when they are of another format."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from secure_rag.errors import FormatError
from secure_rag.pipeline.quarantine import (
    QuarantineRecord,
    read_records,
    remove_record,
    write_record,
)

RECORD = QuarantineRecord(
    "7Q2F9KX3M4", "default", "document.encrypted", "<PERSON_1>.pdf", 1, "ab" * 16,
    "2026-03-01T10:00:00Z",
)  # fmt: skip


def test_record_goes_round(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    assert list(read_records(tmp_path, collection="default")) == [RECORD]
    assert list(read_records(tmp_path, collection="other")) == []


def test_record_of_the_same_source_is_replaced(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    newer = replace(RECORD, reason="document.empty")
    write_record(tmp_path, newer)
    assert list(read_records(tmp_path, collection="default")) == [newer]


def test_records_come_oldest_first(tmp_path: Path) -> None:
    later = replace(RECORD, source="cd" * 16, time="2026-03-02T10:00:00Z")
    write_record(tmp_path, later)
    write_record(tmp_path, RECORD)
    assert list(read_records(tmp_path, collection="default")) == [RECORD, later]


def test_remove_record_tells_whether_there_was_one(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    for is_there in (True, False):
        assert remove_record(tmp_path, RECORD.source, collection="other") is False
        assert remove_record(tmp_path, RECORD.source, collection="default") is is_there


def test_collection_named_like_a_file_is_no_record(tmp_path: Path) -> None:
    named = replace(RECORD, collection="x.json")
    write_record(tmp_path, named)
    write_record(tmp_path, RECORD)
    assert list(read_records(tmp_path, collection="default")) == [RECORD]
    assert list(read_records(tmp_path, collection="x.json")) == [named]


@pytest.mark.parametrize("key", ["format", "extra", "missing"])
def test_record_that_is_not_ours_is_refused(tmp_path: Path, key: str) -> None:
    write_record(tmp_path, RECORD)
    (path,) = tmp_path.glob("default/*.json")
    table = json.loads(path.read_text())
    if key == "missing":
        del table["reason"]
    else:
        table[key] = 9
    path.write_text(json.dumps(table))
    with pytest.raises(FormatError):
        list(read_records(tmp_path, collection="default"))


def test_record_outside_the_folder_of_a_collection_is_refused(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    (path,) = tmp_path.glob("default/*.json")
    path.rename(tmp_path / path.name)
    with pytest.raises(FormatError):
        list(read_records(tmp_path, collection="default"))


def test_record_file_is_private(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    (path,) = tmp_path.glob("default/*.json")
    assert path.stat().st_mode & 0o077 == 0
