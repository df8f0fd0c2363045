"""Surrogates of personal values: the same shape, nothing of the value.

A surrogate has letters where the value has letters, in the same case, digits where it has
digits, and valid check digits where its type has some; names, places and dates are others.
The same value gets the same surrogate, and so does the same part of a name. No surrogate
shares six characters in a row with any of the values, and no name a word with one: where the
passage has a Helen, nobody in the case is called Helen.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from secure_rag.policytest import surrogate_numbers as numbers
from secure_rag.policytest import surrogate_words as words
from secure_rag.redaction.names import TITLES
from secure_rag.redaction.recognizers.durations import is_duration

RUN: Final = 6
"""So many characters of a value must never stand in a row in what replaces it."""
_TRIES: Final = 60
_TOKEN: Final = re.compile(r"[^\W\d_]+")
_DIGITS: Final = re.compile(r"\d+")
_PEM: Final = re.compile(r"(-----BEGIN [A-Z ]+-----\s*)(.*?)(\s*-----END [A-Z ]+-----)", re.DOTALL)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_KNOWN_PREFIX: Final = re.compile(r"(?:AKIA|ASIA|ghp_|gho_|eyJ|sk-|AIza|xox[abp]-|npm_|hvs\.)")
_ID_PREFIX: Final = re.compile(r"[A-Za-z]{1,4}[-/. ]?(?=\d)")
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b\d{5}(?:-\d{4})?\b")
_LABEL: Final = re.compile(
    r"(?:(?:IBAN|BIC|SWIFT|SSN|ITIN|NHS|NINO|DEA|VAT|no\.?|number)[ :#]+)+(?=\S*\d)", re.IGNORECASE
)
_STREET_TYPES: Final = frozenset(
    "street st avenue ave drive dr square terrace boulevard blvd crescent gardens".split()
) | {one.casefold() for one in words.STREET_TYPES}

Maker = Callable[[str], str]


def is_nobodys(entity: str, value: str) -> bool:
    """Say whether a value may stand in a case as it is: `Mr`, `Managing Director`, `three months`.

    The names model may take a firm or a place into a title: what has other words is replaced.
    """
    if entity == "TITLE":
        return all(_is_of_title(match.group().casefold()) for match in _TOKEN.finditer(value))
    return entity == "DURATION" and is_duration(value)


def _is_of_title(word: str) -> bool:
    return word in TITLES or word in words.POST_WORDS or word in words.PARTICLES


class Surrogates:
    """Makes surrogates for the values of one text."""

    def __init__(self, values: Iterable[str], *, chance: random.Random | None = None) -> None:
        """Take every personal value of the text; surrogates keep apart from all of them."""
        self._chance = chance or random.SystemRandom()
        self._values = [_split_label(value)[1].casefold() for value in values]
        self._runs = {run for value in self._values for run in runs_of(value)}
        self._words = {word for value in self._values for word in _TOKEN.findall(value)}
        self._made: dict[tuple[str, str], str] = {}
        self._tokens: dict[tuple[str, str], str] = {}
        self._makers: dict[str, Maker] = {
            "PERSON": self._person,
            "USERNAME": self._user_name,
            "TITLE": lambda value: self._word_like(value, words.POSTS),
            "AGE": self._age,
            "NRP": lambda value: self._word_like(value, words.GROUPS),
            "ORGANIZATION": self._organization,
            "LOCATION": self._location,
            "DATE_TIME": self._date,
            "STREET_ADDRESS": self._address,
            "ID_NUMBER": self._id_number,
            "EMAIL_ADDRESS": self._mail,
            "URL": self._url,
            "SECRET_PRIVATE_KEY": self._private_key,
            "SECRET_CONNECTION": self._url,
        }

    def of(self, entity: str, value: str) -> str:
        """Return the surrogate of a value, the same each time."""
        key = entity, value
        if key not in self._made:
            label, bare = _split_label(value)
            self._made[key] = label + self._make(entity, bare)
        return self._made[key]

    def is_apart(self, text: str) -> bool:
        """Say whether a text shares no run of characters, and no whole word, with any value."""
        folded = text.casefold()
        if not self._runs.isdisjoint(runs_of(folded)):
            return False
        return not any(
            re.search(rf"(?<!\w){re.escape(value)}(?!\w)", folded) for value in self._values
        )

    def _make(self, entity: str, value: str) -> str:
        if is_nobodys(entity, value):
            return value
        maker = self._makers.get(entity)
        checked = numbers.checked(entity)
        for _ in range(_TRIES):
            if maker is not None:
                made = maker(value)
            elif checked is not None:
                made = checked(value, self._chance) or self._shape(value)
            else:
                made = self._shape(value)
            if entity in ("AGE", "SECRET_PRIVATE_KEY") and made != value:
                return made  # `years old`, `BEGIN PRIVATE KEY`: words that are nobody's
            if self.is_apart(made):
                return made
            self._forget(value)
        if entity == "PHONE_NUMBER":
            return numbers.reserved_phone(self._chance, self.is_apart)
        return self._shape_apart(value)

    def _forget(self, value: str) -> None:
        """Let the parts of a value be chosen anew: what was chosen looks too much like a value."""
        for key in [key for key in self._tokens if key[1] in value.casefold()]:
            del self._tokens[key]

    # -- names ---------------------------------------------------------------------------

    def _person(self, value: str) -> str:
        tokens = list(_TOKEN.finditer(value))
        full = [one for one in tokens if not self._is_small(one.group())]

        def replace(match: re.Match[str]) -> str:
            word = match.group()
            if self._is_small(word):
                return words.OTHER_PARTICLES.get(word, word)
            is_last = len(full) > 1 and match.start() == full[-1].start()
            return self._token("name", word, words.SURNAMES if is_last else words.GIVEN_NAMES)

        return _TOKEN.sub(replace, value)

    @staticmethod
    def _is_small(word: str) -> bool:
        return word.casefold() in words.PARTICLES or word == "s"

    def _user_name(self, value: str) -> str:
        swapped = _TOKEN.sub(lambda m: self._token("name", m.group(), words.SURNAMES), value)
        return self._shape(swapped, only=string.digits)

    def _organization(self, value: str) -> str:
        count = 0

        def replace(match: re.Match[str]) -> str:
            nonlocal count
            word = match.group()
            folded = word.casefold()
            if folded in words.SHORT_FORMS or folded in words.PARTICLES:
                return word
            if folded in words.LEGAL_FORMS:
                return _cased(words.LEGAL_FORMS[folded], word)
            count += 1
            return self._token("firm", word, words.FIRMS if count == 1 else words.TRADES)

        return _TOKEN.sub(replace, value)

    def _location(self, value: str) -> str:
        return _TOKEN.sub(
            lambda m: (
                m.group()
                if m.group().casefold() in words.PARTICLES
                else self._token("place", m.group(), words.PLACES)
            ),
            value,
        )

    def _address(self, value: str) -> str:
        """Replace the street before the first comma or line end, towns and postcode after it."""
        street, mark, rest = _split_address(value)
        made = self._shape(_TOKEN.sub(self._street_word, street), only=string.digits)
        code = numbers.checked("POSTCODE")
        towns = ""
        position = 0
        for match in _POSTCODE.finditer(rest):
            towns += self._location(rest[position : match.start()])
            towns += (code and code(match.group(), self._chance)) or self._shape(match.group())
            position = match.end()
        return made + mark + towns + self._location(rest[position:])

    def _street_word(self, match: re.Match[str]) -> str:
        word = match.group()
        folded = word.casefold()
        if folded in _STREET_TYPES:
            return _cased(self._chance.choice(words.STREET_TYPES), word)
        if len(word) <= 2 or folded in ("flat", "unit", "box", "suite", "floor"):
            return word
        return self._token("street", word, words.STREETS)

    def _id_number(self, value: str) -> str:
        """Keep a short group of letters before digits: it names the kind of number."""
        match = _ID_PREFIX.match(value)
        kept = match.group() if match else ""
        return kept + self._shape(value[len(kept) :])

    def _word_like(self, value: str, source: Sequence[str]) -> str:
        return _cased(self._chance.choice(source), value)

    def _token(self, kind: str, word: str, source: Sequence[str]) -> str:
        """Return the stand-in of a word, the same wherever the word is part of a value."""
        if len(word) == 1:
            return self._shape(word)
        key = kind, word.casefold()
        if key not in self._tokens:
            taken = set(self._tokens.values())
            others = [one for one in source if one.casefold() not in self._words]
            free = [one for one in others if one not in taken]
            close = [one for one in free if _class(one) == _class(word)]
            self._tokens[key] = self._chance.choice(close or free or others or source)
        return _cased(self._tokens[key], word)

    # -- addresses of the net ------------------------------------------------------------

    def _mail(self, value: str) -> str:
        local, _, domain = value.rpartition("@")
        name = _TOKEN.sub(lambda m: self._token("name", m.group(), words.SURNAMES), local)
        made = f"{self._shape(name, only=string.digits)}@{self._chance.choice(words.DOMAINS)}"
        return made.upper() if domain.isupper() and local.isupper() else _plain(made)

    def _url(self, value: str) -> str:
        match = _SCHEME.match(value)
        scheme = match.group() if match else ""
        rest = value[len(scheme) :]
        host, slash, path = rest.partition("/")
        login, at, _ = host.rpartition("@")
        other = {
            "http://": "https://",
            "https://": "http://",
            "mysql://": "redis://",
        }.get(scheme.lower(), "mysql://" if at else "https://")
        return "".join(
            (
                other if scheme else "",
                self._shape(login) if at else "",
                at,
                self._chance.choice(words.DOMAINS),
                slash,
                self._shape(path),
            )
        )

    def _private_key(self, value: str) -> str:
        match = _PEM.fullmatch(value.strip())
        if match is None:
            return self._shape(value)
        return f"{match[1]}{self._shape(match[2])}{match[3]}"

    # -- numbers and dates ---------------------------------------------------------------

    def _age(self, value: str) -> str:
        if not _DIGITS.search(value):
            return self._word_like(value, ("forty", "fifty", "sixty", "thirty"))
        return _DIGITS.sub(lambda m: str(self._other(int(m.group()), 21, 79)), value)

    def _date(self, value: str) -> str:
        def number(match: re.Match[str]) -> str:
            digits = match.group()
            if len(digits) == 4:
                return str(self._other(int(digits), 1950, 2029))
            if len(digits) == 8:
                year = str(self._other(int(digits[:4]), 1950, 2029))
                return f"{year}{self._chance.randint(1, 12):02}{self._chance.randint(1, 28):02}"
            made = self._other(int(digits), 1, 12) if len(digits) < 3 else int(self._shape(digits))
            return f"{made:0{len(digits)}}" if digits[0] == "0" else str(made)

        def month(match: re.Match[str]) -> str:
            word = match.group()
            for name in words.MONTHS:
                short = len(word) in (3, 4) and name.casefold().startswith(word.casefold()[:3])
                if word.casefold() == name.casefold() or short:
                    other = self._chance.choice([one for one in words.MONTHS if one != name])
                    return _cased(other[:3] if short and len(word) == 3 else other, word)
            return word

        return _TOKEN.sub(month, _DIGITS.sub(number, value))

    def _other(self, number: int, low: int, high: int) -> int:
        return self._chance.choice([one for one in range(low, high + 1) if one != number])

    def _shape_apart(self, value: str) -> str:
        made = self._shape(value)
        for _ in range(_TRIES):
            if self.is_apart(made):
                break
            made = self._shape(value)
        return made

    def _shape(self, value: str, *, only: str | None = None) -> str:
        """Return other characters of the same kinds; a public prefix of a token stays."""
        match = _KNOWN_PREFIX.match(value) if only is None else None
        kept = match.group() if match else ""
        return kept + numbers.shape(value[len(kept) :], self._chance, only=only)


def _split_label(value: str) -> tuple[str, str]:
    """Return the word that names a number, such as `IBAN`, and the number; both may be found."""
    match = _LABEL.match(value)
    return (match.group(), value[match.end() :]) if match else ("", value)


def _split_address(value: str) -> tuple[str, str, str]:
    match = re.search(r",\s*|\n", value)
    if match is None:
        return value, "", ""
    return value[: match.start()], match.group(), value[match.end() :]


def runs_of(text: str) -> set[str]:
    """Return every run of `RUN` characters of a text that holds a letter or digit."""
    return {
        text[start : start + RUN]
        for start in range(len(text) - RUN + 1)
        if any(character.isalnum() for character in text[start : start + RUN])
    }


def _cased(word: str, like: str) -> str:
    """Return a word in the case of another."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    if like.islower():
        return word.lower()
    return word


def _class(word: str) -> int:
    """Return the length class of a word: short, middle or long."""
    return (len(word) > 4) + (len(word) > 7)


def _plain(text: str) -> str:
    return text.encode("ascii", "ignore").decode()
