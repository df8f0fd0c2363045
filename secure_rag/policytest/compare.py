"""Compare what was found with what a case says: strict both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from secure_rag.policy.case_model import Case, CaseText
from secure_rag.policy.marks import Mark
from secure_rag.policy.model import Policy, Rule
from secure_rag.policytest.outcome import Difference, Kind, quoted
from secure_rag.values import Finding


class RedactedText(Protocol):
    """What a redactor returns: the new text, and findings with offsets in the old one."""

    @property
    def text(self) -> str: ...

    @property
    def findings(self) -> Sequence[Finding]: ...


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


@dataclass(frozen=True)
class Ran:
    """One text or document that was run, and how differences speak of it."""

    text: CaseText
    redacted: RedactedText
    place: Callable[[int, int], str]
    """Names a span in words."""
    field_at: Callable[[int], str]
    shows_words: bool = True
    """Whether reports may quote it."""


Nearest = Callable[[str], Sequence[Candidate]]
"""Returns every candidate of a text at any score."""


class Comparison:
    """Compares the runs of one case."""

    def __init__(self, policy: Policy, case: Case, nearest: Nearest | None) -> None:
        self._policy = policy
        self._case = case
        self._nearest = nearest

    def differences(self, runs: Sequence[Ran]) -> Iterator[Difference]:
        """Yield everything that differs, in the order of the texts; links last."""
        for ran in runs:
            yield from self._of_text(ran)
        yield from _link_differences(self._case, runs)

    def _of_text(self, ran: Ran) -> Iterator[Difference]:
        findings = {
            (found.start, found.end, found.entity): found for found in ran.redacted.findings
        }
        for mark in ran.text.marks:
            found = findings.pop((mark.start, mark.end, mark.entity), None)
            if found is None:
                yield self._missed(ran, mark)
            else:
                yield from _wrong_action(ran, mark, found)
        for found in findings.values():
            if found.action != "keep" and found.entity not in self._case.allow:
                yield _unexpected(ran, found)
        expected = ran.text.redacted
        if expected is not None and ran.redacted.text != expected:
            detail = f"expected {quoted(expected)}"
            yield Difference(Kind.RESULT, "", ran.redacted.text, detail, start=0, end=0)

    def _missed(self, ran: Ran, mark: Mark) -> Difference:
        """Say what stands there instead, or else how near a recognizer came."""
        rule = self._policy.decide(mark.entity, ran.field_at(mark.start))
        instead = _best([one for one in ran.redacted.findings if _touch(one, mark)], mark)
        near = instead
        if near is None and self._nearest is not None:
            found = self._nearest(ran.text.text)
            near = _best([one for one in found if _touch(one, mark)], mark)
        detail, hint = self._explain(ran, mark, rule, near, is_instead=instead is not None)
        return Difference(
            Kind.MISSED,
            mark.entity,
            _words(ran, mark.start, mark.end),
            detail,
            hint,
            mark.start,
            mark.end,
            near.score if near else None,
            rule.id,
            near.recognizer if near else None,
            ran.place(mark.start, mark.end),
        )

    def _explain(
        self, ran: Ran, mark: Mark, rule: Rule, near: Candidate | None, *, is_instead: bool
    ) -> tuple[str, str]:
        """Return why a mark was missed, and what repairs it."""
        if near is None:
            return (
                f"nothing found there; rule {rule.id}",
                "the recognizer does not know this form: add a pattern or a deny list under "
                "`recognizers`, or declare it with `known_gap`",
            )
        if not is_instead and _is_same(near, mark):
            threshold = self._policy.threshold_of(rule)
            if near.score >= threshold:
                return (
                    f"score {near.score:.2f}, {near.recognizer}, but an allow list or another "
                    f"condition takes it out; rule {rule.id}",
                    "see `secure-rag policy explain -v` for what decided",
                )
            return (
                f"best score {near.score:.2f} below threshold {threshold:.2f}, rule {rule.id}, "
                f"{near.recognizer}",
                f"lower the threshold of rule {rule.id}, or give the text more context",
            )
        words = _words(ran, near.start, near.end)
        where = quoted(words) if words else ran.place(near.start, near.end)
        hint = "mark exactly what is found, if that is right"
        if not is_instead:
            hint = "below every threshold; add a recognizer for this form, or `known_gap`"
        return f"found as {near.entity} {where}, score {near.score:.2f}, {near.recognizer}", hint


def _words(ran: Ran, start: int, end: int) -> str:
    return ran.text.text[start:end] if ran.shows_words else ""


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


def _wrong_action(ran: Ran, mark: Mark, found: Finding) -> Iterator[Difference]:
    """Compare the action taken with what the mark demands."""
    decided = f"score {found.score:.2f}, {found.recognizer}, rule {found.rule}"
    said: dict[str, Any] = {
        "start": mark.start,
        "end": mark.end,
        "score": found.score,
        "rule": found.rule,
        "recognizer": found.recognizer,
        "place": ran.place(mark.start, mark.end),
    }
    words = _words(ran, mark.start, mark.end)
    if mark.action is None and found.action == "keep":
        hint = f"change rule {found.rule}, or mark it ({mark.entity}:keep)"
        yield Difference(Kind.KEPT, mark.entity, words, decided, hint, **said)
    elif mark.action is not None and found.action != mark.action:
        detail = f"{found.action} instead of {mark.action}; {decided}"
        hint = f"change rule {found.rule}, or mark it ({mark.entity}:{found.action})"
        yield Difference(Kind.ACTION, mark.entity, words, detail, hint, **said)


def _unexpected(ran: Ran, found: Finding) -> Difference:
    return Difference(
        Kind.UNEXPECTED,
        found.entity,
        _words(ran, found.start, found.end),
        f"score {found.score:.2f}, {found.recognizer}, rule {found.rule}",
        f"mark it, allow {found.entity} in this case, or raise the threshold of rule {found.rule}",
        found.start,
        found.end,
        found.score,
        found.rule,
        found.recognizer,
        ran.place(found.start, found.end),
    )


def _link_differences(case: Case, runs: Sequence[Ran]) -> Iterator[Difference]:
    """Compare the placeholders of the marks that must, or must not, be the same."""
    placeholders: dict[str, set[str | None]] = {}
    for ran in runs:
        by_span = {(found.start, found.end): found.placeholder for found in ran.redacted.findings}
        for mark in ran.text.marks:
            placeholder = by_span.get((mark.start, mark.end))
            for key in (ran.text.value(mark), mark.name):
                if key is not None:
                    placeholders.setdefault(key, set()).add(placeholder)
    shown = all(ran.shows_words for ran in runs)
    for keys in case.must_link:
        shared = set[str | None]().union(*(placeholders.get(key, {None}) for key in keys))
        if len(shared) != 1 or None in shared:
            yield _link(keys, "must share one placeholder", shared, shown=shown)
    for keys in case.must_not_link:
        parts = [placeholders.get(key, set()) - {None} for key in keys]
        shared = set[str | None]().union(*parts)
        if sum(map(len, parts)) != len(shared) or not all(parts):
            yield _link(keys, "must have different placeholders", shared, shown=shown)


def _link(keys: Sequence[str], demand: str, found: set[str | None], *, shown: bool) -> Difference:
    given = ", ".join(sorted(one or "no placeholder" for one in found)) or "no placeholder"
    words = " / ".join(keys) if shown else ""
    return Difference(
        Kind.LINK,
        "",
        words,
        f"{demand}; given: {given}",
        "names that are too short or fit two people stay apart: see `linking` in the policy",
    )
