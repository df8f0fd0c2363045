"""What runs away fails its document; it neither hangs nor is skipped."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable

import pytest
import regex

from secure_rag.errors import DocumentError
from secure_rag.policy.model import Policy
from secure_rag.redaction.deadline import OutOfTimeError, is_bounded, processor_time
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern, PatternDetector
from secure_rag.redaction.scan import Scanner, Views
from secure_rag.values import RawDocument

RUNAWAY = LazyRegex(r"(?:(?:a|aa)+)+\Z")
TEXT = "a" * 64 + "!"


def test_processor_time_runaway_match_is_cut_short() -> None:
    started = time.process_time()
    with pytest.raises(OutOfTimeError), processor_time(0.05):
        RUNAWAY.compiled.search(TEXT)
    assert time.process_time() - started < 5


def test_processor_time_quick_work_leaves_no_timer_and_the_old_handler() -> None:
    before = signal.getsignal(signal.SIGPROF)
    with processor_time(5):
        pass
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    assert signal.getsignal(signal.SIGPROF) is before


def test_processor_time_in_another_thread_runs_unbounded() -> None:
    done: list[bool] = []

    def work() -> None:
        with processor_time(0.001):
            done.append(re.search("b", TEXT * 1000) is None)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_processor_time_pattern_without_time_out_is_cut_short() -> None:
    runaway = Scanner(
        ((regex.compile(r"(?:(?:a|aa)+)+\Z"), 0.5, "whole"),),
        validate=lambda value: None,
        invalidate=lambda value: None,
        timeout_s=1000,
    )
    with pytest.raises(OutOfTimeError), processor_time(0.05):
        runaway.find(Views(TEXT))


def test_is_bounded_says_whether_a_timer_runs_here() -> None:
    elsewhere: list[bool] = []
    assert not is_bounded()
    with processor_time(5):
        assert is_bounded()
        thread = threading.Thread(target=lambda: elsewhere.append(is_bounded()))
        thread.start()
        thread.join()
    assert not is_bounded()
    assert elsewhere == [False]


@pytest.mark.parametrize("is_costly", [False, True])
def test_redact_document_detector_out_of_time_fails_the_document(
    policy: Policy, document: Callable[..., RawDocument], is_costly: bool
) -> None:
    slow = PatternDetector("slow", [Pattern("slow", "ID_NUMBER", RUNAWAY, 0.9, digits=False)])
    slow.is_costly = is_costly  # type: ignore[misc]
    redactor = Redactor(policy, [slow], redaction_digest="0" * 64, detector_s=0.05)
    with pytest.raises(DocumentError) as failure:
        redactor.redact_document(
            document(("body", TEXT)), document_id="x", pseudonyms=LookupPseudonyms(None)
        )
    assert failure.value.code == "document.detector"
    assert "slow" in str(failure.value)
    assert "aaaa" not in str(failure.value)
