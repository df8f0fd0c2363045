"""Run cases through a redactor and compare: strict both ways, and every case runs."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from secure_rag.errors import DocumentError, InputError, ResidualFindingError
from secure_rag.policy.case_model import (
    Case,
    CaseDocument,
    CaseFile,
    CaseText,
    ExpectedWords,
)
from secure_rag.policy.marks import Mark
from secure_rag.policy.model import Policy, Scope
from secure_rag.policytest.compare import Candidate, Comparison, Ran, RedactedText
from secure_rag.policytest.outcome import Difference, Kind, Outcome, Report, Result
from secure_rag.values import Block, RawDocument

_DOCUMENT_ID = "0000000000"


class CaseRedactor(Protocol):
    """What cases run through; `secure_rag.redaction.engine.Redactor` is the real one."""

    def redact_text(self, text: str, *, pseudonyms: Any, field: str = "body") -> RedactedText: ...

    def redact_document(
        self, document: RawDocument, *, document_id: str, pseudonyms: Any
    ) -> RedactedText: ...


class Probe(Protocol):
    """What tells how near a missed mark was; the real `Redactor` for `probe_policy`."""

    def find(self, text: str) -> Sequence[Candidate]: ...


class Equipment(Protocol):
    """Everything that running cases needs; `secure_rag.policytest.real` has the real one."""

    def redactor(self, scope: Scope) -> CaseRedactor:
        """Return the redactor for texts of a scope."""
        ...

    def pseudonyms(self) -> Any:
        """Return the placeholders of one case: each case starts anew at 1."""
        ...

    def probe(self) -> Probe | None:
        """Return what sees every candidate; called when a mark was missed."""
        ...

    def read(self, path: Path) -> RawDocument:
        """Read a document as ingest does."""
        ...


class Runner:
    """Runs the cases of one policy."""

    def __init__(self, policy: Policy, equipment: Equipment) -> None:
        self._policy = policy
        self._equipment = equipment

    def run(self, case: Case) -> Result:
        """Run one case; what is wrong with this machine goes up, it is no result of a case.

        Raises:
            ArtifactError: a model is missing or different.
        """
        started = time.monotonic()
        try:
            runs, differences = self._run(case)
        except (InputError, ResidualFindingError) as error:
            return Result(case, Outcome.ERROR, error=f"{error.code}: {error.message}")
        return Result(
            case,
            _outcome(case, failed=bool(differences)),
            tuple(differences),
            fired=frozenset(found.rule for ran in runs for found in ran.redacted.findings),
            seconds=time.monotonic() - started,
            marked=tuple(mark.entity for ran in runs for mark in ran.text.marks),
        )

    def _run(self, case: Case) -> tuple[list[Ran], list[Difference]]:
        redactor = self._equipment.redactor(case.scope)
        pseudonyms = self._equipment.pseudonyms()
        differences: list[Difference] = []
        runs: list[Ran] = []
        if case.document is None:
            runs = [
                _ran_text(
                    text,
                    redactor.redact_text(text.text, pseudonyms=pseudonyms, field=text.field),
                    number=number if len(case.texts) > 1 else None,
                )
                for number, text in enumerate(case.texts, start=1)
            ]
        else:
            ran, differences = self._run_document(case.document, redactor, pseudonyms)
            runs = [ran] if ran else []
        comparison = Comparison(self._policy.for_scope(case.scope), case, self._nearest)
        return runs, [*differences, *comparison.differences(runs)]

    def _run_document(
        self, document: CaseDocument, redactor: CaseRedactor, pseudonyms: Any
    ) -> tuple[Ran | None, list[Difference]]:
        """Run a document from its file on; being refused may be what the case demands."""
        try:
            raw = self._equipment.read(document.path)
            redacted = redactor.redact_document(
                raw, document_id=_DOCUMENT_ID, pseudonyms=pseudonyms
            )
        except (DocumentError, ResidualFindingError) as error:
            if document.refused is None:
                raise
            if error.code == document.refused:
                return None, []
            return None, [_refusal(document.refused, f"refused for {error.code} instead")]
        if document.refused is not None:
            return None, [_refusal(document.refused, "it was redacted and would be indexed")]
        marks, absent = expected_marks(raw, document.expected)
        where = _Places(raw.blocks)
        text = CaseText(raw.text, tuple(marks))
        ran = Ran(text, redacted, where.name, where.field_at, shows_words=False)
        return ran, [_absent(expected) for expected in absent]

    def _nearest(self, text: str) -> Sequence[Candidate]:
        probe = self._equipment.probe()
        return probe.find(text) if probe else ()


def run_cases(
    policy: Policy,
    case_file: CaseFile,
    equipment: Equipment,
    *,
    select: Callable[[Case], bool] | None = None,
) -> Report:
    """Run all selected cases of a file."""
    runner = Runner(policy, equipment)
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


def expected_marks(
    document: RawDocument, expected: Sequence[ExpectedWords]
) -> tuple[list[Mark], list[ExpectedWords]]:
    """Return a mark wherever expected words stand in a document, and the words that do not.

    Longer words go first: `Anna Novak` leaves nothing for `Novak` there. An entry for a
    field goes before one for every field.
    """
    marks: dict[tuple[int, int], Mark] = {}
    absent: list[ExpectedWords] = []
    own = {(one.words, one.field) for one in expected if one.field is not None}
    for one in sorted(expected, key=lambda one: (-len(one.words), one.field is None)):
        found = False
        for block in document.blocks:
            if one.field not in (None, block.field):
                continue
            if one.field is None and (one.words, block.field) in own:
                continue
            for start, end in _occurrences(document.text, block, one.words):
                found = True
                if not any(start < b and a < end for a, b in marks):
                    marks[start, end] = Mark(start, end, one.entity, one.action, one.name)
        if not found:
            absent.append(one)
    return [marks[key] for key in sorted(marks)], absent


def _occurrences(text: str, block: Block, words: str) -> Iterator[tuple[int, int]]:
    pattern = r"\s+".join(map(re.escape, words.split()))
    for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text[block.start : block.end]):
        yield block.start + match.start(), block.start + match.end()


class _Places:
    """Names spans of a document by page, field and offset."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._starts = [block.start for block in blocks]

    def field_at(self, start: int) -> str:
        block = self._block(start)
        return block.field if block else "body"

    def name(self, start: int, end: int) -> str:
        block = self._block(start)
        parts = [
            f"{name} {number}"
            for name in ("page", "slide", "row")
            if block is not None and (number := getattr(block, name)) is not None
        ]
        return ", ".join([*parts, f"{self.field_at(start)} {start}-{end}"])

    def _block(self, start: int) -> Block | None:
        index = bisect_right(self._starts, start) - 1
        return self._blocks[index] if index >= 0 else None


def _ran_text(text: CaseText, redacted: RedactedText, *, number: int | None) -> Ran:
    def place(start: int, end: int) -> str:
        parts = [] if number is None else [f"text {number},"]
        parts += [] if text.field == "body" else [text.field]
        return " ".join([*parts, f"{start}-{end}"])

    return Ran(text, redacted, place, lambda _: text.field)


def _refusal(code: str, detail: str) -> Difference:
    return Difference(Kind.REFUSED, "", "", f"must be refused for {code}; {detail}")


def _absent(expected: ExpectedWords) -> Difference:
    where = f" in its field {expected.field}" if expected.field else ""
    return Difference(
        Kind.MISSED,
        expected.entity,
        "",
        f"the document does not hold the words marked in line {expected.line}{where}",
        "see `secure-rag policy explain` for the document's text as it is read",
        place=f"line {expected.line}",
    )


def _outcome(case: Case, *, failed: bool) -> Outcome:
    if case.known_gap is not None:
        return Outcome.GAP if failed else Outcome.CLOSED_GAP
    return Outcome.FAILED if failed else Outcome.PASSED
