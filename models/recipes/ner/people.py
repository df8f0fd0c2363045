"""Draw fictional people and the words of the lists beside this file."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).parent
_SHARE = 7
_SURNAME_FIRST = frozenset(
    {"chinese", "korean", "japanese", "vietnamese_thai_khmer", "vietnamese", "hungarian"}
)
_WEIGHTS = {"english": 7.0, "everyday_words": 2.5, "english_modern": 3.0}
_SYLLABLES = (
    "ba be bi bo ca ce co da de di do fa fi ga go ka ki la le li lo ma me mi mo na ne no pa po ra "
    "re ri ro sa se so ta te ti to va ve vi vo xa ze zo bri cla dri flu gra kno lum nor pix quo "
    "sta tru vel wyn zel mar len dor tek syn"
).split()
_SPLIT = frozenset(
    {"city", "village", "country", "region", "stem", "known", "street_name", "start", "quarter"}
)
_T = TypeVar("_T")


@cache
def lists(name: str) -> dict[str, dict[str, str]]:
    """Load one of the word list files."""
    return tomllib.loads((HERE / name).read_text("utf-8"))


@cache
def part(file: str, group: str, key: str, held: bool) -> tuple[str, ...]:
    """Return a list without its held-out seventh, or only that seventh."""
    text = lists(file)[group][key]
    entries = text.split() if file == "names.toml" else text.split("|")
    entries = [e.strip().replace("_", " ") if file == "names.toml" else e.strip() for e in entries]
    kept = [e for at, e in enumerate(entries) if (at % _SHARE == 3) == held]
    return tuple(kept or entries)


@cache
def _words(group: str, key: str, held: bool) -> tuple[str, ...]:
    """Return the entries of one list; only names of places and firms are ever held out."""
    if key in _SPLIT:
        return part("vocabulary.toml", group, key, held)
    entries = part("vocabulary.toml", group, key, False)
    return entries + part("vocabulary.toml", group, key, True)


@cache
def _surnames(held: bool) -> frozenset[str]:
    groups = lists("names.toml")
    return frozenset(n for g in groups for n in part("names.toml", g, "surname", held))


@cache
def _locales() -> tuple[tuple[str, ...], tuple[float, ...]]:
    names = tuple(lists("names.toml"))
    return names, tuple(accumulate(_WEIGHTS.get(name, 1.0) for name in names))


@dataclass(frozen=True)
class Person:
    """One fictional person of a document."""

    given: str
    middle: str
    surname: str
    surname_first: bool


class Draw:
    """Random choices for one document; the same seed gives the same document."""

    def __init__(self, seed: str, *, held: bool) -> None:
        self.random = random.Random(seed)
        self.held = held
        self._share = self.random.random

    def chance(self, share: float) -> bool:
        return self._share() < share

    def pick(self, options: Sequence[_T]) -> _T:
        return options[int(self._share() * len(options))]

    def word(self, group: str, key: str) -> str:
        """Draw an entry of vocabulary.toml."""
        return self.pick(_words(group, key, self.held))

    def digits(self, pattern: str) -> str:
        """Write a digit for every "#" (the first of a run is no zero) and a letter for "@"."""
        text = re.sub(r"(?<![#1-9])#", lambda _: str(1 + int(self._share() * 9)), pattern)
        text = re.sub("#", lambda _: str(int(self._share() * 10)), text)
        return re.sub("@", lambda _: self.pick(tuple("ABCDEFGHJKLMNPRSTVWXYZ")), text)

    def locale(self) -> str:
        names, sums = _locales()
        return self.random.choices(names, cum_weights=sums)[0]

    def given(self, locale: str) -> str:
        return self.pick(part("names.toml", locale, "given", self.held))

    def surname(self, locale: str) -> str:
        if self.chance(0.07):
            return self.made_surname()
        surname = self.pick(part("names.toml", locale, "surname", self.held))
        if self.chance(0.06):
            other = self.pick(part("names.toml", locale, "surname", self.held))
            surname = f"{surname}-{other}" if self.chance(0.6) else f"{surname} {other}"
        return surname

    def made_surname(self) -> str:
        """Join a beginning and an ending of surnames; names of the other part are left out."""
        family = self.pick(("english", "slavic", "nordic", "german", "armenian_georgian"))
        name = self.word("made_" + family, "start") + self.word("made_" + family, "end")
        return self.plain_surname() if name in _surnames(not self.held) else name

    def person(self, locale: str | None = None) -> Person:
        locale = locale or self.locale()
        family = self.locale() if self.chance(0.12) else locale
        return Person(
            self.given(locale),
            self.given(locale),
            self.surname(family),
            locale in _SURNAME_FIRST and self.chance(0.4),
        )

    def full_name(self, person: Person) -> str:
        """Write the name in one of the usual orders and with or without middle names."""
        if person.surname_first:
            return f"{person.surname} {person.given}"
        given, middle, surname = person.given, person.middle, person.surname
        share = self._share()
        if share < 0.70:
            return f"{given} {surname}"
        forms = (
            f"{given} {middle[0]}. {surname}",
            f"{given} {middle[0]}. {surname}",
            f"{given} {middle[0]} {surname}",
            f"{given} {middle} {surname}",
            f"{given} {middle} {surname}",
            f"{given[0]}. {surname}",
            f"{given[0]}. {surname}",
            f"{given[0]}.{middle[0]}. {surname}",
            f"{given[0]} {surname}",
            f'{given} "{middle}" {surname}',
            f"{surname}, {given}",
            f"{given} {surname} {self.pick(('Jr.', 'Sr.', 'III', 'II', 'Jr', 'IV'))}",
        )
        return self.pick(forms)

    def initials(self, person: Person) -> str:
        first, second = person.given[0], person.middle[0]
        forms = (
            f"{first}. {person.surname}",
            f"{first} {person.surname}",
            f"{first}.{second}. {person.surname}",
            f"{first}. {second}. {person.surname}",
            f"{first}{second} {person.surname}",
        )
        return self.pick(forms)

    def nickname(self, person: Person) -> str:
        """Return a short or playful form of a given name."""
        given = person.given.split(" ")[0].split("-")[0]
        cut = given[: 3 + int(self._share() * 2)]
        forms = (cut, cut + self.pick(("y", "ie", "o", "s", "zy", "ster")), given[:2] * 2, given)
        chosen = self.word("plain", "nickname") if self.chance(0.5) else self.pick(forms)
        return chosen.capitalize() if self.chance(0.5) else chosen.lower()

    def plain_surname(self) -> str:
        return self.pick(part("names.toml", self.locale(), "surname", self.held))

    def invented(self) -> str:
        count = 2 + int(self._share() * 2)
        return "".join(self.pick(_SYLLABLES) for _ in range(count)).capitalize()
