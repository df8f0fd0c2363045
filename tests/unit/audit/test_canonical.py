"""Canonical JSON: one byte string for one record, everything else refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.audit.canonical import MAX_INT, NotCanonicalError, decode, encode

PLAIN = st.recursive(
    st.booleans()
    | st.integers(-MAX_INT, MAX_INT)
    | st.text(st.characters(codec="ascii"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="ascii"), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="ascii"), max_size=5), PLAIN, max_size=5))
def test_decode_of_encode_gives_the_record_back(record: dict[str, Any]) -> None:
    try:
        line = encode(record)
    except NotCanonicalError:
        return  # nested too deeply
    assert decode(line) == record
    assert b"\n" not in line and all(0x20 <= byte < 0x7F for byte in line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"1",
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":null}',
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1} ',
        b'{"a":1}\r',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":123456789012345678901234567890}',
        b'{"a":01}',
        b'{"a":-0}',
        b'{"a":"\xc3\xa9"}',
        b'{"a":"\\u0065\\u0301"}',
        b'{"a":"\\u00E9"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\u0061"}',
        b'{"a":"\\/"}',
        b'{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}',
        b'{"a":' + b"[" * 9000 + b"]" * 9000 + b"}",
        b'{"a":"' + b"x" * 70_000 + b'"}',
    ],
    ids=range(28),
)
def test_decode_other_bytes_than_the_canonical_ones_are_refused(line: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        decode(line)


@pytest.mark.parametrize("value", [1.5, None, 2**53, "e\u0301", "\ud800", b"x", {1: 2}])
def test_encode_value_that_a_record_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        encode({"a": value})


def test_encode_non_ascii_text_is_escaped() -> None:
    assert encode({"a": "\u00e9\u202e\x1b"}) == b'{"a":"\\u00e9\\u202e\\u001b"}'
    assert decode(b'{"a":"\\u00e9\\u202e\\u001b"}') == {"a": "\u00e9\u202e\x1b"}
