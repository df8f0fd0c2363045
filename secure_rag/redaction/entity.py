"""What the mentions of a document stand for: one entity, and the forms it is known by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


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
    weaker: tuple[str, ...] = ()
    """Forms asked for when none of `forms` is known."""
    bars: tuple[str, ...] = ()
    """Entered too; what already holds one is not joined by a weaker form."""
    shared: frozenset[str] = frozenset()
    """Forms and aliases that others of the same text bear as well: they tell nobody apart."""
    perhaps: tuple[str, ...] = ()
    """Forms that may be meant by it, and that nothing is joined or asked by: for finding and
    erasing only."""
    said: str = ""
    """What tells it from others within one run, where it has no form."""


def perhaps_form(form: str) -> str:
    """Return how a form is entered by which something is found and not joined."""
    return f"{form} (perhaps)"


def leave_out_shared(entities: Sequence[Entity]) -> None:
    """Take away what two people of one document are called by: it joins neither of them.

    By such a form each of them is found all the same.
    """
    count: dict[str, int] = {}
    borne: dict[str, int] = {}
    for entity in entities:
        for form in (*entity.forms, *entity.also):
            count[form] = count.get(form, 0) + 1
        for form in {*entity.forms, *entity.also, *entity.aliases}:
            borne[form] = borne.get(form, 0) + 1
    for entity in entities:
        entity.shared = frozenset(
            form for form in (*entity.forms, *entity.aliases) if borne[form] > 1
        )
        taken = {form for form in (*entity.forms, *entity.also) if count[form] > 1}
        entity.perhaps = tuple(sorted({*entity.perhaps, *taken}))
        entity.forms = tuple(form for form in entity.forms if count[form] == 1)
        entity.also = tuple(form for form in entity.also if count[form] == 1)
