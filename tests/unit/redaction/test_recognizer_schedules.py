"""What comes again is found whole, with its days and hours, so that all of it can stay."""

from __future__ import annotations

import pytest

from secure_rag.redaction.recognizers import schedules
from secure_rag.redaction.recognizers.anchored import AnchoredDetector
from tests.unit.redaction.marked import check

DETECTORS = (AnchoredDetector("schedules", schedules.PATTERNS),)
FOUND = [
    "closed ⟦every Sunday⟧.",
    "runs ⟦every Sunday night at 02:00⟧.",
    "emptied ⟦each Wednesday⟧.",
    "on ⟦every second Friday⟧ of",
    "is ⟦every Monday, Wednesday and Friday at 10:00⟧ in",
    "on ⟦Mondays and Thursdays between 2 p.m. and 4 p.m.⟧ only",
    "at ⟦weekends⟧ nobody",
    "on ⟦weekdays and on Saturdays⟧ from",
    "open ⟦Monday to Friday⟧ only",
    "Hours: ⟦Mon-Fri 8.30am - 6pm, Sat 9am - 1pm⟧ (UK)",
    "open ⟦Tue to Sat, 10:00 to 18:00⟧;",
    "on ⟦the first Thursday of each month⟧ the",
    "by ⟦the last Friday of each quarter⟧ at",
    "⟦MON\u2013FRI 09:00\u201317:00⟧ ONLY",
]
LEFT = [
    "on Monday at 9:30 he",
    "from Tuesday to Thursday he",
    "was in hospital Monday to Wednesday and",
    "in March 2024, on the last Friday of the month, he",
    "every month and each of us",
    "the first of each month",
    "the sun sat low on every side",
    "at 9:00 to 17:00",
    "Sunday-best and pre-Mondays-ish",
]


@pytest.mark.parametrize("marked", FOUND, ids=range(len(FOUND)))
def test_schedules_are_found_whole(marked: str) -> None:
    check(DETECTORS, marked, "DATE_TIME")


@pytest.mark.parametrize("text", LEFT, ids=range(len(LEFT)))
def test_schedules_one_day_is_none(text: str) -> None:
    check(DETECTORS, text, "!DATE_TIME")


@pytest.mark.parametrize("marked", FOUND, ids=range(len(FOUND)))
def test_schedules_name_no_day(marked: str) -> None:
    value = marked[marked.index("⟦") + 1 : marked.index("⟧")]
    assert schedules.names_no_day(value)
    assert not schedules.names_no_day(f"{value} 2024")
