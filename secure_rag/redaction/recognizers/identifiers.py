"""Numbers that name a person or a case by the words beside them, citations, user names."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.context import ContextWords
from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_WHOSE: Final = (
    r"(?:customer|client|employee|staff|personnel|payroll|worker|member(?:ship)?|subscriber|case|"
    r"docket|claim|contract|agreement|policy|account|acct|patient|medical[\s-]record|hospital|"
    r"health[\s-]?(?:card|record|insurance|plan)|insurance|chart|student|matriculation|candidate|"
    r"applicant|application|complaint|reference|file|matter|loan|mortgage|tenant|tenancy|supplier|"
    r"vendor|registration|licen[cs]e|badge|card|passport|driver'?s?[\s-]licen[cs]e|"
    r"driving[\s-]licen[cs]e|visa|permit|tax(?:payer)?|vat|company|enrol?lment|beneficiary|user|"
    r"person|subject|device|vehicle|prescription|referral|incident|ticket|national|identity|"
    r"invoice|order|"
    r"booking|reservation|confirmation|tracking|serial|shipment|delivery|receipt|transaction|"
    r"payment|"
    r"quote|quotation|purchase[\s-]order|service|request|job|project|asset|meter|sample|specimen|"
    r"lab|"
    r"accession|encounter|visit|admission|episode|study|trial|investigation|crime|warrant|"
    r"proceedings|"
    r"judgment|decision|petition|appeal|lawsuit|suit|action|cause|social[\s-]security|pension|"
    r"benefit|"
    r"IBAN|group|plan|rx|frequent[\s-]flyer|loyalty|library|voter|crew|officer|shield|unit|plot|"
    r"title|deed)"
)
_WHAT: Final = (
    r"(?:\s?(?:identification|identity|reference))?(?:[\s_-]?(?:numbers?\b|nos?\b\.?|num\b\.?|"
    r"nr\b\.?|id\b\.?|"
    r"ids\b|identifier|code|ref(?:erence)?\b\.?)|\s?[#№])"
)
_VALUE: Final = LazyRegex(
    r"(?<![^\W_])(?<![^\W_][-/.])(?=[A-Za-z/.-]{0,12}\d)[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+){0,"
    r"5}(?!\w)"
)
_TIE: Final = r"(?:\s*(?:[:=#]|is\b|was\b|\())*\s*\Z"
_LIST: Final = r"(?:[A-Za-z0-9/.-]{3,20}(?:,\s|\sand\s|,\sand\s)){0,6}\Z"

_NO_USERS: Final = frozenset(
    "the a an not null none unknown required name id and or in to for admin root shared public "
    "default "
    "invalid missing empty optional disabled enabled locked new valid incorrect wrong".split()
)
_DIGITS: Final = re.compile(r"\d")


def _has_three_digits(value: str) -> bool:
    return len(_DIGITS.findall(value)) >= 3


def _is_docket(value: str) -> bool:
    """Refuse fractions, dates and years: `12/13`, `2003/04` are none of a court's numbers."""
    first, _, second = value.partition("/")
    if len(first) == 4 and first[:2] in ("19", "20"):
        return int(second) != (int(first) + 1) % 100
    return not (len(first) <= 2 and len(second) <= 2)


PATTERNS: Final = (
    Pattern(
        "american_docket",
        "ID_NUMBER",
        LazyRegex(
            r"\b(?:No\.|Nos\.|Case|Docket)\s(?:No\.\s)?(?P<value>\d{1,2}:?\d{0,2}-[A-Za-z]{0,3}-?"
            r"\d{2,6}"
            r"(?:-[A-Z]{2,4})?)\b"
        ),
        0.6,
        needs=tuple(
            "docket case no nos".split()
        ),
    ),
    Pattern(
        "neutral_citation",
        "ID_NUMBER",
        LazyRegex(
            r"(?:\[(?:19|20)\d\d\]\s(?:\d\s)?[A-Z][A-Za-z]{1,8}(?:\s(?:Civ|Crim|Ch|QB|KB|Admin|"
            r"Fam|Comm))?\s\d{1,5}"
            r"(?:\s\([A-Za-z]{2,8}\))?|\b\d{1,4}\s(?:U\.S\.|S\.\s?Ct\.|F\.(?:2d|3d|"
            r"Supp\.(?:\s2d)?)|"
            r"[A-Z][a-z]{1,4}\.\s(?:2d|3d))\s\d{1,5}|\bECLI:[A-Z]{2}:[A-Z0-9]{1,"
            r"7}:\d{4}:[A-Z0-9.]{1,25})"
        ),
        0.4,
        needs=tuple(
            "[ u.s. s. ct f.2d f.3d f. supp 2d 3d ecli".split()
        ),
    ),
    Pattern(
        "report_citation",
        "ID_NUMBER",
        LazyRegex(r"\b(?:Reports(?:\sof\sJudgments\sand\sDecisions)?|ECHR)"
                   r"\s(?P<value>\d{4}-[IVX]{1,5})\b"),
        0.4,
        needs=tuple(
            "reports echr".split()
        ),
    ),
    Pattern(
        "bic_code",
        "BIC_CODE",
        LazyRegex(r"\b[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b"),
        0.05,
        context=ContextWords(["bic", "swift", "bank identifier"]),
        only_with_context=True,
        digits=False,
        needs=tuple(
            "bic swift bank".split()
        ),
    ),
    Pattern(
        "user_name",
        "USERNAME",
        LazyRegex(
            r"\b(?:user[\s_-]?(?:name|id)?|login(?:[\s_-]?(?:name|id))?|log-?in|screen[\s_-]?"
            r"name|logon|"
            r"account[\s_-]name|uid|nick(?:name)?|handle|alias|sAMAccountName|owner|assignee|"
            r"author)"
            r"(?:\s*[:=]\s*|(?<!owner)(?<!author)\sis\s)[\"'`]?"
            r"(?P<value>(?=[\w.@\\-]*[a-z\d_.\\-])[A-Za-z][\w.@\\-]{1,40}\w)"
            r"(?![\w@]|\s\w+:)",
            re.I,
        ),
        0.6,
        check=lambda value: (
            any(c.isdigit() or c in "._\\-@" for c in value)
            or (value.islower() and len(value) <= 16)
        )
        and value.lower() not in _NO_USERS,
        digits=False,
        needs=tuple(
            "user username userid login log logon screen account uid nick nickname handle alias"
            " samaccountname owner assignee author".split()
        ),
    ),
    Pattern(
        "user_in_path",
        "USERNAME",
        LazyRegex(r"(?:/home/|/Users/|[A-Z]:\\Users\\|\\Users\\)(?P<value>[A-Za-z][\w.-]{1,30})"),
        0.5,
        check=lambda value: value.lower() not in _NO_USERS,
        digits=False,
        needs=tuple(
            "/home/ users".split()
        ),
    ),
    Pattern(
        "user_in_log",
        "USERNAME",
        LazyRegex(
            r"\b(?:Accepted|Failed|Postponed)\s\S{4,30}\sfor\s(?:(?:invalid|illegal)\suser\s)?"
            r"(?P<value>[A-Za-z][\w.-]{1,30})(?=\sfrom\s)"
        ),
        0.5,
        check=lambda value: value.lower() not in _NO_USERS,
        digits=False,
        needs=tuple("accepted failed postponed".split()),
    ),
    Pattern(
        "user_of_session",
        "USERNAME",
        LazyRegex(
            r"\b(?:session\s(?:opened|closed)\sfor|invalid|illegal)\suser\s"
            r"(?P<value>[A-Za-z][\w.-]{1,30})(?=\(uid|\sfrom\s|\sby\s|\s*$)",
            re.M,
        ),
        0.5,
        check=lambda value: value.lower() not in _NO_USERS,
        digits=False,
        needs=tuple("session invalid illegal".split()),
    ),
    Pattern(
        "user_in_access_log",
        "USERNAME",
        LazyRegex(
            r"^\S{2,60}\s\S{1,30}\s(?P<value>[A-Za-z][\w.@-]{1,40})"
            r"\s\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:",
            re.M,
        ),
        0.5,
        check=lambda value: value.lower() not in _NO_USERS,
        needs=("[",),
    ),
    Pattern(
        "handle",
        "USERNAME",
        LazyRegex(r"(?<![\w@./])@(?P<value>[A-Za-z_][\w]{2,30})(?![\w@.]*@|\()"),
        0.4,
        digits=False,
        needs=("@",),
    ),
)  # fmt: skip


SHAPES: Final = (
    Pattern(
        "id_by_name",
        "ID_NUMBER",
        _VALUE,
        0.6,
        check=_has_three_digits,
        before=LazyRegex(rf"\b{_WHOSE}{_WHAT}{_TIE}", re.I),
        needs=tuple(
            "customer client employee staff personnel payroll worker member membership subscriber"
            " case docket claim contract agreement policy account acct patient medical hospital"
            " health insurance chart student matriculation candidate applicant application"
            " complaint reference file matter loan mortgage tenant tenancy supplier vendor"
            " registration license licence badge card passport driver drivers driving visa permit"
            " tax taxpayer vat company enrolment enrollment beneficiary user person subject device"
            " vehicle prescription referral incident ticket national identity invoice order"
            " booking reservation confirmation tracking serial shipment delivery receipt"
            " transaction payment quote quotation purchase service request job project asset meter"
            " sample specimen lab accession encounter visit admission episode study trial"
            " investigation crime warrant proceedings judgment decision petition appeal lawsuit"
            " suit action cause social pension benefit iban group plan rx loyalty library voter"
            " crew officer shield unit plot title deed flyer".split()
        ),
    ),
    Pattern(
        "id_acronym",
        "ID_NUMBER",
        LazyRegex(_VALUE.pattern + r"(?!\s?(?:to|-|–)\s?\d)"),
        0.55,
        check=_has_three_digits,
        before=LazyRegex(
            r"\b(?:MRN|NHI|EMPLID|EMP\s?ID|CUST\s?ID|PID|UID|SID|CRN|PRN|EIN|TIN|VIN|NPI|MBI|URN|"
            r"UPI|DEA|"
            r"cust(?:omer)?\.?|emp(?:loyee)?\.?|(?:our|your|my|their)\s+ref(?:erence)?\.?|"
            r"ref(?:erence)?\.?|"
            r"s/n|serial|acct\.?|a/c|inv(?:oice)?\.?|case|docket|claim|ticket|policy|order|"
            r"booking|PNR|"
            r"UTR|PPS|DoB/ID|CNIC|BVN|GMC|NMC|HCPC|SRA|bar|badge|unit)"
            r"\s?(?:nos?\.?|number|id|#)?\s?[:=#]\s?\Z",
            re.I,
        ),
        needs=tuple(
            "mrn nhi emplid emp cust pid uid sid crn prn ein tin vin npi mbi urn upi dea customer"
            " employee ref reference s serial acct a inv invoice case docket claim ticket policy"
            " order booking pnr utr pps dob cnic bvn gmc nmc hcpc sra bar badge unit id".split()
        ),
    ),
    Pattern(
        "id_bare_acronym",
        "ID_NUMBER",
        LazyRegex(r"\b(?:MRN|EMP|CUST|CASE|CLM|PAT|PT|MEM|GMC|NPI)[-_ ]?(?P<value>\d{4,12})\b"),
        0.5,
    ),
    Pattern(
        "id_prefixed",
        "ID_NUMBER",
        LazyRegex(
            r"\b(?:EMP|CUST|CUS|CLT|CLI|PAT|MRN|CASE|CLM|CLAIM|POL|CTR|CON|CNT|ACC|ACCT|MEM|STU|HR|"
            r"TCK|TKT|INC|INV|ORD|PO|SO|REQ|RMA|REF|DOC|C|K|P|E)[-_/](?:[A-Z0-9]{1,6}[-_/])?\d{3,"
            r"12}"
            r"(?:[-/]\d{1,6})?\b"
        ),
        0.4,
        check=_has_three_digits,
    ),
    Pattern(
        "case_slash_year",
        "ID_NUMBER",
        LazyRegex(
            r"(?<![/-])[A-Z]{0,3}-?\d{1,6}/(?:\d{4}|\d\d)(?![\w/])",
            re.I,
        ),
        0.6,
        before=LazyRegex(r"(?<![\w/-])(?:nos?\.?|№|n°|nr\.?)\s?\Z", re.I),
        needs=tuple(
            "no nos № n nr".split()
        ),
    ),
    Pattern(
        "application_number",
        "ID_NUMBER",
        LazyRegex(r"(?<![\w/.-])\d{4,6}/\d{2}(?![\w/.]\d|/)"),
        0.4,
        check=_is_docket,
    ),
    Pattern(
        "application_numbers_in_a_row",
        "ID_NUMBER",
        LazyRegex(r"(?<![\w/.-])\d{1,6}/\d{2,4}(?![\w/])"),
        0.5,
        before=LazyRegex(rf"\b(?:nos?\.|applications?|cases?)\s(?:nos?\.?\s)?{_LIST}", re.I),
        needs=tuple(
            "no nos application applications case cases".split()
        ),
    ),
    Pattern(
        "court_file",
        "ID_NUMBER",
        LazyRegex(
            r"(?<![\w/.-])(?:[IVXL]{1,6}\.?|\d{1,4})\s?[A-Z][A-Za-z]{0,3}\.?\s?\d{1,6}/\d{2,"
            r"4}(?:/\d{1,3})?(?![\w/])"
        ),
        0.5,
    ),
    Pattern(
        "european_case",
        "ID_NUMBER",
        LazyRegex(r"\b[CTF]-\d{1,4}/\d{2}(?:\s?P(?:PU)?)?\b"),
        0.6,
    ),
)  # fmt: skip
"""Tried at words with digits only (`shapes`)."""
