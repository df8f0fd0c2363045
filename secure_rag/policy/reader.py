"""From nodes to what one policy file says: each key checked, each mistake with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from secure_rag.errors import PolicyError
from secure_rag.policy.linking_reader import read_linking
from secure_rag.policy.model import FORMAT, KEEP_ALL, LANGUAGES, UNSAFE_PREFIX, Rule
from secure_rag.policy.recognizer_reader import RecognizerReader, Recognizers
from secure_rag.policy.rule_reader import RuleReader, read_action, read_entities, read_name
from secure_rag.policy.strict_yaml import Node, Source

FLAGS: Final = (
    "alternative_left_out",
    "attachments",
    "embedded_files",
    "hidden_text",
    "images",
    "invisible_characters",
    "macros",
    "tracked_changes",
)
"""What loaders notice about documents and `quarantine.flags` may name."""

POLICY_KEYS: Final = (
    "format",
    "name",
    "extends",
    "language",
    "default_action",
    "threshold",
    "gate",
    "linking",
    "quarantine",
    "recognizers",
    "rules",
)


@dataclass
class Draft:
    """What one file says, before its parent is known; None is what it leaves out."""

    name: str
    extends: Node | None = None
    """Its value is the name of the parent."""
    language: str | None = None
    default_action: str | None = None
    threshold: float | None = None
    gate_threshold: float | None = None
    gate_refuse: tuple[str, ...] | None = None
    linking: dict[str, object] = field(default_factory=dict)
    quarantine_entities: tuple[str, ...] | None = None
    quarantine_flags: tuple[str, ...] | None = None
    recognizers: Recognizers = field(default_factory=Recognizers)
    rules: list[tuple[Node, Rule]] = field(default_factory=list)
    written_ids: frozenset[str] = frozenset()
    """Ids that rules of the file spell out."""

    @property
    def is_unsafe(self) -> bool:
        return self.name.startswith(UNSAFE_PREFIX)

    @property
    def own_keys(self) -> frozenset[str]:
        """Which settings the file says itself: those that `policy test --mutate` alters."""
        said = {
            "default_action": self.default_action is not None,
            "threshold": self.threshold is not None,
            "linking": bool(self.linking),
        }
        return frozenset(key for key, is_said in said.items() if is_said)


class PolicyReader:
    """Reads one policy; mistakes in rules are collected, so that all show at once."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self.problems: list[PolicyError] = []

    def read(self, root: Node) -> Draft:
        """Return what the file says; `problems` has what is wrong with its rules.

        Raises:
            PolicyError: a mistake outside the lists.
        """
        source = self._source
        table = source.mapping(root, "the policy", known=POLICY_KEYS, required=("format", "name"))
        self._format(table["format"])
        draft = Draft(name=read_name(table["name"], "`name`", source, code="name"))
        if "extends" in table:
            read_name(table["extends"], "`extends`", source, code="extends")
            draft.extends = table["extends"]
        elif "rules" not in table:
            raise source.error(root, "the policy has no `rules`", code="missing_key")
        if "language" in table:
            draft.language = self._language(table["language"])
        if "default_action" in table:
            draft.default_action = self._default_action(
                table["default_action"], is_unsafe=draft.is_unsafe
            )
        if "threshold" in table:
            draft.threshold = source.fraction(table["threshold"], "`threshold`")
        self._gate(table.get("gate"), draft)
        self._quarantine(table.get("quarantine"), draft)
        if "linking" in table:
            draft.linking = read_linking(table["linking"], source, self._folder)
        if "recognizers" in table:
            draft.recognizers = RecognizerReader(source, self._folder).read(table["recognizers"])
            self.problems += draft.recognizers.problems
        if "rules" in table:
            self._rules(table["rules"], draft)
        return draft

    # -- the policy itself ---------------------------------------------------------------

    def _format(self, node: Node) -> None:
        if isinstance(node.value, bool) or node.value != FORMAT:
            raise self._source.error(
                node,
                "this program reads policies of `format: 1` only",
                hint="write `format: 1`",
                code="format",
            )

    def _language(self, node: Node) -> str:
        return self._source.choice(
            node,
            "language",
            LANGUAGES,
            code="unknown_language",
            see="English (en) only for now",
        )

    def _default_action(self, node: Node, *, is_unsafe: bool) -> str:
        action = read_action(node, self._source)
        if action == "generalise":
            raise self._source.error(
                node,
                "`default_action` cannot be generalise: not every entity has a general form",
                hint="use pseudonymise, mask or drop",
                code="default_action",
            )
        if action == "keep" and not is_unsafe:
            raise self._source.error(
                node,
                "`default_action: keep` would let through whatever no rule names",
                hint="use pseudonymise; a policy for public text is named `unsafe-…`",
                code="unsafe",
            )
        return action

    def _gate(self, node: Node | None, draft: Draft) -> None:
        if node is None:
            return
        source = self._source
        table = source.mapping(node, "`gate`", known=("threshold", "refuse"))
        if "threshold" in table:
            draft.gate_threshold = source.fraction(table["threshold"], "`threshold`")
        if "refuse" in table:
            draft.gate_refuse = read_entities(table["refuse"], "`refuse`", source)
            if not draft.gate_refuse:
                raise source.error(
                    table["refuse"],
                    "`refuse` is empty",
                    hint="leave it out to refuse whatever is left over",
                    code="value",
                )

    def _quarantine(self, node: Node | None, draft: Draft) -> None:
        if node is None:
            return
        source = self._source
        table = source.mapping(node, "`quarantine`", known=("entities", "flags"))
        if "entities" in table:
            draft.quarantine_entities = read_entities(table["entities"], "`entities`", source)
        if "flags" in table:
            see = f"known: {', '.join(FLAGS)}"
            names = {
                source.choice(item, "flag", FLAGS, code="unknown_flag", see=see)
                for item in source.sequence(table["flags"], "`flags`")
            }
            draft.quarantine_flags = tuple(sorted(names))

    # -- rules ---------------------------------------------------------------------------

    def _rules(self, node: Node, draft: Draft) -> None:
        items = self._source.sequence(node, "`rules`")
        if not items and draft.extends is None and draft.name != KEEP_ALL:
            raise self._source.error(
                node,
                "the policy has no rules",
                hint=f"add a rule, or name the policy `{KEEP_ALL}`",
                code="empty",
            )
        reader = RuleReader(self._source)
        written: set[str] = set()
        for item in items:
            try:
                rule = reader.read(item)
            except PolicyError as error:
                self.problems.append(error)
            else:
                draft.rules.append((item, rule))
                if isinstance(item.value, dict) and "id" in item.value:
                    written.add(rule.id)
        draft.written_ids = frozenset(written)
