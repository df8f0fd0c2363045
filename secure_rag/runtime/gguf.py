"""Read the header of a GGUF file, bounds-checked, before native code does.

Follows the format's published description (ggml, docs/gguf.md): magic, version, counts,
metadata, tensor list, aligned data. A file is untrusted input: every count and length is
checked against what is left of the file before anything is read or allocated, of long
lists only the number of entries is kept, and a header that is longer than 128 MiB is refused.
Sizes that memory is reckoned from must be whole numbers that a model can have.

`read_header` is quick (some 25 ms) and runs in this process, for files whose digest is pinned.
`vet_header` reads in a sealed process of its own, for files that nobody has vouched for yet
(docs/adr/model-files.md).
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from secure_rag.errors import InputError
from secure_rag.isolation.sandbox import SandboxError, run_sandboxed

MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MAX_ENTRIES: Final = 1 << 16
_MAX_TENSORS: Final = 1 << 16
_MAX_KEY: Final = 1 << 16
_MAX_NAME: Final = 64
_MAX_DIMENSIONS: Final = 4
_MAX_ALIGNMENT: Final = 1 << 20
_MAX_HEADER: Final = 128 << 20
_PIECE: Final = 1 << 18
_KEPT_STRING: Final = 256
_KEPT_LIST: Final = 1024
_LARGEST_SIZE: Final = (1 << 31) - 1
_LARGEST: Final = {
    "block_count": 10_000,
    "context_length": _LARGEST_SIZE,
    "embedding_length": _LARGEST_SIZE,
    "attention.head_count": _LARGEST_SIZE,
    "attention.head_count_kv": _LARGEST_SIZE,
    "attention.key_length": _LARGEST_SIZE,
    "attention.value_length": _LARGEST_SIZE,
}
"""Sizes of the architecture's own that memory is reckoned from, each with its bound. Those of
`attention` may be lists, a number for each layer."""

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

    def impossible_size(self) -> str | None:
        """Return the key of a size that is no whole number, or not one that a model can have."""
        for key, largest in _LARGEST.items():
            value = self.own(key)
            if value is None:
                continue
            sizes: tuple[object, ...] = (value,)
            if isinstance(value, tuple) and key.startswith("attention."):
                sizes = value
            if not all(type(one) is int and 0 <= one <= largest for one in sizes):
                return key
        return None


def read_header(path: Path) -> Header:
    """Read and check a GGUF file's header.

    Raises:
        InputError: it cannot be read, is no GGUF file, or contradicts itself.
    """
    try:
        with path.open("rb") as file:
            return _Reader(file).header()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except _WrongError as error:
        raise wrong(path, error.what) from None


def vet_header(
    path: Path, *, shown: Path | None = None, unsafe_no_isolation: bool = False
) -> Header:
    """Read and check the header of a file that nobody vouches for, in a sealed process.

    Args:
        path: the file.
        shown: what messages call it.
        unsafe_no_isolation: without the kernel's filters.

    Raises:
        InputError: as `read_header`, or the file did something to its reader.
        IsolationError: the process could not be isolated.
    """
    function, shown = f"{__name__}:plain_header", shown or path
    try:
        with path.open("rb") as file:
            answer = run_sandboxed(function, file, unsafe_no_isolation=unsafe_no_isolation)
    except OSError as error:
        raise InputError(f"{shown}: cannot be read: {error.strerror}") from None
    except SandboxError as error:
        raise wrong(shown, f"could not be read safely ({error.reason})") from None
    try:
        return _from_plain(answer["header"]) if "header" in answer else _refuse(shown, answer)
    except (KeyError, TypeError, ValueError):
        raise wrong(shown, "could not be read safely (answer)") from None


def plain_header(file: BinaryIO) -> dict[str, Any]:
    """Return a header, or what is wrong with it, as plain values; runs in the sealed process."""
    try:
        return {"header": asdict(_Reader(file).header())}
    except _WrongError as error:
        return {"wrong": error.what}


def _from_plain(plain: Mapping[str, Any]) -> Header:
    """Check what another process sent as if it were a file.

    Raises:
        KeyError, TypeError, ValueError: it is no header.
    """
    values: dict[str, Value] = {}
    for key, value in dict(plain["values"]).items():
        one = tuple(value) if isinstance(value, list) else value
        numbers = one if isinstance(one, tuple) else ()
        if not isinstance(one, int | float | str | tuple) or len(key) > _KEPT_STRING:
            raise ValueError("value")
        if any(not isinstance(number, int | float) for number in numbers):
            raise ValueError("list")
        values[key] = one
    counts = [plain[name] for name in ("version", "tensors", "weights_bytes", "file_bytes")]
    if any(type(count) is not int or count < 0 for count in counts):
        raise ValueError("count")
    header = Header(counts[0], values, *counts[1:])
    if header.impossible_size() is not None:
        raise ValueError("size")
    return header


def _refuse(path: Path, answer: Mapping[str, Any]) -> Header:
    what = answer["wrong"]
    if not isinstance(what, str) or len(what) > 200 or not what.isprintable():
        raise ValueError("reason")
    raise wrong(path, what)


def wrong(path: Path, what: str) -> InputError:
    """Return the error for a file that is no whole GGUF file, with the hint that fits."""
    hints = {
        NOT_GGUF: "llama.cpp's converter makes GGUF files from other formats",
        _VERSION: "little-endian files of version 2 or 3 are",
    }
    hint = "get the file again and compare its SHA-256 with the publisher's"
    return InputError(f"{path}: {what}", code="model.gguf", hint=hints.get(what, hint))


NOT_GGUF: Final = "not a GGUF file and not a bundle"
_VERSION: Final = "its version of GGUF is not supported"


class _WrongError(Exception):
    """No header that can be used; says where, never what stands there."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class _DamagedError(_WrongError):
    """The header contradicts itself or the file's size."""

    def __init__(self, where: str) -> None:
        super().__init__(f"its GGUF header is damaged: {where}")


class _Reader:
    """A position in the file, of which as much is in memory as was needed so far."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._data = bytearray()
        self._at = 0

    def header(self) -> Header:
        self._need(min(24, self._size))
        if self._size < 24 or self._data[:4] != MAGIC:
            raise _WrongError(NOT_GGUF)
        self._at = 4
        version, tensors, entries = self._number("I"), self._number("Q"), self._number("Q")
        if version not in _VERSIONS:
            raise _WrongError(_VERSION)
        if not 0 < entries <= _MAX_ENTRIES or not 0 < tensors <= _MAX_TENSORS:
            raise _DamagedError("the number of entries or tensors")
        values: dict[str, Value] = {}
        for number in range(entries):
            key = self._string(_MAX_KEY, f"the key of entry {number}")
            values[key] = self._value(f"the value of entry {number}")
        weights = self._tensors(tensors, values.get("general.alignment", 32))
        header = Header(version, values, tensors, weights, self._size)
        impossible = header.impossible_size()
        if impossible is not None:
            raise _DamagedError(f"{impossible} cannot be right")
        return header

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
        at, length_at = self._at, struct.Struct("<Q").unpack_from
        known = len(self._data) - 8
        for _ in range(count):
            if at > known:
                if at > self._size - 8:
                    raise _DamagedError(f"{what} runs over the end of the file")
                self._need(at + 8)
                known = len(self._data) - 8
            at += 8 + length_at(self._data, at)[0]
        if at > self._size:
            raise _DamagedError(f"{what} runs over the end of the file")
        self._need(at)
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
        self._need(self._at + size)
        self._at += size

    def _need(self, end: int) -> None:
        """Have the file in memory up to `end`, which lies inside it."""
        if end > _MAX_HEADER:
            raise _DamagedError(f"it is longer than {_MAX_HEADER >> 20} MiB")
        while len(self._data) < end:
            piece = self._file.read(min(_PIECE, self._size - len(self._data)))
            if not piece:
                raise _DamagedError("the file became shorter")
            self._data += piece
