"""Names by their place, forms of address, occupations, groups, places and organisations."""

from __future__ import annotations

import pytest

from secure_rag.redaction.recognizers import organisations, people
from secure_rag.redaction.recognizers.anchored import AnchoredDetector
from secure_rag.redaction.recognizers.other_scripts import OtherScriptDetector
from secure_rag.redaction.recognizers.wordlists import WordListDetector
from tests.unit.redaction.marked import check

DETECTORS = (
    AnchoredDetector("people", people.PATTERNS),
    AnchoredDetector("organisations", organisations.PATTERNS),
    WordListDetector(),
)
FOUND = [
    ("⟦Dr⟧ Whitfield came", "TITLE"),
    ("Mrs ⟦Amelia Whitfield⟧ came", "PERSON"),
    ("Mr. ⟦van der Berg⟧ came", "PERSON"),
    ("Mr ⟦Þórsson⟧ came", "PERSON"),
    ("Mr ⟦A. N. Lindqvist⟧ came", "PERSON"),
    ("Patient name: ⟦Rosalind Achterberg⟧", "PERSON"),
    ("Dear ⟦Marek⟧,\n", "PERSON"),
    ("Signed by: ⟦Petra Kowalska⟧\n", "PERSON"),
    ("The applicant, Mr ⟦Ivan Petrov⟧, complained", "PERSON"),
    ("by a Bulgarian national, ⟦Ivan Petrov⟧", "PERSON"),
    ("the tenant, ⟦Petra Kowalska⟧, left", "PERSON"),
    ("Kind regards,\n⟦Petra⟧\n", "PERSON"),
    ("on behalf of ⟦Petra Kowalska⟧ we", "PERSON"),
    ("Anna Novak\n⟦Senior claims handler⟧\nHalden", "TITLE"),
    ("Marie Lang, the ⟦packager⟧, said", "TITLE"),
    ("she works as a ⟦staff nurse⟧ in", "TITLE"),
    ("Job title: ⟦Head of Legal⟧\n", "TITLE"),
    ("He is ⟦French⟧ and", "NRP"),
    ("she speaks ⟦Polish⟧ well", "NRP"),
    ("a ⟦Muslim⟧ family", "NRP"),
    ("of ⟦Kurdish⟧ origin", "NRP"),
    ("I am ⟦cambodian⟧ but", "NRP"),
    ("the ⟦Turks⟧ and", "NRP"),
    ("a ⟦Social Democrat⟧ since", "NRP"),
    ("in ⟦Germany⟧ there", "LOCATION"),
    ("in ⟦New Zealand⟧ there", "LOCATION"),
    ("from ⟦Warsaw⟧ to", "LOCATION"),
    ("in ⟦the United States⟧ we".replace("⟦the ", "the ⟦"), "LOCATION"),
    ("by ⟦Halden Logistics Ltd⟧ within", "ORGANIZATION"),
    ("by ⟦Müller Maschinenbau GmbH⟧ within", "ORGANIZATION"),
    ("by ⟦Nordhavn Rederi A/S⟧ within", "ORGANIZATION"),
    ("by ⟦Kestrel & Sons Sp. z o.o.⟧ within", "ORGANIZATION"),
    ("the ⟦Warsaw Regional Court⟧ held", "ORGANIZATION"),
    ("the ⟦Court of Appeal of Paris⟧ held", "ORGANIZATION"),
    ("the ⟦Ministry of Justice⟧ held", "ORGANIZATION"),
    ("the ⟦High Court⟧ held", "ORGANIZATION"),
    ("the ⟦Leeds City Council⟧ held", "ORGANIZATION"),
    ("the ⟦University of Leeds⟧ held", "ORGANIZATION"),
    ("the ⟦Istanbul Bar Association⟧ held", "ORGANIZATION"),
    ("the ⟦FBI⟧ held", "ORGANIZATION"),
]
LEFT = [
    ("Landlord: Harbour Street Properties Ltd\n", "!PERSON"),
    ("Dear Customer,\n", "!"),
    ("Dear Sir or Madam,\n", "!PERSON"),
    ("the doctor will see the tenant", "!"),
    ("The landlord pays the judge's fee.", "!"),
    ("Lettings: Arrears\n", "!"),
    ("Tenant: Rent Arrears\n", "!PERSON"),
    ("a Danish pastry and a French window", "!NRP"),
    ("a Brazil nut", "!NRP"),
    ("a Turkish bath and Swiss cheese", "!NRP"),
    ("written in English.", "!NRP"),
    ("polish the table and catch a swede", "!NRP"),
    ("a turkey and a jordan almond", "!LOCATION"),
    ("Reading is nice, and so is a bath", "!LOCATION"),
    ("Jack London wrote it", "!LOCATION"),
    ("The Bank of England raised it", "!LOCATION"),
    ("the court held that the ministry", "!ORGANIZATION"),
    ("Limited liability and incorporated by reference", "!ORGANIZATION"),
    ("manager\n", "!"),
    ("Please ask your manager", "!"),
]


@pytest.mark.parametrize(("marked", "entity"), FOUND, ids=range(len(FOUND)))
def test_people_marked_value_is_found_whole(marked: str, entity: str) -> None:
    check(DETECTORS, marked, entity)


@pytest.mark.parametrize(("text", "entity"), LEFT, ids=range(len(LEFT)))
def test_people_other_words_are_left_alone(text: str, entity: str) -> None:
    check(DETECTORS, text, entity)


# in Latin text; marked at the starter policy's threshold, or only below it
OTHER_SCRIPTS = [
    ("wife of ⟦Иван Петров⟧ since", 0.35),
    ("Greek ⟦Γιώργος Παπαδόπουλος⟧; came", 0.35),
    ("his name is ⟦Иван⟧ only", 0.3),
    ("his name is ⟦محمد علي⟧ only", 0.3),
    ("signed ⟦王小明⟧.", 0.3),
    ("signed ⟦अमित कुमार⟧.", 0.3),
]


@pytest.mark.parametrize(("marked", "least"), OTHER_SCRIPTS, ids=range(len(OTHER_SCRIPTS)))
def test_other_scripts_name_is_found(marked: str, least: float) -> None:
    check([OtherScriptDetector()], marked, "PERSON", least=least)


@pytest.mark.parametrize(
    "text", ["the α and Δ of 5 μm", "Zoë Müller and Łukasz", "слово и дело"], ids=range(3)
)
def test_other_scripts_symbols_and_latin_letters_are_left(text: str) -> None:
    check([OtherScriptDetector()], text, "!PERSON", least=0.0)
