"""Licence plates, vehicle and device numbers, and places on the globe."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.checksums import is_vin, passes_luhn
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_CAR: Final = ContextWords(
    "car vehicle registration reg plate plates licence license number driver drives driving kfz "
    "kennzeichen immatriculation kenteken targa matrícula plaka van truck lorry motorbike parked "
    "taxi cab vrm vrn".split()
)
_I: Final = re.IGNORECASE


def _plate(name: str, shape: str, score: float, *, check: None = None) -> Pattern:
    return Pattern(
        f"plate_{name}",
        "LICENSE_PLATE",
        LazyRegex(rf"(?<![\w./@-])(?:{shape})(?![\w/@-]|\.\d)"),
        score,
        check=check,
        context=_CAR,
    )


def _is_coordinate(value: str) -> bool:
    numbers = [float(part) for part in re.findall(r"-?\d{1,3}\.\d+", value)]
    return len(numbers) == 2 and abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180


SHAPES: Final = (
    _plate("uk", r"[A-Z]{2}\d{2}[ -]?[A-Z]{3}", 0.45),
    _plate("uk_small", r"[a-z]{2}\d{2}[ -]?[a-z]{3}", 0.2),
    _plate("uk_older", r"[A-Z]\d{3}[ ]?[A-Z]{3}|[A-Z]{3}[ ]?\d{3}[A-Z]", 0.36),
    _plate("uk_oldest", r"[A-Z]\d{1,2}[ ]?[A-Z]{3}|[A-Z]{3}[ ]?\d{1,2}[A-Z]", 0.2),
    _plate("german", r"[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ -]?\d{1,4}[EH]?", 0.35),
    _plate("french", r"[A-HJ-NP-TV-Z]{2}-\d{3}-[A-HJ-NP-TV-Z]{2}", 0.5),
    _plate("dutch", r"(?:[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|\d{1,2}-[A-Z]{3}-\d{1,2}|"
           r"[A-Z]{2}-\d{2}-[A-Z]{2}|\d{2}-[A-Z]{2}-[A-Z]{2})", 0.5),
    _plate("italian", r"[A-HJ-NPR-TV-Z]{2}[ -]?\d{3}[ ]?[A-HJ-NPR-TV-Z]{2}", 0.4),
    _plate("spanish", r"\d{4}[ -]?[BCDFGHJ-NPRSTV-Z]{3}", 0.35),
    _plate("turkish", r"(?:0[1-9]|[1-7]\d|8[01])[ ]?(?:[A-Z][ ]?\d{4,5}|[A-Z][ ]\d{3}|[A-Z]{2}[ "
                      r"]?\d{2,4}|"
           r"[A-Z]{3}[ ]?\d{2,4})", 0.4),
    _plate("indian", r"[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}", 0.4),
    _plate("indian_older", r"[A-Z]{2,3}\d{4}|[A-Z]\d{5}", 0.2),
    _plate("nigerian", r"[A-Z]{3}[ -]?\d{3}[ -]?[A-Z]{2}", 0.45),
    _plate("polish", r"[A-Z]{2,3}[ ][A-Z0-9]{4,5}", 0.1),
    Pattern(
        "plate_american",
        "LICENSE_PLATE",
        LazyRegex(r"(?=[A-Z0-9 -]*\d)(?=[\d -]*[A-Z])[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}(?![\w/@-]|"
                   r"\.\d)"),
        0.4,
        before=LazyRegex(
            r"\b(?:car|vehicle|plates?|tags?|truck|van|motorbike|motorcycle|sedan|suv|pickup|"
            r"trailer)\b"
            r"[^.\n]{0,40}\Z",
            _I,
        ),
        needs=tuple("car vehicle plate plates tag tags truck van motorbike motorcycle sedan suv "
                    "pickup "
                    "trailer".split()),
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""

LABELLED: Final = (
    Pattern(
        "plate_labelled",
        "LICENSE_PLATE",
        LazyRegex(r"(?<![\w-])(?=[A-Za-z0-9 -]{0,5}\d)[A-Z0-9]{1,4}[ -]?[A-Z0-9]{1,4}(?:[ -]?"
                   r"[A-Z0-9]{1,4})?"
                   r"(?![\w-])"),
        0.6,
        before=LazyRegex(
            r"\b(?:licen[cs]e\s+plate|number\s+plate|plate|registration|reg|vrm|vrn|kennzeichen|"
            r"kenteken|targa|immatriculation)(?:\s*(?:no\.?|number|mark|#))?(?:\s*(?:[:=#]|is|"
            r"was))+\s*\Z",
            _I,
        ),
        needs=tuple(
            "plate registration reg vrm vrn kennzeichen kenteken targa immatriculation".split()
        ),
    ),
    Pattern(
        "vin",
        "ID_NUMBER",
        LazyRegex(r"\b(?=[A-Z0-9]*\d)[A-HJ-NPR-Z0-9]{17}\b"),
        0.6,
        check=is_vin,
    ),
    Pattern(
        "vin_labelled",
        "ID_NUMBER",
        LazyRegex(r"\b(?=[A-Z0-9]*\d)[A-HJ-NPR-Z0-9]{17}\b", _I),
        0.7,
        before=LazyRegex(r"\b(?:VIN|vehicle\s+identification\s+number|chassis|frame)"
                          r"(?:\s*(?:no\.?|number|[:=#]|is))*\s*\Z", _I),
        needs=tuple(
            "vin vehicle chassis frame".split()
        ),
    ),
    Pattern(
        "imei",
        "ID_NUMBER",
        LazyRegex(r"(?<![\w-])\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d(?![\w-])"),
        0.45,
        check=passes_luhn,
        context=ContextWords("imei handset device phone serial".split()),
    ),
    Pattern(
        "coordinates_decimal",
        "GEO_COORDINATES",
        LazyRegex(
            r"(?<![\w.])[-+]?\d{1,2}\.\d{3,9}°?[ ]?[NSns]?,[ ]{0,2}[-+]?\d{1,3}\.\d{3,9}°?[ ]?"
            r"[EWewOo]?(?!\w|\.\d)"
        ),
        0.6,
        check=_is_coordinate,
    ),
    Pattern(
        "coordinates_labelled",
        "GEO_COORDINATES",
        LazyRegex(r"(?<![\w.])[-+]?\d{1,3}\.\d{2,9}(?!\w|\.\d)"),
        0.6,
        before=LazyRegex(r"\b(?:lat(?:itude)?|lon(?:gitude)?|lng)[\"']?\s*(?:[:=]|is)\s*\Z", _I),
        needs=tuple(
            "lat latitude lon longitude lng".split()
        ),
    ),
    Pattern(
        "coordinates_degrees",
        "GEO_COORDINATES",
        LazyRegex(
            r"(?<![\w.])\d{1,3}(?:\.\d+)?\s?°\s?(?:\d{1,2}(?:\.\d+)?\s?['′]\s?)?(?:\d{1,"
            r"2}(?:\.\d+)?\s?(?:\"|''|″)\s?)?"
            r"[NSEWO](?:[,;]?\s{0,2}\d{1,3}(?:\.\d+)?\s?°\s?(?:\d{1,2}(?:\.\d+)?\s?['′]\s?)?"
            r"(?:\d{1,2}(?:\.\d+)?\s?(?:\"|''|″)\s?)?[NSEWO])?(?!\w)"
        ),
        0.65,
    ),
)  # fmt: skip
