"""The documents of one's own cases, read as ingest reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from secure_rag.documents.reader import DocumentReader
from secure_rag.errors import DocumentError, InputError
from secure_rag.pipeline.sources import find_sources, is_supported
from secure_rag.settings import IngestSettings
from secure_rag.values import RawDocument


def read_folder(folder: Path) -> tuple[dict[str, RawDocument], Mapping[str, str]]:
    """Return the documents below a folder by their path below it, and codes of the others.

    Raises:
        InputError: none can be read.
    """
    limits = IngestSettings()
    documents: dict[str, RawDocument] = {}
    refused: dict[str, str] = {}
    with DocumentReader(
        timeout_s=limits.parse_timeout_s,
        memory_mb=limits.parse_memory_mb,
        max_file_mb=limits.max_file_mb,
    ) as reader:
        for source in find_sources([folder]):
            if not is_supported(source):
                continue
            name = source.name.partition("/")[2]
            try:
                documents[name] = reader.read(source.path.read_bytes(), source.name)
            except DocumentError as error:
                refused[name] = error.code
            except OSError:
                refused[name] = "document.unreadable"
    if not documents:
        raise InputError("no document in that folder can be read", code="dataset.missing")
    return documents, refused
