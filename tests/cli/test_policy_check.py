"""`policy check` with its options, `policy diff` and `policy entities`, as a user starts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.loader import load_policy, parse_policy
from secure_rag.policy.schema import policy_schema
from tests.conftest import Done, Sandbox, secure_rag
from tests.unit.policy.broken_policies import BROKEN, FILES

OLD = """\
format: 1
name: old
rules:
  - {entity: EMAIL_ADDRESS, action: mask}
  - {entity: URL, action: mask}
"""
NEW = """\
format: 1
name: new
extends: old
recognizers:
  - {name: matter, entity: ID_NUMBER, regex: 'M-\\d{6}'}
rules:
  - {entity: EMAIL_ADDRESS, action: keep, fields: [body]}
"""
CASES = """\
policy: new.yaml
cases:
  - {id: mail, text: "Write to [a.novak@example.com](EMAIL_ADDRESS:keep)."}
  - {id: matter, text: "See [M-204417](ID_NUMBER) in the file."}
  - {id: quiet, text: "nothing to see"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("old.yaml", OLD), ("new.yaml", NEW), ("new.test.yaml", CASES)):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """One run over a folder of broken policies; the row of each, by situation."""
    folder = tmp_path_factory.mktemp("broken")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    names = {f"broken-{number:02d}.yaml": name for number, name in enumerate(BROKEN)}
    for file, situation in names.items():
        (folder / file).write_text(BROKEN[situation][0], "utf-8")
    done = secure_rag("policy", "check", *sorted(names), "--json", cwd=folder)
    assert done.code == 3
    return {names[row["file"]]: row for row in done.json["policies"]}


@pytest.mark.parametrize("situation", BROKEN)
def test_check_broken_section_is_shown_with_file_line_and_hint(
    broken: dict[str, dict[str, Any]], situation: str
) -> None:
    row = broken[situation]
    place, code, hint = BROKEN[situation][1]
    where = place if place.count(":") > 1 else f"{row['file']}:{place}"
    error = row["errors"][0]
    assert error["message"].startswith(f"{where}: ")
    assert (row["ok"], error["code"]) == (False, code)
    assert hint is None or hint in error["hint"]


# -- options of check --------------------------------------------------------------------


def test_check_against_a_stricter_policy_exits_1_and_says_what(folder: Path) -> None:
    done = secure_rag("policy", "check", "new.yaml", "--against", "old.yaml", cwd=folder)
    assert done.code == 1
    assert done.out.splitlines() == [
        "ok    new.yaml  3 rules, 3 cases",
        "      weaker    EMAIL_ADDRESS in body: mask, from score 0.35 → keep, from score 0.35 "
        "(line 7)",
        "      stronger  recognizer matter: not before → finds ID_NUMBER (line 5)",
    ]
    assert "new.yaml is weaker than --against" in done.err


def test_check_against_with_allow_weaker_exits_0(folder: Path) -> None:
    arguments = ("policy", "check", "new.yaml", "--against", "old.yaml", "--allow-weaker")
    done = secure_rag(*arguments, "--json", cwd=folder)
    assert done.code == 0
    against = done.json["policies"][0]["against"]
    assert (against["name"], against["weaker"]) == ("old", True)
    assert [change["verdict"] for change in against["changes"]] == ["weaker", "stronger"]


def test_check_against_a_weaker_policy_exits_0(folder: Path) -> None:
    stricter = NEW.replace("action: keep, fields: [body]", "action: drop")
    (folder / "new.yaml").write_text(stricter, "utf-8")
    done = secure_rag("policy", "check", "new.yaml", "--against", "old.yaml", cwd=folder)
    assert (done.code, done.err) == (0, "")


def test_check_resolved_prints_one_policy_that_decides_alike(folder: Path) -> None:
    done = secure_rag("policy", "check", "new.yaml", "--resolved", cwd=folder)
    assert done.code == 0
    assert parse_policy(done.out).digest == load_policy(str(folder / "new.yaml")).digest
    assert "# from old" in done.out and "extends" not in done.out


def test_check_schema_prints_the_schema(tmp_path: Path) -> None:
    done = secure_rag("policy", "check", "--schema", cwd=tmp_path)
    assert (done.code, json.loads(done.out)) == (0, policy_schema())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "new.yaml", "--allow-weaker"), 2),
        (("check", "new.yaml", "--schema"), 2),
        (("check", "new.yaml", "--against", "nothing"), 3),
        (("diff", "old.yaml"), 2),
        (("diff", "old.yaml", "new.yaml", "--static", "--all"), 2),
        (("diff", "old.yaml", "new.yaml", "--sample", "2", "--all"), 2),
        (("diff", "old.yaml", "nothing"), 3),
        (("diff", "old.yaml", "new.yaml", "--all"), 3),
        (("entities", "--policy", "nothing"), 3),
    ],
    ids=range(9),
)
def test_wrong_arguments_exit_code(folder: Path, arguments: tuple[str, ...], code: int) -> None:
    done = secure_rag("policy", *arguments, cwd=folder)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("secure-rag: error: ")


def test_policy_by_path_finds_its_parent_and_lists_under_isolation(folder: Path) -> None:
    (folder / "projects.txt").write_text("Bluebird\n", "utf-8")
    listed = "  - {name: projects, entity: ORGANIZATION, deny_list: projects.txt}\nrules:"
    (folder / "new.yaml").write_text(NEW.replace("rules:", listed), "utf-8")
    text = "See M-204417 of Bluebird at https://www.example.com"
    done = secure_rag("redact", "-", "--policy", folder / "new.yaml", cwd=folder.parent, stdin=text)
    assert done.code == 0
    assert "<ID_NUMBER_1> of <ORGANIZATION_1> at ***" in done.out


# -- diff --------------------------------------------------------------------------------


def test_diff_static_compares_rules_only(folder: Path) -> None:
    done = secure_rag("policy", "diff", "old.yaml", "new.yaml", "--static", "--json", cwd=folder)
    assert done.code == 0
    assert done.json["schema"] == "secure-rag/policy-diff/1"
    assert {row["verdict"] for row in done.json["rules"]} == {"weaker", "stronger"}
    assert "cases" not in done.json


def test_diff_runs_cases_and_shows_no_values(folder: Path) -> None:
    done = secure_rag("policy", "diff", "old.yaml", "new.yaml", cwd=folder)
    assert done.code == 0
    assert "of 3 cases differ" in done.out
    assert "new.test.yaml:3  mail\n" in done.out
    assert "      visible    EMAIL_ADDRESS 1  in body\n" in done.out
    assert "quiet" not in done.out and "novak" not in done.out


def test_diff_of_a_policy_with_itself_is_empty(folder: Path) -> None:
    done = secure_rag("policy", "diff", "new.yaml", "new.yaml", "--json", cwd=folder)
    assert done.json["rules"] == [] and done.json["cases"]["changed"] == []


def documents(sandbox: Sandbox) -> Path:
    folder = sandbox.home / "documents"
    folder.mkdir()
    (folder / "one.txt").write_text("Ask a.novak@example.com about the lease.\n", "utf-8")
    (folder / "two.txt").write_text("The lease runs for a long time, says the office.\n", "utf-8")
    sandbox.ok("index", "add", folder)
    return folder


def test_diff_all_reads_indexed_documents_again_after_an_event(
    sandbox: Sandbox, folder: Path
) -> None:
    gone = documents(sandbox) / "two.txt"
    gone.unlink()
    done = sandbox.ok("policy", "diff", folder / "old.yaml", folder / "new.yaml", "--all", "--json")
    found = done.json["documents"]
    assert (found["compared"], found["unread"]) == (1, 1)
    (changed,) = found["changed"]
    assert changed["counts"]["visible"] == {"EMAIL_ADDRESS": 1}
    assert changed["visible_in"] == ["body"] and "novak" not in done.out
    opened = sandbox.ok("audit", "list", "--type", "sources.opened", "--json").lines
    assert len(opened) == 1


def test_diff_all_without_the_vault_key_is_refused(sandbox: Sandbox, folder: Path) -> None:
    documents(sandbox)
    sandbox.key_file.unlink()
    done = sandbox.run("policy", "diff", folder / "old.yaml", folder / "new.yaml", "--sample", "1")
    assert (done.code, done.out) == (6, "")


# -- entities ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("entities")
    (folder / "old.yaml").write_text(OLD, "utf-8")
    (folder / "new.yaml").write_text(NEW, "utf-8")
    return secure_rag("policy", "entities", "--policy", "new.yaml", "--json", cwd=folder)


def test_entities_lists_what_runs_with_source_and_needs(listed: Done) -> None:
    rows = {row["entity"]: row for row in listed.lines}
    assert set(rows) == set(ENTITIES)
    assert {"name": "matter", "source": "policy", "needs": "pattern"} in rows["ID_NUMBER"][
        "recognizers"
    ]
    assert {one["source"] for one in rows["PERSON"]["recognizers"]} >= {"model"}
    assert {one["source"] for one in rows["IBAN_CODE"]["recognizers"]} >= {"presidio", "own"}


def test_entities_nothing_is_listed_that_nothing_finds(listed: Done) -> None:
    for row in listed.lines:
        assert bool(row["recognizers"]) == (row["found_by"] != "nothing yet"), row["entity"]
