"""Forms of address, and names that a form of address, a role or a label announces."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.pattern import Pattern

TITLES: Final = (
    r"(?:Mrs|Mr|Ms|Miss|Mx|Messrs|Mister|Missus|Dr|Drs|Prof(?:essor)?|Sir|Dame|Lord|Lady|"
    r"Rev(?:erend)?|"
    r"Fr|Sr|Herr|Frau|Mme|Mlle|Monsieur|Madame|Se[ñn]ora?|Signora?|Sig|Doctor|Capt(?:ain)?|Sgt|"
    r"Sergeant|Lt|"
    r"Lieutenant|Col(?:onel)?|Maj(?:or)?|Gen(?:eral)?|Judge|Justice|Cllr|Councillor|Hon|Sheikh|"
    r"Imam|Rabbi|"
    r"Inspector|Constable|Senator|Ambassador|Dipl\.-Ing|Ing|Mag|Pan|Pani|Dhr|Mevr|Fru)"
)
"""As they are written; with or without a full stop."""

_UP: Final = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽȘȚΑ-ΩА-ЯІЇЄ"
_NAME: Final = (
    rf"(?:[{_UP}]\.[ ]?){{0,3}}(?:(?:van|von|de|der|den|del|della|di|da|dos|la|le|al|el|bin|ibn|"
    rf"ter|ten)"
    rf"[ ]|O'|Mc|Mac|d'|D'|al-|Al-|El-){{0,3}}[{_UP}][\w'-]+"
)
_NAMES: Final = rf"{_NAME}(?:[ \t]+(?:{_NAME}|[{_UP}]\b\.?)){{0,3}}"
_INITIALED: Final = rf"(?:[{_UP}]\.[ ]?){{1,3}}(?:{_NAME})?"
_ROLE: Final = (
    r"(?:applicant|defendant|claimant|plaintiff|appellant|respondent|petitioner|witness|victim|"
    r"complainant|accused|deceased|testator|tenant|landlord|patient|borrower|lender|buyer|seller|"
    r"employee|employer|guarantor|insured|policyholder|beneficiary)"
)

_WORDS_AS_TITLES: Final = ("Pan", "General", "Major", "Mag", "Gen", "Sr", "Sig", "Fr")
_NO_NAMES: Final = frozenset(
    """
    all both colleagues colleague customer team everyone everybody sir madam sirs there folks
    friends client customers hiring support applicant tenant member members parents again guys
    sir/madam recipient resident homeowner neighbour neighbor neighbours santa diary reader readers
    ladies gentlemen subscriber user users valued patient patients student students
    """.split()
)
_FIRMS: Final = re.compile(
    r"\b(?:Ltd|Limited|LLP|LLC|Inc|plc|GmbH|AG|SA|BV|Corp|Company|Co|Group|Trust|Council|Bank|"
    r"Properties|"
    r"University|Hospital|Services|Holdings|Partners|Bill|Rent|Lettings|Arrears|Status|Total|"
    r"Date|Address|Phone|Email|Number|Amount|Type|Notes?|Care|Support|Desk|Team|Department|Unit|"
    r"Office|Clinic|Reception|Accounts|Payroll|Billing|Sales|Marketing|Legal|Compliance|"
    r"Facilities|Purchasing|Procurement|Engineering|Security|Logistics|Warehouse|Radiology|"
    r"Pathology|Pharmacy|Physiotherapy|Psychiatry|Maternity|Emergency|Resources|Relations|Staff|"
    r"\w+(?:ology|iatrics))\b"
)


def _is_personal(value: str) -> bool:
    return value[:1].isupper() and _FIRMS.search(value) is None


def _is_greeted(value: str) -> bool:
    return value.lower() not in _NO_NAMES and value.lower().split()[0] not in _NO_NAMES


PATTERNS: Final = (
    Pattern(
        "form_of_address",
        "TITLE",
        LazyRegex(rf"\b{TITLES}\b\.?(?=\s+(?:and\s+Mrs|[{_UP}]))"),
        0.6,
        digits=False,
        check=lambda value: value not in _WORDS_AS_TITLES,
        needs=tuple(
            "Mrs Mr Ms Miss Mx Messrs Mister Missus Dr Drs Prof Professor Sir Dame Lord Lady Rev"
            " Reverend Fr Sr Herr Frau Mme Mlle Monsieur Madame Senor Señor Senora Señora Signor"
            " Signora Sig Doctor Capt Captain Sgt Sergeant Lt Lieutenant Col Colonel Maj Major Gen"
            " General Judge Justice Cllr Councillor Hon Sheikh Imam Rabbi Inspector Constable"
            " Senator Ambassador Ing Mag Pan Pani Dhr Mevr Fru Dipl".split()
        ),
    ),
    Pattern(
        "form_of_address_small",
        "TITLE",
        LazyRegex(r"\b(?:mrs|mr|dr|prof|mrs\.|mr\.|MR|MRS|DR|PROF)\b\.?(?=\s+\w)"),
        0.45,
        digits=False,
        needs=tuple(
            "mr mrs dr prof".split()
        ),
    ),
    Pattern(
        "name_after_title",
        "PERSON",
        LazyRegex(
            rf"\b(?:Mrs|Mr|Ms|Miss|Mx|Messrs|Mister|Dr|Prof|Professor|Sir|Dame|Herr|Frau|Mme|"
            rf"Mlle|Monsieur|"
            rf"Madame|Señora?|Signora?|Cllr|Rev|Reverend|Rabbi|Sheikh|Sgt|Judge|Justice)\b\.?[ \t]+"
            rf"(?P<value>{_NAMES}|{_INITIALED})"
        ),
        0.75,
        digits=False,
        needs=tuple(
            "Mrs Mr Ms Miss Mx Messrs Mister Dr Prof Professor Sir Dame Herr Frau Mme Mlle"
            " Monsieur Madame Señor Señora Signor Signora Cllr Rev Reverend Rabbi Sheikh Sgt Judge"
            " Justice".split()
        ),
    ),
    Pattern(
        "name_after_label",
        "PERSON",
        LazyRegex(
            r"(?:^|[\n;|,\t])[ \t]*(?:(?:full|first|last|given|family|patient|customer|client|"
            r"employee|contact|maiden|middle|account|tenant|policy\s?holder|insured|applicant|"
            r"card\s?|"
            r"claimant|witness|student|guest|passenger|author)[ \t_-]*(?:name|holder)|name|surname|"
            r"forename|patient|claimant|tenant|employee|landlord|line\s+manager|attn|attention|"
            r"signed|signed\s+by|prepared\s+by|approved\s+by|reviewed\s+by|reported\s+by|"
            r"written\s+by|"
            r"author|contact|contact\s+person|next\s+of\s+kin|emergency\s+contact|"
            r"referring\s+physician|"
            r"gp|consultant|interviewer|witness|assignee|cc|from|to)[ \t]*[:=][ \t]*"
            rf"(?P<value>{_NAMES}(?:,[ \t]+{_NAME})?)(?=[ \t]*(?:$|[\n;|,\t(]|<))",
            re.I,
        ),
        0.5,
        check=_is_personal,
        digits=False,
        needs=(":", "="),
    ),
    Pattern(
        "name_after_greeting",
        "PERSON",
        LazyRegex(
            rf"(?:^|\n)[ \t]*(?:Dear|Hi|Hello|Hey|Good\s(?:morning|afternoon|evening))[ \t]+"
            rf"(?P<value>{_NAMES})(?=[ \t]*[,!:\n-])"
        ),
        0.55,
        check=_is_greeted,
        digits=False,
        needs=tuple(
            "Dear Hi Hello Hey Good".split()
        ),
    ),
    Pattern(
        "name_after_role",
        "PERSON",
        LazyRegex(
            rf"\b(?:the|an?|The|one)\s(?:first\s|second\s|third\s|sole\s|other\s)?{_ROLE},\s"
            rf"(?:(?:an?|the)\s\w+\snational,\s)?(?:{TITLES}\.?\s)?(?P<value>{_NAMES})(?=[\s,(])"
        ),
        0.55,
        digits=False,
        check=_is_personal,
        needs=tuple(
            "applicant defendant claimant plaintiff appellant respondent petitioner witness"
            " victim complainant accused deceased testator tenant landlord patient borrower lender"
            " buyer seller employee employer guarantor insured policyholder beneficiary".split()
        ),
    ),
    Pattern(
        "name_before_citizenship",
        "PERSON",
        LazyRegex(
            rf"\bby\s(?:an?|two|three|four|five|six|\d+|\w+)\s(?:\w+\s){{1,3}}nationals?,"
            rf"\s(?:{TITLES}\.?\s)?"
            rf"(?P<value>{_NAMES})"
        ),
        0.6,
        digits=False,
        needs=tuple(
            "national nationals".split()
        ),
    ),
    Pattern(
        "name_after_signature",
        "PERSON",
        LazyRegex(
            rf"\b(?:signed\sby|witnessed\sby|represented\sby|on\sbehalf\sof|in\sthe\sname\sof|"
            rf"my\sname\sis|named|known\sas|called|care\sof|c/o|born)\s(?:{TITLES}\.?\s)?"
            rf"(?P<value>{_NAME}(?:[ ](?:{_NAME}|[{_UP}]\b\.?)){{1,3}})"
        ),
        0.5,
        digits=False,
        check=_is_personal,
        needs=tuple(
            "signed witnessed represented behalf name named known called care c/o born".split()
        ),
    ),
    Pattern(
        "name_after_closing",
        "PERSON",
        LazyRegex(
            r"(?:^|\n)[ \t]*(?:(?:Kind|Best|Warm|With kind|Many)\s(?:regards|wishes|thanks)|"
            r"Regards|Cheers|"
            r"Yours\s(?:sincerely|faithfully|truly)|Sincerely|Best|Thanks|Thank you),?[ "
            r"\t]*\n\s{0,3}"
            rf"(?P<value>{_NAMES})(?=[ \t]*(?:\n|$))"
        ),
        0.55,
        digits=False,
        check=_is_personal,
        needs=tuple(
            "regards wishes thanks cheers yours sincerely best thank".split()
        ),
    ),
    Pattern(
        "mister_and_name_small",
        "PERSON",
        LazyRegex(r"\b(?:mr|mrs|ms|dr|MR|MRS|MS|DR)\b\.?[ ](?P<value>[^\W\d_]{3,}(?:[ "
                   r"][A-Z][^\W\d_]{2,})?)"),
        0.45,
        digits=False,
        needs=tuple(
            "mr mrs ms dr".split()
        ),
    ),
    Pattern(
        "job_after_label",
        "TITLE",
        LazyRegex(
            r"(?:^|[\n;|,\t])[ \t]*(?:job\stitle|job|occupation|profession|position|designation|"
            r"role)"
            r"[ \t]*[:=][ \t]*(?P<value>[^\W\d_][^\n;|:\t]{2,60}?)(?=[ \t]*(?:$|[\n;|\t]))",
            re.I,
        ),
        0.5,
        digits=False,
        needs=tuple(
            "job occupation profession position designation role".split()
        ),
    ),
)  # fmt: skip
