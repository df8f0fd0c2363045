"""From mentions to people, within one document.

A full name makes a person; a shorter mention joins the one person it fits. A
mention that fits two people is never guessed: it stays apart, under a
placeholder of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from secure_rag.redaction.names import Name, exact_form, parse_name, spaced_form


@dataclass
class Entity:
    """One thing that all its mentions stand for."""

    mentions: list[int] = field(default_factory=list)
    forms: tuple[str, ...] = ()
    """What it is looked up by across documents, most specific first."""
    also: tuple[str, ...] = ()
    """Further unambiguous forms, entered but not looked up by."""
    aliases: tuple[str, ...] = ()
    """Short forms that many people may share; they only answer questions."""


@dataclass
class _Person:
    names: list[Name] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    is_ambiguous: bool = False

    @property
    def genders(self) -> set[str]:
        return {name.gender for name in self.names} - {""}

    @property
    def full(self) -> list[Name]:
        return [name for name in self.names if name.is_full]

    def has_token(self, token: str) -> bool:
        return any(token in name.tokens or token in _last_words(name) for name in self.names)

    def has_surname(self, token: str) -> bool:
        return any(
            token == name.surname or token in _last_words(name)
            for name in self.names
            if name.title or len(name.tokens) > 1
        )


def _last_words(name: Name) -> tuple[str, ...]:
    """Return the parts by which a double or composed surname may be shortened."""
    words = name.surname.replace("-", " ").split() if name.tokens else []
    return tuple(word for word in (words[0], words[-1]) if len(word) > 2) if words else ()


def resolve_people(mentions: Sequence[str]) -> list[Entity]:
    """Group mentions of people; each mention is in exactly one group."""
    parsed: dict[Name, list[int]] = {}
    for index, mention in enumerate(mentions):
        parsed.setdefault(parse_name(mention), []).append(index)
    people: list[_Person] = []
    for stage in (_is_full, _is_initialled, _is_titled, _is_rest):
        names = [name for name in parsed if stage(name)]
        # The longest first, so that a shorter form finds what it may belong to.
        for name in sorted(names, key=lambda name: (-len(name.tokens), name.form, name.title)):
            _place(people, name, parsed[name])
    return [_entity(person) for person in people]


def resolve_values(entity: str, mentions: Sequence[str]) -> list[Entity]:
    """Group mentions of anything but people: equal once normalised."""
    form_of = spaced_form if entity in ("ORGANIZATION", "LOCATION", "NRP") else exact_form
    found: dict[str, Entity] = {}
    for index, mention in enumerate(mentions):
        form = form_of(mention) or mention
        found.setdefault(form, Entity(forms=(form,))).mentions.append(index)
    return list(found.values())


def _is_full(name: Name) -> bool:
    return name.is_full


def _is_initialled(name: Name) -> bool:
    return name.is_initialled


def _is_titled(name: Name) -> bool:
    return name.is_bare and bool(name.title)


def _is_rest(name: Name) -> bool:
    return not (name.is_full or name.is_initialled or _is_titled(name))


def _place(people: list[_Person], name: Name, mentions: list[int]) -> None:
    """Add a name to the one person it fits, or to a new one."""
    fitting = [person for person in people if not person.is_ambiguous and _fits(person, name)]
    same_gender = [person for person in fitting if name.gender in person.genders]
    if len(fitting) > 1 and len(same_gender) == 1:
        fitting = same_gender
    if len(fitting) == 1:
        person = fitting[0]
    else:
        twin = [p for p in people if p.is_ambiguous and p.names[0].tokens == name.tokens]
        twin = [p for p in twin if not (p.genders and name.gender and name.gender not in p.genders)]
        person = twin[0] if twin else _Person(is_ambiguous=len(fitting) > 1)
        if not twin:
            people.append(person)
    person.names.append(name)
    person.mentions.extend(mentions)


def _fits(person: _Person, name: Name) -> bool:
    if person.genders and name.gender and name.gender not in person.genders:
        return False
    if name.is_full:
        return bool(person.full) and all(_same_person(name, other) for other in person.full)
    if name.is_initialled:
        return _fits_initials(person, name)
    if len(name.tokens) != 1:
        return any(name.tokens == other.tokens for other in person.names)
    if name.title:
        return person.has_surname(name.tokens[0])
    return person.has_token(name.tokens[0])


def _same_person(one: Name, other: Name) -> bool:
    """Say whether two full names of one document can only be one person's."""
    short, long = sorted((one.tokens, other.tokens), key=len)
    if long[: len(short)] == short or long[-len(short) :] == short:
        return True
    if one.tokens[0] != other.tokens[0] or one.surname != other.surname:
        return False
    if not one.middle or not other.middle:
        return True
    return all(
        a == b or (min(len(a), len(b)) == 1 and a[0] == b[0])
        for a, b in zip(one.middle, other.middle, strict=False)
    )


def _fits_initials(person: _Person, name: Name) -> bool:
    given = name.tokens[:-1]
    for other in person.names:
        if len(other.tokens) < 2 or name.surname not in (other.surname, *_last_words(other)):
            continue
        theirs = other.tokens[:-1]
        if all(a[0] == b[0] for a, b in zip(given, theirs, strict=False)):
            return True
    return False


def _entity(person: _Person) -> Entity:
    full = sorted({name.form for name in person.full}, key=lambda form: (-len(form.split()), form))
    # With a middle name the shorter form may be another person's: enter it, do not ask for it.
    longest = max((len(name.tokens) for name in person.full), default=0)
    forms = tuple(sorted({name.form for name in person.full if len(name.tokens) == longest}))
    also = {form for form in full if form not in forms}
    also |= {f"{name.tokens[0]} {name.surname}" for name in person.full} - set(forms)
    aliases: set[str] = set()
    if not person.is_ambiguous:
        for name in person.names:
            aliases.update(_aliases(name))
    return Entity(sorted(person.mentions), forms, tuple(sorted(also)), tuple(sorted(aliases)))


def _aliases(name: Name) -> set[str]:
    aliases = {name.surname, *_last_words(name)} if name.tokens else set()
    if name.is_full:
        aliases |= {name.tokens[0], f"{name.tokens[0][0]} {name.surname}"}
    elif name.is_initialled:
        aliases = {f"{name.tokens[0]} {name.surname}", name.surname}
    return {alias for alias in aliases if len(alias) > 1}
