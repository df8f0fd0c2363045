"""Names by list: pairs, single names where one must stand, and what looks like either."""

from __future__ import annotations

import time

import pytest

from secure_rag.redaction.recognizers.gazetteer import GazetteerDetector
from secure_rag.redaction.recognizers.name_lists import given_gender, given_names, surnames

CASES = [
    # given name and surname
    ("Ask Anna Novak about it.", ["Anna Novak"]),
    ("Okafor, Chidi: room 3", ["Okafor, Chidi"]),
    ("TANAKA HIROSHI", ["TANAKA HIROSHI"]),
    ("Maria Garcia Lopez signed", ["Maria Garcia Lopez"]),
    ("Piet van der Berg called", ["Piet van der Berg"]),
    ("J. Okonkwo, treasurer", ["J. Okonkwo"]),
    ("Sean O'Brien and Nguyễn Thị Lan", ["Sean O'Brien", "Nguyễn Thị Lan"]),
    ("Will Okafor come", ["Will Okafor"]),
    # one of them, where a name must stand
    ("Attendees: Marek, Adaeze and Priya", ["Marek", "Adaeze", "Priya"]),
    ("Kind regards,\nImogen", ["Imogen"]),
    ("name,team\nAdaeze,Operations\nMarek,Sales", ["Adaeze", "Marek"]),
    ("id\tEMPLOYEE\n7\tOKAFOR", ["OKAFOR"]),
    # neither
    ("We asked Marek.", []),
    ("In Paris Jordan won.", []),
    ("Victoria Park and Hong Kong", []),
    ("San Jose, Santa Rosa, New York", []),
    ("the John Lewis Partnership", []),
    ("Anna Novak Street", []),
    ("March May June", []),
    ("Kind regards,\nThe Team", []),
    ("name,team\nWidget,Operations", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=range(len(CASES)))
def test_gazetteer_finds_names_by_shape(text: str, expected: list[str]) -> None:
    spans = sorted(GazetteerDetector().find(text), key=lambda span: span.start)
    assert [text[span.start : span.end] for span in spans] == expected
    assert {span.entity for span in spans} <= {"PERSON"}


def test_gazetteer_lists_are_wide() -> None:
    assert len(given_names()) >= 5_000
    assert len(surnames()) >= 5_000
    assert (given_gender("anna"), given_gender("marek"), given_gender("andrea")) == ("f", "m", "")


def test_gazetteer_is_fast_on_prose() -> None:
    text = "The tenant Anna Novak may keep one dog, said the board of the trust in Leeds. " * 13_000
    detector = GazetteerDetector()
    detector.find("warm")
    started = time.process_time()
    assert len(detector.find(text)) == 13_000
    assert len(text) / (time.process_time() - started) > 500_000
