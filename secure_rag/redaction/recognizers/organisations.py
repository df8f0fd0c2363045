"""Organisations by their unmistakable form: legal forms, courts, ministries, councils, schools."""

from __future__ import annotations

from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

_UP: Final = "A-ZÀ-ÖØ-ÞĀĆČĐĒĚĞĪİŁŃŇŌŐŘŚŞŠŤŪŮŰŹŻŽȘȚ"
_WORD: Final = rf"(?:[{_UP}][\w'.-]*|[0-9][\w-]*)"
_LINK: Final = r"(?:of|and|&|for|de|la|le|du|des|di|und|van|von|y|e|the|in|on|du|zum|der)"
_LEGAL: Final = (
    r"(?:Ltd|LTD|Limited|LIMITED|PLC|plc|Plc|LLP|LLC|L\.L\.C|Inc|INC|Incorporated|Corp|"
    r"Corporation|GmbH|"
    r"gGmbH|AG|KGaA|KG|OHG|GbR|e\.V|eG|SE|S\.A|SA|SAS|S\.A\.S|SARL|S\.à\.r\.l|SCI|S\.p\.A|SpA|"
    r"S\.r\.l|Srl|"
    r"S\.n\.c|B\.V|BV|N\.V|NV|AB|A/S|ApS|AS|ASA|Oy|Oyj|Sp\.[ ]?z[ ]?o\.[ ]?o|S\.L|S\.A\.U|Lda|Ltda|"
    r"s\.r\.o|a\.s|Kft|Zrt|d\.o\.o|d\.d|OOD|EOOD|OOO|ZAO|JSC|Pty[ ]Ltd|Pte[ ]Ltd|Pvt[ ]Ltd|Bhd|"
    r"K\.K|A\.Ş|"
    r"UAB|OÜ|SIA)"
)
_SHORT: Final = frozenset("AS AB SA SE AG NV BV KG".split())
"""Legal forms that are also words in capitals."""
_COURT_KIND: Final = (
    r"(?:Supreme|High|District|Regional|Provincial|Municipal|County|Crown|Federal|Constitutional|"
    r"Administrative|Commercial|Criminal|Civil|Labour|Family|Military|Circuit|Superior|Appeal|"
    r"Appellate|"
    r"Magistrates'?|Assize|City|Town|Cantonal|Central|General|Court of)"
)


def _is_firm(value: str) -> bool:
    words = value.rstrip(".").split()
    if len(words) < 2:
        return False
    return words[-1] not in _SHORT or not all(word.isupper() for word in words)


PATTERNS: Final = (
    Pattern(
        "company",
        "ORGANIZATION",
        LazyRegex(
            rf"(?<![\w.-])(?P<value>{_WORD}(?:,?[ ](?:{_WORD}|{_LINK}|\([{_UP}][\w ]{{1,20}}\))"
            rf"){{0,5}}?"
            rf",?[ ](?:\([{_UP}]\w{{1,12}}\)[ ])?(?:&[ ]Co\.?(?:,?[ ]KG)?|Co\.,?[ ]Ltd|{_LEGAL})"
            rf"\b\.?"
            rf"(?:[ ]&[ ]Co\.?[ ]KG)?)(?!\w)"
        ),
        0.55,
        check=_is_firm,
        digits=False,
        needs=tuple(
            "Ltd LTD Limited LIMITED PLC plc Plc LLP LLC l.l.c Inc INC Incorporated Corp"
            " Corporation GmbH gGmbH AG KGaA KG OHG GbR e.v SE s.a SA SAS SARL s.à s.p.a SpA s.r.l"
            " Srl s.n.c b.v BV n.v NV AB a/s ApS AS ASA Oy Oyj sp. s.l Lda Ltda s.r.o a.s Kft Zrt"
            " d.o.o d.d OOD EOOD OOO ZAO JSC Bhd k.k UAB OÜ SIA co".split()
        ),
    ),
    Pattern(
        "court",
        "ORGANIZATION",
        LazyRegex(
            rf"\b(?P<value>(?:(?!The\b|In\b|A\b)[{_UP}][\w'-]+[ ]){{0,3}}?{_COURT_KIND}"
            rf"(?:[ ](?:{_COURT_KIND}|and)){{0,2}}[ ]Court\b(?:[ ]of[ ](?:[{_UP}][\w'-]+)"
            rf"(?:[ ](?:and[ ])?[{_UP}][\w'-]+){{0,3}})?)"
        ),
        0.5,
        digits=False,
        needs=tuple(
            "Court".split()
        ),
    ),
    Pattern(
        "court_of",
        "ORGANIZATION",
        LazyRegex(
            rf"\b(?:[{_UP}][\w'-]+[ ]){{0,2}}?Courts?[ ]of[ ](?:[{_UP}][\w'-]+)"
            rf"(?:[ ](?:(?:of|and|for|the)[ ]){{0,2}}[{_UP}][\w'-]+){{0,4}}"
        ),
        0.5,
        digits=False,
        needs=tuple(
            "Court Courts".split()
        ),
    ),
    Pattern(
        "court_local",
        "ORGANIZATION",
        LazyRegex(rf"(?<=the )(?:[{_UP}][\w'-]+[ ]){{1,2}}Court\b(?! of)"),
        0.45,
        digits=False,
        needs=tuple(
            "Court".split()
        ),
    ),
    Pattern(
        "public_office",
        "ORGANIZATION",
        LazyRegex(
            rf"\b(?:Ministry|Department|Office|Bureau|Agency|Directorate|Secretariat|Inspectorate|"
            rf"Institute|University|College|Faculty|School|Academy|Bank|Board|Council|Committee|"
            rf"Commission|Chamber|Diocese|Port|City|State|Bar Association|Law Society|Federation|"
            rf"Association|Society|Church|Museum|Prosecutor's Office)[ ](?:of|for)[ ](?:the[ ])?"
            rf"[{_UP}][\w'-]+(?:(?:,[ ]|[ ](?:and|of|the|&|for)(?:[ ]the)?[ ]|[ ])"
            rf"[{_UP}][\w'-]+){{0,4}}"
        ),
        0.45,
        digits=False,
        check=lambda value: not value.startswith(("State of", "City of", "Department of the")),
        needs=tuple(
            "Ministry Department Office Bureau Agency Directorate Secretariat Inspectorate"
            " Institute University College Faculty School Academy Bank Board Council Committee"
            " Commission Chamber Diocese Port City Association Society Federation"
            " Church Museum".split()
        ),
    ),
    Pattern(
        "public_body_named",
        "ORGANIZATION",
        LazyRegex(
            rf"\b(?P<value>(?!The\b|This\b|Our\b|A\b|An\b|Any\b|In\b|At\b)[{_UP}][\w'-]+(?:[ "
            rf"](?:{_LINK}[ ])?"
            rf"[{_UP}][\w'-]+){{0,4}}?[ ](?:(?:County|City|Town|Borough|District|Parish|Regional|"
            rf"Municipal|"
            rf"Provincial)[ ](?:Council|Police|Hospital|Prosecutor|Prosecutor's[ ]Office|"
            rf"Administration|Bar)|"
            rf"University|Council|Police|Hospital|Infirmary|Clinic|Prosecutor's[ ]Office|Bar[ "
            rf"]Association|"
            rf"Housing[ ]Association|Building[ ]Society|Credit[ ]Union|Bank|Police[ ]Department|"
            rf"Medical[ ]Cent(?:er|re)|Health[ ]Cent(?:er|re)|(?:Primary|High|Grammar|Secondary|"
            rf"Elementary)[ ]"
            rf"School|Foundation|Trust|Authority|Ministry|Prison|Remand[ ]Prison|Land[ ]Registry|"
            rf"Airlines|"
            rf"Airways|Insurance|Pharmaceuticals|Holdings|Technologies|Solutions|Consulting|"
            rf"Logistics))\b"
        ),
        0.4,
        digits=False,
        needs=tuple(
            "University Council Police Hospital Infirmary Clinic Prosecutor Bar Association"
            " Society Union Bank Center Centre School Foundation Trust Authority Ministry Prison"
            " Registry Airlines Airways Insurance Pharmaceuticals Holdings Technologies Solutions"
            " Consulting Logistics Administration".split()
        ),
    ),
    Pattern(
        "firm_of_partners",
        "ORGANIZATION",
        LazyRegex(
            rf"\b[{_UP}][\w'-]+,[ ][{_UP}][\w'-]+,?[ ](?:and|&)[ ][{_UP}][\w'-]+(?=[ ](?:LLP|"
            rf"Solicitors|"
            rf"Attorneys|Associates|Partners|Chambers))"
        ),
        0.4,
        digits=False,
        needs=tuple(
            "LLP Solicitors Attorneys Associates Partners Chambers".split()
        ),
    ),
)  # fmt: skip
