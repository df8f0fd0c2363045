"""Street addresses, post-office boxes and postcodes."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.pattern import Pattern

_KIND: Final = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|"
    r"Square|Sq|Terrace|Ter|Close|Crescent|Cres|Gardens|Gdns|Grove|Hill|Way|Walk|Row|Mews|"
    r"Park|Parade|Parkway|Pkwy|Highway|Hwy|Freeway|Circle|Cir|Trail|Trl|Turnpike|Tpke|Quay|Wharf|"
    r"Rise|Green|Loop|Alley|Plaza|Esplanade|Crossing|Expressway|Route|Causeway|Bypass|Vale|Yard)"
)
_STATE: Final = (
    r"(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|"
    r"S[CD]|T[NX]|UT|V[TA]|W[AVIY])"
)
_UK: Final = r"(?:GIR ?0AA|[A-PR-UWYZ](?:[A-HK-Y]?\d[\dA-Z]?) ?\d[ABD-HJLNP-UW-Z]{2})"
_WORD: Final = r"(?:[A-Z][\w'.-]*|\d{1,3}(?:st|nd|rd|th))"
_UNIT: Final = (
    r"(?:(?:Flat|Apt\.?|Apartment|Unit|Suite|Ste\.?|Room|Floor|Building|Block|House)\s+"
    r"#?[\w-]{1,6},?\s+)"
)
_TAIL: Final = (
    r"(?:,?\s+(?:#\s?\w{1,6}|(?:Flat|Apt\.?|Apartment|Unit|Suite|Ste\.?|Floor)\s+#?[\w-]{1,6}))?"
)
_PLACE: Final = (
    rf"(?:,?\s+(?:[A-Z][\w'.-]+(?:\s[A-Z][\w'.-]+){{0,2}}),?\s+(?:{_UK}|{_STATE}\s+\d{{5}}"
    rf"(?:-\d{{4}})?))?"
)

PATTERNS: Final = (
    Pattern(
        "street_number_first",
        "STREET_ADDRESS",
        re.compile(
            rf"{_UNIT}?(?<![\w.,/-])\d{{1,5}}(?:[-/]\d{{1,4}})?[A-Za-z]?,?\s(?:[NSEW]\.?\s)?"
            rf"(?:{_WORD}\s){{1,4}}?{_KIND}\b\.?(?:\s[NSEW]{{1,2}}\b)?{_TAIL}{_PLACE}"
        ),
        0.7,
    ),
    Pattern(
        "street_no_kind_uk",
        "STREET_ADDRESS",
        re.compile(rf"(?<![\w.,/-])\d{{1,4}}[A-Za-z]?,?\s(?:{_WORD},?\s){{1,5}}{_UK}(?![A-Za-z])"),
        0.5,
    ),
    Pattern(
        "street_caps",
        "STREET_ADDRESS",
        re.compile(
            rf"(?<![\w.,/-])\d{{1,5}}[A-Z]?\s(?:[A-Z][A-Z'.-]+\s){{1,4}}?{_KIND.upper()}\b\.?"
        ),
        0.6,
    ),
    Pattern(
        "street_german",
        "STREET_ADDRESS",
        re.compile(
            r"\b(?:[A-ZÄÖÜ][\wäöüß.-]*(?:[\s-][A-ZÄÖÜ][\wäöüß.-]*){0,2}[\s-]?)?"
            r"(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|\w{1,30}(?:stra(?:ß|ss)e|str\.|weg|gasse|allee|platz|damm|ring|"
            r"ufer))\s\d{1,4}(?:\s?[a-z])?\b(?:,?\s\d{5}\s[A-ZÄÖÜ]\w+)?"
        ),
        0.6,
    ),
    Pattern(
        "street_suffixed",
        "STREET_ADDRESS",
        re.compile(
            r"\b[^\W\d_a-z][\w'-]{0,30}(?:gade|vej|gata|gatan|vägen|veien|vegur|stræti|straat|laan|"
            r"utca|katu|tie|gate|allé|plein|kade|gracht)\s\d{1,4}(?:\s?[A-Za-z])?\b"
        ),
        0.5,
    ),
    Pattern(
        "street_slavic",
        "STREET_ADDRESS",
        re.compile(r"\b(?:ul|al|pl|os|nám)\.\s[^\W\d_]\w+(?:\s[^\W\d_a-z]\w+){0,2}\s\d{1,4}\w?\b"),
        0.5,
    ),
    Pattern(
        "unit_alone",
        "STREET_ADDRESS",
        re.compile(r"\b(?:Apt\.?|Apartment|Suite|Ste\.|Flat)\s#?\d{1,5}[A-Z]?\b"),
        0.4,
    ),
    Pattern(
        "military_mail",
        "STREET_ADDRESS",
        re.compile(
            r"\b(?:(?:PSC|CMR|Unit)\s\d{1,5},?\sBox\s\d{1,5}(?:,?\s[AFD]PO,?\sA[AEP]\s\d{5})?|"
            r"[AFD]PO,?\sA[AEP]\s\d{5})\b"
        ),
        0.7,
    ),
    Pattern(
        "street_romance",
        "STREET_ADDRESS",
        re.compile(
            r"\b(?:\d{1,4}(?:\s?(?:bis|ter))?,?\s(?:rue|avenue|boulevard|place|chemin|allée|quai|"
            r"impasse)\s(?:d[eu]s?\s|de\sla\s|d'|l')?[\w'-]+(?:\s[A-Z][\w'-]+){0,3}"
            r"|(?:Via|Viale|Piazza|Corso|Calle|Avenida|Plaza|Paseo|Rua|Avda\.?)\s"
            r"(?:d[aei]l?l?a?\s|de\s(?:la\s|los\s)?)?[A-Z][\w'-]+(?:\s[A-Z][\w'-]+){0,3},?\s"
            r"(?:n\.?º?\s?)?\d{1,4}\b)"
        ),
        0.6,
    ),
    Pattern(
        "po_box",
        "STREET_ADDRESS",
        re.compile(
            r"\b(?:P\.?\s?O\.?\s?Box|Post Office Box|Private Bag)\s?#?\s?\w?\d{1,7}\b",
            re.IGNORECASE,
        ),
        0.7,
    ),
    Pattern("postcode_uk", "POSTCODE", re.compile(rf"\b{_UK.replace(' ?', ' ')}\b"), 0.5),
    Pattern(
        "zip_after_state",
        "POSTCODE",
        re.compile(rf"\b{_STATE}\.?,?\s(?P<value>\d{{5}}(?:-\d{{4}})?)\b"),
        0.6,
    ),
    Pattern("zip_plus_four", "POSTCODE", re.compile(r"(?<![\d-])\d{5}-\d{4}(?![\d-])"), 0.4),
    Pattern(
        "postcode_canada",
        "POSTCODE",
        re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d\b"),
        0.5,
    ),
    Pattern(
        "postcode_by_context",
        "POSTCODE",
        re.compile(r"(?<![\w.,-])(?:[A-Z]{1,2}-)?\d{4,6}(?![\w.,-]*\d)"),
        0.05,
        context=ContextWords(
            [
                "zip",
                "zipcode",
                "postcode",
                "plz",
                "postal code",
                "post code",
                "zip code",
                "cap",
                "code postal",
            ]
        ),
        only_with_context=True,
    ),
    Pattern(
        "postcode_before_town",
        "POSTCODE",
        re.compile(r"(?:(?<=\n)|(?<=, )|(?<=\b[DFIAB]-))\d{4,5}(?=\s[A-ZÄÖÜ][a-zäöüß]{2,})"),
        0.3,
        context=ContextWords(["address", "strasse", "straße", "resident", "lives", "based"]),
    ),
)
