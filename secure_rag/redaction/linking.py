"""From the spans of one type to what they stand for: people, organisations, equal values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from secure_rag.policy.model import Linking
from secure_rag.redaction.entities import resolve_people
from secure_rag.redaction.entity import Entity
from secure_rag.redaction.forms import is_same_phone, value_form
from secure_rag.redaction.mentions import Stretch, declared, mention
from secure_rag.redaction.nicknames import nicknames_for
from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.organizations import resolve_organizations


def link(entity: str, text: str, spans: Sequence[Stretch], linking: Linking) -> list[Entity]:
    """Group the spans of one type, in text order; each is in exactly one group."""
    values = [normalise(text[span.start : span.end]).text for span in spans]
    if entity == "PERSON":
        full = [normalise(mention(text, span.start, span.end)).text for span in spans]
        return resolve_people(
            full,
            same=declared(text, spans, values),
            nicknames=nicknames_for(built_in=linking.nicknames, more=linking.nickname_sets),
            short_names=linking.short_names,
        )
    same = declared(text, spans, values) if entity == "ORGANIZATION" else ()
    return resolve_values(entity, values, same=same)


def resolve_values(
    entity: str, mentions: Sequence[str], *, same: Iterable[tuple[int, int]] = ()
) -> list[Entity]:
    """Group mentions of anything but people: equal once normalised."""
    if entity == "ORGANIZATION":
        return resolve_organizations(mentions, same=same)
    found: dict[str, Entity] = {}
    for index, value in enumerate(mentions):
        form = value_form(entity, value)
        found.setdefault(form, Entity(forms=(form,))).mentions.append(index)
    if entity == "PHONE_NUMBER":
        _join_national(found)
    return list(found.values())


def _join_national(found: dict[str, Entity]) -> None:
    """Let a number without country code join the one number that ends like it."""
    international = [form for form in found if form.startswith("+")]
    for form in [form for form in found if not form.startswith("+")]:
        fitting = [other for other in international if is_same_phone(form, other)]
        if len(fitting) == 1:
            joined = found[fitting[0]]
            joined.mentions = sorted([*joined.mentions, *found.pop(form).mentions])
            joined.also = (*joined.also, form)  # found by it as well
