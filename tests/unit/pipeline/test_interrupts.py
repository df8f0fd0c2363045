"""Ctrl-C while an event is written: held back, then raised, never lost."""

from __future__ import annotations

import signal
import threading

import pytest

from secure_rag.pipeline.interrupts import uninterrupted


def test_uninterrupted_raises_after_the_body_has_ended() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        done.append("written")
    assert done == ["written"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_uninterrupted_without_a_signal_leaves_the_handler_as_it_was() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with uninterrupted():
            pass
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_uninterrupted_body_that_fails_keeps_its_error() -> None:
    with pytest.raises(ValueError, match="full"), uninterrupted():
        raise ValueError("full")


def test_uninterrupted_in_another_thread_does_nothing() -> None:
    done: list[bool] = []

    def work() -> None:
        with uninterrupted():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
