"""Write small GGUF files: metadata and float tensors, for adapters.

Follows the format's published description (ggml, docs/gguf.md), version 3, as the reader in
`gguf.py` does. The same values and tensors give the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT: Final = 32
_U32, _F32, _STRING = 4, 6, 8
_TYPES: Final = {"<f4": 0, "<f2": 1}
"""Number of a tensor's type by numpy's name of it."""


def gguf_bytes(
    values: Mapping[str, str | int | float], tensors: Mapping[str, NDArray[Any]]
) -> bytes:
    """Return a GGUF file.

    Args:
        values: metadata; whole numbers are stored as 32 bits without sign, others as float32.
        tensors: float32 or float16.

    Raises:
        KeyError: a tensor of another type.
    """
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(values))
    head += b"".join(_text(key) + _value(value) for key, value in values.items())
    pieces: list[bytes] = []
    at = 0
    for name, tensor in tensors.items():
        kind = _TYPES[tensor.dtype.newbyteorder("<").str]
        # the format lists the fastest dimension first, numpy the slowest
        shape = tensor.shape[::-1]
        head += _text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", kind, at)
        data = np.ascontiguousarray(tensor).astype(tensor.dtype.newbyteorder("<")).tobytes()
        pieces.append(data + bytes(-len(data) % _ALIGNMENT))
        at += len(pieces[-1])
    return head + bytes(-len(head) % _ALIGNMENT) + b"".join(pieces)


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _value(value: str | float) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _text(value)
    if isinstance(value, int):
        return struct.pack("<II", _U32, value)
    return struct.pack("<If", _F32, value)
