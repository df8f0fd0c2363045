"""Patterns that may never end are found by analysis and by measuring; usual ones pass."""

from __future__ import annotations

import re
import threading
import time

import pytest

from secure_rag.policy.ambiguity import pumps_of
from secure_rag.policy.backtracking import LENGTH, LIMIT_S, MAX_REGEX, backtracks
from secure_rag.policy.positions import graph_of

EXPONENTIAL = (
    r"(a+)+$",
    r"(a*)*b",
    r"(a|a)*b",
    r"(a|aa)+$",
    r"(?:[\w.]+)+@",
    r"([a-z]+\s?)*$",
    r"(x+x+)+y",
    r"((?:a|b)*|(?:a|c)*)*d",
    r"(?=(a+)+b)c",
    r"(a{1,30}){1,30}b",
    r"(.*a){12}b",
    r"(a?){30}a{30}",
    r"(?:[\u0370-\u03ff]+ ?)+:",
    r"(?:[\u05d0-\u05ea]+[ -]?)+\d",
    r"(?:[\U0001d400-\U0001d7ff]+)+!",
    r"(?:[\u0400-\u04ff]x?|[\u04f0-\u052f]x?)+;",
    r"(?:[\u0900-\u097f]x?|\dx?)+;",
)
POLYNOMIAL = (r"\d+\d+\d+\d+x", r".*.*.*=x", r"\s*\s*\s*\s*\S$z")
USUAL = (
    r"\bM-\d{6}\b",
    r"(?:[a-z]+-)*\d+",
    r"matter\s+no\.?\s*(?P<value>[A-Z]\d+)",
    r"(?:\d{2}[ -]?){3,8}\d",
    r"(?:\d[ -]?){13,16}",
    r"(?>a+)b",
    r"(a++)+b",
    r"(?<!\d)\d{5}(?:-\d{4})?(?!\d)",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"(ab|cd)*e",
    r"\b(?:[A-F0-9]{2}:){5}[A-F0-9]{2}\b",
    r"(?:no\.?\s*)?\d+",
    r"(?:[\u0370-\u03ff]+ )+:",
    r"(?:[\u0400-\u04ff]x?|[\u0500-\u052f]x?)+;",
)


@pytest.mark.parametrize("regex", [*EXPONENTIAL, *POLYNOMIAL])
def test_backtracks_slow_pattern_is_refused_and_checking_it_ends_soon(regex: str) -> None:
    started = time.process_time()
    assert backtracks(regex, re.IGNORECASE)
    assert time.process_time() - started < 20 * LIMIT_S


@pytest.mark.parametrize("regex", USUAL)
def test_backtracks_usual_pattern_passes(regex: str) -> None:
    assert backtracks(regex, re.IGNORECASE) is None


@pytest.mark.parametrize("regex", [r"(a)\1+", r"(a)(?(1)b|c)\1", "a" * (MAX_REGEX + 1)])
def test_backtracks_what_cannot_be_analysed_is_refused(regex: str) -> None:
    assert backtracks(regex, 0)


def test_backtracks_ambiguity_that_no_text_shows_is_refused_all_the_same() -> None:
    # whatever stands behind the repeat matches: no suffix makes it fail
    assert backtracks(r"(a+)+", 0)


def test_backtracks_outside_the_main_thread_needs_no_timer() -> None:
    found: list[str | None] = []
    thread = threading.Thread(target=lambda: found.append(backtracks(r"(a+)+$", 0)))
    thread.start()
    thread.join()
    assert found[0]


@pytest.mark.parametrize("regex", EXPONENTIAL[:8])
def test_pumps_exponential_ambiguity_is_named_as_such(regex: str) -> None:
    pumps = [pump for graph in graph_of(regex, 0) for pump in pumps_of(graph)]
    assert any(pump.is_exponential for pump in pumps)


@pytest.mark.parametrize("regex", USUAL[:4])
def test_pumps_of_usual_patterns_are_not_exponential(regex: str) -> None:
    pumps = [pump for graph in graph_of(regex, 0) for pump in pumps_of(graph)]
    assert not any(pump.is_exponential for pump in pumps)


@pytest.mark.parametrize("regex", EXPONENTIAL[:8])
def test_pumped_text_can_be_repeated_inside_a_match(regex: str) -> None:
    pump = next(p for graph in graph_of(regex, 0) for p in pumps_of(graph) if p.is_exponential)
    body = regex.rstrip("$by@d")
    matched = re.compile(body).match(pump.prefix + pump.text * 3)
    assert matched is not None and len(matched.group()) >= len(pump.text) * 3


def test_limits_leave_room_between_quadratic_and_cubic_time() -> None:
    text = "7" * LENGTH
    started = time.thread_time()
    re.compile(r"\d+x").search(text)
    assert time.thread_time() - started < LIMIT_S
