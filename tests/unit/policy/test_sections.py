"""Recognizers, lists, registries, parents, gate, quarantine, linking: read, and refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from secure_rag.errors import PolicyError
from secure_rag.policy.digest import resolved_form
from secure_rag.policy.entities import GROUPS
from secure_rag.policy.loader import load_policy, parse_policy, policy_files
from secure_rag.policy.model import Linking, Policy, Quarantine, Scope
from secure_rag.policy.recognizers import Expression
from secure_rag.policy.resolved import to_yaml
from secure_rag.resources import resource
from tests.unit.policy.broken_policies import BROKEN, FILES, HEAD, RULE

FULL = (
    HEAD
    + """\
extends: base
threshold: 0.4
gate: {threshold: 0.5, refuse: [PERSON, SECRETS]}
linking: {short_names: false, nickname_file: sets.txt}
quarantine: {entities: [SECRET_PRIVATE_KEY], flags: [macros]}
recognizers:
  - name: matter
    entity: ID_NUMBER
    regex: ['M-\\d{6}', {regex: 'N-\\d{4}', score: 0.4}]
    score: 0.8
    context: [matter]
    needs_context: true
    validator: luhn
    match_case: true
  - {name: projects, entity: ORGANIZATION, deny_list: list.txt, score: 0.9}
  - {name: towns, entity: LOCATION, allow_list: [London, "New  York"]}
  - {name: tools, entity: PERSON, unsafe_allow_list: [Jenkins]}
  - {presidio_file: reg.presidio.yaml, entities: {ZIP: POSTCODE}, predefined: ignore}
rules:
  - {entity: DATE_TIME, action: drop, context: [born]}
  - {entity: ORGANIZATION, action: mask, collections: [hr], labels: [a]}
  - {id: person, entity: PERSON, action: drop, fields: [author]}
"""
)
BASE = """\
format: 1
name: base
threshold: 0.3
default_action: mask
linking: {nicknames: true}
recognizers:
  - {name: projects, entity: ORGANIZATION, deny_list: [Old]}
  - {name: codes, entity: ID_NUMBER, regex: 'C-\\d+'}
rules:
  - {id: person, entity: PERSON, action: mask}
  - {entity: DATE_TIME, action: generalise, to: month}
  - {entity: AGE, action: mask, reason: base}
"""
REGISTRY = """\
supported_languages: [en]
global_regex_flags: 26
recognizers:
  - CreditCardRecognizer
  - name: Zip code Recognizer
    supported_languages: [{language: en, context: [zip]}, {language: de, context: [plz]}]
    patterns: [{name: zip, regex: '(?i)\\b\\d{5}\\b', score: 0.3}]
    supported_entity: ZIP
    context: [code]
  - {name: German, supported_language: de, supported_entity: TITLE, deny_list: [Herr]}
  - {name: titles, supported_language: en, supported_entity: TITLE, deny_list: [Mr., Dux]}
"""


@pytest.fixture
def full(tmp_path: Path) -> Policy:
    for name, text in (
        ("mine.yaml", FULL),
        ("base.yaml", BASE),
        ("reg.presidio.yaml", REGISTRY),
        ("sets.txt", "# sets\nRobert, Bob\n"),
        ("list.txt", "Bluebird\n\n# comment\nR&D Kestrel\nBluebird\n"),
    ):
        (tmp_path / name).write_text(text, "utf-8")
    return load_policy(str(tmp_path / "mine.yaml"))


@pytest.mark.parametrize("situation", BROKEN)
def test_load_broken_section_names_place_and_hint(situation: str, tmp_path: Path) -> None:
    text, (place, code, hint) = BROKEN[situation]
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, "utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(PolicyError) as raised:
        load_policy(str(path))
    where = place if place.count(":") > 1 else f"mine.yaml:{place}"
    assert raised.value.message.startswith(f"{tmp_path}/{where}: ")
    assert raised.value.code == code
    assert hint is None or hint in (raised.value.hint or "")


# -- recognizers and lists ---------------------------------------------------------------


def test_recognizers_are_read_with_their_parameters(full: Policy) -> None:
    by_name = {one.name: one for one in full.recognizers}
    assert list(by_name) == ["matter", "projects", "zip-code-recognizer", "titles", "codes"]
    matter = by_name["matter"]
    assert matter.expressions == (Expression(r"M-\d{6}", 0.8), Expression(r"N-\d{4}", 0.4))
    assert (matter.context, matter.only_with_context) == (("matter",), True)
    assert (matter.validator, matter.match_case) == ("luhn", True)
    assert by_name["projects"].words == ("Bluebird", "R&D Kestrel")
    assert by_name["codes"].origin == "base"


def test_registry_gives_english_custom_recognizers(full: Policy) -> None:
    by_name = {one.name: one for one in full.recognizers if one.source == "presidio"}
    zip_code = by_name["zip-code-recognizer"]
    assert (zip_code.entity, zip_code.context) == ("POSTCODE", ("code", "zip"))
    assert zip_code.expressions == (Expression(r"(?ims:\b\d{5}\b)", 0.3, 2),)
    assert (by_name["titles"].words, by_name["titles"].word_score) == (("Mr.", "Dux"), 1.0)


def test_allow_list_holds_whole_values_of_its_entity_in_any_case(full: Policy) -> None:
    assert full.allows("LOCATION", "new york") and full.allows("LOCATION", "LONDON ")
    assert full.allows("PERSON", "jenkins")
    assert not full.allows("ORGANIZATION", "London")
    assert not full.allows("LOCATION", "London Bridge")


# -- parents -----------------------------------------------------------------------------


def test_extends_own_rules_come_first_and_replace_by_id(full: Policy) -> None:
    assert [(rule.id, rule.origin) for rule in full.rules] == [
        ("date-time", None),
        ("organization", None),
        ("person", None),
        ("base-date-time", "base"),
        ("age", "base"),
    ]
    assert full.decide("PERSON", "author").action == "drop"
    assert full.decide("PERSON", "body").id == "default"  # the parent's `person` is replaced


def test_extends_keys_that_are_not_written_are_inherited(full: Policy) -> None:
    assert (full.extends, full.default_action, full.default_threshold) == ("base", "mask", 0.4)
    assert (full.gate_threshold, full.gate_refuse) == (0.5, ("PERSON", *GROUPS["SECRETS"]))
    assert full.quarantine == Quarantine(("SECRET_PRIVATE_KEY",), ("macros",))
    sets = (("robert", "bob"),)
    assert full.linking == Linking(short_names=False, nicknames=True, nickname_sets=sets)


def test_extends_rule_that_is_overruled_everywhere_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, "utf-8")
    own = tmp_path / "mine.yaml"
    own.write_text(HEAD + "extends: base\nrules:\n  - {entity: AGE, action: drop}\n", "utf-8")
    policy = load_policy(str(own))
    assert [rule.id for rule in policy.rules] == ["age", "person", "date-time"]
    assert policy.rules[0].action == "drop"


def test_extends_without_rules_of_its_own_is_the_parent_under_another_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "base.yaml").write_text(BASE, "utf-8")
    own = tmp_path / "mine.yaml"
    own.write_text(HEAD + "extends: base\n", "utf-8")
    mine, base = load_policy(str(own)), load_policy(str(tmp_path / "base.yaml"))
    assert resolved_form(mine) == {**resolved_form(base), "name": "mine"}


def test_extends_finds_parents_beside_the_file_then_in_folders_then_packs(tmp_path: Path) -> None:
    beside, elsewhere = tmp_path / "a", tmp_path / "b"
    for folder, action in ((beside, "drop"), (elsewhere, "mask")):
        folder.mkdir()
        text = BASE.replace("default_action: mask", f"default_action: {action}")
        (folder / "base.yaml").write_text(text, "utf-8")
    path = beside / "mine.yaml"
    path.write_text(HEAD + "extends: base\n", "utf-8")
    assert load_policy(str(path), folders=[elsewhere]).default_action == "drop"
    (beside / "base.yaml").unlink()
    assert load_policy(str(path), folders=[elsewhere]).default_action == "mask"
    path.write_text(HEAD + "extends: strict\n", "utf-8")
    assert load_policy(str(path)).decide("IBAN_CODE", "body").action == "drop"


# -- decisions ---------------------------------------------------------------------------


def test_rule_with_context_decides_only_beside_its_words(full: Policy) -> None:
    assert full.decide("DATE_TIME", "body", lambda words: "born" in words).action == "drop"
    assert full.decide("DATE_TIME", "body").action == "generalise"


@pytest.mark.parametrize(
    ("scope", "action"),
    [
        (Scope("hr", ("a", "c")), "mask"),
        (Scope("hr"), "default"),
        (Scope("default", ("a",)), "default"),
    ],
)
def test_rule_with_scope_decides_only_there(full: Policy, scope: Scope, action: str) -> None:
    scoped = full.for_scope(scope)
    decided = scoped.decide("ORGANIZATION", "body")
    assert (decided.action if action == "mask" else decided.id) == action
    assert scoped.digest == full.digest


def test_lowest_threshold_counts_rules_of_other_scopes() -> None:
    text = HEAD + "rules:\n  - {entity: AGE, action: mask, threshold: 0.1, collections: [hr]}\n"
    assert parse_policy(text).lowest_threshold("AGE") == 0.1


# -- digest and resolved form ------------------------------------------------------------


@pytest.mark.parametrize("pack", [path.stem for path in policy_files(resource("policies"))])
def test_resolved_yaml_of_a_pack_has_its_digest(pack: str) -> None:
    policy = load_policy(pack)
    assert parse_policy(to_yaml(policy)).digest == policy.digest


def test_resolved_yaml_quotes_codes_that_look_like_numbers() -> None:
    codes = "['12E4', '7e10', '1.5e3', '0o17', '0x1F', '.inf', '1_000', 'ABC1', 'yes']"
    policy = parse_policy(
        "format: 1\nname: mine\nrules:\n  - {entity: AGE, action: drop}\nrecognizers:\n"
        f"  - {{name: codes, entity: ID_NUMBER, deny_list: {codes}}}\n"
    )
    assert parse_policy(to_yaml(policy)).digest == policy.digest


def test_resolved_yaml_of_every_section_has_its_digest(full: Policy) -> None:
    text = to_yaml(full)
    assert parse_policy(text).digest == full.digest
    assert "# from base" in text and "extends" not in text


@pytest.mark.parametrize(
    "change",
    [
        ("R&D Kestrel", "R&D Osprey"),
        ("Robert, Bob", "Robert, Bert"),
        ("{5}", "{6}"),
        ("Dux", "Dox"),
        ("{entity: AGE, action: mask", "{entity: AGE, action: drop"),
        ("London", "Leeds"),
        ("flags: [macros]", "flags: [images]"),
        ("refuse: [PERSON", "refuse: [AGE"),
        ("collections: [hr]", "collections: [it]"),
        ("context: [born]", "context: [birth]"),
        ("short_names: false", "short_names: true"),
    ],
    ids=range(11),
)
def test_digest_contents_of_every_file_count(
    full: Policy, tmp_path: Path, change: tuple[str, str]
) -> None:
    changed = 0
    for path in tmp_path.iterdir():
        text = path.read_text("utf-8")
        changed += change[0] in text
        path.write_text(text.replace(*change), "utf-8")
    assert changed
    assert load_policy(str(tmp_path / "mine.yaml")).digest != full.digest


def test_digest_does_not_depend_on_where_a_rule_was_inherited_from(full: Policy) -> None:
    rules = tuple(replace(rule, origin=None, line=0, reason="other") for rule in full.rules)
    assert resolved_form(replace(full, rules=rules)) == resolved_form(full)


def test_sections_left_out_leave_the_digest_of_before() -> None:
    written = HEAD + "recognizers: []\nquarantine: {}\nlinking: {}\ngate: {}\n" + RULE
    assert parse_policy(written).digest == parse_policy(HEAD + RULE).digest
