"""Decisions of a policy, and what its digest depends on."""

from __future__ import annotations

import pytest

from secure_rag.policy.entities import (
    ENTITIES,
    GENERALISATIONS,
    GROUPS,
    PROTECTED_GROUPS,
)
from secure_rag.policy.loader import parse_policy
from secure_rag.policy.model import KEEP_ALL
from secure_rag.values import FIELDS

POLICY = """\
format: 1
name: mine
default_action: mask
threshold: 0.4
rules:
  - {entity: ORGANIZATION, action: keep, fields: [body]}
  - {entity: ORGANIZATION, action: drop, fields: [title], threshold: 0.2}
  - {entity: DATE_TIME, action: generalise, to: year}
  - {group: SECRETS, action: drop, threshold: 0}
"""


@pytest.mark.parametrize(
    ("entity", "field", "rule", "action", "threshold"),
    [
        ("ORGANIZATION", "body", "organization", "keep", 0.4),
        ("ORGANIZATION", "title", "organization-2", "drop", 0.2),
        ("ORGANIZATION", "metadata", "default", "mask", 0.4),
        ("DATE_TIME", "hidden", "date-time", "generalise", 0.4),
        ("SECRET_TOKEN", "body", "secrets", "drop", 0.0),
        ("PERSON", "body", "default", "mask", 0.4),
        ("NOT_IN_THE_CATALOGUE", "body", "default", "mask", 0.4),
    ],
)
def test_decide_first_matching_rule_wins(
    entity: str, field: str, rule: str, action: str, threshold: float
) -> None:
    policy = parse_policy(POLICY)
    decided = policy.decide(entity, field)
    assert (decided.id, decided.action) == (rule, action)
    assert policy.threshold(entity, field) == threshold


def test_lowest_threshold_looks_at_every_field() -> None:
    assert parse_policy(POLICY).lowest_threshold("ORGANIZATION") == 0.2


SAME = {
    "comments": POLICY.replace("rules:", "# why\nrules:"),
    "line breaks": POLICY.replace("rules:", "\n\nrules:"),
    "reasons": POLICY.replace("to: year", "to: year, reason: by year"),
    "defaults written out": POLICY + "gate: {threshold: 0.6}\nlanguage: en\n",
    "key order": POLICY.replace("action: drop, threshold: 0}", "threshold: 0.0, action: drop}"),
    "ids written out": POLICY.replace("{entity: DATE_TIME", "{id: date-time, entity: DATE_TIME"),
}
DIFFERENT = {
    "name": POLICY.replace("mine", "yours"),
    "default action": POLICY.replace("default_action: mask", "default_action: drop"),
    "threshold": POLICY.replace("threshold: 0.4", "threshold: 0.41"),
    "threshold of a rule": POLICY.replace("threshold: 0.2", "threshold: 0.25"),
    "gate": POLICY + "gate: {threshold: 0.5}\n",
    "fields": POLICY.replace("fields: [body]", "fields: [body, link]"),
    "parameter": POLICY.replace("to: year", "to: month"),
    "action": POLICY.replace("action: keep", "action: mask"),
    "id": POLICY.replace("{entity: DATE_TIME", "{id: day, entity: DATE_TIME"),
}


@pytest.mark.parametrize("change", SAME)
def test_digest_way_of_writing_does_not_count(change: str) -> None:
    assert SAME[change] != POLICY
    assert parse_policy(SAME[change]).digest == parse_policy(POLICY).digest


@pytest.mark.parametrize("change", DIFFERENT)
def test_digest_every_decision_counts(change: str) -> None:
    assert DIFFERENT[change] != POLICY
    assert parse_policy(DIFFERENT[change]).digest != parse_policy(POLICY).digest


def test_digest_of_a_known_policy_is_stable() -> None:
    # A change here makes every index of every user stale: say so in the changelog.
    text = f"format: 1\nname: {KEEP_ALL}\ndefault_action: keep\nrules: []\n"
    digest = "6aee25dddf589325331e15caef09a9520aec2708d15ea97355af1c271f3af176"
    assert parse_policy(text).digest == digest


def test_catalogue_each_entity_stands_in_one_group() -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(ENTITIES)
    assert set(GROUPS) >= PROTECTED_GROUPS
    assert set(ENTITIES) >= set(GENERALISATIONS)


def test_catalogue_names_of_secrets_begin_with_secret() -> None:
    secrets = {name for name in ENTITIES if name.startswith("SECRET_")}
    assert secrets == set(GROUPS["SECRETS"])


def test_fields_are_those_of_blocks() -> None:
    assert FIELDS[0] == "body" and len(set(FIELDS)) == len(FIELDS) == 10
