"""Read the header of a GGUF file, bounds-checked, before native code does.

Follows the format's published description (ggml, docs/gguf.md): magic, version, counts,
metadata, tensor list, aligned data. A file is untrusted input: every count and length is
checked against what is left of the file before anything is read or allocated, and of
long lists only the number of entries is kept.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from secure_rag.errors import InputError

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MAX_ENTRIES: Final = 1 << 16
_MAX_TENSORS: Final = 1 << 16
_MAX_KEY: Final = 1 << 16
_MAX_NAME: Final = 64
_MAX_DIMENSIONS: Final = 4
_MAX_ALIGNMENT: Final = 1 << 20
_KEPT_STRING: Final = 256
_KEPT_LIST: Final = 1024
_STRING, _ARRAY, _BOOL = 8, 9, 7
_NUMBERS: Final = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
"""Struct letter by type of metadata value."""

_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4),
    27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66),
    39: (32, 17),
}  # fmt: skip
"""Weights and bytes of a block, by type of tensor. Of types not listed, only the place in the
file is checked."""

Value = int | float | bool | str | tuple[int | float, ...]


@dataclass(frozen=True)
class Header:
    """What a GGUF file says about itself."""

    version: int
    values: Mapping[str, Value]
    """Metadata; lists of more than 1,024 numbers, and of strings, as their length."""
    tensors: int
    weights_bytes: int
    file_bytes: int

    @property
    def architecture(self) -> str:
        """Return the family of models, such as `llama`."""
        return str(self.values.get("general.architecture", ""))

    def own(self, key: str) -> Value | None:
        """Return a value of the architecture's own, such as `context_length`."""
        return self.values.get(f"{self.architecture}.{key}")


def read_header(path: Path) -> Header:
    """Read and check a GGUF file's header.

    Raises:
        InputError: it cannot be read, is no GGUF file, or contradicts itself.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size < 24:
                raise _not_gguf(path)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _Reader(data, size).header(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it cannot be mapped"
        raise InputError(f"{path}: cannot be read: {reason}") from None
    except _DamagedError as error:
        raise InputError(
            f"{path}: its GGUF header is damaged: {error}",
            code="model.gguf",
            hint="get the file again and compare its SHA-256 with the publisher's",
        ) from None


class _DamagedError(Exception):
    """The header contradicts itself or the file's size; says where, never what."""


class _Reader:
    """A position in the file."""

    def __init__(self, data: mmap.mmap | bytes, size: int) -> None:
        self._data = data
        self._size = size
        self._at = 0

    def header(self, path: Path) -> Header:
        if bytes(self._data[:4]) != _MAGIC:
            raise _not_gguf(path)
        self._at = 4
        version, tensors, entries = self._number("I"), self._number("Q"), self._number("Q")
        if version not in _VERSIONS:
            raise InputError(
                f"{path}: GGUF version {version} is not supported",
                code="model.gguf",
                hint="little-endian files of version 2 or 3 are",
            )
        if not 0 < entries <= _MAX_ENTRIES or not 0 < tensors <= _MAX_TENSORS:
            raise _DamagedError("the number of entries or tensors")
        values: dict[str, Value] = {}
        for number in range(entries):
            key = self._string(_MAX_KEY, f"the key of entry {number}")
            values[key] = self._value(f"the value of entry {number}")
        weights = self._tensors(tensors, values.get("general.alignment", 32))
        return Header(version, values, tensors, weights, self._size)

    def _value(self, what: str) -> Value:
        kind = self._number("I")
        if kind == _STRING:
            return self._string(self._size, what)
        if kind == _ARRAY:
            return self._list(what)
        if kind not in _NUMBERS:
            raise _DamagedError(what)
        number = self._number(_NUMBERS[kind])
        return bool(number) if kind == _BOOL else number

    def _list(self, what: str) -> Value:
        kind, count = self._number("I"), self._number("Q")
        if kind == _STRING:
            if count * 8 > self._size - self._at:
                raise _DamagedError(what)
            self._skip_strings(count, what)
            return int(count)
        if kind not in _NUMBERS:
            raise _DamagedError(what)
        letter = _NUMBERS[kind]
        start = self._at
        self._skip(count * struct.calcsize(f"<{letter}"), what)
        if count > _KEPT_LIST:
            return int(count)
        return struct.unpack_from(f"<{count}{letter}", self._data, start)

    def _skip_strings(self, count: int, what: str) -> None:
        """Pass over a list of texts; vocabularies have hundreds of thousands."""
        at, last, length_at = self._at, self._size - 8, struct.Struct("<Q").unpack_from
        for _ in range(count):
            if at > last:
                raise _DamagedError(f"{what} runs over the end of the file")
            at += 8 + length_at(self._data, at)[0]
        if at > self._size:
            raise _DamagedError(f"{what} runs over the end of the file")
        self._at = at

    def _tensors(self, count: int, alignment: Value) -> int:
        """Check that every tensor lies inside the file; return the bytes of all."""
        if not isinstance(alignment, int) or not 0 < alignment <= _MAX_ALIGNMENT:
            raise _DamagedError("the alignment")
        if alignment & (alignment - 1):
            raise _DamagedError("the alignment")
        placed = [self._tensor(f"tensor {number}", alignment) for number in range(count)]
        start = -(-self._at // alignment) * alignment
        for number, (offset, size) in enumerate(placed):
            if start + offset + size > self._size:
                raise _DamagedError(f"tensor {number} lies outside the file")
        return self._size - start

    def _tensor(self, what: str, alignment: int) -> tuple[int, int]:
        self._string(_MAX_NAME, what)
        dimensions = self._number("I")
        if not 0 < dimensions <= _MAX_DIMENSIONS:
            raise _DamagedError(what)
        shape = [self._number("Q") for _ in range(dimensions)]
        kind, offset = self._number("I"), self._number("Q")
        weights, size = _BLOCKS.get(kind, (1, 0))
        if min(shape) < 1 or math.prod(shape) >= 1 << 63 or shape[0] % weights:
            raise _DamagedError(what)
        if offset % alignment:
            raise _DamagedError(what)
        return offset, math.prod(shape) // weights * size

    def _string(self, longest: int, what: str) -> str:
        length = self._number("Q")
        if length > longest:
            raise _DamagedError(what)
        start = self._at
        self._skip(length, what)
        text = bytes(self._data[start : start + min(length, _KEPT_STRING)])
        return text.decode("utf-8", "replace")

    def _number(self, letter: str) -> Any:
        size = struct.calcsize(f"<{letter}")
        start = self._at
        self._skip(size, "its end")
        return struct.unpack_from(f"<{letter}", self._data, start)[0]

    def _skip(self, size: int, what: str) -> None:
        if size > self._size - self._at:
            raise _DamagedError(f"{what} runs over the end of the file")
        self._at += size


def _not_gguf(path: Path) -> InputError:
    return InputError(
        f"{path}: not a GGUF file and not a bundle",
        code="model.gguf",
        hint="llama.cpp's converter makes GGUF files from other formats",
    )
