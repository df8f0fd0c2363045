"""Each mistake in a policy: its place, its code, and a hint that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.errors import ExitCode, PolicyError
from secure_rag.policy.loader import (
    MAX_BYTES,
    check_policy,
    find_policy,
    load_policy,
    parse_policy,
    policy_files,
)
from secure_rag.policy.strict_yaml import MAX_DEPTH

HEAD = "format: 1\nname: mine\nrules:\n"


def rules(*lines: str, head: str = HEAD) -> str:
    return head + "".join(f"  {line}\n" for line in lines)


BROKEN = {
    "unknown key": (
        "format: 1\nname: mine\nrulez: []\nrules: []\n",
        ("3:1", "policy.unknown_key", "did you mean rules?"),
    ),
    "unknown key in rule": (
        rules("- entity: PERSON", "  action: mask", "  treshold: 0.3"),
        ("6:5", "policy.unknown_key", "did you mean threshold?"),
    ),
    "unknown entity": (
        rules("- entity: PHONE", "  action: mask"),
        ("4:13", "policy.unknown_entity", "did you mean PHONE_NUMBER?"),
    ),
    "entity in small letters": (
        rules("- entity: person", "  action: mask"),
        ("4:13", "policy.unknown_entity", "did you mean PERSON?"),
    ),
    "group as entity": (
        rules("- entity: SECRETS", "  action: mask"),
        ("4:13", "policy.unknown_entity", "write `group: SECRETS`"),
    ),
    "unknown group": (
        rules("- group: SECRET", "  action: mask"),
        ("4:12", "policy.unknown_group", "did you mean SECRETS?"),
    ),
    "unknown action": (
        rules("- entity: AGE", "  action: generalize", "  to: band"),
        ("5:13", "policy.unknown_action", "did you mean generalise?"),
    ),
    "unknown field": (
        rules("- entity: AGE", "  action: mask", "  fields: [boddy]"),
        ("6:14", "policy.unknown_field", "did you mean body?"),
    ),
    "field twice": (
        rules("- entity: AGE", "  action: mask", "  fields: [body, body]"),
        ("6:14", "policy.value", None),
    ),
    "no fields": (
        rules("- entity: AGE", "  action: mask", "  fields: []"),
        ("6:13", "policy.value", "leave it out"),
    ),
    "duplicate rule id": (
        rules(
            "- {id: a, entity: AGE, action: mask}",
            "- {id: a, entity: URL, action: mask}",
        ),
        ("5:10", "policy.duplicate", None),
    ),
    "reserved rule id": (
        rules("- {id: default, entity: AGE, action: mask}"),
        ("4:10", "policy.duplicate", None),
    ),
    "bad rule id": (
        rules("- {id: My rule, entity: AGE, action: mask}"),
        ("4:10", "policy.id", None),
    ),
    "duplicate key": (
        rules("- entity: AGE", "  action: mask", "  action: drop"),
        ("6:5", "policy.duplicate_key", None),
    ),
    "entity and group": (
        rules("- {entity: AGE, group: SECRETS, action: mask}"),
        ("4:5", "policy.subject", None),
    ),
    "neither entity nor group": (
        rules("- {action: mask}"),
        ("4:5", "policy.subject", None),
    ),
    "no action": (rules("- {entity: AGE}"), ("4:5", "policy.missing_key", None)),
    "generalise without to": (
        rules("- {entity: DATE_TIME, action: generalise}"),
        ("4:5", "policy.parameter", "month, year"),
    ),
    "generalise to a wrong form": (
        rules("- {entity: AGE, action: generalise, to: month}"),
        ("4:43", "policy.parameter", "band"),
    ),
    "generalise what cannot be": (
        rules("- {entity: PERSON, action: generalise, to: month}"),
        ("4:5", "policy.parameter", "DATE_TIME"),
    ),
    "generalise a group": (
        rules("- {group: CONTACT, action: generalise, to: region}"),
        ("4:5", "policy.parameter", "DATE_TIME"),
    ),
    "keep_last without mask": (
        rules("- {entity: AGE, action: drop, keep_last: 2}"),
        ("4:44", "policy.parameter", None),
    ),
    "keep_last shows too much": (
        rules("- {entity: CREDIT_CARD, action: mask, keep_last: 12}"),
        ("4:52", "policy.value", None),
    ),
    "keep_last is a truth value": (
        rules("- {entity: CREDIT_CARD, action: mask, keep_last: true}"),
        ("4:52", "policy.value", None),
    ),
    "to without generalise": (
        rules("- {entity: AGE, action: drop, to: band}"),
        ("4:37", "policy.parameter", None),
    ),
    "threshold above 1": (
        rules("- {entity: AGE, action: drop, threshold: 35}"),
        ("4:44", "policy.value", None),
    ),
    "threshold as text": (
        rules('- {entity: AGE, action: drop, threshold: "0.3"}'),
        ("4:44", "policy.value", None),
    ),
    "threshold is not a number": (
        rules("- {entity: AGE, action: drop, threshold: .nan}"),
        ("4:44", "policy.value", None),
    ),
    "threshold too fine": (
        rules("- {entity: AGE, action: drop, threshold: 0.123456}"),
        ("4:44", "policy.value", None),
    ),
    "empty policy": (
        "format: 1\nname: mine\nrules: []\n",
        ("3:8", "policy.empty", "unsafe-keep-all"),
    ),
    "empty policy named almost so": (
        "format: 1\nname: unsafe-keep-most\nrules: []\n",
        ("3:8", "policy.empty", None),
    ),
    "rules are nothing": (
        "format: 1\nname: mine\nrules:\n",
        ("3:7", "policy.type", None),
    ),
    "rules are a mapping": (
        "format: 1\nname: mine\nrules: {}\n",
        ("3:8", "policy.type", None),
    ),
    "no rules key": ("format: 1\nname: mine\n", ("1:1", "policy.missing_key", None)),
    "no name": ("format: 1\nrules: []\n", ("1:1", "policy.missing_key", None)),
    "no format": ("name: mine\nrules: []\n", ("1:1", "policy.missing_key", None)),
    "format 2": (
        "format: 2\nname: mine\nrules: []\n",
        ("1:9", "policy.format", "format: 1"),
    ),
    "format true": (
        "format: true\nname: mine\nrules: []\n",
        ("1:9", "policy.format", None),
    ),
    "name with a slash": (
        "format: 1\nname: ../mine\nrules: []\n",
        ("2:7", "policy.name", None),
    ),
    "language": (
        rules(head="format: 1\nname: mine\nlanguage: de\nrules: []\n"),
        ("3:11", "policy.unknown_language", "English"),
    ),
    "default keep": (
        rules(head="format: 1\nname: mine\ndefault_action: keep\nrules: []\n"),
        ("3:17", "policy.unsafe", "pseudonymise"),
    ),
    "default generalise": (
        rules(head="format: 1\nname: mine\ndefault_action: generalise\nrules: []\n"),
        ("3:17", "policy.default_action", "pseudonymise"),
    ),
    "unknown gate key": (
        rules(head="format: 1\nname: mine\ngate: {treshold: 0.5}\nrules: []\n"),
        ("3:8", "policy.unknown_key", "threshold"),
    ),
    "keep a secret": (
        rules("- {entity: SECRET_KEY, action: keep}"),
        ("4:5", "policy.unsafe", "unsafe-"),
    ),
    "keep a government id in the text": (
        rules("- {group: GOVERNMENT_ID, action: keep, fields: [body]}"),
        ("4:5", "policy.unsafe", None),
    ),
    "keep card numbers by two rules": (
        rules(
            "- {entity: CREDIT_CARD, action: mask, fields: [title]}",
            "- {group: FINANCIAL, action: keep}",
        ),
        ("5:5", "policy.unsafe", None),
    ),
    "same entity again": (
        rules("- {entity: AGE, action: mask}", "- {entity: AGE, action: drop}"),
        ("5:5", "policy.unreachable", "before"),
    ),
    "entity after its group": (
        rules("- {group: SECRETS, action: drop}", "- {entity: SECRET_KEY, action: mask}"),
        ("5:5", "policy.unreachable", None),
    ),
    "narrower fields later": (
        rules(
            "- {entity: AGE, action: mask}",
            "- {entity: AGE, action: drop, fields: [body]}",
        ),
        ("5:5", "policy.unreachable", None),
    ),
    "group after all its entities": (
        rules(
            "- {entity: PERSON, action: mask}",
            "- {entity: USERNAME, action: mask}",
            "- {group: IDENTITY, action: drop}",
        ),
        ("6:5", "policy.unreachable", None),
    ),
    "fields covered by two rules together": (
        rules(
            "- {entity: AGE, action: mask, fields: [body, title]}",
            "- {entity: AGE, action: mask, fields: [link]}",
            "- {entity: AGE, action: drop, fields: [title, link]}",
        ),
        ("6:5", "policy.unreachable", None),
    ),
    "a list": ("- a\n", ("1:1", "policy.type", None)),
    "a text": ("hello\n", ("1:1", "policy.type", None)),
    "empty file": ("", ("1:1", "policy.yaml", None)),
    "only a comment": ("# nothing\n", ("1:1", "policy.yaml", None)),
    "two documents": ("format: 1\n---\nformat: 1\n", ("2:1", "policy.yaml", None)),
    "alias": ("format: &one 1\nname: *one\n", ("1:9", "policy.yaml", None)),
    "tag": ("format: !!int 1\nname: mine\n", ("1:9", "policy.yaml", None)),
    "python tag": (
        "!!python/object/apply:os.getcwd []\n",
        ("1:1", "policy.yaml", None),
    ),
    "not yaml": ("format: 1\nname: [mine\nrules: []\n", ("3:6", "policy.yaml", None)),
    "tab as indent": (
        "format: 1\nname: mine\nrules:\n\t- a\n",
        ("4:1", "policy.yaml", None),
    ),
    "number as key": ("1: format\n", ("1:1", "policy.yaml", None)),
    "list as key": ("? [a]\n: b\n", ("1:3", "policy.yaml", None)),
    "deep nesting": ("[" * 100_000, (f"1:{MAX_DEPTH + 1}", "policy.yaml", None)),
}


@pytest.mark.parametrize("situation", BROKEN)
def test_load_broken_policy_names_place_and_hint(situation: str, tmp_path: Path) -> None:
    text, (place, code, hint) = BROKEN[situation]
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(PolicyError) as raised:
        load_policy(str(path))
    assert raised.value.message.startswith(f"{path}:{place}: ")
    assert raised.value.code == code
    assert raised.value.exit_code is ExitCode.CONFIG
    if hint is not None:
        assert raised.value.hint is not None and hint in raised.value.hint


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"format: 1\xff\n", "policy.encoding"),
        (b"#" * (MAX_BYTES + 1), "policy.too_large"),
        (b"format: 1\x07\n", "policy.yaml"),
    ],
)
def test_load_unreadable_bytes_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(PolicyError) as raised:
        load_policy(str(path))
    assert raised.value.code == code


def test_load_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such file"):
        load_policy(str(tmp_path / "none.yaml"))


def test_check_several_broken_rules_reports_all(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        rules(
            "- {entity: PHONE, action: mask}",
            "- {entity: AGE, action: hide}",
            "- {entity: URL, action: mask}",
            "- {entity: URL, action: drop}",
        ),
        "utf-8",
    )
    found, problems = check_policy(path)
    assert found is None
    assert [problem.code for problem in problems] == [
        "policy.unknown_entity",
        "policy.unknown_action",
        "policy.unreachable",
    ]


def test_load_by_name_prefers_the_first_folder(tmp_path: Path) -> None:
    own = tmp_path / "default.yaml"
    own.write_text(rules("- {entity: AGE, action: mask}").replace("mine", "default"), "utf-8")
    assert load_policy("default", folders=[tmp_path]).rules[0].entity == "AGE"
    assert find_policy("strict", folders=[tmp_path]).parent != tmp_path


def test_load_by_name_of_another_policy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(rules("- {entity: AGE, action: mask}"), "utf-8")
    with pytest.raises(PolicyError) as raised:
        load_policy("other", folders=[tmp_path])
    assert raised.value.code == "policy.name"
    assert load_policy(str(path)).name == "mine"


def test_find_unknown_name_hints_at_the_nearest() -> None:
    with pytest.raises(PolicyError) as raised:
        find_policy("defualt")
    assert raised.value.hint is not None and "did you mean default?" in raised.value.hint


def test_policy_files_leaves_out_cases_and_registries(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "a.test.yaml", "r.presidio.yaml", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in policy_files(tmp_path)] == ["a.yml", "b.yaml"]


def test_load_rules_without_ids_are_named_after_their_subject() -> None:
    policy = parse_policy(
        rules(
            "- {entity: CREDIT_CARD, action: mask, fields: [body]}",
            "- {entity: CREDIT_CARD, action: drop}",
            "- {group: SECRETS, action: drop}",
        )
    )
    assert [rule.id for rule in policy.rules] == [
        "credit-card",
        "credit-card-2",
        "secrets",
    ]


def test_load_plain_words_are_text_not_truth_values() -> None:
    policy = parse_policy(rules("- {entity: AGE, action: mask, reason: no}"))
    assert policy.rules[0].reason == "no"


def test_load_unsafe_policy_may_keep_everything() -> None:
    policy = parse_policy(
        "format: 1\nname: unsafe-secrets\ndefault_action: keep\n"
        "rules:\n  - {group: SECRETS, action: keep}\n"
    )
    assert policy.is_unsafe


def test_load_protected_entity_may_be_kept_outside_the_text() -> None:
    policy = parse_policy(rules("- {entity: CREDIT_CARD, action: keep, fields: [metadata]}"))
    assert policy.decide("CREDIT_CARD", "body").action == "pseudonymise"
