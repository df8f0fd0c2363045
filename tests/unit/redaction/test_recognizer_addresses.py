"""Street addresses of many countries, units, boxes and postcodes."""

from __future__ import annotations

import pytest

from secure_rag.redaction.recognizers import addresses
from secure_rag.redaction.recognizers.address_lines import AddressDetector
from secure_rag.redaction.recognizers.anchored import AnchoredDetector
from secure_rag.redaction.recognizers.shapes import ShapeDetector
from tests.unit.redaction.marked import check

DETECTORS = (
    AnchoredDetector("addresses", addresses.PATTERNS),
    ShapeDetector("addresses", addresses.SHAPES),
    AddressDetector(),
)
STREETS = [
    "at ⟦14 Orchard Lane⟧ before",
    "at ⟦Flat 3, 12 Baker Street, London NW1 6XE⟧.",
    "to ⟦1200 N. Elm Ave Apt 4, Springfield, IL 62704⟧",
    "to ⟦350 Fifth Avenue, Suite 200, New York, NY 10118⟧",
    "at ⟦Kestrel House, 5 Orchard Lane⟧ in",
    "at ⟦221B Baker St⟧ now",
    "at ⟦12 Mill Hill Road⟧ now",
    "at ⟦200 West 42nd Street⟧ now",
    "at ⟦18 Queen Street, Sydney NSW 2000⟧ now",
    "at ⟦77 Main Street, Toronto, ON M5V 2T6⟧ now",
    "at ⟦9 Long Street, Cape Town 8001⟧ now",
    "at ⟦45 MG Road, Bengaluru 560001⟧ now",
    "in ⟦Hauptstraße 12⟧ wohnt",
    "in ⟦Goethestr. 7⟧ wohnt",
    "in ⟦Söndergade 52⟧ and",
    "at ⟦Gamle Kongevej 10⟧ and",
    "at ⟦Storgatan 5⟧ and",
    "at ⟦Kiannonkatu 98⟧ and",
    "at ⟦Keizersgracht 123⟧ and",
    "at ⟦ul. Stefana Lipskiego 28⟧ and",
    "at ⟦Kossuth Lajos utca 15⟧ and",
    "in ⟦Via Garibaldi 5⟧ abita",
    "in ⟦Calle Mayor 12⟧ vive",
    "na ⟦Rua Augusta 100⟧ mora",
    "in ⟦12 rue de la Paix⟧ vit",
    "in ⟦8, place de la Gare⟧ vit",
    "to ⟦PSC 1437, Box 3833, APO AA 66791⟧",
    "\n⟦Suite 697⟧\n",
    "write to ⟦PO Box 1234⟧",
    "at ⟦the corner of Mill Lane and Park Road⟧.",
    "on ⟦Larkspur Lane⟧ there",
    "address: ⟦17 baker street⟧\n",
    "keys at ⟦31 elm grove, sheffield⟧",
    "pick up @ ⟦23 harbour view rd⟧, ok",
    "lives at ⟦Allika 46⟧ now",
    "to\n⟦28030 Edeby 55\n Apt. 297⟧\n Uppsala\n Sweden 99178\n",
    "AT ⟦14 ORCHARD LANE⟧ BEFORE",
]
POSTCODES = [
    "in ⟦NW1 6XE⟧ there",
    "Springfield IL ⟦62704⟧ now",
    "ZIP code: ⟦62704⟧",
    "in ⟦K1A 0B1⟧ there",
    "ZIP: ⟦394 13⟧",
    "PLZ: ⟦10115⟧",
    "14 Orchard Lane\nLeeds\n⟦LS1 4AP⟧\n",
]
TOWNS = [
    "14 Orchard Lane\n⟦Ashford⟧\nLS1 4AP\n",
    "Søndergade 5\nApt. 3\n ⟦Brønnum⟧\n Denmark\n",
]
LEFT = [
    "Clause 12 of the Agreement applies",
    "It sold 62704 units in a place",
    "2 cars on the road",
    "3 Supreme Court judges",
    "Article 6 of the Convention",
    "after 15 minutes drive",
    "in 2001 the committee met in Spring 2001",
    "Chapter 5 and Annex 3 and Table 12",
    "a 2 lane road",
    "Windows 10 and Monitoring 5",
    "Committee 5 and Gate 12",
    "12 High Court cases",
    "the 4 largest national parks",
    "pay 12 euros via e-mail 5 times",
]


@pytest.mark.parametrize("marked", STREETS, ids=range(len(STREETS)))
def test_streets_marked_value_is_found_whole(marked: str) -> None:
    check(DETECTORS, marked, "STREET_ADDRESS")


@pytest.mark.parametrize("marked", POSTCODES, ids=range(len(POSTCODES)))
def test_postcodes_marked_value_is_found_whole(marked: str) -> None:
    check(DETECTORS, marked, "POSTCODE")


@pytest.mark.parametrize("marked", TOWNS, ids=range(len(TOWNS)))
def test_address_lines_town_below_a_street_is_a_place(marked: str) -> None:
    check(DETECTORS, marked, "LOCATION")


@pytest.mark.parametrize("text", LEFT, ids=range(len(LEFT)))
def test_addresses_other_numbers_are_left_alone(text: str) -> None:
    check(DETECTORS, text, "!")
