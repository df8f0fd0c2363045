"""Redaction takes time in proportion to the text: 2 KB and 2 MB at the same speed.

Processor time, and room for a busy machine: what is found here is quadratic cost, which
would make the largest document a hundred times slower.
"""

from __future__ import annotations

import time

import pytest

from benchmarks.stock_presidio import corpus
from secure_rag.policy.loader import load_policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.setup import pattern_detectors
from secure_rag.values import Block, RawDocument

SMALL = 2_000
SIZES = (SMALL, 20_000, 200_000, 2_000_000)
SLOWEST_SHARE = 1 / 3
"""Least speed of a size, as a share of the speed at 20 KB."""


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    return Redactor(load_policy("default"), pattern_detectors(), redaction_digest="0" * 64)


@pytest.fixture(scope="module")
def seconds_each(redactor: Redactor) -> dict[int, float]:
    """Seconds per code point with all patterns and the gate, by size of the document."""
    _seconds(redactor, corpus(SMALL, "mixed"), 3)
    return {
        size: _seconds(redactor, corpus(size, "mixed"), max(1, 60_000 // size)) / size
        for size in SIZES
    }


def _seconds(redactor: Redactor, text: str, times: int) -> float:
    document = RawDocument("text/plain", text, (Block(0, len(text), "body"),))
    started = time.process_time()
    for _ in range(times):
        redactor.redact_document(document, document_id="x", pseudonyms=LookupPseudonyms(None))
    return (time.process_time() - started) / times


@pytest.mark.parametrize("size", SIZES)
def test_redact_document_of_any_size_runs_at_the_same_speed(
    seconds_each: dict[int, float], size: int
) -> None:
    assert seconds_each[20_000] / seconds_each[size] > SLOWEST_SHARE


def test_redact_document_one_endless_line_is_linear(redactor: Redactor) -> None:
    """No line breaks and no spaces: cuts fall anywhere, tokens are as long as windows."""
    speeds = {
        size: size / _seconds(redactor, ("x7" * size)[:size], 1) for size in (20_000, 400_000)
    }
    assert speeds[400_000] / speeds[20_000] > SLOWEST_SHARE
