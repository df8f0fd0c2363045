"""Post-office boxes, units, military mail, corners and postcodes: what a shape alone tells.

Streets with house numbers and the lines around them are found by `address_lines`.
"""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern
from secure_rag.redaction.recognizers.street_words import UNITS

STATE: Final = (
    r"(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|"
    r"S[CD]|T[NX]|UT|V[TA]|W[AVIY]|PR|GU|VI)"
)
UK: Final = r"(?:GIR ?0AA|[A-PR-UWYZ](?:[A-HK-Y]?\d[\dA-Z]?) ?\d[ABD-HJLNP-UW-Z]{2})"
_STATE_WORDS: Final = tuple(
    "al ak az ar ca co ct dc de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh "
    "nj nm ny nc "
    "nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy pr gu vi".split()
)
_NAME: Final = r"[^\W\d_][\w'.-]*"
_PLACE: Final = ContextWords(
    [
        "zip", "zipcode", "postcode", "plz", "postal code", "post code", "zip code", "postal",
        "code postal", "postleitzahl", "codigo postal", "postnummer", "pincode", "pin code",
        "eircode",
    ]
)  # fmt: skip
_LIVES: Final = ContextWords(
    "address strasse straße resident lives based anschrift adresse".split()
)
_UK_AREA: Final = ContextWords(
    "postcode post code postal address street road lane avenue london england scotland wales uk "
    "leeds manchester birmingham glasgow bristol edinburgh".split()
)

PATTERNS: Final = (
    Pattern(
        "military_mail",
        "STREET_ADDRESS",
        LazyRegex(
            r"\b(?:(?:PSC|CMR|Unit|UNIT|psc|cmr|unit)\s\d{1,5},?\s+(?:Box|BOX|box)\s\d{1,5}|"
            r"(?:USNS|USNV|USCGC|USS|usns|usnv|uss)\s[^\W\d_][\w'-]+)"
            r"(?:,?\s+(?:[AFD]PO|[afd]po),?\s+(?:A[AEP]|a[aep])\s\d{5}(?:-\d{4})?)?\b"
        ),
        0.7,
        check=lambda value: not value.lower().startswith("us") or any(map(str.isdigit, value)),
        needs=tuple(
            "psc cmr unit usns usnv uscgc uss".split()
        ),
    ),
    Pattern(
        "military_post_office",
        "STREET_ADDRESS",
        LazyRegex(r"\b[AFD]PO,?\s+A[AEP]\s\d{5}(?:-\d{4})?\b", re.I),
        0.7,
        needs=tuple(
            "apo fpo dpo".split()
        ),
    ),
    Pattern(
        "corner_of",
        "STREET_ADDRESS",
        LazyRegex(
            r"\b(?:(?:the|The)\s)?(?:corner|intersection|junction)\s(?:of|between)\s"
            r"(?P<first>\w[\w'.-]*(?:\s\w[\w'.-]*){0,4}?)\s(?:and|&)\s"
            r"(?:\d{1,5}\s)?[^\W\d_][\w'-]*(?:[ ][^\W\d_][\w'-]*){0,3}(?:\s\d{1,4})?",
        ),
        0.6,
        digits=False,
        check=lambda value: any(word[:1].isupper() for word in value.split()[2:]),
        needs=tuple(
            "corner intersection junction".split()
        ),
    ),
    Pattern(
        "unit_alone",
        "STREET_ADDRESS",
        LazyRegex(
            r"\b(?:[Aa]pt\.?|Apartment|[Ss]uite|Ste\.|Flat|APT\.?|SUITE|FLAT)\s#?\d{1,5}[A-Za-z]?\b"
        ),
        0.4,
        needs=tuple(
            "apt apartment suite ste flat".split()
        ),
    ),
    Pattern(
        "po_box",
        "STREET_ADDRESS",
        LazyRegex(
            r"\b(?:P\.?\s?O\.?\s?Box|Post Office Box|Private Bag|GPO Box|Locked Bag|Postbox|"
            r"Postboks|"
            r"Postfach|Postbus|Bo[iî]te postale|Apartado(?: de correos)?|Casella postale|"
            r"Caixa postal|Box|postilokero|PL|skr\. poczt\.?)"
            r"\s?#?\s?\w?\d{1,7}(?:[ -]\d{2,4})?\b",
            re.IGNORECASE,
        ),
        0.7,
        check=lambda value: not re.match(r"(?:box|pl)\b", value, re.I)
        or (value.startswith("Box") and len(value) >= 6),
        needs=tuple(
            "box bag postbox postboks postfach postbus apartado postale postal postilokero pl"
            " poczt".split()
        ),
    ),
)  # fmt: skip

UNIT: Final = re.compile(
    rf"{UNITS}[ \t]?(?:#|no\.?|nr\.?)?[ \t]?[A-Za-z]?\d{{0,5}}[A-Za-z]?\b", re.I
)

SHAPES: Final = (
    Pattern(
        "postcode_uk",
        "POSTCODE",
        LazyRegex(rf"\b{UK.replace(' ?', ' ')}\b"),
        0.5,
    ),
    Pattern(
        "postcode_uk_closed",
        "POSTCODE",
        LazyRegex(rf"\b{UK.replace(' ?', '')}\b"),
        0.36,
        context=_UK_AREA,
    ),
    Pattern(
        "postcode_uk_broken",
        "POSTCODE",
        LazyRegex(rf"\b{UK.replace(' ?', '[ ]?' + chr(92) + 'n')}\b"),
        0.4,
    ),
    Pattern(
        "zip_after_state",
        "POSTCODE",
        LazyRegex(r"\d{5}(?:-\d{4})?\b"),
        0.6,
        before=LazyRegex(rf"\b{STATE}\.?,?\s\Z"),
        needs=_STATE_WORDS,
    ),
    Pattern("zip_plus_four", "POSTCODE", LazyRegex(r"(?<![\d-])\d{5}-\d{4}(?![\d-])"), 0.4),
    Pattern(
        "postcode_canada",
        "POSTCODE",
        LazyRegex(r"\b[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d\b"),
        0.5,
    ),
    Pattern(
        "postcode_dutch",
        "POSTCODE",
        LazyRegex(r"(?<![\w.,/-])[1-9]\d{3}\s?(?!SA|SD|SS)[A-Z]{2}(?=[ ]{1,2}[A-Z][A-Za-z]{2})"),
        0.5,
    ),
    Pattern(
        "postcode_irish",
        "POSTCODE",
        LazyRegex(r"\b(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?(?=[0-9AC-FHKNPRTV-Y]{0,3}\d)"
                   r"[0-9AC-FHKNPRTV-Y]{4}\b"),
        0.3,
        context=ContextWords("eircode ireland dublin cork galway limerick waterford".split()),
    ),
    Pattern(
        "postcode_labelled",
        "POSTCODE",
        LazyRegex(r"(?<![\w.,-])(?:[A-Z]{1,2}-)?\d{3,6}(?:[ -]?(?:\d{2,4}|[A-Z]{2}))?(?![\w-])"),
        0.6,
        before=LazyRegex(
            r"\b(?:zip(?:\s?code)?|post\s?code|postal(?:\s?code)?|plz|postleitzahl|code\s?postal|"
            r"c[oó]digo\s?postal|postnummer|pin\s?code)\.?\s*(?:[:=#]|is|no\.?)?\s*\Z",
            re.I,
        ),
        needs=tuple(
            "zip zipcode post postcode postal plz postleitzahl code codigo código postnummer pin"
            " pincode".split()
        ),
    ),
    Pattern(
        "postcode_by_context",
        "POSTCODE",
        LazyRegex(r"(?<![\w.,-])(?:[A-Z]{1,2}-)?\d{4,6}(?![\w.,-]*\d)"),
        0.05,
        context=_PLACE,
        only_with_context=True,
    ),
    Pattern(
        "postcode_before_town",
        "POSTCODE",
        LazyRegex(r"(?:(?<=\n)|(?<=, )|(?<=\b[DFIAB]-))\d{4,5}(?=\s[A-ZÄÖÜ][a-zäöüß]{2,})"),
        0.3,
        context=_LIVES,
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""
