"""Rules of access: who is meant, what is denied, which documents a label hides."""

from __future__ import annotations

import grp
import os
import pwd
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from secure_rag.access import (
    OF_COLLECTION,
    Access,
    Clearance,
    Person,
    Right,
    check_labels,
    current_access,
    denied,
    rights_digest,
    unknown_names,
)
from secure_rag.errors import RefusedError, UsageError
from secure_rag.settings import Settings, parse_settings

OWN = Person(4_000_001, frozenset({4_100_001, 4_100_002}))
"""Numbers that no system gives to anybody."""


def settings(**tables: Any) -> Settings:
    return parse_settings({"format": 1, "workspace_id": "0" * 16, **tables}, "test")


def access(**tables: Any) -> Access:
    return Access(settings(**tables), OWN)


# -- persons -----------------------------------------------------------------------------


def test_current_person_is_what_the_kernel_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("USER", "LOGNAME", "SUDO_USER", "SUDO_UID", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")
    person = Person.current()
    assert person == Person(os.getuid(), frozenset({os.getgid(), *os.getgroups()}))
    assert person.is_among([pwd.getpwuid(os.getuid()).pw_name])
    assert person.is_among([f"@{grp.getgrgid(os.getgid()).gr_name}"])
    assert not person.is_among(["somebody-else"])


@pytest.mark.parametrize(
    ("name", "is_meant"),
    [
        ("*", True),
        ("uid:4000001", True),
        ("uid:4000002", False),
        ("uid:0", False),
        ("gid:4100002", True),
        ("gid:4000001", False),
        ("root", False),
        ("@root", False),
        ("no-such-user-here", False),
        ("@no-such-group-here", False),
        ("4000001", False),
    ],
)
def test_name_of_a_rule_means_numbers_of_the_kernel(name: str, is_meant: bool) -> None:
    assert OWN.is_among([name]) is is_meant


def test_user_in_no_group_is_found_by_no_group() -> None:
    alone = Person(4_000_001, frozenset())
    assert not alone.is_among([f"@{one.gr_name}" for one in grp.getgrall()])
    assert not alone.is_among(["gid:0"])


def test_unknown_names_are_listed_and_mean_nobody() -> None:
    found = settings(
        access={"group": "no-such-group", "manage": ["root", "uid:77777"]},
        collections={"c": {"ask": ["no-such-user", "*"], "labels": {"x": ["@none-such"]}}},
    )
    assert unknown_names(found) == ["@no-such-group", "@none-such", "no-such-user"]
    assert unknown_names(settings(access={"group": "gid:0"})) == []


# -- rights ------------------------------------------------------------------------------


def test_without_rules_everything_is_left_to_the_kernel() -> None:
    free = access()
    assert not free.is_ruled
    assert all(free.may(right, "any") for right in Right)
    assert free.clearance("any").is_full


@pytest.mark.parametrize(
    "tables", [{"access": {}}, {"collections": {"c": {}}}], ids=["access", "collection"]
)
def test_any_rule_denies_what_no_rule_gives(tables: dict[str, Any]) -> None:
    ruled = access(**tables)
    assert not any(
        ruled.may(right, collection) for right, collection in product(Right, ("c", "other"))
    )
    assert not ruled.clearance("other").is_full


@pytest.mark.parametrize("right", OF_COLLECTION)
def test_right_holds_in_its_collection_and_is_that_right_alone(right: Right) -> None:
    ruled = access(collections={"c": {right: ["gid:4100001"]}, "d": {}})
    given = {(one, name) for one, name in product(Right, ("c", "d", "e")) if ruled.may(one, name)}
    assert given == {(right, "c")}


def test_rights_over_the_workspace_hold_everywhere_and_give_no_other() -> None:
    ruled = access(access={"read_log": ["uid:4000001"]})
    assert {one for one in Right if ruled.may(one, "c")} == {Right.READ_LOG}
    assert ruled.may(Right.READ_LOG, "whatever")


def test_refusal_is_the_same_for_what_exists_and_what_does_not(tmp_path: Path) -> None:
    file = tmp_path / "secure-rag.toml"
    file.touch()
    error = denied(file)
    assert error.exit_code == 6 and error.code == "access.denied"
    assert pwd.getpwuid(os.getuid()).pw_name in (error.hint or "")


@pytest.mark.parametrize("bits", [0o020, 0o002])
@pytest.mark.parametrize("place", ["file", "folder"])
def test_rules_that_others_can_change_are_refused(tmp_path: Path, bits: int, place: str) -> None:
    file = tmp_path / "work" / "secure-rag.toml"
    file.parent.mkdir(mode=0o700)
    file.touch(mode=0o600)
    ruled = settings(access={"manage": ["*"]})
    current_access(ruled, file)
    changed = file if place == "file" else file.parent
    changed.chmod(changed.stat().st_mode | bits)
    with pytest.raises(RefusedError) as caught:
        current_access(ruled, file)
    assert caught.value.code == "access.writable" and "chmod go-w" in (caught.value.hint or "")
    current_access(settings(), file)


def test_digest_tells_one_set_of_rules_from_another() -> None:
    variants: list[dict[str, Any]] = [
        {"access": {}},
        {"access": {"manage": ["root"]}},
        {"access": {"read_log": ["root"]}},
        {"collections": {"c": {"ask": ["root"]}}},
        {"collections": {"c": {"ask": ["root"], "unlabelled": []}}},
        {"collections": {"c": {"ask": ["root"], "labels": {"x": []}}}},
    ]
    digests = [rights_digest(settings(**one)) for one in variants]
    assert len(set(digests)) == len(variants) and all(digests)
    assert rights_digest(settings(policy="strict")) == ""


# -- labels ------------------------------------------------------------------------------

LABELS = {"board": ["gid:4100001"], "hr": ["uid:1"], "all": ["*"]}


@pytest.mark.parametrize(
    ("labels", "is_seen"),
    [
        (("board",), True),
        (("all",), True),
        (("all", "board"), True),
        (("hr",), False),
        (("board", "hr"), False),
        (("unnamed",), False),
        (("board", "unnamed"), False),
        ((), False),
    ],
    ids=lambda value: "+".join(value) or "none" if isinstance(value, tuple) else str(value),
)
def test_document_is_seen_by_who_may_see_each_of_its_labels(
    labels: tuple[str, ...], is_seen: bool
) -> None:
    seen = access(collections={"c": {"ask": ["*"], "labels": LABELS}}).clearance("c")
    assert seen.sees(labels) is is_seen


@pytest.mark.parametrize(
    ("rules", "is_seen"),
    [
        ({}, True),
        ({"labels": LABELS}, False),
        ({"labels": LABELS, "unlabelled": ["*"]}, True),
        ({"unlabelled": []}, False),
        ({"unlabelled": ["uid:1"]}, False),
    ],
    ids=["no labels named", "labels named", "given to all", "given to nobody", "to another"],
)
def test_unlabelled_document_is_hidden_once_labels_are_in_use(
    rules: dict[str, Any], is_seen: bool
) -> None:
    found = access(collections={"c": {"ask": ["*"], **rules}})
    assert found.clearance("c").sees(()) is is_seen
    assert found.hides_unlabelled("c") is bool(rules)


def test_clearance_without_rules_sees_everything() -> None:
    assert Clearance().sees(("anything",)) and Clearance().sees(())


def test_labels_given_to_documents_are_sorted_and_normalised() -> None:
    assert check_labels(["b", "a", "b"], settings(), "c") == ("a", "b")
    assert check_labels(["re\u0301sume\u0301"], settings(), "c") == ("r\u00e9sum\u00e9",)


@pytest.mark.parametrize("label", ["", " a", "a ", "a\nb", "a\x1b[31m", "x" * 65, "a\u202eb"])
def test_label_that_could_hide_or_drive_a_terminal_is_refused(label: str) -> None:
    with pytest.raises(UsageError):
        check_labels([label], settings(), "c")


def test_label_that_the_rules_do_not_name_is_refused_before_anything_is_stored() -> None:
    ruled = settings(collections={"c": {"labels": {"board": []}}})
    assert check_labels(["board"], ruled, "c") == ("board",)
    for label, collection in (("bord", "c"), ("board", "other")):
        with pytest.raises(UsageError) as caught:
            check_labels([label], ruled, collection)
        assert caught.value.code == "access.label"
