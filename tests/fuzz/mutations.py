"""Spoil a good file in the ways that break readers; the same seed gives the same files."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence

from tests.assets.containers import packed, unpacked

_NUMBERS = (b"0", b"-1", b"65535", b"4294967295", b"18446744073709551616", b"1e999", b"9" * 400)
_TOKENS = (
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&#0;", b"&#xFFFFFF;", b"]]>", b"<![CDATA[",
    b"<?x", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\x1b", b"\x1a",
    b"{", b"}", b"[" * 40, b"(" * 40, b"<a>" * 40, b"\\", b"\\u0000", b"\\bin99999999 ", b"{\\*",
    b'"', b"'", b"\t", b"%PDF-1.7", b"endobj", b"stream\n", b"xref", b"/Kids [1 0 R]", b"From x\n",
    b"\n\n", b"--", b"=?utf-8?b?/", b"Content-Type: multipart/mixed; boundary=x\n", b"&a *a",
    b"!!python/name:os.system", b"? ", b": ", b"- ", b"|", b"---\n", b"~", b"NaN", b"nan", b"true",
    b"\xe2\x80\xae", b"\xf0\x9f\x98\x80",
)  # fmt: skip
Spoil = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def _flip(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    spoilt = bytearray(data)
    for _turn in range(draw.choice((1, 1, 2, 8, 64))):
        spoilt[draw.randrange(len(spoilt))] ^= 1 << draw.randrange(8)
    return bytes(spoilt)


def _cut(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: draw.randrange(len(data))]


def _drop(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, length = draw.randrange(len(data)), draw.choice((1, 4, 64, 1024))
    return data[:start] + data[start + length :]


def _repeat(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, length = draw.randrange(len(data)), draw.choice((1, 8, 64, 512))
    piece, times = data[start : start + length], draw.choice((1, 3, 50))
    return data[:start] + piece * times + data[start:]


def _splice(draw: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = draw.choice(others)
    start, end = sorted(draw.randrange(len(other) + 1) for _ in range(2))
    place = draw.randrange(len(data) + 1)
    return data[:place] + other[start:end][:4096] + data[place:]


def _token(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = draw.randrange(len(data) + 1)
    return data[:place] + draw.choice(_TOKENS) + data[place:]


def _number(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Put a number that does not fit in place of one that does."""
    found = list(re.finditer(rb"\d+", data))
    if not found:
        return _token(draw, data, ())
    one = draw.choice(found)
    return data[: one.start()] + draw.choice(_NUMBERS) + data[one.end() :]


def _length(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Put a huge or odd number over four or eight bytes."""
    size = draw.choice((2, 4, 8))
    place = draw.randrange(max(1, len(data) - size))
    value = draw.choice(
        (0, 1, (1 << 8 * size) - 1, 1 << (8 * size - 1), draw.getrandbits(8 * size))
    )
    return data[:place] + value.to_bytes(size, "little") + data[place + size :]


def _swap(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Change the places of two lines, or of two pieces."""
    lines = data.split(b"\n")
    if len(lines) < 3:
        return _flip(draw, data, ())
    one, two = (draw.randrange(len(lines)) for _ in range(2))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


SPOILS: tuple[Spoil, ...] = (
    _flip, _flip, _cut, _drop, _repeat, _splice, _token, _token, _number, _length, _swap
)  # fmt: skip


def spoil(draw: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return the file after one to four changes."""
    for _ in range(draw.choice((1, 1, 2, 4))):
        if data:
            data = draw.choice(SPOILS)(draw, data, others)
    return data


def spoil_container(draw: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Spoil a part of a ZIP container, its directory, or its bytes."""
    how = draw.random()
    if how < 0.25:
        return spoil(draw, data, others)
    parts = unpacked(data)
    name = draw.choice(sorted(parts))
    if how < 0.75:
        parts[name] = spoil(draw, parts[name], [*parts.values()])
        return packed(parts)
    if how < 0.8:
        parts[name] = parts.pop(draw.choice(sorted(parts)))
        return packed(parts)
    if how < 0.85:
        parts[draw.choice(("../../x", "/etc/x", "a\\b", "x/" * 200, name.upper()))] = parts.pop(
            name
        )
        return packed(parts)
    if how < 0.9:
        parts[name] = bytes(draw.choice((10_000, 3_000_000)))
        return packed(parts)
    if how < 0.95:
        return _with_false_size(draw, parts, name)
    return packed(parts, method=zipfile.ZIP_STORED)[: -draw.randrange(1, 60)]


def _with_false_size(draw: random.Random, parts: dict[str, bytes], name: str) -> bytes:
    """Let the directory say another size, method or flag of a part."""
    data = bytearray(packed(parts))
    place = data.rfind(b"PK\x01\x02")
    for found in re.finditer(rb"PK\x01\x02", bytes(data)):
        if data[found.start() + 46 :].startswith(name.encode()):
            place = found.start()
    field, size = draw.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (42, 4)))
    value = draw.choice((0, 1, (1 << 8 * size) - 1, draw.getrandbits(8 * size)))
    data[place + field : place + field + size] = value.to_bytes(size, "little")
    return bytes(data)


def is_container(data: bytes) -> bool:
    """Say whether a file is a ZIP container."""
    return zipfile.is_zipfile(io.BytesIO(data))
