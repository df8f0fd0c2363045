"""From resolved spans to a new text: entities, placeholders, generalised values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from secure_rag.policy.model import Linking
from secure_rag.redaction.entity import Entity
from secure_rag.redaction.generalise import generalise
from secure_rag.redaction.intervals import Interval
from secure_rag.redaction.linking import link
from secure_rag.redaction.offsets import OffsetMap, Replacement
from secure_rag.redaction.pseudonyms import Pseudonyms
from secure_rag.redaction.resolve import Resolved
from secure_rag.values import Finding
from secure_rag.vault.placeholders import escape_lookalikes


def carry_out(
    text: str,
    resolved: Sequence[Resolved],
    pseudonyms: Pseudonyms,
    *,
    linking: Linking = Linking(),  # noqa: B008 (frozen)
    left: Iterable[Interval] = (),
) -> tuple[str, tuple[Finding, ...], OffsetMap]:
    """Replace what was resolved; return the text, the findings and where everything went.

    Args:
        left: spans of `text` that are placeholders and stay.
    """
    # Presidio's anonymizer is loaded with the first text, not with the command line.
    from secure_rag.redaction.apply import apply

    coarse: dict[int, str] = {}
    hidden: list[int] = []
    for index, item in enumerate(resolved):
        if item.action == "generalise":
            value = generalise(item.entity, text[item.start : item.end], item.to)
            if value is not None:
                coarse[index] = value
        if item.action == "pseudonymise" or (item.action == "generalise" and index not in coarse):
            hidden.append(index)
    placeholders = _placeholders(text, resolved, hidden, pseudonyms, linking)
    replacements, findings = [], []
    for index, item in enumerate(resolved):
        placeholder = placeholders.get(index)
        action = "pseudonymise" if placeholder else item.action
        findings.append(finding_of(replace(item, action=action), placeholder))
        if action != "keep":
            new = placeholder or coarse.get(index, "")
            replacements.append(Replacement(item.start, item.end, action, new, item.keep_last))
    shown, moved = apply(text, replacements)
    ours = {moved.span(*span) for span in left} | _placeholder_spans(replacements, moved)
    # Where something was dropped, what stood on both its sides may spell a placeholder.
    return escape_lookalikes(shown, but=ours), tuple(findings), moved


def _placeholder_spans(replacements: Sequence[Replacement], moved: OffsetMap) -> set[Interval]:
    """Return where the placeholders that were put stand now."""
    return {
        (edit.new_start, edit.new_end)
        for edit, replacement in zip(moved.edits, replacements, strict=True)
        if replacement.action == "pseudonymise"
    }


def _placeholders(
    text: str,
    resolved: Sequence[Resolved],
    hidden: Sequence[int],
    pseudonyms: Pseudonyms,
    linking: Linking,
) -> dict[int, str]:
    """Return the placeholder of each hidden span, by its number."""
    by_type: dict[str, list[int]] = {}
    for index in hidden:
        by_type.setdefault(resolved[index].entity, []).append(index)
    groups: list[tuple[int, str, Entity, list[int]]] = []
    for entity, members in by_type.items():
        for group in link(entity, text, [resolved[index] for index in members], linking):
            indices = [members[number] for number in group.mentions]
            groups.append((min(indices), entity, group, indices))
    placeholders: dict[int, str] = {}
    # In the order of the text, so that numbered placeholders count as a reader does.
    for _, entity, group, indices in sorted(groups, key=lambda group: group[0]):
        longest = max(indices, key=lambda i: (resolved[i].end - resolved[i].start, -i))
        value = text[resolved[longest].start : resolved[longest].end]
        placeholder = pseudonyms.placeholder(entity, value, group)
        placeholders.update(dict.fromkeys(indices, placeholder))
    return placeholders


def finding_of(item: Resolved, placeholder: str | None) -> Finding:
    """Return what others may know of a resolved span."""
    return Finding(
        item.entity,
        item.start,
        item.end,
        round(item.score, 4),
        item.recognizer,
        item.action,
        placeholder,
        item.rule,
    )
