"""Numbers that states give to people and firms, outside the United States and the kingdom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers import checksums as check
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_Check = Callable[[str], bool] | None
_L: Final = r"(?<![\w/.@-])"
_R: Final = r"(?![\w@-]|[./]\d)"

_ROWS: Final[tuple[tuple[str, str, _Check, float, str], ...]] = (
    # name, shape, check, score without a word beside it, words
    ("au_abn", r"\d{2}[ ]\d{3}[ ]\d{3}[ ]\d{3}", check.is_abn, 0.6, "abn australian business"),
    ("au_tfn", r"\d{3}[ ]\d{3}[ ]\d{3}", check.is_tfn, 0.4, "tfn tax"),
    ("au_acn", r"\d{3}[ ]\d{3}[ ]\d{3}", check.is_acn, 0.35, "acn company"),
    ("au_medicare", r"[2-6]\d{3}[ ]\d{5}[ ]\d", None, 0.5, "medicare"),
    ("ca_sin", r"\d{3}[ -]\d{3}[ -]\d{3}", check.is_sin, 0.4, "sin social insurance"),
    ("br_cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}", None, 0.6, "cpf"),
    ("br_cnpj", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", None, 0.6, "cnpj"),
    ("cl_rut", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", None, 0.6, "rut run"),
    ("mx_curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", None, 0.7, "curp"),
    ("de_social", r"\d{8}[A-Z]\d{3}", None, 0.6, "rvnr rentenversicherung sozialversicherung"),
    ("de_health", r"[A-Z]\d{9}", None, 0.4, "kvnr krankenversicherung versicherten"),
    ("de_tax", r"\d{2,3}/\d{3,4}/\d{4,5}", None, 0.5, "steuernummer st-nr finanzamt"),
    ("de_register", r"(?:HRA|HRB|hra|hrb|GnR|PR|VR)[ ]?\d{1,6}(?:[ ]?[A-Z])?", None, 0.6,
     "handelsregister"),
    ("de_passport", r"(?=[A-Z0-9]*\d)[CFGHJKLMNPRTVWXYZ][A-Z0-9]{7}\d", None, 0.3,
     "reisepass passnummer ausweis pass"),
    ("eu_vat", r"(?:AT ?U|BE ?[01]|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|"
               r"PL|PT|"
     r"RO|SE|SI|SK|CHE-?)[ .-]?(?=[0-9A-Z.]*\d{4})[0-9A-Z.]{7,14}|(?:DE|de|FR|IT)[ .-]?\d{3}(?:[ "
     r".-]\d{3}){2,3}", None, 0.45,
     "vat ust ust-id tva iva btw mwst"),
    ("es_nif", r"(?:\d{7,8}|[XYZxyz]\d{7})[ -]?[A-Za-z]", check.is_spanish, 0.6, "nif dni nie"),
    ("es_passport", r"[A-Za-z]{3}\d{6}", None, 0.4, "pasaporte"),
    ("fi_code", r"\d{6}[+\-A-FU-Ya-fu-y]\d{3}[0-9A-Za-z]", check.is_finnish, 0.6,
     "hetu henkilötunnus"),
    ("se_number", r"(?:19|20)?\d{6}[-+]\d{4}", check.passes_luhn, 0.5, "personnummer orgnr pnr"),
    ("se_long", r"(?:19|20)\d{6}-?\d{4}", None, 0.4, "personnummer pnr"),
    ("dk_cpr", r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}-\d{4}", None, 0.5, "cpr"),
    ("no_number", r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[ ]\d{5}", None, 0.5,
     "fødselsnummer"),
    ("cz_birth", r"\d{2}(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])/\d{3,4}", None, 0.5,
     "rodné"),
    ("pl_nip", r"\d{3}-\d{3}-\d{2}-\d{2}|\d{3}-\d{2}-\d{2}-\d{3}", None, 0.5, "nip"),
    ("fr_insee",
     r"[12][ ]?\d{2}[ ]?(?:0[1-9]|1[0-2])[ ]?\d[\dAB][ ]?\d{3}[ ]?\d{3}(?:[ ]?\d{2})?", None,
     0.5, "sécurité insee nir"),
    ("ch_ahv", r"756\.\d{4}\.\d{4}\.\d{2}", None, 0.8, "ahv avs"),
    ("at_social", r"\d{4}[ ](?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}", None, 0.4, "svnr"),
    ("be_number", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", None, 0.7, "rijksregister"),
    ("it_fiscal", r"[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]", None, 0.7, "codice fiscale"),
    ("it_card", r"[A-Z]{2}[ ]?\d{7}|[a-z]{2}[ ]\d{7}", None, 0.4, "carta identità passaporto"),
    ("in_pan", r"[A-Z]{5}\d{4}[A-Z]", None, 0.5, "pan"),
    ("in_aadhaar", r"[2-9]\d{3}(?P<s>[ :-])\d{4}(?P=s)\d{4}", check.passes_verhoeff, 0.6,
     "aadhaar uidai"),
    ("in_gstin", r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]", None, 0.7, "gstin gst"),
    ("in_passport", r"[A-PR-WYa-pr-wy][1-9]\d{6}", None, 0.36, "indian"),
    ("kr_number", r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-?[0-9]\d{6}", None, 0.5,
     "rrn frn"),
    ("kr_business", r"\d{3}-\d{2}-\d{5}", None, 0.5, "brn"),
    ("kr_licence", r"\d{2}(?P<k>[ -])\d{2}(?P=k)\d{6}(?P=k)\d{2}", None, 0.5, "license licence"),
    ("kr_passport", r"[A-Za-z]\d{3}[A-Za-z]\d{4}", None, 0.4, "korean"),
    ("cn_identity",
     r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]", None,
     0.7, "identity"),
    ("sg_nric", r"[STFGM]\d{7}[A-Z]", check.is_nric, 0.6, "nric fin"),
    ("sg_uen", r"(?:\d{8}|\d{9})[A-Z]|[RST]\d{2}[A-Z]{2}\d{4}[A-Z]", None, 0.45, "uen"),
    ("ph_tin", r"\d{3}-\d{3}-\d{3}(?:-\d{3,5})?", None, 0.45, "tin"),
    ("th_number", r"\d-\d{4}-\d{5}-\d{2}-\d", None, 0.6, "thai"),
    ("ng_number", r"\d{4}[ -]\d{3}[ -]\d{4}", None, 0.35, "nin"),
    ("za_number", r"\d{6}[ ]\d{4}[ ]\d{3}", None, 0.5, "identity"),
    ("tr_number", r"[1-9]\d{10}", None, 0.2, "tckn kimlik tc"),
    ("pl_pesel", r"\d{11}", check.is_pesel, 0.35, "pesel"),
    ("us_mbi", r"[1-9][AC-HJKMNPQRT-Y][0-9AC-HJKMNPQRT-Y]\d-?"
               r"[AC-HJKMNPQRT-Y][0-9AC-HJKMNPQRT-Y]\d-?"
     r"[AC-HJKMNPQRT-Y]{2}\d{2}", None, 0.6, "mbi medicare"),
    ("us_ein", r"\d{2}-\d{7}", None, 0.35, "ein employer tax irs"),
)  # fmt: skip


def _pattern(name: str, shape: str, valid: _Check, score: float, words: str) -> Pattern:
    return Pattern(
        f"id_{name}",
        "NATIONAL_ID",
        LazyRegex(rf"{_L}(?:{shape}){_R}"),
        score,
        check=valid,
        context=ContextWords(words.split()),
    )


SHAPES: Final = tuple(_pattern(*row) for row in _ROWS)
"""Tried at words with digits only (`shapes`)."""

LABELLED: Final = (
    # Below the patterns of Presidio, which know American and British passports.
    Pattern(
        "passport_labelled",
        "NATIONAL_ID",
        LazyRegex(r"(?<![\w-])(?=[A-Z0-9]{0,4}\d)[A-Z0-9]{6,9}[A-Z]{0,2}(?![\w-])"),
        0.38,
        before=LazyRegex(
            r"\b(?:passports?|reisepass|passeport|pasaporte|paspoort|passaporto)"
            r"(?:\s*(?:number|no\.?|num\.?|nr\.?|nummer|#))*(?:\s*(?:[:=#]|is|was|und|and))*\s*\Z",
            re.I,
        ),
        needs=("passport", "passports", "reisepass", "passeport", "pasaporte", "paspoort",
               "passaporto"),
    ),
    Pattern(
        "identity_labelled",
        "NATIONAL_ID",
        LazyRegex(r"(?<![\w-])[A-Za-z]{0,3}\d{6,9}[A-Za-z]{0,2}(?![\w-])"),
        0.7,
        before=LazyRegex(
            r"\b(?:identity\s+card|id\s+card|"
            r"ausweis|national\s+id|nin|tin|tckn|kimlik|pesel|nip|cpr|bsn|cnp|egn|oib|jmbg|emšo|"
            r"amka|afm|"
            r"pps|ppsn|ird|curp|cpf|cnpj|dni|nie|nif|hetu|avs|ahv|svnr|aadhaar|pan|nric|fin|uen|"
            r"mykad|"
            r"nik|hkid)(?:\s*(?:card|number|no\.?|num\.?|nr\.?|nummer|#|id))*(?:\s*(?:[:=#]|is|"
            r"was|und|and))*"
            r"\s*\Z",
            re.I,
        ),
        needs=tuple(
            "passport passports reisepass passeport pasaporte paspoort passaporto identity id"
            " ausweis national nin tin tckn kimlik pesel nip cpr bsn cnp egn oib jmbg emšo amka"
            " afm pps ppsn ird curp cpf cnpj dni nie nif hetu avs ahv svnr aadhaar pan nric fin"
            " uen mykad nik hkid".split()
        ),
    ),
)  # fmt: skip
