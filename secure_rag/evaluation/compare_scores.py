"""Scores of one answer in a comparison.

An answer in words is scored as SQuAD is (`secure_rag.squad`). Of an object that is wanted, each
field counts once: it is right if it says the same after SQuAD's normalisation, in any of the forms
that the policy leaves of it; numbers are compared as numbers, lists as sets, and null is right only
where null (or an empty text) is said. An object that says nothing else is a refusal, as the words
`not found` are. The format is valid if one JSON object was written, nothing before or after it but
a code fence, with exactly the keys that are wanted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from secure_rag.answering.plain import found_object
from secure_rag.evaluation.compare_cases import leaves
from secure_rag.squad import normalise

_FENCE: Final = re.compile(r"^```(?:json)?\s*\n(.*?)\n?```$", re.DOTALL)

Forms = Mapping[str, Sequence[str]]
"""What redaction made of an expected text, by the text."""


def is_valid(text: str, wanted: Mapping[str, Any]) -> bool:
    """Say whether a text is one JSON object with exactly the wanted keys."""
    found = _FENCE.match(text.strip())
    try:
        value = json.loads(found.group(1) if found else text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and set(value) == set(wanted)


def says_nothing(text: str) -> bool:
    """Say whether a text is an object without a single value: what a refusal is in this form."""
    found = found_object(text)
    return found is not None and not any(_stated(value) for value in found.values())


def right_fields(text: str, wanted: Mapping[str, Any], forms: Forms) -> int:
    """Count the wanted fields that the first JSON object of a text says rightly."""
    found = found_object(text) or {}
    return sum(name in found and _same(found[name], wanted[name], forms) for name in wanted)


def _same(said: object, wanted: object, forms: Forms) -> bool:
    said_leaves, wanted_leaves = _stated(said), _stated(wanted)
    if len(said_leaves) != len(wanted_leaves):
        return False
    left = list(said_leaves)
    for one in wanted_leaves:
        match = next((other for other in left if _is_one(other, one, forms)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _stated(value: object) -> list[object]:
    """Return what a field states; null and empty text state nothing."""
    return [one for one in leaves(value) if not (isinstance(one, str) and not one.strip())]


def _is_one(said: object, wanted: object, forms: Forms) -> bool:
    if _number(said) is not None and _number(said) == _number(wanted):
        return True
    allowed = forms.get(str(wanted), (str(wanted),))
    return normalise(str(said)) in {normalise(one) for one in allowed}


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(str(value).replace(",", ""))
    except ValueError:
        return None
