"""Dates, times, years, lengths of time and ages: what is found, and what is left alone."""

from __future__ import annotations

import pytest

from secure_rag.redaction.recognizers import ages, dates, durations, years
from secure_rag.redaction.recognizers.anchored import AnchoredDetector
from secure_rag.redaction.recognizers.shapes import ShapeDetector
from tests.unit.redaction.marked import check

DETECTORS = (
    AnchoredDetector("dates", (*dates.PATTERNS, *years.PATTERNS, *durations.PATTERNS)),
    ShapeDetector("dates", (*dates.SHAPES, *years.SHAPES)),
)
FOUND = [
    "born on ⟦12 March 1984⟧ in",
    "on ⟦March 12th, 2024⟧.",
    "the ⟦3rd of May⟧ was",
    "dated ⟦29 November 1996⟧,",
    "since ⟦Sept. 2021⟧ he",
    "at ⟦2024-03-12 10:15:00 UTC⟧ it",
    "at ⟦2024-03-12T10:15:00.123Z⟧ it",
    "on ⟦12/03/2024⟧ we",
    "on ⟦1.2.2023⟧ we",
    "on ⟦Monday, 4 July 2022 at 14:30⟧ in",
    "dob: ⟦19840312⟧",
    "Date: ⟦Mon, 30 Mar 2026 09:12:44 +0100⟧\n",
    "on ⟦27 March⟧. Then",
    "from ⟦12-14 March 2024⟧ in",
    "on ⟦12 and 14 March 2024⟧ in",
    "between ⟦March 3 and March 9, 2021⟧ he",
    "in ⟦January 1998⟧ she",
    "in ⟦early March 2004⟧ she",
    "in ⟦1998⟧ she",
    "since ⟦1987⟧, he",
    "between ⟦2001⟧ and 2004",
    "between 2001 and ⟦2004⟧ it",
    "the years ⟦1998-2003⟧ were",
    "in the ⟦1990s⟧ they",
    "in the ⟦mid-1990s⟧ they",
    "in the ⟦nineteenth century⟧ they",
    "in ⟦spring 2019⟧ it",
    "in ⟦Q3 2023⟧ it",
    "in the ⟦first half of 2020⟧ it",
    "on ⟦Friday⟧ he",
    "last ⟦Tuesday⟧ he",
    "in ⟦August⟧ he",
    "at ⟦10.30 a.m.⟧ he",
    "at ⟦3 pm⟧ he",
    "at ⟦9 o'clock⟧ he",
    "log ⟦10:15:32⟧ started",
    "on ⟦2021-Mar-05⟧ we",
    "on ⟦5-Mar-2021⟧ we",
    "due ⟦03/2024⟧ at",
    "Today is ⟦21.5.21⟧",
    "today is ⟦5/21⟧",
    "he left ⟦two weeks ago⟧ and",
    "ON ⟦12 MARCH 1984⟧ IN",
    "on ⟦2 mai 2020⟧ in",
]
LEFT = [
    "Version 10.2.14 and section 4.2.1",
    "You may march on 12 occasions",
    "between 3 and 4 people",
    "ratio 99/99/2020 is no day",
    "Article 6 § 1 and Articles 13 and 14 of the Convention",
    "see section 12.3 and clause 4.5 of the agreement",
    "the price is 1998.00 euros or $2000",
    "to six months' imprisonment, after three years and six months",
    "the court may decide and may not",
    "pages 120-134 and paragraphs 14-20",
    "a score of 3-2 and odds of 7/2",
    "room 2024 and part no. 1990",
    "Rule 39 of the Rules; 1,998 people",
    "notice of ten days and a period of three months",
    "within 30 days of delivery",
    "it costs 12.50 per unit",
    "1920x1080 pixels",
    "Windows 2000 is old",
]
AGED = [
    "is ⟦47⟧ years old",
    "a ⟦34⟧-year-old man",
    "aged ⟦71⟧ she",
    "Age: ⟦8⟧",
    "Anna, ⟦34⟧, of Leeds",
    "pt ⟦62⟧ y/o F",
    "written when he was ⟦78⟧.",
    "a baby ⟦18 months⟧ old",
    "at the age of ⟦52⟧ he",
    "she turned ⟦60⟧ in",
]
NO_AGES = [
    "when it was 40 percent",
    "holds 47 boxes for 12 years",
    "page 34 of 120",
    "an average of 3.47 percent",
    "an agreement of 12 March",
]


@pytest.mark.parametrize("marked", FOUND, ids=range(len(FOUND)))
def test_dates_marked_value_is_found_whole(marked: str) -> None:
    check(DETECTORS, marked, "DATE_TIME")


@pytest.mark.parametrize("text", LEFT, ids=range(len(LEFT)))
def test_dates_other_numbers_are_left_alone(text: str) -> None:
    check(DETECTORS, text, "!DATE_TIME")


@pytest.mark.parametrize("marked", AGED, ids=range(len(AGED)))
def test_ages_marked_value_is_found_whole(marked: str) -> None:
    check([ShapeDetector("ages", ages.SHAPES)], marked, "AGE")


@pytest.mark.parametrize("text", NO_AGES, ids=range(len(NO_AGES)))
def test_ages_other_numbers_are_left_alone(text: str) -> None:
    check([ShapeDetector("ages", ages.SHAPES)], text, "!AGE")


TERMS = [
    "for ⟦three years⟧ they",
    "within ⟦ten days⟧ of",
    "to ⟦six months'⟧ imprisonment",
    "after ⟦three years and six months⟧ he",
    "within ⟦72 hours⟧ it",
]


@pytest.mark.parametrize("marked", TERMS, ids=range(len(TERMS)))
def test_durations_length_of_time_is_no_date(marked: str) -> None:
    check(DETECTORS, marked, "DURATION", least=0.25)
    check(DETECTORS, marked.replace("⟦", "").replace("⟧", ""), "!DATE_TIME")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("72 hours", True),
        ("three years and six months", True),
        ("at least ten working days", True),
        ("two and a half years", True),
        ("every six weeks", True),
        ("monthly", True),
        ("six months' notice", True),
        ("how many hours", True),
        ("many years", True),
        ("thirty days after", True),
        ("two weeks ago", False),
        ("the last three years", False),
        ("next two weeks", False),
        ("May 2019", False),
        ("two years from March", False),
        ("1998", False),
        ("the day", False),
        ("1430 hours", False),
        ("Monday", False),
    ],
)
def test_is_duration_words_decide(text: str, expected: bool) -> None:
    assert durations.is_duration(text) is expected
