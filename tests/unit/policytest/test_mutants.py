"""Mutants: what is altered, which decisions change, and that nothing is altered twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.policy.loader import load_policy, parse_policy
from secure_rag.policy.model import Policy, Scope
from secure_rag.policytest.mutants import effect, make_mutants, scopes_of

POLICY = """\
format: 1
name: mine
rules:
  - {entity: PERSON, action: mask, threshold: 0.5}
  - {entity: DATE_TIME, action: generalise, to: month, fields: [body, title]}
  - {id: wide, group: ATTRIBUTE, action: pseudonymise}
  - {group: SECRETS, action: drop, labels: [public]}
"""


@pytest.fixture
def policy() -> Policy:
    return parse_policy(POLICY)


def changes(policy: Policy, kind: str) -> list[str]:
    return [
        f"{one.subject} {one.change}"
        for one in make_mutants(policy)
        if one.kind == kind
        and not effect(policy, one, [Scope(), Scope(labels=("public",))]).is_nothing
    ]


def test_mutants_actions_are_the_next_weaker_and_stronger(policy: Policy) -> None:
    found = changes(policy, "action")
    assert "rule date-time generalises to year instead of month" in found
    assert [one for one in found if " generalises to " not in one] == [
        "rule person has the action pseudonymise instead of mask",
        "rule person has the action drop instead of mask",
        "rule person keeps the last 4",
        "rule date-time has the action keep instead of generalise",
        "rule date-time has the action pseudonymise instead of generalise",
        "rule wide has the action keep instead of pseudonymise",
        "rule wide has the action mask instead of pseudonymise",
        "rule secrets has the action mask instead of drop",
        "rule default has the action keep instead of pseudonymise",
        "rule default has the action mask instead of pseudonymise",
    ]


def test_mutants_thresholds_go_to_both_ends(policy: Policy) -> None:
    assert changes(policy, "threshold")[:4] == [
        "rule person has the threshold 0.99 instead of 0.5",
        "rule person has the threshold 0.05 instead of 0.5",
        "rule date-time has the threshold 0.99 instead of 0.35",
        "rule date-time has the threshold 0.05 instead of 0.35",
    ]


def test_mutants_limits_are_widened_and_narrowed(policy: Policy) -> None:
    assert changes(policy, "fields") == [
        "rule date-time holds for every field",
        "rule date-time does not hold for field body",
        "rule date-time does not hold for field title",
    ]
    assert changes(policy, "limit") == ["rule secrets holds without its limit to labels"]


def test_mutants_group_loses_one_entity_at_a_time_where_that_changes_something(
    policy: Policy,
) -> None:
    dropped = [one.split()[-2] for one in changes(policy, "entity")]
    # group ATTRIBUTE does what the default does, so leaving one of it out changes nothing
    assert dropped and all(name.startswith("SECRET_") for name in dropped)


def test_mutants_swap_only_rules_that_share_an_entity(policy: Policy) -> None:
    assert changes(policy, "swap") == ["rule date-time stands after rule wide"]


def test_effect_names_entities_and_fields(policy: Policy) -> None:
    narrow = next(one for one in make_mutants(policy) if one.change.endswith("field title"))
    assert effect(policy, narrow, [Scope()]).pairs == {("DATE_TIME", "title")}


def test_mutants_of_a_child_alter_its_own_rules_only(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(POLICY, "utf-8")
    child = "format: 1\nname: child\nextends: mine\nrules: [{entity: AGE, action: drop}]\n"
    (tmp_path / "child.yaml").write_text(child, "utf-8")
    policy = load_policy(str(tmp_path / "child.yaml"), folders=[tmp_path])
    assert {one.subject for one in make_mutants(policy)} == {"rule age"}


def test_mutants_of_a_child_alter_the_settings_that_it_says(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "child.yaml").write_text(
        "format: 1\nname: child\nextends: mine\ndefault_action: drop\nthreshold: 0.9\n"
        "linking: {nicknames: true}\n",
        "utf-8",
    )
    policy = load_policy(str(tmp_path / "child.yaml"), folders=[tmp_path])
    assert {one.subject for one in make_mutants(policy)} == {
        "rule default",
        "`threshold`",
        "linking",
    }


def test_scopes_are_those_that_rules_are_limited_to() -> None:
    policy = parse_policy(
        "format: 1\nname: mine\nrules:\n"
        "  - {id: board, entity: LOCATION, action: keep, collections: [board, hr]}\n"
        "  - {id: open, entity: AGE, action: keep, labels: [public]}\n"
    )
    found = set(scopes_of(policy))
    assert found == {Scope("board"), Scope("hr"), Scope(labels=("public",))}
    kept = next(one for one in make_mutants(policy) if one.subject == "rule board")
    assert not effect(policy, kept, [Scope()]).pairs and effect(policy, kept, found).pairs
