"""One test for each case of each pack, through the redactor that ingest and ask use."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from secure_rag.policy.cases import Case, CaseFile, load_cases
from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.loader import TEST_SUFFIXES, load_policy, policy_files
from secure_rag.policytest.mutate import mutate
from secure_rag.policytest.outcome import Outcome, Report
from secure_rag.policytest.real import Bench
from secure_rag.resources import resource

FOLDER = resource("policies")
PACKS = [path.stem for path in policy_files(FOLDER)]
SCORES = Path(__file__).resolve().parents[1] / "docs" / "reference" / "mutation-scores.md"
LEAST_SCORE = 0.9


def case_file(pack: str) -> Path:
    return FOLDER / f"{pack}{TEST_SUFFIXES[0]}"


@cache
def loaded(pack: str) -> CaseFile:
    return load_cases(case_file(pack))


CASES = [(pack, case) for pack in PACKS for case in loaded(pack).cases]
_bench = cache(Bench)


@cache
def report(pack: str) -> Report:
    return _bench().run(load_policy(str(loaded(pack).policy)), loaded(pack))


def marked(cases: tuple[Case, ...]) -> set[str]:
    return {mark.entity for case in cases for text in case.texts for mark in text.marks}


@pytest.mark.parametrize("pack", PACKS)
def test_pack_has_cases_of_its_own(pack: str) -> None:
    assert loaded(pack).policy == FOLDER / f"{pack}.yaml"


@pytest.mark.parametrize(("pack", "case"), CASES, ids=[f"{pack}-{case.id}" for pack, case in CASES])
def test_case_of_a_pack_passes(pack: str, case: Case) -> None:
    (result,) = (found for found in report(pack).results if found.case == case)
    expected = Outcome.PASSED if case.known_gap is None else Outcome.GAP
    assert result.outcome is expected, [
        (found.kind, found.entity, found.detail) for found in result.differences
    ]


@pytest.mark.parametrize("pack", PACKS)
def test_rules_of_a_pack_are_covered(pack: str) -> None:
    assert [one.rule for one in report(pack).coverage if not one.is_covered] == []


@pytest.mark.parametrize("pack", PACKS)
def test_cases_of_a_pack_notice_when_it_is_altered(pack: str) -> None:
    found = mutate(report(pack), loaded(pack), _bench())
    survivors = [(one.mutant.subject, one.mutant.change, one.needs) for one in found.survivors]
    assert found.score >= LEAST_SCORE, survivors


def test_page_of_scores_has_every_pack_and_none_below_what_is_demanded() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` .* \| ([01]\.\d\d) \|$", SCORES.read_text("utf-8"), re.M)
    assert [name for name, _ in rows] == PACKS, "run `.venv/bin/python scripts/measure_packs.py`"
    assert all(float(score) >= LEAST_SCORE for _, score in rows)


def test_starter_policy_has_a_case_for_every_entity() -> None:
    assert marked(loaded("default").cases) == set(ENTITIES)


def test_entities_that_nothing_finds_yet_are_declared_gaps() -> None:
    declared = marked(tuple(case for case in loaded("default").cases if case.known_gap is not None))
    assert {one.name for one in ENTITIES.values() if one.found_by == "nothing yet"} <= declared
