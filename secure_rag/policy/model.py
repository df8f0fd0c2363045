"""What a policy says, once parsed and resolved: rules in order, one decision for a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from secure_rag.policy.entities import ENTITIES, GROUPS
from secure_rag.policy.recognizers import AllowList, Recognizer
from secure_rag.values import FIELDS

FORMAT: Final = 1
ACTIONS: Final = ("keep", "generalise", "pseudonymise", "mask", "drop")
LANGUAGES: Final = ("en",)
DEFAULT_THRESHOLD: Final = 0.35
DEFAULT_GATE_THRESHOLD: Final = 0.6
DEFAULT_RULE: Final = "default"
"""Id of the rule that stands for `default_action`; no written rule may use it."""
DEFAULT_COLLECTION: Final = "default"
UNSAFE_PREFIX: Final = "unsafe-"
KEEP_ALL: Final = "unsafe-keep-all"
"""The only policy that may have no rules."""

Supports = Callable[[tuple[str, ...]], bool]
"""Says whether one of these words stands beside the finding that is decided on."""


@dataclass(frozen=True)
class Scope:
    """Where a text belongs: rules can be limited to it."""

    collection: str = DEFAULT_COLLECTION
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """What to do with findings of one entity, or one group, in some or all places."""

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
    """For `generalise`: one of `GENERALISATIONS` of the entity."""
    reason: str | None = None
    line: int = 0
    """Where it stands in its file; 0 for the default rule."""
    context: tuple[str, ...] | None = None
    """Words of which one must stand beside the finding; None is anywhere."""
    collections: tuple[str, ...] | None = None
    """Collections the rule is limited to; None is every one."""
    labels: tuple[str, ...] | None = None
    """The document must have one of these labels; None is any document."""
    origin: str | None = None
    """Name of the ancestor it was inherited from; None if its own file says it."""

    @property
    def entities(self) -> tuple[str, ...]:
        """Names of the entities it is about; every one for the default rule."""
        if self.entity is not None:
            return (self.entity,)
        return GROUPS[self.group] if self.group is not None else tuple(ENTITIES)

    @property
    def is_conditional(self) -> bool:
        """Whether more than entity and field decides if it applies."""
        return (self.context, self.collections, self.labels) != (None, None, None)

    def matches(self, entity: str, field: str, supports: Supports | None = None) -> bool:
        """Say whether the rule is about this entity in this field, and its words are near."""
        if self.collections is not None or self.labels is not None:
            return False  # `Policy.for_scope` takes these limits off where they are met
        if self.fields is not None and field not in self.fields:
            return False
        if self.context is not None and (supports is None or not supports(self.context)):
            return False
        if self.entity is not None:
            return self.entity == entity
        return self.group is None or entity in GROUPS[self.group]

    def is_in(self, scope: Scope) -> bool:
        """Say whether the rule can apply at all to texts of a scope."""
        if self.collections is not None and scope.collection not in self.collections:
            return False
        return self.labels is None or not set(self.labels).isdisjoint(scope.labels)


@dataclass(frozen=True)
class Linking:
    """How mentions become one entity; see `secure_rag.redaction.entities`."""

    short_names: bool = True
    """Let `Mr Carter` or `J. Carter` join the one John Carter of the document."""
    nicknames: bool = False
    """Let `Bob Carter` join Robert Carter, by the built-in list; only where a policy says so."""
    nickname_sets: tuple[tuple[str, ...], ...] = ()
    """Further sets of given names that mean the same person, from `nickname_file`."""


@dataclass(frozen=True)
class Quarantine:
    """Documents that are put aside although they could be redacted."""

    entities: tuple[str, ...] = ()
    """What may not be in a document at all."""
    flags: tuple[str, ...] = ()
    """What its loader noticed: `hidden_text`, `macros`, …"""


@dataclass(frozen=True)
class Policy:
    """A parsed and resolved policy. Two policies with the same digest redact alike."""

    name: str
    language: str
    default_action: str
    rules: tuple[Rule, ...]
    """The file's own rules, then those of its parent."""
    default_threshold: float
    gate_threshold: float
    is_unsafe: bool
    digest: str
    """SHA-256 (hex) over the resolved form, see `secure_rag.policy.digest`."""
    extends: str | None = None
    """Name of the parent; its rules and settings are in here already."""
    recognizers: tuple[Recognizer, ...] = ()
    allow_lists: tuple[AllowList, ...] = ()
    linking: Linking = Linking()
    gate_refuse: tuple[str, ...] | None = None
    """Entities whose residue sends a document into quarantine; None is every one."""
    quarantine: Quarantine = Quarantine()
    own_keys: frozenset[str] = field(default=frozenset(), compare=False)
    """Which of `default_action`, `threshold` and `linking` its own file says."""

    @property
    def default_rule(self) -> Rule:
        """The rule for whatever no written rule matches."""
        return Rule(id=DEFAULT_RULE, entity=None, group=None, action=self.default_action)

    def for_scope(self, scope: Scope) -> Policy:
        """Return the policy as it applies to texts of a scope; the digest stays."""
        rules = tuple(
            replace(rule, collections=None, labels=None) for rule in self.rules if rule.is_in(scope)
        )
        return self if rules == self.rules else replace(self, rules=rules)

    def decide(self, entity: str, field: str, supports: Supports | None = None) -> Rule:
        """Return the first rule in order that matches, else the default rule.

        Args:
            supports: says whether one of a rule's context words is near; without it rules with
                `context` do not apply. Rules limited to collections or labels apply after
                `for_scope` only.
        """
        for rule in self.rules:
            if rule.matches(entity, field, supports):
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
        conditional = [r for r in self.rules if r.is_conditional and entity in r.entities]
        plain = [self.threshold(entity, field) for field in FIELDS]
        return min([*plain, *(self.threshold_of(rule) for rule in conditional)])

    def refuses(self, entity: str) -> bool:
        """Say whether residue of this entity sends a document into quarantine."""
        return self.gate_refuse is None or entity in self.gate_refuse

    def allows(self, entity: str, value: str) -> bool:
        """Say whether an allow list takes this whole value, in any case, for no finding."""
        return any(entity == one.entity and one.holds(value) for one in self.allow_lists)
