"""From mentions to organisations: the legal form may be missing, a declared acronym may stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from secure_rag.redaction.entity import Entity
from secure_rag.redaction.names import fold

_WORD: Final = re.compile(r"[^\W_]+(?:['.][^\W_]+)*")
_DOTTED: Final = re.compile(r"(?<![^\W_])(?:[^\W\d_]\. ?){2,}")
_JOINERS: Final = frozenset("of and the for in at on to de la le du und für".split())

_LEGAL: Final = {
    **dict.fromkeys(("ltd", "limited", "ltda", "limitada"), "ltd"),
    **dict.fromkeys(("inc", "incorporated"), "inc"),
    **dict.fromkeys(("corp", "corporation"), "corp"),
    **dict.fromkeys(("co", "company", "cie"), "co"),
    **{
        word: word
        for word in (
            "llc llp lp plc gmbh ag kg kgaa ohg ug ev sarl srl sas spa bv nv vof ab oy oyj asa aps "
            "pty pte pvt sdn bhd kk kft zrt doo dd as sa se sro cic"
        ).split()
    },
}
_ONLY_CAPITALS: Final = frozenset("as sa se ag ab spa dd lp ug ev".split())
"""Legal forms that are also words, so that only capitals or dots make them one."""


@dataclass(frozen=True)
class _Name:
    words: tuple[str, ...]
    legal: str
    """What stood behind: `ltd`, `pty ltd`; empty if nothing did."""

    @property
    def form(self) -> str:
        return " ".join(self.words)


@dataclass
class _Firm:
    legal: str
    names: set[tuple[str, ...]] = field(default_factory=set)
    mentions: list[int] = field(default_factory=list)
    is_ambiguous: bool = False
    perhaps: set[str] = field(default_factory=set)
    """Names that may be meant, where it is not certain which."""


def parse_organization(text: str) -> tuple[tuple[str, ...], str]:
    """Return the words of a name without article and legal form, and the legal form."""
    name = _parse(text)
    return name.words, name.legal


def resolve_organizations(
    mentions: Sequence[str], *, same: Iterable[tuple[int, int]] = ()
) -> list[Entity]:
    """Group mentions of organisations; `Acme Ltd` and `Acme GmbH` stay two, `Acme` may be one.

    Args:
        same: pairs of which the text itself says that the second is another name of the first.
    """
    parsed = [_parse(mention) for mention in mentions]
    owner = {other: one for one, other in same if parsed[other].words != parsed[one].words}
    declared: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for other, one in owner.items():
        declared.setdefault(parsed[other].words, set()).add(parsed[one].words)
    firms: dict[tuple[tuple[str, ...], str], _Firm] = {}
    for index, name in enumerate(parsed):
        means = declared.get(name.words, set())
        words = next(iter(means)) if len(means) == 1 else name.words
        firm = firms.setdefault((words, name.legal), _Firm(name.legal))
        if len(means) > 1:
            firm.is_ambiguous = True
            firm.perhaps |= {" ".join(one) for one in means}
        firm.names |= {words, name.words}
        firm.mentions.append(index)
    _join_bare(firms)
    return [_entity(words, firm) for (words, _), firm in firms.items()]


def _join_bare(firms: dict[tuple[tuple[str, ...], str], _Firm]) -> None:
    """Let a name without legal form join the one that has it, if it is one."""
    legal_of: dict[tuple[str, ...], list[str]] = {}
    for words, legal in firms:
        if legal:
            legal_of.setdefault(words, []).append(legal)
    for words, forms in legal_of.items():
        bare = firms.get((words, ""))
        if bare is None:
            continue
        if len(forms) == 1:
            firm = firms[words, forms[0]]
            firm.names |= bare.names
            firm.mentions = sorted([*firm.mentions, *bare.mentions])
            del firms[words, ""]
        else:
            bare.is_ambiguous = True
            for form in forms:  # found beside each of them
                firms[words, form].perhaps.add(" ".join(words))


def _entity(words: tuple[str, ...], firm: _Firm) -> Entity:
    plain = " ".join(words)
    aliases = tuple(sorted(" ".join(name) for name in firm.names if name != words and name))
    perhaps = tuple(sorted(firm.perhaps))
    if firm.is_ambiguous or not plain:
        return Entity(firm.mentions, perhaps=(*perhaps, *([plain] if plain else ())))
    if not firm.legal:
        return Entity(firm.mentions, (plain,), aliases=aliases, perhaps=perhaps)
    full = f"{plain} {firm.legal}"
    return Entity(
        firm.mentions,
        (full,),
        also=(plain,),
        aliases=aliases,
        weaker=(plain,),
        bars=(f"{plain} (legal form)",),
        perhaps=perhaps,
    )


def _parse(text: str) -> _Name:
    text = _DOTTED.sub(lambda match: match.group().replace(".", "").replace(" ", "") + " ", text)
    written = [match.group() for match in _WORD.finditer(text.replace("&", " and "))]
    words = [_plain(word) for word in written]
    while len(words) > 1 and words[0] == "the":
        words, written = words[1:], written[1:]
    legal: list[str] = []
    while len(words) > 1 and _is_legal(words[-1], written[-1]):
        legal.insert(0, _LEGAL[words[-1]])
        words.pop()
        written.pop()
        if len(words) > 2 and words[-1] == "and" and legal[0] in ("co", "kg"):
            words.pop()
            written.pop()
    return _Name(tuple(words), " ".join(legal))


def _plain(word: str) -> str:
    folded = fold(word.replace(".", ""))
    return folded.removesuffix("'s").replace("'", "")


def _is_legal(word: str, written: str) -> bool:
    return word in _LEGAL and (word not in _ONLY_CAPITALS or written.isupper() or written == "SpA")


def is_acronym(short: str, long: str) -> bool:
    """Say whether capitals are the first letters of a name, small joining words left out or in."""
    words, legal = parse_organization(long)
    letters = fold(short.replace(".", "").replace("&", ""))
    if len(letters) < 2 or not short.replace(".", "").replace("&", "").isupper():
        return False
    every = [*words, *legal.split()]
    telling = [word for word in words if word not in _JOINERS]
    return letters in {
        "".join(word[0] for word in chosen)
        for chosen in (every, words, telling, [*telling, *legal.split()])
    }


def is_short_for(short: str, long: str) -> bool:
    """Say whether a name is some of the first telling words of a longer one."""
    words, (longer, _) = parse_organization(short)[0], parse_organization(long)
    return 0 < len(words) < len(longer) and longer[: len(words)] == words
