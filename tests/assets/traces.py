"""Search for a value in files and outputs, in every form in which it could slip through."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path


def forms(value: str) -> Iterator[bytes]:
    """Yield a value as it stands and in the shapes in which it could slip through."""
    local = value.split("@")[0]
    for text in (value, value.upper(), local, urllib.parse.quote(value), value[::-1]):
        yield text.encode()
        yield text.encode("utf-16-le")
    yield base64.b64encode(value.encode())[:-4]


def stored_bytes(*roots: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every file below some folders."""
    for root in roots:
        for path in root.rglob("*"):
            if path.is_file():
                yield path.name, path.read_bytes()


def traces(values: Iterable[str], *roots: Path, printed: Iterable[str] = ()) -> list[str]:
    """Return where one of the values stands: the place and the number of the value, never it."""
    haystack = [*stored_bytes(*roots), *(("printed", text.encode()) for text in printed)]
    return [
        f"value {number} in {place}"
        for number, value in enumerate(values)
        for place, data in haystack
        if any(form in data for form in forms(value))
    ]
