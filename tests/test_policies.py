"""One test for each case of each pack, through the redactor that ingest and ask use."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from secure_rag.policy.cases import Case, load_cases
from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.loader import TEST_SUFFIXES, load_policy, policy_files
from secure_rag.policytest.outcome import Outcome, Report
from secure_rag.policytest.real import Bench
from secure_rag.resources import resource

FOLDER = resource("policies")
PACKS = [path.stem for path in policy_files(FOLDER)]


def case_file(pack: str) -> Path:
    return FOLDER / f"{pack}{TEST_SUFFIXES[0]}"


CASES = [(pack, case) for pack in PACKS for case in load_cases(case_file(pack)).cases]
_bench = cache(Bench)


@cache
def report(pack: str) -> Report:
    loaded = load_cases(case_file(pack))
    return _bench().run(load_policy(str(loaded.policy)), loaded)


@pytest.mark.parametrize("pack", PACKS)
def test_pack_has_cases_of_its_own(pack: str) -> None:
    assert load_cases(case_file(pack)).policy == FOLDER / f"{pack}.yaml"


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


def test_starter_policy_has_a_case_for_every_entity() -> None:
    marked = {mark.entity for case in load_cases(case_file("default")).cases for mark in case.marks}
    assert marked == set(ENTITIES)


def test_entities_that_nothing_finds_yet_are_declared_gaps() -> None:
    declared = {
        mark.entity
        for case in load_cases(case_file("default")).cases
        if case.known_gap is not None
        for mark in case.marks
    }
    assert {one.name for one in ENTITIES.values() if one.found_by == "nothing yet"} <= declared
