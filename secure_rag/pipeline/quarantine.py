"""Documents that were not stored: id, redacted name and reason, never content.

Each collection has a folder of its own, `quarantine/<collection>/`, with a file for each document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from secure_rag.errors import ArtifactError, FormatError
from secure_rag.modes import file_mode, make_folder
from secure_rag.workspace import FORMAT, check_format


@dataclass(frozen=True)
class QuarantineRecord:
    """One document in quarantine."""

    document: str
    collection: str
    reason: str
    path: str
    """Redacted name."""
    depth: int
    """How many parts of the path, from its end, make up the name."""
    source: str
    """Keyed digest of the path: finds the record again when the file is added again."""
    time: str
    labels: tuple[str, ...] = ()


def write_record(folder: Path, record: QuarantineRecord) -> None:
    """Put a record into its collection's folder, replacing one of the same source.

    Raises:
        ArtifactError: the disk or the folder refuses.
    """
    home = folder / record.collection
    temporary = home / f".{record.source}.tmp"
    try:
        make_folder(home)
        temporary.write_text(json.dumps({"format": FORMAT, **asdict(record)}), encoding="utf-8")
        temporary.chmod(file_mode(home))
        temporary.replace(_file(folder, record.collection, record.source))
    except OSError as error:
        raise ArtifactError(
            f"quarantine/{record.collection} cannot be written: {error.strerror}",
            code="quarantine.unwritable",
            hint="make room or give write access below the workspace's `quarantine/`, then run the "
            "same command again",
        ) from None


def remove_record(folder: Path, source: str, *, collection: str) -> bool:
    """Forget the record of a source, if there is one."""
    path = _file(folder, collection, source)
    found = path.exists()
    path.unlink(missing_ok=True)
    return found


def read_records(folder: Path, *, collection: str) -> Iterator[QuarantineRecord]:
    """Yield the records of a collection, oldest first."""
    records = []
    for path in (*folder.glob("*.json"), *(folder / collection).glob("*.json")):
        if path.parent == folder and path.is_dir():
            continue  # a collection may be named like a file
        try:
            table = json.loads(path.read_text("utf-8"))
            check_format(table.pop("format", None), path.name)
            labels = tuple(table.pop("labels", ()))
            records.append(QuarantineRecord(**table, labels=labels))
            if path.parent == folder:
                raise FormatError(f"quarantine/{path.name}: not in the folder of a collection")
        except (OSError, ValueError, TypeError) as error:
            raise FormatError(f"quarantine/{path.name}: cannot be read") from error
    yield from sorted(
        (record for record in records if record.collection == collection),
        key=lambda record: (record.time, record.document),
    )


def now() -> str:
    """Return the current time, RFC 3339 in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _file(folder: Path, collection: str, source: str) -> Path:
    return folder / collection / f"{source}.json"
