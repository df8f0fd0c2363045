"""Mutation testing of policies: do the cases notice when a policy is altered?

Detection runs once for each text; a mutant only decides anew about what was claimed then.
A mutant that no case notices is tried on further texts, in every field: if it redacts one of
them otherwise, a case is missing, and that text shows which. A mutant that changes nothing
anywhere seems equivalent; it is listed and not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secure_rag.policy.case_model import Case, CaseFile
from secure_rag.policy.cases import load_cases
from secure_rag.policy.loader import TEST_SUFFIXES
from secure_rag.policy.model import Policy, Scope
from secure_rag.policytest.mutants import (
    HIGH,
    LOW,
    Effect,
    Mutant,
    effect,
    make_mutants,
    scopes_of,
)
from secure_rag.policytest.outcome import Outcome, Report
from secure_rag.policytest.real import Bench, RealEquipment
from secure_rag.policytest.run import Runner
from secure_rag.resources import resource
from secure_rag.values import FIELDS, Block, RawDocument

if TYPE_CHECKING:
    from secure_rag.redaction.engine import RedactedText, Redactor
    from secure_rag.redaction.spans import Span


@dataclass(frozen=True)
class Witness:
    """A text that a mutant redacts otherwise than the policy."""

    place: str
    """`FILE:LINE` of the case it comes from."""
    entity: str
    field: str


@dataclass(frozen=True)
class Survivor:
    """A mutant that no case notices."""

    mutant: Mutant
    witness: Witness | None
    """None if no text that was tried shows a difference: it seems equivalent."""
    needs: str
    """The missing case, in words."""


@dataclass(frozen=True)
class Mutation:
    """What mutation testing of one policy gave."""

    policy: str
    policy_path: Path
    path: Path
    killed: int
    survivors: tuple[Survivor, ...]
    equivalent: tuple[Survivor, ...]

    @property
    def score(self) -> float:
        """Return the share of mutants that cases notice; without mutants there is none to miss."""
        counted = self.killed + len(self.survivors)
        return self.killed / counted if counted else 1.0


def mutate(report: Report, case_file: CaseFile, bench: Bench) -> Mutation:
    """Try every mutant of a policy against the cases that pass."""
    policy = report.policy
    passing = [one.case for one in report.results if one.outcome is Outcome.PASSED]
    trial = _Trial(policy, case_file, bench, passing)
    killed = 0
    survivors: list[Survivor] = []
    equivalent: list[Survivor] = []
    for mutant in make_mutants(policy):
        change = effect(policy, mutant, trial.scopes)
        if change.is_nothing:
            continue
        if trial.is_noticed(mutant, change):
            killed += 1
            continue
        witness = trial.witness(mutant, change)
        survivor = Survivor(mutant, witness, _needs(policy, mutant, change, witness))
        (survivors if witness else equivalent).append(survivor)
    return Mutation(
        policy.name,
        report.policy_path,
        report.path,
        killed,
        tuple(survivors),
        tuple(equivalent),
    )


class _Claims:
    """What detectors claim of each text, detected once."""

    def __init__(self, policy: Policy, bench: Bench) -> None:
        self._policy = policy
        self._bench = bench
        self._found: dict[tuple[str, bool], list[Span]] = {}

    def of(self, text: str, mutant: Mutant | None) -> list[Span]:
        """Return the claims that count under a mutant; None is the policy itself."""
        claims = self._find(text, is_low=False)
        if mutant is None:
            return claims
        if mutant.lowered:
            low = self._find(text, is_low=True)
            claims = [one for one in claims if one.entity not in mutant.lowered] + [
                one for one in low if one.entity in mutant.lowered
            ]
        if mutant.without is not None:
            claims = [one for one in claims if one.recognizer != mutant.without]
        return claims

    def _find(self, text: str, *, is_low: bool) -> list[Span]:
        key = text, is_low
        if key not in self._found:
            policy = lowered_policy(self._policy) if is_low else self._policy
            redactor = self._bench.redactor(policy, key="low" if is_low else "")
            self._found[key] = redactor.find(text)
        return self._found[key]


def lowered_policy(policy: Policy) -> Policy:
    """Return the policy with every threshold at the least that a mutant has."""
    rules = tuple(
        replace(rule, threshold=min(LOW, policy.threshold_of(rule))) for rule in policy.rules
    )
    least = min(LOW, policy.default_threshold)
    return replace(policy, rules=rules, default_threshold=least)


class _Replay:
    """Redacts by claims made before, under a mutant or the policy itself."""

    def __init__(self, redactor: Redactor, claims: _Claims, mutant: Mutant | None) -> None:
        self._redactor = redactor
        self._claims = claims
        self._mutant = mutant

    def redact_text(self, text: str, *, pseudonyms: Any, field: str = "body") -> RedactedText:
        return self._redact(text, (Block(0, len(text), field),), pseudonyms)

    def redact_document(
        self, document: RawDocument, *, document_id: str, pseudonyms: Any
    ) -> RedactedText:
        return self._redact(document.text, document.blocks, pseudonyms)

    def _redact(self, text: str, blocks: Sequence[Block], pseudonyms: Any) -> RedactedText:
        claims = self._claims.of(text, self._mutant)
        return self._redactor.replay(text, blocks, claims, pseudonyms=pseudonyms)


class _ReplayEquipment(RealEquipment):
    """What cases need, with detection done before."""

    def __init__(
        self, bench: Bench, policy: Policy, claims: _Claims, mutant: Mutant | None, read: _Read
    ) -> None:
        super().__init__(bench, policy)
        self._claims = claims
        self._mutant = mutant
        self._read = read

    def redactor(self, scope: Scope) -> Any:
        base = self._bench.redactor(self._policy)
        policy = self._mutant.policy if self._mutant else self._policy
        return _Replay(base.under(policy.for_scope(scope)), self._claims, self._mutant)

    def probe(self) -> Any:
        return None

    def read(self, path: Path) -> RawDocument:
        return self._read(path)


class _Read:
    """Reads each document once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._known: dict[Path, RawDocument] = {}

    def __call__(self, path: Path) -> RawDocument:
        if path not in self._known:
            self._known[path] = self._bench.read(path)
        return self._known[path]


class _Trial:
    """One policy's cases and further texts, ready for mutants."""

    def __init__(
        self, policy: Policy, case_file: CaseFile, bench: Bench, passing: Sequence[Case]
    ) -> None:
        self._policy = policy
        self._bench = bench
        self._claims = _Claims(policy, bench)
        self._read = _Read(bench)
        tested = (case.scope for case in case_file.cases)
        self.scopes = list(dict.fromkeys([Scope(), *tested, *scopes_of(policy)]))
        runner = self._runner(None)
        # refused documents have no claims; what the second look finds, a replay does not
        self._cases = [
            case
            for case in passing
            if (case.document is None or case.document.refused is None)
            and runner.run(case).outcome is Outcome.PASSED
        ]
        self._entities = {case.id: self._entities_of(case) for case in self._cases}
        self._further = list(_further_texts(case_file))

    def is_noticed(self, mutant: Mutant, change: Effect) -> bool:
        """Say whether a case fails under the mutant."""
        runner = self._runner(mutant)
        affected = {entity for entity, _ in change.pairs}
        for case in self._cases:
            if change.is_known and not mutant.lowered and not affected & self._entities[case.id]:
                continue
            if runner.run(case).outcome is not Outcome.PASSED:
                return True
        return False

    def witness(self, mutant: Mutant, change: Effect) -> Witness | None:
        """Return a text and field in which the mutant redacts otherwise."""
        pairs = sorted(change.pairs) if change.is_known else [("", field) for field in FIELDS]
        by_field: dict[str, set[str]] = {}
        for entity, field in pairs:
            by_field.setdefault(field, set()).add(entity)
        for field in sorted(by_field, key=FIELDS.index):
            for place, text in self._further:
                claimed = {span.entity for span in self._claims.of(text, mutant)}
                if change.is_known and not claimed & by_field[field]:
                    continue
                differing = self._difference(text, field, mutant)
                if differing is not None:
                    return Witness(place, differing, field)
        return None

    def _difference(self, text: str, field: str, mutant: Mutant) -> str | None:
        """Return the entity whose treatment differs in a text, if any does."""
        for scope in self.scopes:
            seen = []
            for which in (None, mutant):
                policy = (which.policy if which else self._policy).for_scope(scope)
                redactor = self._bench.redactor(self._policy).under(policy)
                replay = _Replay(redactor, self._claims, which)
                pseudonyms = RealEquipment(self._bench, self._policy).pseudonyms()
                seen.append(replay.redact_text(text, pseudonyms=pseudonyms, field=field))
            # what is only found and kept changes no text
            before, after = (
                {
                    (one.start, one.end, one.entity, one.action, one.placeholder)
                    for one in redacted.findings
                    if one.action != "keep"
                }
                for redacted in seen
            )
            if before != after:
                return min(before ^ after)[2]
            if seen[0].text != seen[1].text:
                return seen[0].findings[0].entity
        return None

    def _runner(self, mutant: Mutant | None) -> Runner:
        equipment = _ReplayEquipment(self._bench, self._policy, self._claims, mutant, self._read)
        return Runner(mutant.policy if mutant else self._policy, equipment)

    def _entities_of(self, case: Case) -> set[str]:
        texts = [one.text for one in case.texts]
        if case.document is not None:
            texts.append(self._read(case.document.path).text)
        return {span.entity for text in texts for span in self._claims.of(text, None)}


def _further_texts(case_file: CaseFile) -> Iterator[tuple[str, str]]:
    """Yield texts to look for differences in: these cases, and those of all packs."""
    files = [case_file]
    for path in sorted(resource("policies").glob(f"*{TEST_SUFFIXES[0]}")):
        if path.resolve() != case_file.path.resolve():
            files.append(load_cases(path))
    seen: set[str] = set()
    for file in files:
        for case in file.cases:
            for text in case.texts:
                if text.text not in seen:
                    seen.add(text.text)
                    yield f"{file.path}:{case.line}", text.text


def _needs(policy: Policy, mutant: Mutant, change: Effect, witness: Witness | None) -> str:
    """Return the missing case in words, for the witness or else the first decision."""
    entity, field = "?", "body"
    if witness is not None:
        entity, field = witness.entity, witness.field
    elif change.pairs:
        entity, field = min(change.pairs, key=lambda pair: (FIELDS.index(pair[1]), pair[0]))
    action = policy.decide(entity, field, lambda _: True).action
    return mutant.needs.format(entity=entity, field=field, action=action, high=HIGH)


def total_score(mutations: Iterable[Mutation]) -> float:
    """Return the score over several policies."""
    found = list(mutations)
    killed = sum(one.killed for one in found)
    counted = killed + sum(len(one.survivors) for one in found)
    return killed / counted if counted else 1.0
