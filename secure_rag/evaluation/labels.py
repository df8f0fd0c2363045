"""From the label names of public sets to the entities of the catalogue.

A label that is an entity of the catalogue is itself; the table knows the names that the
public sets use; `--map FROM=TO` goes before both, and `FROM=-` leaves a label out. A label
that nothing explains is an error: left out silently, its values would count as nobody's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from secure_rag.errors import UsageError
from secure_rag.evaluation.labelled import LabelledText, count_labels
from secure_rag.policy.entities import ENTITIES

LEFT_OUT: Final = "-"
_EVERY_OTHER: Final = "*"

_NAMES: Final = {
    "PERSON": "PER NAME FIRSTNAME FIRST_NAME GIVENNAME LASTNAME LAST_NAME SURNAME MIDDLENAME "
    "FULL_NAME POLITICIAN WRITER MUSICALARTIST SCIENTIST RESEARCHER PATIENT DOCTOR STAFF",
    "LOCATION": "LOC GPE FAC FACILITY GEO_LOC COUNTRY CITY STATE COUNTY REGION",
    "ORGANIZATION": "ORG ORGANISATION COMPANY CORPORATION GROUP UNIVERSITY POLITICALPARTY BAND "
    "HOSPITAL COMPANYNAME",
    "NRP": "NORP DEM NATIONALITY",
    "TITLE": "PREFIX HONORIFIC",
    "DATE_TIME": "DATE TIME DATETIME DOB DATE_OF_BIRTH",
    "STREET_ADDRESS": "ADDRESS ADDR STREET STREETADDRESS",
    "POSTCODE": "ZIP ZIP_CODE ZIPCODE UK_POSTCODE POSTAL_CODE",
    "EMAIL_ADDRESS": "EMAIL MAIL",
    "PHONE_NUMBER": "PHONE TELEPHONE TEL FAX",
    "URL": "DOMAIN_NAME DOMAIN WEBSITE",
    "IP_ADDRESS": "IP IPV4 IPV6",
    "MAC_ADDRESS": "MAC",
    "USERNAME": "USER USER_NAME LOGIN",
    "ID_NUMBER": "ID CODE IDNUM ACCOUNT MEDICALRECORD MRN UK_DRIVING_LICENCE CASE_NUMBER",
    "CREDIT_CARD": "CREDITCARD CREDIT_CARD_NUMBER CREDITCARDNUMBER CARD",
    "IBAN_CODE": "IBAN",
    "BIC_CODE": "BIC SWIFT",
    "US_SSN": "SSN",
    "SECRET_PASSWORD": "PASSWORD",
    "SECRET_KEY": "API_KEY",
}
_NOBODYS: Final = (
    "MISC MISCELLANEOUS OTH OTHER EVENT PRODUCT CREATIVE_WORK WORK_OF_ART LAW LANGUAGE ELECTION "
    "AWARD DISCIPLINE ENZYME PROTEIN CHEMICALELEMENT CHEMICALCOMPOUND ASTRONOMICALOBJECT "
    "ACADEMICJOURNAL THEORY MONEY PERCENT CARDINAL ORDINAL QUANTITY ALBUM SONG MUSICGENRE "
    "MUSICALINSTRUMENT BOOK POEM MAGAZINE LITERARYGENRE FIELD TASK ALGORITHM PROGRAMLANG METRICS "
    "CONFERENCE VEH VEHICLE WEAPON"
)

TABLE: Final = MappingProxyType(
    {
        **{name: entity for entity, names in _NAMES.items() for name in names.split()},
        **dict.fromkeys(_NOBODYS.split(), LEFT_OUT),
    }
)
"""By label, in capitals with underscores: the entity, or `-` for what names nobody."""

COUNTS_AS: Final = MappingProxyType({"DURATION": "DATE_TIME"})
"""Entities that a set without such a label marks as another one."""

TAB_TABLE: Final = MappingProxyType({"MISC": "MISC", "QUANTITY": "QUANTITY"})
"""In the Text Anonymization Benchmark these are personal data like any other."""


@dataclass(frozen=True)
class LabelMap:
    """Names for the labels of one set."""

    given: Mapping[str, str] = field(default_factory=dict)
    """What the user says, by folded label; `*` stands for every label that nothing explains."""
    table: Mapping[str, str] = field(default_factory=lambda: TABLE)

    def entity_of(self, label: str) -> str | None:
        """Return the entity a label counts as, `-` for none, None if nothing explains it."""
        name = fold_label(label)
        for table in (self.given, self.table):
            if name in table:
                return table[name]
        return name if name in ENTITIES else self.given.get(_EVERY_OTHER)


def label_map(given: Iterable[str], *, format_name: str) -> LabelMap:
    """Read `FROM=TO` pairs.

    Raises:
        UsageError: not of that form.
    """
    pairs: dict[str, str] = {}
    for pair in given:
        label, sign, entity = pair.partition("=")
        if not sign or not label.strip() or not re.fullmatch(r"-|[A-Za-z][\w-]{0,60}", entity):
            raise UsageError(
                "--map wants FROM=TO", hint="for example --map FAC=LOCATION, or --map EVENT=-"
            )
        name = label.strip() if label.strip() == _EVERY_OTHER else fold_label(label)
        pairs[name] = entity if entity == LEFT_OUT else fold_label(entity)
    extra = {**TABLE, **TAB_TABLE} if format_name == "tab" else TABLE
    return LabelMap(pairs, extra)


def fold_label(label: str) -> str:
    """Return a label in capitals with underscores."""
    return re.sub(r"[\s\-]+", "_", label.strip()).upper()


def apply_labels(
    texts: Iterable[LabelledText], names: LabelMap
) -> tuple[tuple[LabelledText, ...], dict[str, tuple[str, int]]]:
    """Return the texts with entities for labels, and what became of each label.

    Raises:
        UsageError: a label that nothing explains.
    """
    listed = tuple(texts)
    counts = count_labels(listed)
    entities = {label: names.entity_of(label) for label in counts}
    _refuse_unknown([label for label, entity in entities.items() if entity is None], counts)
    mapped = tuple(
        replace(
            text,
            mentions=tuple(
                replace(one, entity=entity)
                for one in text.mentions
                if (entity := entities[one.entity] or LEFT_OUT) != LEFT_OUT
            ),
        )
        for text in listed
    )
    told = {
        label: ("" if entities[label] in (None, LEFT_OUT) else str(entities[label]), count)
        for label, count in sorted(counts.items())
    }
    return mapped, told


def _refuse_unknown(unknown: list[str], counts: Counter[str]) -> None:
    if not unknown:
        return
    shown = ", ".join(
        re.sub(r"[^\w\-]", "?", label)[:40]
        for label in sorted(unknown, key=lambda label: -counts[label])[:10]
    )
    raise UsageError(
        f"labels that no entity stands for: {shown}",
        hint="say what they count as, --map LABEL=ENTITY, or --map LABEL=- to leave one out "
        "(--map '*=-': all of them)",
        code="dataset.label",
    )
