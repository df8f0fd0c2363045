"""Ordinary names that stand for placeholders where the reader reads, and nowhere else.

A reader trained on ordinary text knows that "Mary Jones" is someone who can rent a flat;
"Person B" tells it much less. So each placeholder is given a name of its kind that stands
in none of the texts, the same one in question and passages. The names are made up here,
they are never derived from a value, and none is shown: what the reader finds are places,
and these are looked up in the stored text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, product
from typing import Final

from secure_rag.answering.prompt import local_names
from secure_rag.vault.placeholders import entity_of

_FIRST: Final = ("Mary", "John", "Helen", "Peter", "Laura", "David", "Alice", "Robert")
_LAST: Final = ("Jones", "Baker", "Carter", "Fisher", "Turner", "Cooper", "Hughes", "Palmer")
_TOWNS: Final = (
    "Ashford", "Kendal", "Marlow", "Selby", "Thornton", "Bradwell", "Langley", "Norwood",
    "Weston", "Hartford", "Melrose", "Clifton", "Burford", "Stanley", "Redhill", "Fairview",
)  # fmt: skip
_FIRMS: Final = ("Northgate", "Silverline", "Bluestone", "Redwood", "Lakeside", "Summit", "Orchard")
_FORMS: Final = ("Ltd", "Partners", "Group", "Systems")
_MONTHS: Final = ("May", "June", "July", "August", "October")


def _people() -> Iterator[str]:
    # the first eight share no word, so that "Mary" is never two people among few
    yield from (f"{first} {last}" for first, last in zip(_FIRST, _LAST, strict=True))
    yield from (f"{first} {last}" for first, last in product(_FIRST, _LAST))


def _dates() -> Iterator[str]:
    yield from (f"{day} {month}" for day, month in product(range(3, 28), _MONTHS))


_CHOICES: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "PERSON": _people,
    "LOCATION": lambda: iter(_TOWNS),
    "ORGANIZATION": lambda: (f"{firm} {form}" for form, firm in product(_FORMS, _FIRMS)),
    "DATE_TIME": _dates,
    "STREET_ADDRESS": lambda: (f"{n} Mill Lane" for n in range(12, 99, 7)),
    "EMAIL_ADDRESS": lambda: (f"office{n}@example.org" for n in range(1, 99)),
    "PHONE_NUMBER": lambda: (f"01632 9600{n}" for n in range(10, 99)),
}


def cover_names(texts: Sequence[str]) -> dict[str, str]:
    """Return a name for each placeholder of the texts, by placeholder, no two alike."""
    names = dict(local_names(texts).by_placeholder)
    lower = "\n".join(texts).lower()
    free: dict[str, Iterator[str]] = {}
    taken: set[str] = set()
    for placeholder, plain in names.items():
        kind = entity_of(placeholder)
        choices = free.setdefault(kind, _CHOICES.get(kind, lambda: iter(()))())
        names[placeholder] = next(
            name
            for name in chain(choices, (plain,))
            if name not in taken and (name == plain or not _stands_in(name, lower))
        )
        taken.add(names[placeholder])
    return names


def _stands_in(name: str, lower: str) -> bool:
    """Say whether a word of the name could be meant by the texts."""
    return any(word in lower for word in name.lower().split() if len(word) > 3)
