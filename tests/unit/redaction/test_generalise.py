"""Coarser values, and none where the value cannot be read with certainty."""

from __future__ import annotations

import pytest

from secure_rag.redaction.generalise import generalise

DATES = [
    ("12 March 2024", "month", "March 2024"),
    ("12th of March, 2024", "month", "March 2024"),
    ("March 12, 2024 at 10:15", "month", "March 2024"),
    ("12 Mar 24", "month", "March 2024"),
    ("12-Mar-98", "month", "March 1998"),
    ("Sept. 2021", "month", "September 2021"),
    ("2024-03-12T10:15:00Z", "month", "March 2024"),
    ("2024/3/12", "month", "March 2024"),
    ("14/03/2023", "month", "March 2023"),
    ("03/14/2023", "month", "March 2023"),
    ("14.03.23", "month", "March 2023"),
    ("14.03.29", "month", "March 2029"),
    ("14/03/61", "year", "1961"),
    # a short year that may well be of either century
    ("12 March 48", "month", None),
    ("12 March 48", "year", None),
    ("12-Mar-31", "month", None),
    ("31/12/47", "month", None),
    ("31/12/47", "year", None),
    ("31/12/47", "decade", None),
    ("5.5.59", "month", None),
    ("1 June to 31 August 48", "month", None),
    ("14/03/23 to 31/08/48", "year", None),
    ("04.03.2023", "month", "March 2023"),
    ("05/05/2023", "month", "May 2023"),
    ("20240312", "month", "March 2024"),
    ("03/2024", "month", "March 2024"),
    # day and month cannot be told apart
    ("03/04/2023", "month", "2023"),
    ("12 March", "month", "March"),
    ("March 3", "month", "March"),
    ("12 March 2024", "year", "2024"),
    ("12 March", "year", None),
    ("tomorrow", "month", None),
    ("13/13/2023", "month", "2023"),
    # counted from a day that is not said: no finer than what is asked for
    ("next year", "month", "next year"),
    ("the following Year", "year", "the following Year"),
    ("the previous financial year", "year", "the previous financial year"),
    ("last month", "month", "last month"),
    ("last month", "year", None),
    ("this quarter", "month", "this quarter"),
    ("this quarter", "year", None),
    ("the past decade", "decade", "the past decade"),
    ("next year", "decade", None),
    ("last week", "month", None),
    ("next Monday", "month", None),
    ("next year on 5 May", "month", "May"),
    # a time of day, and what comes again, name no day
    ("9 am", "month", "9 am"),
    ("5 p.m.", "year", "5 p.m."),
    ("03:00 UTC", "decade", "03:00 UTC"),
    ("8.30am - 6pm", "month", "8.30am - 6pm"),
    ("Tuesdays", "month", "Tuesdays"),
    ("every other Friday evening", "year", "every other Friday evening"),
    ("Monday to Friday, 9:00 to 17:00", "month", "Monday to Friday, 9:00 to 17:00"),
    ("Mon\u2013Fri", "month", "Mon\u2013Fri"),
    ("the first Thursday of each month", "year", "the first Thursday of each month"),
    ("weekdays and Saturdays", "month", "weekdays and Saturdays"),
    # one day may be meant, or a moment
    ("Monday", "month", None),
    ("Monday at 9:30", "month", None),
    ("Tuesday to Thursday", "month", None),
    ("Monday to Wednesday", "month", None),
    ("the last Friday of the month", "month", None),
    ("10:15:32", "month", None),
    ("3.12", "month", None),
    ("9:00 on 12 March 2024", "month", "March 2024"),
    ("every Monday from 4 July 2022", "month", "July 2022"),
    # both ends of a range count
    ("1 June 2026 to 31 August 2026", "month", "June 2026 to August 2026"),
    ("1 June 2026 to 31 August 2026", "year", "2026"),
    ("1 June to 31 August 2026", "month", "June to August 2026"),
    ("1 June to 31 August 2026", "year", "2026"),
    ("28 March \u2013 2 April 2024", "month", "March \u2013 April 2024"),
    ("2024-03-12/2024-04-15", "month", "March 2024 to April 2024"),
    ("2 and 3 March 2024 to 5 April 2024", "month", "March 2024 to April 2024"),
    ("12 to 14 March 2024", "month", "March 2024"),
    ("March 12 to 14, 2024", "month", "March 2024"),
    ("1 June 2026 and 20 June 2026", "month", "June 2026"),
    ("12 March 2024 to 2024-04-15", "month", "March 2024 to April 2024"),
    ("May and " * 2000 + "June", "month", "May and June"),
    # no single month or year would be true
    ("28 December 2025 to 3 January 2026", "year", None),
    ("14/03/23 to 31/08/24", "year", None),
    ("01/03/2024 - 31/08/2024", "month", None),
    ("2019 to June 2021", "month", None),
    ("12 March 2024, 3 April 2024", "month", None),
    ("2024-03-12, 2024-04-15", "month", None),
]


@pytest.mark.parametrize(("value", "to", "expected"), DATES, ids=range(len(DATES)))
def test_generalise_date_becomes_month_or_year(value: str, to: str, expected: str | None) -> None:
    assert generalise("DATE_TIME", value, to) == expected


AGES = [
    # value, band, cap (None: pseudonymised)
    ("34", "30-39", "34"),
    ("5", "0-9", "5"),
    ("89", "80-89", "89"),
    ("90", "90+", "90 or older"),
    ("100", "90+", "90 or older"),
    ("old", None, None),
    ("93rd", "90+", "90 or older"),
    ("aged 91.5 years", "90+", "90 or older"),
    ("89.5 years", "80-89", "89.5 years"),
    # every number counts
    ("60-69", "60-69", "60-69"),
    ("60-94", None, "90 or older"),
    ("89-95", None, "90 or older"),
    ("85\u201399", None, "90 or older"),
    ("between 85 and 95", None, "90 or older"),
    ("89, 93 and 95", None, "90 or older"),
    ("91 to 95", "90+", "90 or older"),
    ("89.95", None, "90 or older"),
    # each with its own unit
    ("18 months", "0-9", "18 months"),
    ("18-month-old", "0-9", "18-month-old"),
    ("6-8 weeks old", "0-9", "6-8 weeks old"),
    ("turned 50 last week", "50-59", "turned 50 last week"),
    ("turned 95 last week", "90+", "90 or older"),
    ("95 years 6 months", "90+", "90 or older"),
    ("95 and 6 months", None, "90 or older"),
    ("69 years, 11 months and 3 days", "60-69", "69 years, 11 months and 3 days"),
    ("5 years and 18 months", "0-9", "5 years and 18 months"),
    ("6 months to 2 years", "0-9", "6 months to 2 years"),
    ("6 months to 12 years", None, "6 months to 12 years"),
    ("1100 weeks", "20-29", "1100 weeks"),
    ("1100 months", "90+", "90 or older"),
    ("9 decades", "90+", "90 or older"),
    ("33000 days", "90+", "90 or older"),
    ("95 hours", "0-9", "95 hours"),
    # no age, or a number in words that says more than the one in digits
    ("6 in 2019", None, None),
    ("950", None, None),
    ("eighty or ninety-one, not 85", None, None),
]


@pytest.mark.parametrize(("value", "to", "expected"), DATES, ids=range(len(DATES)))
def test_generalise_what_was_generalised_stays_as_it_is(
    value: str, to: str, expected: str | None
) -> None:
    assert expected is None or generalise("DATE_TIME", expected, to) == expected


@pytest.mark.parametrize(("value", "band", "cap"), AGES, ids=range(len(AGES)))
def test_generalise_age_becomes_a_band_or_is_capped(
    value: str, band: str | None, cap: str | None
) -> None:
    assert generalise("AGE", value, "band") == band
    assert generalise("AGE", value, "cap") == cap
    assert band is None or generalise("AGE", band, "band") == band
    assert cap is None or generalise("AGE", cap, "cap") == cap


PLACES = [
    ("LOCATION", "Leeds", "United Kingdom"),
    ("LOCATION", "the city of Porto", "Portugal"),
    ("LOCATION", "France", "France"),
    ("LOCATION", "Scandinavia", "Scandinavia"),
    ("LOCATION", "Kleinzwettl", "place"),
    # in two countries
    ("LOCATION", "Birmingham", "place"),
    ("STREET_ADDRESS", "14 Orchard Lane, Leeds LS1 4AP", "United Kingdom"),
    ("STREET_ADDRESS", "Hauptstraße 12", "street address"),
]


@pytest.mark.parametrize(("entity", "value", "expected"), PLACES, ids=range(len(PLACES)))
def test_generalise_place_becomes_its_country_or_a_plain_word(
    entity: str, value: str, expected: str
) -> None:
    assert generalise(entity, value, "region") == expected


DECADES = [
    ("12 March 1984", "1980s"),
    ("1984", "1980s"),
    ("the 1990s", "1990s"),
    ("1990s", "1990s"),
    ("12 March", None),
]


@pytest.mark.parametrize(("value", "expected"), DECADES, ids=range(len(DECADES)))
def test_generalise_date_becomes_a_decade(value: str, expected: str | None) -> None:
    assert generalise("DATE_TIME", value, "decade") == expected


def test_generalise_year_alone_stays_a_year() -> None:
    assert generalise("DATE_TIME", "1998", "month") == "1998"
    assert generalise("DATE_TIME", "1998-2003", "month") is None
