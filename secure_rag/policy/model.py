"""What a policy says, once parsed: rules in order, and the decision for one finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from secure_rag.policy.entities import ENTITIES, GROUPS
from secure_rag.values import FIELDS

FORMAT: Final = 1
ACTIONS: Final = ("keep", "generalise", "pseudonymise", "mask", "drop")
LANGUAGES: Final = ("en",)
DEFAULT_THRESHOLD: Final = 0.35
DEFAULT_GATE_THRESHOLD: Final = 0.6
DEFAULT_RULE: Final = "default"
"""Id of the rule that stands for `default_action`; no written rule may use it."""
UNSAFE_PREFIX: Final = "unsafe-"
KEEP_ALL: Final = "unsafe-keep-all"
"""The only policy that may have no rules."""


@dataclass(frozen=True)
class Rule:
    """What to do with findings of one entity, or one group, in some or all fields."""

    id: str
    entity: str | None
    group: str | None
    action: str
    threshold: float | None = None
    """Findings that score less are ignored; None takes the policy's."""
    fields: tuple[str, ...] | None = None
    """Fields the rule is limited to; None is every field."""
    keep_last: int | None = None
    """For `mask`: how many characters at the end stay readable."""
    to: str | None = None
    """For `generalise`: `month`, `year`, `band` or `region`."""
    reason: str | None = None
    line: int = 0
    """Where it stands in its file; 0 for the default rule."""

    @property
    def entities(self) -> tuple[str, ...]:
        """Names of the entities it is about; every one for the default rule."""
        if self.entity is not None:
            return (self.entity,)
        return GROUPS[self.group] if self.group is not None else tuple(ENTITIES)

    def matches(self, entity: str, field: str) -> bool:
        """Say whether the rule is about this entity in this field."""
        if self.fields is not None and field not in self.fields:
            return False
        if self.entity is not None:
            return self.entity == entity
        return self.group is None or entity in GROUPS[self.group]


@dataclass(frozen=True)
class Policy:
    """A parsed policy. Two policies with the same digest redact alike."""

    name: str
    language: str
    default_action: str
    rules: tuple[Rule, ...]
    default_threshold: float
    gate_threshold: float
    is_unsafe: bool
    digest: str
    """SHA-256 (hex) over the resolved form, see `secure_rag.policy.digest`."""

    @property
    def default_rule(self) -> Rule:
        """The rule for whatever no written rule matches."""
        return Rule(id=DEFAULT_RULE, entity=None, group=None, action=self.default_action)

    def decide(self, entity: str, field: str) -> Rule:
        """Return the first rule in file order that matches, else the default rule."""
        for rule in self.rules:
            if rule.matches(entity, field):
                return rule
        return self.default_rule

    def threshold(self, entity: str, field: str) -> float:
        """Return the score below which a finding of this entity in this field is ignored."""
        return self.threshold_of(self.decide(entity, field))

    def threshold_of(self, rule: Rule) -> float:
        """Return the threshold in force for a rule."""
        return self.default_threshold if rule.threshold is None else rule.threshold

    def lowest_threshold(self, entity: str) -> float:
        """Return the lowest threshold of an entity over all fields (what detection must reach)."""
        return min(self.threshold(entity, field) for field in FIELDS)
