"""A detector that runs away inside a worker process: the document fails, the worker goes on."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from secure_rag.errors import SecureRagError
from secure_rag.policy.loader import load_policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern, PatternDetector
from secure_rag.values import Block, RawDocument

RUNAWAY = r"(?:(?:a|aa)+)+\Z"


def redact(body: str) -> str:
    """Redact a text by a pattern that takes exponential time on some; return what happened."""
    slow = Pattern("slow", "ID_NUMBER", LazyRegex(RUNAWAY), 0.9, digits=False)
    redactor = Redactor(
        load_policy("default"),
        [PatternDetector("slow", [slow])],
        redaction_digest="0" * 64,
        detector_s=0.2,
    )
    document = RawDocument("text/plain", body, (Block(0, len(body), "body"),))
    try:
        done = redactor.redact_document(
            document, document_id="x", pseudonyms=LookupPseudonyms(None)
        )
    except SecureRagError as error:
        return error.code
    return str(len(done.findings))


@pytest.mark.timeout(120)
def test_worker_runaway_pattern_fails_its_document_and_no_other() -> None:
    """Without the bound the second of them would keep the worker for good."""
    bodies = ["nothing here", "a" * 80 + "!", "b aaa"]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(redact, bodies)) == ["0", "document.detector", "1"]
