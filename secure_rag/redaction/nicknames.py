"""Given names that may mean the same person, where a policy lets them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

from secure_rag.redaction.names import fold


class Nicknames:
    """Sets of given names; two names of one set may be one person's."""

    def __init__(self, sets: Iterable[Iterable[str]] = ()) -> None:
        """Take sets such as `(robert, bob, rob)`, the full form first; a name may be in several."""
        others: dict[str, set[str]] = {}
        self._short: set[str] = set()
        for names in sets:
            folded = [fold(name.strip()) for name in names]
            self._short.update(folded[1:])
            for name in folded:
                others.setdefault(name, set()).update(folded)
        self._others: Mapping[str, frozenset[str]] = {
            name: frozenset(found - {name}) for name, found in others.items()
        }

    def of(self, name: str) -> frozenset[str]:
        """Return the other names that somebody called `name` (folded) may go by."""
        return self._others.get(name, frozenset())

    def is_short(self, name: str) -> bool:
        """Say whether a folded given name stands for another one that comes first in a set."""
        return name in self._short

    def same(self, one: str, other: str) -> bool:
        """Say whether one folded given name may stand for the other."""
        return one == other or other in self._others.get(one, ())


NO_NICKNAMES: Final = Nicknames()


@lru_cache(maxsize=1)
def common_nicknames() -> tuple[tuple[str, ...], ...]:
    """Return the packaged sets of English given names and what their bearers are called."""
    text = files("secure_rag.redaction").joinpath("nicknames.txt").read_text("utf-8")
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return tuple(tuple(words) for words in lines if words)


@lru_cache(maxsize=8)
def nicknames_for(*, built_in: bool, more: tuple[tuple[str, ...], ...] = ()) -> Nicknames:
    """Return what a policy switches on: the packaged sets, its own, or none."""
    sets = (*(common_nicknames() if built_in else ()), *more)
    return Nicknames(sets) if sets else NO_NICKNAMES
