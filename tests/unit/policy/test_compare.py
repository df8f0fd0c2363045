"""What a policy uncovers, compared with an older one."""

from __future__ import annotations

import pytest

from secure_rag.policy.compare import OTHER, STRONGER, WEAKER, compare_policies
from secure_rag.policy.loader import load_policy, parse_policy

OLD = """\
format: 1
name: mine
gate: {threshold: 0.6}
quarantine: {flags: [macros], entities: [SECRETS]}
recognizers:
  - name: codes
    entity: ID_NUMBER
    regex: ['C-\\d{6}', 'D-\\d{6}']
    score: 0.8
    context: [code, file]
  - {name: projects, entity: ORGANIZATION, deny_list: [Bluebird, Kestrel]}
  - {name: towns, entity: LOCATION, allow_list: [London, Leeds]}
rules:
  - {entity: CREDIT_CARD, action: mask, keep_last: 2}
  - {entity: DATE_TIME, action: generalise, to: year}
  - {entity: AGE, action: generalise, to: band}
  - {entity: PERSON, action: pseudonymise, threshold: 0.3}
  - {entity: TITLE, action: keep, fields: [body]}
  - {group: SECRETS, action: drop}
  - {entity: URL, action: drop, context: [login, portal]}
"""
WEAKENED = {
    "action": ("DATE_TIME, action: generalise, to: year", "DATE_TIME, action: keep"),
    "finer form": ("to: year", "to: month"),
    "finer form of an age": ("to: band", "to: cap"),
    "more of a card": ("keep_last: 2", "keep_last: 4"),
    "threshold": ("threshold: 0.3", "threshold: 0.4"),
    "sealed instead of dropped": ("group: SECRETS, action: drop", "group: SECRETS, action: mask"),
    "kept in another field": ("fields: [body]", "fields: [body, title]"),
    "fewer words of a rule": ("[login, portal]", "[login]"),
    "kept instead": ("AGE, action: generalise, to: band", "AGE, action: keep"),
    "rule gone": ("  - {group: SECRETS, action: drop}\n", ""),
    "gate": ("threshold: 0.6", "threshold: 0.7"),
    "gate refuses less": ("{threshold: 0.6}", "{threshold: 0.6, refuse: [PERSON]}"),
    "quarantine of flags": ("flags: [macros], ", ""),
    "quarantine of entities": ("entities: [SECRETS]", "entities: [SECRET_KEY]"),
    "pattern gone": (", 'D-\\d{6}'", ""),
    "pattern changed": ("D-\\d{6}", "D-\\d{7}"),
    "score of a pattern": ("score: 0.8", "score: 0.7"),
    "needs context": ("context: [code, file]", "context: [code, file]\n    needs_context: true"),
    "fewer words of context": ("[code, file]", "[code]"),
    "validator": ("score: 0.8", "score: 0.8\n    validator: luhn"),
    "minds capitals": ("score: 0.8", "score: 0.8\n    match_case: true"),
    "word gone": ("[Bluebird, Kestrel]", "[Bluebird]"),
    "recognizer renamed": ("name: projects", "name: products"),
    "allowed": ("[London, Leeds]", "[London, Leeds, Porto]"),
}  # fmt: skip


@pytest.mark.parametrize("change", WEAKENED)
def test_compare_each_weakening_is_found_and_its_reverse_is_not(change: str) -> None:
    before, after = WEAKENED[change]
    assert before in OLD
    old, new = parse_policy(OLD), parse_policy(OLD.replace(before, after))
    assert WEAKER in {one.verdict for one in compare_policies(old, new)}
    if change not in ("pattern changed", "recognizer renamed"):
        assert WEAKER not in {one.verdict for one in compare_policies(new, old)}
        assert STRONGER in {one.verdict for one in compare_policies(new, old)}


def test_compare_same_decisions_written_otherwise_are_no_change() -> None:
    new = OLD.replace("name: mine", "name: other").replace(
        "{group: SECRETS", "{id: s, group: SECRETS"
    )
    assert compare_policies(parse_policy(OLD), parse_policy(new)) == []


def test_compare_rules_of_a_scope_are_seen() -> None:
    new = OLD.replace("rules:\n", "rules:\n  - {entity: AGE, action: keep, collections: [hr]}\n")
    (change,) = compare_policies(parse_policy(OLD), parse_policy(new))
    assert (change.verdict, change.subject) == (WEAKER, "AGE")
    assert "collection hr" in change.where and change.line


@pytest.mark.parametrize("condition", ["labels", "context"])
@pytest.mark.parametrize("others", [0, 1, 2])
def test_compare_order_of_rules_whose_conditions_meet_is_seen(condition: str, others: int) -> None:
    rules = [
        *(
            f"{{id: other-{n}, entity: AGE, action: drop, {condition}: [x{n}]}}"
            for n in range(others)
        ),
        f"{{id: hidden, entity: AGE, action: pseudonymise, {condition}: [patient, carer]}}",
        f"{{id: shown, entity: AGE, action: keep, {condition}: [public]}}",
    ]
    old, new = (
        parse_policy("format: 1\nname: clinic\nrules:\n" + "".join(f"  - {r}\n" for r in ordered))
        for ordered in (rules, [*rules[:-2], rules[-1], rules[-2]])
    )
    (change,) = compare_policies(old, new)
    assert (change.verdict, change.subject) == (WEAKER, "AGE")
    assert "patient" in change.where and "public" in change.where and "carer" not in change.where


def test_compare_linking_is_neither_weaker_nor_stronger() -> None:
    new = OLD + "linking: {short_names: false}\n"
    (change,) = compare_policies(parse_policy(OLD), parse_policy(new))
    assert (change.verdict, change.subject) == (OTHER, "linking")


def test_compare_never_shows_listed_values() -> None:
    new = OLD.replace("[London, Leeds]", "[London, Zweibrücken]").replace("Kestrel", "Osprey")
    said = repr(compare_policies(parse_policy(OLD), parse_policy(new)))
    assert "zweibr" not in said.casefold() and "osprey" not in said.casefold()


def test_compare_strict_uncovers_nothing_that_default_hides() -> None:
    changes = compare_policies(load_policy("default"), load_policy("strict"))
    assert WEAKER not in {one.verdict for one in changes}
    back = compare_policies(load_policy("strict"), load_policy("default"))
    assert WEAKER in {one.verdict for one in back}
