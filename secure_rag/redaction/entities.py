"""From mentions to people, within one document.

A full name makes a person; a shorter mention joins the one person it fits. A
mention that fits two people is never guessed: it stays apart, under a
placeholder of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from secure_rag.redaction.entity import Entity, leave_out_shared
from secure_rag.redaction.names import JOINT, Name, parse_name
from secure_rag.redaction.nicknames import NO_NICKNAMES, Nicknames
from secure_rag.redaction.recognizers.name_lists import given_gender


@dataclass(eq=False)
class _Person:
    names: list[Name] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    is_ambiguous: bool = False
    number: int = 0
    fitting: list[_Person] = field(default_factory=list)
    """Whom it may be, if it is ambiguous."""

    @property
    def genders(self) -> set[str]:
        return {name.gender for name in self.names} - {""}

    @property
    def full(self) -> list[Name]:
        return [name for name in self.names if name.is_full]

    def is_called(self, token: str) -> bool:
        """Say whether a single word is one of the names of this person."""
        return any(
            token in name.tokens or token in name.spelled or token in _last_words(name)
            or token in (name.nick, name.maiden)
            for name in self.names
        )  # fmt: skip

    def has_surname(self, token: str) -> bool:
        return any(
            token in (name.surname, name.maiden, *name.spelled[-1:]) or token in _last_words(name)
            for name in self.names
            if name.title or len(name.tokens) > 1
        )

    def may_be(self, gender: str) -> bool:
        """Say whether somebody addressed so can be this person."""
        if not gender:
            return True
        if self.genders:
            return gender in self.genders
        known = {given_gender(name.given) for name in self.full} - {""}
        return not known or gender in known


def _last_words(name: Name) -> tuple[str, ...]:
    """Return the parts by which a double or composed surname may be shortened."""
    words = name.surname.replace("-", " ").split() if name.tokens else []
    return tuple(word for word in (words[0], words[-1]) if len(word) > 2) if words else ()


def resolve_people(
    mentions: Sequence[str],
    *,
    same: Iterable[tuple[int, int]] = (),
    nicknames: Nicknames = NO_NICKNAMES,
    short_names: bool = True,
) -> list[Entity]:
    """Group mentions of people; each mention is in exactly one group.

    Args:
        mentions: as written, with the form of address before and `Jr.` behind, in text order.
        same: pairs of which the text itself says that the second is another name of the first.
        nicknames: given names that may stand for each other.
        short_names: let a shorter mention join the one full name it fits.
    """
    return _People(mentions, same, nicknames, short_names).entities()


class _People:
    """The people of one document; candidates are found by the words of a name."""

    def __init__(
        self,
        mentions: Sequence[str],
        same: Iterable[tuple[int, int]],
        nicknames: Nicknames,
        short_names: bool,
    ) -> None:
        self._nicknames = nicknames
        self._people: list[_Person] = []
        self._by_key: dict[str, list[_Person]] = {}
        names = [parse_name(mention) for mention in mentions]
        declared = {other: one for one, other in same}
        self._more: dict[int, list[tuple[int, Name]]] = {}
        for other, one in declared.items():
            self._more.setdefault(one, []).append((other, _renamed(names[one], names[other])))
        self._parsed: dict[Name, list[int]] = {}
        for index, name in enumerate(names):
            if index not in declared:
                self._parsed.setdefault(name, []).append(index)
        stages = (_is_full, _is_initialled, _is_titled, _is_rest)
        for stage in stages if short_names else (_is_any,):
            # The longest first, so that a shorter form finds what it may belong to.
            for name in sorted((n for n in self._parsed if stage(n)), key=self._order):
                self._place(name, joins=short_names)

    def entities(self) -> list[Entity]:
        entities = [_entity(person, self._nicknames) for person in self._people]
        for person, entity in zip(self._people, entities, strict=True):
            for other in person.fitting:
                _share(entity, entities[other.number])
        leave_out_shared(entities)
        return entities

    def _order(self, name: Name) -> tuple[int, bool, bool, bool, str, str]:
        """Order names so that what says more comes first: `Jr.`, `Mr`, no nickname."""
        is_short = name.is_full and self._nicknames.is_short(name.given)
        says_more = (not name.generation, is_short, not name.gender)
        return -len(name.tokens), *says_more, name.form, name.title

    def _place(self, name: Name, *, joins: bool) -> None:
        """Add a name to the one person it fits, or to a new one."""
        mentions = self._parsed[name]
        candidates = self._candidates(name) if joins else []
        fitting = [p for p in candidates if not p.is_ambiguous and self._fits(p, name)]
        same_gender = [person for person in fitting if name.gender in person.genders]
        if len(fitting) > 1 and len(same_gender) == 1:
            fitting = same_gender
        if len(fitting) > 1 and name.is_initialled and len(name.tokens) > 2:
            exact = [person for person in fitting if _has_all_initials(person, name)]
            fitting = exact if len(exact) == 1 else fitting
        if len(fitting) == 1:
            person = fitting[0]
        else:
            twins = [p for p in candidates if p.is_ambiguous and p.names[0].tokens == name.tokens]
            twins = [p for p in twins if p.names[0].generation == name.generation]
            twins = [p for p in twins if p.may_be(name.gender) and not _is_joint(p, name)]
            is_new = not twins
            person = _Person(is_ambiguous=len(fitting) > 1, number=len(self._people))
            person = person if is_new else twins[0]
            if is_new:
                self._people.append(person)
            if person.is_ambiguous:
                person.fitting += [other for other in fitting if other not in person.fitting]
        self._add(person, name, mentions)
        for index in mentions:
            for other, further in self._more.pop(index, ()):
                self._add(person, further, [other])

    def _add(self, person: _Person, name: Name, mentions: Iterable[int]) -> None:
        person.names.append(name)
        person.mentions.extend(mentions)
        for key in _keys(name):
            people = self._by_key.setdefault(key, [])
            if not people or people[-1] is not person:
                people.append(person)

    def _candidates(self, name: Name) -> list[_Person]:
        found: dict[int, _Person] = {}
        # A given name that many bear says nothing where a surname stands beside it.
        wanted = set(_keys(name if name.is_bare else _without_given(name)))
        for token in name.tokens[:1] if name.is_bare else ():
            wanted |= self._nicknames.of(token)
        for key in wanted:
            found.update((person.number, person) for person in self._by_key.get(key, ()))
        return [found[number] for number in sorted(found)]

    def _fits(self, person: _Person, name: Name) -> bool:
        if _is_joint(person, name) or not person.may_be(name.gender):
            return False
        if name.is_full:
            return self._fits_full(person, name)
        if name.is_initialled:
            return _fits_initialled(person, name)
        if len(name.tokens) == 1 and name.title and not name.initials:
            return person.has_surname(name.tokens[0])
        if name.initials and any(name.initials in _initials(full) for full in person.full):
            return True
        if len(name.tokens) != 1:
            return any(name.tokens == other.tokens for other in person.names)
        return person.is_called(name.tokens[0]) or any(
            self._nicknames.same(name.tokens[0], full.given) for full in person.full
        )

    def _fits_full(self, person: _Person, name: Name) -> bool:
        full = person.full
        if not full:
            return False
        is_known = any(set(name.forms) & set(other.forms) for other in full)
        # `Garcia Lopez` beside `Maria Garcia Lopez` says nothing about `Maria Garcia`.
        alike = [other for other in full if self._nicknames.same(name.given, other.given)] or full
        if not is_known and not all(self._same_person(name, other) for other in alike):
            return False
        with_generation = [other for other in full if other.generation]
        if name.generation or not with_generation:
            return True
        # `John Carter Jr.`, later only `John Carter`: one; the other way round they are two.
        return min(self._first(other) for other in with_generation) < self._first(name)

    def _first(self, name: Name) -> int:
        return min(self._parsed.get(name, [0]))

    def _same_person(self, one: Name, other: Name) -> bool:
        """Say whether two full names of one document can only be one person's."""
        if one.generation and other.generation and one.generation != other.generation:
            return False
        return any(
            self._same_tokens(a, b, {one.nick, other.nick} - {""})
            for a in (one.tokens, one.spelled)
            for b in (other.tokens, other.spelled)
            if a and b
        ) or _is_maiden(one, other)

    def _same_tokens(self, a: tuple[str, ...], b: tuple[str, ...], nicks: set[str]) -> bool:
        if " ".join(a).replace("-", " ") == " ".join(b).replace("-", " "):
            return True
        short, long = sorted((a, b), key=len)
        if long[: len(short)] == short or long[-len(short) :] == short:
            return True
        if a[-1] != b[-1] or not (self._nicknames.same(a[0], b[0]) or {a[0], b[0]} & nicks):
            return False
        return all(
            x == y or (min(len(x), len(y)) == 1 and x[0] == y[0])
            for x, y in zip(a[1:-1], b[1:-1], strict=False)
        )


def _renamed(one: Name, other: Name) -> Name:
    """Return a declared second name; a maiden name alone takes the given name along."""
    if other.is_bare and one.is_full and not other.initials:
        return Name(other.title, (one.given, *other.tokens))
    return other


def _is_full(name: Name) -> bool:
    return name.is_full


def _is_initialled(name: Name) -> bool:
    return name.is_initialled


def _is_titled(name: Name) -> bool:
    return name.is_bare and bool(name.title)


def _is_rest(name: Name) -> bool:
    return not (name.is_full or name.is_initialled or _is_titled(name))


def _is_any(name: Name) -> bool:
    return True


def _is_joint(person: _Person, name: Name) -> bool:
    """Say whether exactly one of the two is a couple."""
    is_couple = any(other.title == JOINT for other in person.names)
    return is_couple != (name.title == JOINT)


def _is_maiden(one: Name, other: Name) -> bool:
    return one.given == other.given and (one.maiden == other.surname or other.maiden == one.surname)


def _keys(name: Name) -> Iterator[str]:
    """Return the words by which a name is found among the people of a document."""
    yield from name.tokens
    yield from name.spelled
    if name.tokens:
        yield from name.surname.replace("-", " ").split()
        yield from name.form.split()
    yield from (word for word in (name.nick, name.maiden) if word)
    if name.initials:
        yield f"({name.initials})"
    elif name.is_full:
        yield from (f"({letters})" for letters in _initials(name))


def _without_given(name: Name) -> Name:
    return replace(name, tokens=name.tokens[1:], spelled=name.spelled[1:])


def _initials(name: Name) -> set[str]:
    """Return what may be written for a full name: `apn` and `an` for Anna Petra Novak."""
    words = " ".join(name.tokens).replace("-", " ").split()
    letters = "".join(word[0] for word in words)
    return {letters, words[0][0] + words[-1][0], name.given[0] + name.surname[0]}


def _fits_initialled(person: _Person, name: Name) -> bool:
    given = name.tokens[:-1]
    for other in person.names:
        if len(other.tokens) < 2 or (name.generation and name.generation != other.generation):
            continue
        if not {name.surname, *name.spelled[-1:]} & {
            other.surname, other.maiden, *other.spelled[-1:], *_last_words(other)
        }:  # fmt: skip
            continue
        theirs = " ".join(other.tokens[:-1]).replace("-", " ").split()
        if all(a[0] == b[0] for a, b in zip(given, theirs, strict=False)):
            return True
    return False


def _has_all_initials(person: _Person, name: Name) -> bool:
    letters = "".join(token[0] for token in name.tokens)
    return any(letters in _initials(full) and len(letters) > 2 for full in person.full)


def _entity(person: _Person, nicknames: Nicknames) -> Entity:
    if person.is_ambiguous:
        called = {form for name in person.names for form in (*name.forms, *_aliases(name))}
        perhaps = tuple(sorted(called - {""}))
        return Entity(sorted(person.mentions), perhaps=perhaps, said=_said(person))
    longest = max((len(name.tokens) for name in person.full), default=0)
    # With a middle name the shorter form may be another person's: enter it, do not ask for it.
    asked = [name for name in person.full if len(name.tokens) == longest and not name.maiden]
    if with_generation := [name for name in person.full if name.generation]:
        asked = with_generation
    asked = asked or [name for name in person.full if len(name.tokens) == longest]
    forms = tuple(sorted({form for name in asked for form in name.forms}))
    also = {form for name in person.full for form in name.forms if not with_generation}
    also |= {f"{name.given} {name.maiden}" for name in person.full if name.maiden}
    for name in asked:
        also |= {" ".join((nick, *name.tokens[1:])) for nick in nicknames.of(name.given)}
    aliases = set[str]().union(*(_aliases(name) for name in person.names))
    return Entity(
        sorted(person.mentions),
        forms,
        tuple(sorted(also - set(forms))),
        tuple(sorted(aliases - set(forms))),
        said=_said(person),
    )


def _share(ambiguous: Entity, other: Entity) -> None:
    """Let an ambiguous mention be found by the name of somebody whom it may mean."""
    forms = other.forms or other.aliases
    ambiguous.perhaps = tuple(sorted({*ambiguous.perhaps, *forms}))
    other.perhaps = tuple(sorted({*other.perhaps, *forms}))


def _said(person: _Person) -> str:
    """Return by what a person without a full name is told from others: `m novak`."""
    aliases = set[str]().union(*(_aliases(name) for name in person.names))
    return " ".join((*sorted(person.genders), *sorted(aliases)))


def _aliases(name: Name) -> set[str]:
    """Return the short forms by which a question may mean somebody."""
    aliases = {name.surname, *_last_words(name), *name.spelled[-1:]} if name.tokens else set()
    aliases |= {name.nick, name.maiden}
    if name.is_full:
        plain = f"{name.given} {name.surname}"
        aliases |= {name.given, f"{name.given[0]} {name.surname}", plain.replace("-", " ")}
        aliases |= {f"{name.nick} {name.surname}"} if name.nick else set()
    elif name.is_initialled:
        aliases |= {f"{name.given} {name.surname}"}
    elif name.initials:
        aliases = set()
    return {alias for alias in aliases if len(alias) > 1}
