"""Run cases through a redactor and compare: strict both ways, and every case runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from secure_rag.errors import SecureRagError
from secure_rag.policy.cases import Case, CaseFile, Mark
from secure_rag.policy.model import Policy
from secure_rag.policytest.outcome import (
    Difference,
    Kind,
    Outcome,
    Report,
    Result,
    quoted,
)
from secure_rag.values import Finding


class RedactedText(Protocol):
    """What a redactor returns: the new text, and findings with offsets in the old one."""

    @property
    def text(self) -> str: ...

    @property
    def findings(self) -> Sequence[Finding]: ...


class TextRedactor(Protocol):
    """What cases run through; `secure_rag.redaction.engine.Redactor` is the real one."""

    def redact_text(self, text: str, *, pseudonyms: Any, field: str = "body") -> RedactedText: ...


class Candidate(Protocol):
    """Something a recognizer claims, before thresholds and overlaps."""

    @property
    def entity(self) -> str: ...

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def score(self) -> float: ...

    @property
    def recognizer(self) -> str: ...


class Probe(Protocol):
    """What tells how near a missed mark was; the real `Redactor` for `probe_policy`."""

    def find(self, text: str) -> Sequence[Candidate]: ...


class Runner:
    """Runs the cases of one policy.

    Args:
        pseudonyms: makes the placeholders of one case; each case starts anew at 1.
        probe: makes a probe for `probe_policy(policy)`; called when a mark was missed.
    """

    def __init__(
        self,
        policy: Policy,
        redactor: TextRedactor,
        *,
        pseudonyms: Callable[[], Any],
        probe: Callable[[], Probe] | None = None,
    ) -> None:
        self._policy = policy
        self._redactor = redactor
        self._pseudonyms = pseudonyms
        self._make_probe = probe
        self._probe: Probe | None = None

    def run(self, case: Case) -> Result:
        """Run one case."""
        started = time.monotonic()
        try:
            redacted = self._redactor.redact_text(
                case.text, pseudonyms=self._pseudonyms(), field=case.field
            )
            differences = tuple(self._differences(case, redacted))
        except SecureRagError as error:
            return Result(case, Outcome.ERROR, error=f"{error.code}: {error.message}")
        return Result(
            case,
            _outcome(case, failed=bool(differences)),
            differences,
            fired=frozenset(finding.rule for finding in redacted.findings),
            seconds=time.monotonic() - started,
        )

    # -- comparing -----------------------------------------------------------------------

    def _differences(self, case: Case, redacted: RedactedText) -> Iterator[Difference]:
        findings = {(found.start, found.end, found.entity): found for found in redacted.findings}
        for mark in case.marks:
            found = findings.pop((mark.start, mark.end, mark.entity), None)
            if found is None:
                yield self._missed(case, mark, redacted.findings)
            else:
                yield from _wrong_action(case, mark, found)
        for found in findings.values():
            if found.action != "keep" and found.entity not in case.allow:
                yield _unexpected(case, found)
        if case.redacted is not None and redacted.text != case.redacted:
            yield Difference(
                Kind.RESULT,
                "",
                redacted.text,
                f"expected {quoted(case.redacted)}",
                start=0,
                end=0,
            )
        yield from _link_differences(case, redacted.findings)

    def _missed(self, case: Case, mark: Mark, findings: Sequence[Finding]) -> Difference:
        """Say what stands there instead, or else how near a recognizer came."""
        rule = self._policy.decide(mark.entity, case.field)
        instead = _best([found for found in findings if _touch(found, mark)], mark)
        near = instead or self._nearest(case, mark)
        hint = "the recognizer does not know this form; if it cannot be mended, add `known_gap`"
        if near is None:
            detail = f"nothing found there; rule {rule.id}"
        elif instead is not None or not _is_same(near, mark):
            words = quoted(case.text[near.start : near.end])
            detail = f"found as {near.entity} {words}, score {near.score:.2f}, {near.recognizer}"
            hint = "mark exactly what is found, if that is right"
        else:
            detail = (
                f"best score {near.score:.2f} below threshold "
                f"{self._policy.threshold_of(rule):.2f}, rule {rule.id}, {near.recognizer}"
            )
            hint = f"lower the threshold of rule {rule.id}, or give the text more context"
        return Difference(
            Kind.MISSED,
            mark.entity,
            case.value(mark),
            detail,
            hint,
            mark.start,
            mark.end,
            near.score if near else None,
            rule.id,
            near.recognizer if near else None,
        )

    def _nearest(self, case: Case, mark: Mark) -> Candidate | None:
        """Return the candidate, at any score, that says most about why a mark was missed."""
        if self._make_probe is None:
            return None
        if self._probe is None:
            self._probe = self._make_probe()
        return _best([found for found in self._probe.find(case.text) if _touch(found, mark)], mark)


def run_cases(
    policy: Policy,
    case_file: CaseFile,
    redactor: TextRedactor,
    *,
    pseudonyms: Callable[[], Any],
    probe: Callable[[], Probe] | None = None,
    select: Callable[[Case], bool] | None = None,
) -> Report:
    """Run all selected cases of a file; see `Runner` for the arguments."""
    runner = Runner(policy, redactor, pseudonyms=pseudonyms, probe=probe)
    return Report(
        policy=policy,
        policy_path=case_file.policy,
        path=case_file.path,
        results=tuple(
            runner.run(case) for case in case_file.cases if select is None or select(case)
        ),
    )


def probe_policy(policy: Policy) -> Policy:
    """Return the same policy with all thresholds at zero, to see every candidate's score."""
    rules = tuple(replace(rule, threshold=0.0) for rule in policy.rules)
    return replace(policy, rules=rules, default_threshold=0.0)


def _touch(found: Candidate, mark: Mark) -> bool:
    return found.start < mark.end and mark.start < found.end


def _is_same(found: Candidate, mark: Mark) -> bool:
    return (found.start, found.end, found.entity) == (mark.start, mark.end, mark.entity)


def _best(found: Sequence[Candidate], mark: Mark) -> Candidate | None:
    """Return what is most like a mark: the same, the same entity, then the highest score."""
    return max(
        found,
        key=lambda one: (_is_same(one, mark), one.entity == mark.entity, one.score),
        default=None,
    )


def _outcome(case: Case, *, failed: bool) -> Outcome:
    if case.known_gap is not None:
        return Outcome.GAP if failed else Outcome.CLOSED_GAP
    return Outcome.FAILED if failed else Outcome.PASSED


def _wrong_action(case: Case, mark: Mark, found: Finding) -> Iterator[Difference]:
    """Compare the action taken with what the mark demands."""
    decided = f"score {found.score:.2f}, {found.recognizer}, rule {found.rule}"
    place = {"start": mark.start, "end": mark.end}
    said: dict[str, Any] = {
        **place,
        "score": found.score,
        "rule": found.rule,
        "recognizer": found.recognizer,
    }
    if mark.action is None and found.action == "keep":
        yield Difference(
            Kind.KEPT,
            mark.entity,
            case.value(mark),
            decided,
            f"change rule {found.rule}, or mark it ({mark.entity}:keep)",
            **said,
        )
    elif mark.action is not None and found.action != mark.action:
        detail = f"{found.action} instead of {mark.action}; {decided}"
        yield Difference(Kind.ACTION, mark.entity, case.value(mark), detail, **said)


def _unexpected(case: Case, found: Finding) -> Difference:
    return Difference(
        Kind.UNEXPECTED,
        found.entity,
        case.text[found.start : found.end],
        f"score {found.score:.2f}, {found.recognizer}, rule {found.rule}",
        f"mark it, allow {found.entity} in this case, or raise the threshold of rule {found.rule}",
        found.start,
        found.end,
        found.score,
        found.rule,
        found.recognizer,
    )


def _link_differences(case: Case, findings: Sequence[Finding]) -> Iterator[Difference]:
    """Compare the placeholders of the values that must, or must not, be the same."""
    by_span = {(found.start, found.end): found.placeholder for found in findings}
    placeholders: dict[str, set[str | None]] = {}
    for mark in case.marks:
        placeholder = by_span.get((mark.start, mark.end))
        placeholders.setdefault(case.value(mark), set()).add(placeholder)
    for values in case.must_link:
        shared = set[str | None]().union(*(placeholders[value] for value in values))
        if len(shared) != 1 or None in shared:
            yield Difference(Kind.LINK, "", " / ".join(values), "must share one placeholder")
    for values in case.must_not_link:
        parts = [placeholders[value] - {None} for value in values]
        if sum(map(len, parts)) != len(set[str | None]().union(*parts)) or not all(parts):
            yield Difference(Kind.LINK, "", " / ".join(values), "must have different placeholders")
