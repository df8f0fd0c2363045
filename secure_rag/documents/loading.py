"""Read one document in this process: find its format, call its loader, build the text.

Run it on files of unknown origin only inside `secure_rag.documents.child`.
"""

from __future__ import annotations

import importlib
import io
from typing import BinaryIO, Protocol, cast

from secure_rag.documents.detection import detect
from secure_rag.documents.formats import MEDIA_TYPES
from secure_rag.documents.limits import Limits
from secure_rag.documents.reasons import refusal
from secure_rag.documents.text import TextBuilder
from secure_rag.errors import DocumentError
from secure_rag.values import RawDocument

_MODULES = {
    "eml": "mail",
    "mbox": "mail",
    "csv": "delimited",
    "tsv": "delimited",
    "json": "json",
    "jsonl": "json",
    "odt": "opendocument",
    "ods": "opendocument",
    "odp": "opendocument",
}
"""Format to module of `loaders`, where the names differ."""


class Loader(Protocol):
    """What a module of `loaders` offers."""

    def load(self, file: BinaryIO, name: str, text: TextBuilder, /) -> None:
        """Add all text of an open file to the builder; open nothing else.

        Raises:
            DocumentError: if any of it cannot be read. Other errors mean the same.
        """


def load(data: bytes, name: str, limits: Limits | None = None) -> RawDocument:
    """Read a document from its bytes.

    Args:
        name: its name or path; decides the format together with the content, and is text.

    Raises:
        DocumentError: for whatever goes wrong, with a code of `reasons.REASONS`.
    """
    builder = TextBuilder(limits or Limits())
    try:
        if name not in ("", "-"):
            builder.add(_shown(name), field="file_name", kind="value")
        found = load_part(data, name, builder)
        return builder.build(MEDIA_TYPES[found])
    except DocumentError:
        raise
    except MemoryError:
        raise refusal("document.too_large") from None
    except Exception:  # noqa: BLE001  a foreign parser may raise anything, and quote the document
        raise refusal("document.unreadable") from None


def load_part(data: bytes, name: str, text: TextBuilder) -> str:
    """Read a document, or one that lies inside another, into a text; return its format."""
    if len(data) > text.limits.file_bytes:
        raise refusal("document.too_large")
    if not data:
        raise refusal("document.empty")
    found = detect(data, name, text.limits)
    _loader(found).load(io.BytesIO(data), name, text)
    return found


def _shown(name: str) -> str:
    """Return a name in valid text: file systems allow bytes that are none."""
    return " ".join(name.encode("utf-8", "replace").decode("utf-8").split())


def _loader(found: str) -> Loader:
    module = importlib.import_module(f"secure_rag.documents.loaders.{_MODULES.get(found, found)}")
    return cast(Loader, module)
