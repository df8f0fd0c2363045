"""A policy's own recognizers and allow lists, as plain values: no pattern is run in here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from secure_rag.policy.entities import GROUPS

DEFAULT_SCORE: Final = 0.6
DEFAULT_DENY_SCORE: Final = 1.0
VALIDATORS: Final = ("luhn", "card", "mod97", "verhoeff", "routing", "nhs", "vin")
"""Names of the checks that a match may have to pass; `secure_rag.redaction` has the code."""

DIRECT_GROUPS: Final = frozenset({"IDENTITY", "CONTACT", "FINANCIAL", "GOVERNMENT_ID", "SECRETS"})
"""Groups of direct identifiers: an allow list for them must say `unsafe_allow_list`."""
DIRECT_ENTITIES: Final = frozenset(name for group in DIRECT_GROUPS for name in GROUPS[group])

_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class Expression:
    """One regular expression of a recognizer."""

    regex: str
    score: float
    flags: int = 0
    """Flags of `re`, as a number."""


@dataclass(frozen=True)
class Recognizer:
    """Finds one entity by patterns or by a list of words."""

    name: str
    entity: str
    expressions: tuple[Expression, ...] = ()
    words: tuple[str, ...] = ()
    """Deny list: whole words, in any case unless `match_case`."""
    word_score: float = DEFAULT_DENY_SCORE
    match_case: bool = False
    context: tuple[str, ...] = ()
    """Words beside a match that raise its score."""
    only_with_context: bool = False
    """Discard a match without such a word."""
    validator: str | None = None
    source: str = "policy"
    """`policy`, or `presidio` if it was read from a registry file."""
    line: int = 0
    origin: str | None = None
    """Name of the ancestor it was inherited from."""


@dataclass(frozen=True)
class AllowList:
    """Values that are not this entity, whatever a recognizer says."""

    name: str
    entity: str
    values: tuple[str, ...]
    """Folded, sorted."""
    is_unsafe: bool = False
    """Whether it is about a direct identifier, which its key says."""
    line: int = 0
    origin: str | None = None

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.values)

    def holds(self, value: str) -> bool:
        """Say whether the whole value is in the list."""
        return fold_value(value) in self._known


def fold_value(value: str) -> str:
    """Return a value without case and with single spaces: what compares equal in a list."""
    return _SPACE.sub(" ", value).strip().casefold()
