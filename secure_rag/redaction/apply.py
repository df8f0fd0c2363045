"""The only importer of presidio_anonymizer: its engine, with our operators.

Overlaps are resolved before, so the engine's own merging never has anything to
decide: every replacement is given a type of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Final, cast

from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult
from presidio_anonymizer.operators import Operator, OperatorType

from secure_rag.redaction.offsets import Edit, OffsetMap, Replacement

MASK: Final = "*"
_BATCH: Final = 200
"""The engine copies its text for every replacement; short stretches keep that linear."""


class _Operator(Operator):
    action: ClassVar[str] = ""

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        return str((params or {})["text"])

    def validate(self, params: dict[str, Any] | None = None) -> None:
        """Accept: parameters come from our own replacements only."""

    def operator_name(self) -> str:
        return f"secure_{self.action}"

    def operator_type(self) -> OperatorType:
        return OperatorType.Anonymize


class Pseudonymise(_Operator):
    """Puts a placeholder."""

    action = "pseudonymise"


class Generalise(_Operator):
    """Puts a coarser value."""

    action = "generalise"


class Mask(_Operator):
    """Puts a star for each character but the last few letters and digits.

    At least as many letters and digits are hidden as are shown: a shorter value is hidden whole.
    """

    action = "mask"

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        keep = int((params or {}).get("keep_last", 0))
        hidden = sum(character.isalnum() for character in text) - keep
        if hidden < keep:
            return MASK * len(text)
        position = 0
        while hidden > 0 and position < len(text):
            hidden -= text[position].isalnum()
            position += 1
        # What stands between the last hidden and the first readable character is hidden too.
        while position < len(text) and not text[position].isalnum():
            position += 1
        return MASK * position + text[position:]


class Drop(_Operator):
    """Puts nothing."""

    action = "drop"

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        return ""


class Keep(_Operator):
    """Leaves the text as it is."""

    action = "keep"

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        return text


def _engine() -> AnonymizerEngine:
    logging.getLogger("presidio-anonymizer").setLevel(logging.WARNING)
    engine: AnonymizerEngine = cast(Any, AnonymizerEngine)()
    for operator in (Pseudonymise, Generalise, Mask, Drop, Keep):
        engine.add_anonymizer(operator)
    return engine


_ENGINE: Final = _engine()


def apply(text: str, replacements: Sequence[Replacement]) -> tuple[str, OffsetMap]:
    """Return the text with every span replaced, and where everything went.

    Raises:
        ValueError: the spans overlap or are not in order.
    """
    parts: list[str] = []
    edits: list[Edit] = []
    length = done = 0
    for start, end, batch in _batches(len(text), replacements):
        if start < done or any(one.end > other.start for one, other in pairwise(batch)):
            raise ValueError("replacements must be in order and may not overlap")
        done = end
        part, widths = _operate(text[start:end], start, batch)
        position = start
        for replacement, width in zip(batch, widths, strict=True):
            length += replacement.start - position
            edits.append(Edit(replacement.start, replacement.end, length, length + width))
            length += width
            position = replacement.end
        length += end - position
        parts.append(part)
    return "".join(parts), OffsetMap(tuple(edits))


def _batches(
    size: int, replacements: Sequence[Replacement]
) -> Iterator[tuple[int, int, Sequence[Replacement]]]:
    """Yield stretches of the text with the replacements in them."""
    start = 0
    for first in range(0, len(replacements), _BATCH):
        batch = replacements[first : first + _BATCH]
        following = first + _BATCH
        end = replacements[following].start if following < len(replacements) else size
        yield start, end, batch
        start = end
    if not replacements:
        yield 0, size, ()


def _operate(text: str, offset: int, batch: Sequence[Replacement]) -> tuple[str, list[int]]:
    """Run the engine on one stretch; return its text and the width of each replacement."""
    if not batch:
        return text, []
    operators = {
        str(number): OperatorConfig(
            f"secure_{replacement.action}",
            {"text": replacement.text, "keep_last": replacement.keep_last},
        )
        for number, replacement in enumerate(batch)
    }
    spans = [
        RecognizerResult(str(number), item.start - offset, item.end - offset, 1.0)
        for number, item in enumerate(batch)
    ]
    result = _ENGINE.anonymize(text, spans, operators, merge_entities_with_spaces=False)
    widths = {int(item.entity_type): item.end - item.start for item in result.items}
    return result.text, [widths[number] for number in range(len(batch))]
