"""What kind of thing a question asks for, and whether a sentence holds one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

from secure_rag.answering.words import Word

Kind = Literal["person", "date", "number", "place", "contact", "money"]

VALUE_KINDS: frozenset[Kind | None] = frozenset(("date", "number", "contact", "money"))
"""Kinds whose things can be told by their form."""

_QUESTIONS: tuple[tuple[Kind, str], ...] = (
    (
        "contact",
        r"\b(e-?mail|phone|telephone|fax|mobile|contact details|address|postcode|zip code|"
        r"iban|account number|card number|website|url)\b",
    ),
    ("money", r"\bhow much (?:does|did|is|was|will|money)\b|\b(price|cost|fee|salary|amount)\b"),
    ("number", r"\bhow (?:many|much|long|old|often|far|large|big|tall|high|fast)\b"),
    ("number", r"\b(?:what|which) (?:number|percentage|percent|share|rate|ratio|age|size)\b"),
    ("date", r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|time)\b"),
    ("date", r"\b(?:deadline|due date|expiry|effective date|start date|end date)\b"),
    ("person", r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|employee|doctor|manager)\b"),
    ("place", r"\bwhere\b|\b(?:what|which) (?:city|country|place|town|state|region)\b"),
)
_DATE = re.compile(
    r"\b(?:1\d{3}|20\d{2})\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|<DATE_TIME_"
    # "may" is a verb and "May" a month
    r"|\b(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|century|today|tomorrow)\b"
)
_MONEY = re.compile(r"[$€£¥]|\b(?:usd|eur|gbp|dollars?|euros?|pounds?|sek|chf)\b", re.IGNORECASE)
_CONTACT = re.compile(
    r"<(?:EMAIL_ADDRESS|PHONE_NUMBER|STREET_ADDRESS|POSTCODE|URL|IBAN_CODE|CREDIT_CARD|"
    r"US_BANK_NUMBER|ID_NUMBER)_|@|\*{4,}|\+\d{2}"
)


def expected_kind(question: str) -> Kind | None:
    """Return what a question asks for, if its words say so."""
    return next(
        (kind for kind, pattern in _QUESTIONS if re.search(pattern, question, re.IGNORECASE)), None
    )


def holds_kind(kind: Kind, sentence: str, words: Sequence[Word], asked: AbstractSet[str]) -> bool:
    """Say whether a sentence names a thing of that kind that the question does not name.

    Args:
        words: the content words of the sentence.
        asked: the stems of the question.
    """
    new = [word for word in words if word.stem not in asked]
    if kind == "date":
        return _DATE.search(sentence) is not None
    if kind == "contact":
        return _CONTACT.search(sentence) is not None
    if kind in ("number", "money"):
        is_priced = kind == "money" and _MONEY.search(sentence) is not None
        return is_priced or any(word.is_number for word in new)
    return any(_names(word, kind) for word in new)


def _names(word: Word, kind: Kind) -> bool:
    if not word.stem.startswith("<"):
        return word.is_name
    places = ("<LOCATION_", "<STREET_ADDRESS_", "<ORGANIZATION_")
    people = ("<PERSON_", "<ORGANIZATION_", "<USERNAME_")
    return word.stem.startswith(places if kind == "place" else people)
