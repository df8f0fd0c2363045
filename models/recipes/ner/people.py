"""Draw fictional people, organisations and places from the word lists beside this file."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
_SHARE = 7
_SURNAME_FIRST = frozenset({"chinese", "korean", "japanese", "vietnamese_thai_khmer"})
_WEIGHTS = {"english": 8.0, "everyday_words": 2.0}
_SYLLABLES = (
    "ba be bi bo ca ce co da de di do fa fi ga go ka ki la le li lo ma me mi mo na ne no pa po ra "
    "re ri ro sa se so ta te ti to va ve vi vo xa ze zo"
).split()
_LETTERS = "ABCDEFGHIKLMNOPRSTVW"
_LAWYERS = ("LLP", "Ltd", "Solicitors", "Partners", "Associates")
_UNIONS = ("Group", "Trust", "Foundation", "Partnership", "Collective")
_SHOPS = ("Bakery", "Garage", "Kitchen", "Pharmacy", "Cleaning", "Plumbing", "Books")
_FIRMS = (
    (9, "{stem} {trade} {suffix}", "{stem}"),
    (9, "{stem} {trade} {suffix}", "{stem} {trade}"),
    (16, "{stem} {suffix}", "{stem}"),
    (8, "{stem} {trade}", "{stem}"),
    (5, "{stem}", "{stem}"),
    (5, "{one} & {two} {lawyers}", "{one} & {two}"),
    (3, "{one}, {two} & Co", "{one}, {two}"),
    (3, "{one} {trade} {suffix}", "{one}"),
    (2, "{one} Brothers {suffix}", "{one} Brothers"),
    (2, "{one} and Sons", "{one} and Sons"),
    (3, "{city} {trade} {suffix}", "{city} {trade}"),
    (1, "Bank of {city}", "Bank of {city}"),
    (2, "{letters} {trade}", "{letters}"),
    (3, "{letters} {suffix}", "{letters}"),
    (2, "The {stem} {union}", "the {stem}"),
    (3, "{one}'s {shop}", "{one}'s"),
    (14, "{known}", "{known}"),
    (8, "{foreign}", "{foreign}"),
    (6, "{institution}", "{institution}"),
)
"""Weight, full name and short form."""


@cache
def lists(name: str) -> dict[str, dict[str, str]]:
    """Load one of the word list files."""
    return tomllib.loads((HERE / name).read_text("utf-8"))


@cache
def part(file: str, group: str, key: str, held: bool) -> tuple[str, ...]:
    """Return a list without its held-out seventh, or only that seventh."""
    text = lists(file)[group][key]
    entries = text.split("|") if file == "vocabulary.toml" else text.replace("\n", " ").split(" ")
    entries = [
        entry.strip().replace("_", " ") if file == "names.toml" else entry.strip()
        for entry in entries
    ]
    kept = [e for at, e in enumerate(entries) if (at % _SHARE == 3) == held]
    return tuple(kept or entries)


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

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def word(self, group: str, key: str) -> str:
        """Draw an entry of vocabulary.toml; only names of places and firms are ever held out."""
        held = self.held and key in {"city", "country", "region", "stem", "known", "street_name"}
        # What is not split is seen by both parts.
        entries = part("vocabulary.toml", group, key, held)
        if key not in {"city", "country", "region", "stem", "known", "street_name"}:
            entries = entries + part("vocabulary.toml", group, key, True)
        return self.random.choice(entries)

    def locale(self) -> str:
        names = list(lists("names.toml"))
        return self.random.choices(names, [_WEIGHTS.get(n, 1.0) for n in names])[0]

    def given(self, locale: str) -> str:
        return self.random.choice(part("names.toml", locale, "given", self.held))

    def surname(self, locale: str) -> str:
        surname = self.random.choice(part("names.toml", locale, "surname", self.held))
        if self.chance(0.05):
            other = self.random.choice(part("names.toml", locale, "surname", self.held))
            surname = f"{surname}-{other}" if self.chance(0.6) else f"{surname} {other}"
        return surname

    def person(self) -> Person:
        locale = self.locale()
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
        forms = (
            (70, f"{given} {surname}"),
            (8, f"{given} {middle[0]}. {surname}"),
            (3, f"{given} {middle[0]} {surname}"),
            (4, f"{given} {middle} {surname}"),
            (6, f"{given[0]}. {surname}"),
            (3, f"{given[0]}.{middle[0]}. {surname}"),
            (2, f"{given[0]} {surname}"),
            (1, f'{given} "{middle}" {surname}'),
            (2, f"{surname}, {given}"),
            (1, f"{given} {surname} {self.random.choice(('Jr.', 'Sr.', 'III', 'II'))}"),
        )
        return self.random.choices([f for _, f in forms], [w for w, _ in forms])[0]

    def initials(self, person: Person) -> str:
        first = person.given[0]
        second = person.middle[0]
        forms = (
            f"{first}. {person.surname}",
            f"{first} {person.surname}",
            f"{first}.{second}. {person.surname}",
            f"{first}{second} {person.surname}",
        )
        return self.random.choice(forms)

    def plain_surname(self) -> str:
        return self.random.choice(part("names.toml", self.locale(), "surname", self.held))

    def invented(self) -> str:
        return "".join(self.random.choices(_SYLLABLES, k=self.random.randint(2, 4))).capitalize()

    def street(self) -> str:
        if self.chance(0.2):
            return self.word("places", "street_foreign")
        if self.chance(0.2):
            return f"{self.plain_surname()} {self.word('places', 'street_kind')}"
        return f"{self.word('places', 'street_name')} {self.word('places', 'street_kind')}"

    def firm(self) -> tuple[str, str]:
        """Return a firm's full name and the short form that later mentions may use."""
        full, short = self.random.choices(
            [(full, short) for _, full, short in _FIRMS], [weight for weight, _, _ in _FIRMS]
        )[0]
        city, name = self.word("places", "city"), self.plain_surname()
        words = {
            "stem": self.invented() if self.chance(0.25) else self.word("organisations", "stem"),
            "trade": self.word("organisations", "trade"),
            "suffix": self.word("organisations", "suffix"),
            "one": name,
            "two": self.plain_surname(),
            "city": city,
            "letters": "".join(self.random.choices(_LETTERS, k=self.random.randint(2, 4))),
            "lawyers": self.random.choice(_LAWYERS),
            "union": self.random.choice(_UNIONS),
            "shop": self.random.choice(_SHOPS),
            "known": self.word("organisations", "known"),
        }
        for kind in ("foreign", "institution"):
            pattern = self.word("organisations", kind)
            words[kind] = pattern.format(self.random.choice((name, city, words["stem"])))
        return full.format(**words), short.format(**words)

    def hospital(self) -> str:
        kind = self.word("organisations", "hospital")
        if self.chance(0.4):
            saint = self.word("organisations", "saint")
            before = self.random.choice(("St", "St.", "Saint"))
            return f"{before} {saint} {self.random.choice(('Hospital', kind))}"
        owner = self.word("places", "city") if self.chance(0.6) else self.plain_surname()
        return f"{owner} {kind}"

    def university(self) -> str:
        city = self.word("places", "city" if self.chance(0.7) else "region").removeprefix("the ")
        forms = (
            f"University of {city}",
            f"{city} University",
            f"{city} Business School",
            f"{self.plain_surname()} College",
            f"Technical University of {city}",
            f"{city} Institute of Technology",
            f"{self.plain_surname()} University",
        )
        return self.random.choice(forms)

    def school(self) -> str:
        owner = self.random.choice(
            (
                self.word("places", "city"),
                self.plain_surname(),
                "St " + self.word("organisations", "saint"),
            )
        )
        return f"{owner} {self.word('organisations', 'school')}"
