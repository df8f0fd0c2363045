"""Comparing findings with marks: strict both ways, and what each difference says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from secure_rag.errors import DocumentError, InputError
from secure_rag.policy.cases import load_cases
from secure_rag.policy.loader import load_policy
from secure_rag.policy.model import Policy, Scope
from secure_rag.policytest.junit import to_junit
from secure_rag.policytest.outcome import Kind, Outcome, Report, total
from secure_rag.policytest.report import to_json, to_text
from secure_rag.policytest.run import probe_policy, run_cases
from secure_rag.values import Block, Finding, RawDocument

POLICY = """\
format: 1
name: mine
rules:
  - {entity: PERSON, action: pseudonymise, threshold: 0.5}
  - {entity: ORGANIZATION, action: keep, fields: [body]}
  - {group: SECRETS, action: drop}
"""


@dataclass
class Words:
    """A redactor that knows words by heart, each with entity and score."""

    policy: Policy
    known: dict[str, tuple[str, float]]
    fails_on: str | None = None

    def find(self, text: str) -> list[Finding]:
        return [
            Finding(entity, text.find(word), text.find(word) + len(word), score, "words", "")
            for word, (entity, score) in self.known.items()
            if word in text
        ]

    def redact_text(
        self, text: str, *, pseudonyms: dict[str, str], field: str = "body"
    ) -> RedactedWords:
        if self.fails_on is not None and self.fails_on in text:
            raise InputError("cannot run", code="detector.failed")
        findings: list[Finding] = []
        for word, (entity, score) in self.known.items():
            start = text.find(word)
            if start < 0 or score < self.policy.threshold(entity, field):
                continue
            rule = self.policy.decide(entity, field)
            holder = pseudonyms.setdefault(word[-1], f"<{entity}_{len(pseudonyms) + 1}>")
            findings.append(
                Finding(
                    entity,
                    start,
                    start + len(word),
                    score,
                    "words",
                    rule.action,
                    holder if rule.action == "pseudonymise" else None,
                    rule.id,
                )
            )
        redacted = text
        for found in sorted(findings, key=lambda one: -one.start):
            if found.action != "keep":
                new = found.placeholder or ""
                redacted = redacted[: found.start] + new + redacted[found.end :]
        return RedactedWords(redacted, findings)

    def redact_document(
        self, document: RawDocument, *, document_id: str, pseudonyms: dict[str, str]
    ) -> RedactedWords:
        return self.redact_text(document.text, pseudonyms=pseudonyms)


@dataclass
class Tools:
    """The equipment of a run: words known by heart, and documents that are their own text."""

    policy: Policy
    fails_on: str | None = None

    def redactor(self, scope: Scope) -> Words:
        return Words(self.policy.for_scope(scope), KNOWN, self.fails_on)

    def pseudonyms(self) -> dict[str, str]:
        return {}

    def probe(self) -> Words:
        return Words(probe_policy(self.policy), KNOWN)

    def read(self, path: Path) -> RawDocument:
        text = path.read_text("utf-8")
        if "locked" in text:
            raise DocumentError("no", code="document.encrypted")
        first = text.index("\n") if "\n" in text else len(text)
        blocks = (Block(0, first, "title"), Block(first, len(text), "body", page=2))
        return RawDocument("text/plain", text, blocks)


@dataclass
class RedactedWords:
    text: str
    findings: Sequence[Finding] = field(default_factory=list)


KNOWN = {
    "Anna": ("PERSON", 0.9),
    "Ms Novka": ("PERSON", 0.9),
    "Bob": ("PERSON", 0.9),
    "Weak": ("PERSON", 0.4),
    "Acme": ("ORGANIZATION", 0.8),
    "hunter2": ("SECRET_PASSWORD", 0.8),
}


def run(folder: Path, cases: str, *, fails_on: str | None = None) -> Report:
    (folder / "mine.yaml").write_text(POLICY, "utf-8")
    path = folder / "mine.test.yaml"
    path.write_text("policy: mine.yaml\ncases:\n" + cases, "utf-8")
    policy = load_policy(str(folder / "mine.yaml"))
    return run_cases(policy, load_cases(path), Tools(policy, fails_on))


# situation: (case, outcome, kind of the difference, words in its detail)
SITUATIONS: dict[str, tuple[str, Outcome, Kind | None, str]] = {
    "marked and found": ('"[Anna](PERSON) left"', Outcome.PASSED, None, ""),
    "nothing marked, nothing found": ('"it rains"', Outcome.PASSED, None, ""),
    "missed": (
        '"[Carl](PERSON) left"',
        Outcome.FAILED,
        Kind.MISSED,
        "nothing found there",
    ),
    "missed by score": (
        '"[Weak](PERSON) left"',
        Outcome.FAILED,
        Kind.MISSED,
        "best score 0.40 below threshold 0.50, rule person",
    ),
    "missed, other extent": (
        '"[Anna left](PERSON)", allow: [PERSON]',
        Outcome.FAILED,
        Kind.MISSED,
        'found as PERSON "Anna"',
    ),
    "missed, other entity": (
        '"[Anna](LOCATION) left", allow: [PERSON]',
        Outcome.FAILED,
        Kind.MISSED,
        "found as PERSON",
    ),
    "unexpected": ('"Anna left"', Outcome.FAILED, Kind.UNEXPECTED, "rule person"),
    "unexpected but allowed": (
        '"Anna left", allow: [PERSON]',
        Outcome.PASSED,
        None,
        "",
    ),
    "kept and not marked": ('"Acme paid"', Outcome.PASSED, None, ""),
    "kept and marked so": (
        '"[Acme](ORGANIZATION:keep) paid"',
        Outcome.PASSED,
        None,
        "",
    ),
    "kept but marked": (
        '"[Acme](ORGANIZATION) paid"',
        Outcome.FAILED,
        Kind.KEPT,
        "organization",
    ),
    "kept in another field": (
        '"[Acme](ORGANIZATION:keep)", field: author',
        Outcome.FAILED,
        Kind.ACTION,
        "pseudonymise instead of keep",
    ),
    "redacted in another field": (
        '"[Acme](ORGANIZATION)", field: author',
        Outcome.PASSED,
        None,
        "",
    ),
    "other action": (
        '"[hunter2](SECRET_PASSWORD:mask)"',
        Outcome.FAILED,
        Kind.ACTION,
        "drop instead of mask",
    ),
    "expected result": (
        '"Hi [Anna](PERSON)", redacted: "Hi <PERSON_1>"',
        Outcome.PASSED,
        None,
        "",
    ),
    "other result": (
        '"Hi [Anna](PERSON)", redacted: "Hi <PERSON_2>"',
        Outcome.FAILED,
        Kind.RESULT,
        "<PERSON_2>",
    ),
    "linked": (
        '"[Anna](PERSON), [Ms Novka](PERSON)", must_link: [[Anna, Ms Novka]]',
        Outcome.PASSED,
        None,
        "",
    ),
    "not linked": (
        '"[Anna](PERSON), [Bob](PERSON)", must_link: [[Anna, Bob]]',
        Outcome.FAILED,
        Kind.LINK,
        "must share",
    ),
    "kept apart": (
        '"[Anna](PERSON), [Bob](PERSON)", must_not_link: [[Anna, Bob]]',
        Outcome.PASSED,
        None,
        "",
    ),
    "not kept apart": (
        '"[Anna](PERSON), [Ms Novka](PERSON)", must_not_link: [[Anna, Ms Novka]]',
        Outcome.FAILED,
        Kind.LINK,
        "different",
    ),
    "open gap": ('"[Carl](PERSON)", known_gap: rare', Outcome.GAP, Kind.MISSED, ""),
    "closed gap": ('"[Anna](PERSON)", known_gap: rare', Outcome.CLOSED_GAP, None, ""),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_run_situation_gives_outcome_and_reason(situation: str, tmp_path: Path) -> None:
    text, outcome, kind, detail = SITUATIONS[situation]
    (result,) = run(tmp_path, f"  - {{id: one, text: {text}}}\n").results
    assert result.outcome is outcome
    assert [found.kind for found in result.differences] == ([kind] if kind else [])
    assert all(detail in found.detail for found in result.differences)


ACROSS = {
    "linked across texts": ('["[Anna](PERSON) left", "[Ms Novka](PERSON)"]', "must_link", True),
    "not linked across texts": ('["[Anna](PERSON)", "[Bob](PERSON)"]', "must_link", False),
    "kept apart across texts": ('["[Anna](PERSON)", "[Bob](PERSON)"]', "must_not_link", True),
    "not kept apart across texts": (
        '["[Anna](PERSON)", "[Ms Novka](PERSON)"]',
        "must_not_link",
        False,
    ),
}


@pytest.mark.parametrize("situation", ACROSS)
def test_run_texts_of_a_case_share_a_collection(situation: str, tmp_path: Path) -> None:
    texts, key, is_met = ACROSS[situation]
    second = "Bob" if "Bob" in texts else "Ms Novka"
    (result,) = run(
        tmp_path, f"  - {{id: one, texts: {texts}, {key}: [[Anna, {second}]]}}\n"
    ).results
    assert [found.kind for found in result.differences] == ([] if is_met else [Kind.LINK])


def test_run_named_marks_tell_the_same_words_apart(tmp_path: Path) -> None:
    cases = (
        "  - id: one\n    texts:\n"
        '      - "[Anna](PERSON#one)"\n      - {text: "[Anna](PERSON#two)", field: title}\n'
        "    must_not_link: [[one, two]]\n"
    )
    (result,) = run(tmp_path, cases).results
    assert [found.kind for found in result.differences] == [Kind.LINK]


def test_run_second_text_is_named_in_the_place(tmp_path: Path) -> None:
    cases = '  - {id: one, texts: ["it rains", {text: "Bob", field: title}]}\n'
    (result,) = run(tmp_path, cases).results
    assert [found.place for found in result.differences] == ["text 2, title 0-3"]


# situation: (document, keys of the case, outcome, kinds, place)
DOCUMENTS: dict[str, tuple[str, str, Outcome, list[Kind], str]] = {
    "all found": ("Anna\nBob left", 'marks: ["[Anna](PERSON)", "[Bob](PERSON)"]',
                  Outcome.PASSED, [], ""),
    "missed": ("Anna\nCarl left", 'marks: ["[Anna](PERSON)", "[Carl](PERSON)"]',
               Outcome.FAILED, [Kind.MISSED], "page 2, body 5-9"),
    "unexpected": ("Anna\nBob left", 'marks: ["[Anna](PERSON)"]',
                   Outcome.FAILED, [Kind.UNEXPECTED], "page 2, body 5-8"),
    "words not in it": ("Anna\nleft", 'marks: ["[Anna](PERSON)", "[Bob](PERSON)"]',
                        Outcome.FAILED, [Kind.MISSED], "line 5"),
    "part of a word is no mention": ("Anna\nBobby", 'marks: ["[Anna](PERSON)", "[Bob](PERSON)"]',
                                     Outcome.FAILED, [Kind.MISSED, Kind.UNEXPECTED], "line 5"),
    "refused as demanded": ("locked", "refused: document.encrypted", Outcome.PASSED, [], ""),
    "refused otherwise": ("locked", "refused: gate.residual",
                          Outcome.FAILED, [Kind.REFUSED], ""),
    "not refused": ("it rains\n", "refused: gate.residual", Outcome.FAILED, [Kind.REFUSED], ""),
    "cannot be read": ("locked", 'marks: ["[Anna](PERSON)"]', Outcome.ERROR, [], ""),
}  # fmt: skip


@pytest.mark.parametrize("situation", DOCUMENTS)
def test_run_document_case_gives_outcome_and_place(situation: str, tmp_path: Path) -> None:
    text, keys, outcome, kinds, place = DOCUMENTS[situation]
    (tmp_path / "letter.txt").write_text(text, "utf-8")
    (result,) = run(tmp_path, f"  - id: one\n    file: letter.txt\n    {keys}\n").results
    assert (result.outcome, [found.kind for found in result.differences]) == (outcome, kinds)
    assert [found.place for found in result.differences][:1] == ([place] if kinds else [])
    assert all(not found.value for found in result.differences)


def test_run_document_words_in_a_field_of_their_own_have_their_own_mark(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Acme\nAcme paid", "utf-8")
    keys = 'marks: ["[Acme](ORGANIZATION:keep)", {mark: "[Acme](ORGANIZATION)", field: title}]'
    (result,) = run(tmp_path, f"  - id: one\n    file: letter.txt\n    {keys}\n").results
    # this redactor takes everything for the body: what is kept in the title is the difference
    assert [(found.kind, found.place) for found in result.differences] == [
        (Kind.KEPT, "title 0-4"),
        (Kind.MISSED, "page 2, body 5-9"),
    ]


CASES = """\
  - {id: anna, text: "[Anna](PERSON) at Acme"}
  - {id: weak, text: "[Weak](PERSON) and Bob"}
  - {id: stale, text: "[Bob](PERSON)", known_gap: rare}
  - {id: gap, text: "[Carl](PERSON)", known_gap: rare}
  - {id: broken, text: "boom"}
  - {id: quiet, text: "it rains"}
"""


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return run(tmp_path, CASES, fails_on="boom")


def test_run_failing_redactor_is_an_error_and_the_rest_still_runs(
    report: Report,
) -> None:
    assert [result.outcome for result in report.results] == [
        Outcome.PASSED,
        Outcome.FAILED,
        Outcome.CLOSED_GAP,
        Outcome.GAP,
        Outcome.ERROR,
        Outcome.PASSED,
    ]


def test_total_counts_each_case_once(report: Report) -> None:
    totals = total([report])
    assert (totals.cases, totals.passed, totals.failed, totals.errors, totals.gaps) == (
        6,
        3,
        1,
        1,
        1,
    )
    assert totals.passed + totals.failed + totals.errors + totals.gaps == totals.cases


def test_coverage_needs_a_case_that_acts_and_one_that_stays_silent(
    report: Report,
) -> None:
    assert {one.rule: (one.fired, one.silent) for one in report.coverage} == {
        "person": (2, 1),
        "organization": (1, 2),
        "secrets": (0, 3),
    }
    totals = total([report])
    assert (totals.rules_covered, totals.rules) == (2, 3)


def test_coverage_of_two_files_for_one_policy_adds_up(tmp_path: Path) -> None:
    first = run(tmp_path, '  - {id: a, text: "[hunter2](SECRET_PASSWORD)"}\n')
    second = run(tmp_path, '  - {id: b, text: "[Anna](PERSON) at Acme"}\n')
    totals = total([first, second])
    assert (totals.rules_covered, totals.rules) == (3, 3)


def test_text_shows_differences_only(report: Report) -> None:
    text = to_text([report], strict=False, verbose=False, filtered=False)
    assert f"FAIL  {report.path}:4  weak" in text
    assert (
        'missed      PERSON          "Weak" at 0-4  (best score 0.40 below threshold 0.50' in text
    )
    assert 'unexpected  PERSON          "Bob"' in text
    assert f"ERROR {report.path}:7  broken" in text
    assert f"note  {report.path}:5  stale" in text
    assert f"{report.policy_path}:6  rule secrets: no passing case in which it acts" in text
    assert text.splitlines()[-1] == (
        "6 cases: 3 passed, 1 failed, 1 error, 1 known gap, 1 of them a stale gap; "
        "rules covered 2 of 3"
    )
    assert "anna" not in text and "quiet" not in text


def test_text_verbose_shows_every_case(report: Report) -> None:
    text = to_text([report], strict=True, verbose=True, filtered=False)
    for name in ("pass  ", "FAIL  ", "STALE ", "gap   ", "ERROR "):
        assert name in text


def test_text_control_characters_are_spelt_out(tmp_path: Path) -> None:
    report = run(tmp_path, '  - {id: a, text: "[x\\e\\n31m](PERSON)"}\n')
    text = to_text([report], strict=False, verbose=False, filtered=True)
    assert "\x1b" not in text and r"\x1b" in text


def test_json_has_the_keys_other_programs_rely_on(report: Report) -> None:
    value = json.loads(json.dumps(to_json([report], strict=True)))
    numbers = ("cases", "passed", "failed", "errors", "gaps", "rules_covered", "rules")
    assert [value[key] for key in numbers] == [6, 3, 1, 1, 1, 2, 3]
    assert [failure["id"] for failure in value["failures"]] == [
        "weak",
        "stale",
        "broken",
    ]
    missed, unexpected = value["failures"][0]["differences"]
    assert (missed["kind"], missed["score"], missed["rule"]) == (
        "missed",
        0.4,
        "person",
    )
    assert (unexpected["kind"], unexpected["start"], unexpected["end"]) == (
        "unexpected",
        9,
        12,
    )


def test_json_stale_gap_fails_only_under_strict(report: Report) -> None:
    failures: list[dict[str, Any]] = to_json([report], strict=False)["failures"]
    assert [failure["id"] for failure in failures] == ["weak", "broken"]


def test_junit_counts_agree_with_its_elements(report: Report) -> None:
    root = ElementTree.fromstring(to_junit([report], strict=True))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == (
        "6",
        "2",
        "1",
    )
    assert suite.get("skipped") == "1"
    assert len(suite.findall("testcase")) == 6
    assert len(suite.findall("testcase/failure")) == 2
    assert len(suite.findall("testcase/error")) == 1
    assert len(suite.findall("testcase/skipped")) == 1


def test_junit_forbidden_characters_are_replaced(tmp_path: Path) -> None:
    report = run(tmp_path, '  - {id: a, text: "[x\\x01](PERSON)", known_gap: "why \\x02"}\n')
    ElementTree.fromstring(to_junit([report], strict=True))
