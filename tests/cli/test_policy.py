"""`policy check`, `policy test` and `policy entities`, as a user starts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.conftest import secure_rag

POLICY = """\
format: 1
name: mine
rules:
  - {entity: EMAIL_ADDRESS, action: mask}
  - {group: SECRETS, action: drop}
"""
CASES = """\
policy: mine.yaml
cases:
  - {id: mail, text: "Write to [a.novak@example.com](EMAIL_ADDRESS).", tags: [mail]}
  - {id: password, text: "The password is: [Winter-2024!](SECRET_PASSWORD)"}
  - {id: quiet, text: "nothing to see"}
"""
FAILING = """\
  - {id: wrong, text: "Write to [nobody](EMAIL_ADDRESS) or b.novak@example.com."}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "policies" / "mine.test.yaml").write_text(CASES, "utf-8")
    return tmp_path


def add_cases(folder: Path, text: str) -> None:
    with (folder / "policies" / "mine.test.yaml").open("a", encoding="utf-8") as file:
        file.write(text)


# -- check -------------------------------------------------------------------------------


def test_check_folder_says_ok(folder: Path) -> None:
    done = secure_rag("policy", "check", "policies", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert done.out == "ok    policies/mine.yaml  2 rules, 3 cases\n"


def test_check_without_path_outside_a_workspace_takes_the_packs(tmp_path: Path) -> None:
    done = secure_rag("policy", "check", "--json", cwd=tmp_path)
    value = json.loads(done.out)
    assert (done.code, value["schema"]) == (0, "secure-rag/policy-check/1")
    names = {row["name"]: row["unsafe"] for row in value["policies"]}
    assert {name for name, unsafe in names.items() if unsafe} == {"unsafe-keep-all"}
    assert {"default", "strict", "gdpr", "hipaa-safe-harbor", "example-firm"} <= set(names)


def test_check_broken_policy_shows_every_mistake_and_exits_3(folder: Path) -> None:
    path = folder / "policies" / "mine.yaml"
    path.write_text(POLICY.replace("EMAIL_ADDRESS", "EMAIL").replace("drop", "delete"), "utf-8")
    done = secure_rag("policy", "check", "policies/mine.yaml", cwd=folder)
    assert (done.code, done.out) == (3, "")
    assert done.err.splitlines() == [
        "secure-rag: error: policies/mine.yaml:4:14: unknown entity EMAIL",
        "secure-rag: hint: did you mean EMAIL_ADDRESS? see `secure-rag policy entities`",
        "secure-rag: error: policies/mine.yaml:5:30: unknown action delete",
        "secure-rag: hint: known: keep, generalise, pseudonymise, mask, drop",
    ]


def test_check_broken_cases_exit_3_and_json_names_the_code(folder: Path) -> None:
    add_cases(folder, "  - {id: quiet, text: again}\n")
    done = secure_rag("policy", "check", "policies", "--json", cwd=folder)
    assert done.code == 3
    error = json.loads(done.err.splitlines()[-1])["error"]
    assert (error["code"], error["exit_code"]) == ("cases.duplicate", 3)
    (row,) = json.loads(done.out)["policies"]
    assert row["ok"] is False
    assert row["errors"][0]["message"].startswith("policies/mine.test.yaml:6:5: ")


def test_check_unknown_path_exits_3_with_the_nearest_name(tmp_path: Path) -> None:
    done = secure_rag("policy", "check", "strikt", cwd=tmp_path)
    assert done.code == 3
    assert "did you mean strict?" in done.err


# -- test --------------------------------------------------------------------------------


def test_test_passing_cases_exit_0(folder: Path) -> None:
    done = secure_rag("policy", "test", "policies", "--min-coverage", "100", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert done.out == "3 cases: 3 passed; rules covered 2 of 2\n"


def test_test_failing_case_exits_1_and_shows_the_difference(folder: Path) -> None:
    add_cases(folder, FAILING)
    done = secure_rag("policy", "test", "policies/mine.yaml", cwd=folder)
    assert done.code == 1
    assert "FAIL  policies/mine.test.yaml:6  wrong" in done.out
    assert 'missed      EMAIL_ADDRESS   "nobody"' in done.out
    assert 'unexpected  EMAIL_ADDRESS   "b.novak@example.com"' in done.out
    assert done.out.splitlines()[-1].startswith("4 cases: 3 passed, 1 failed")


def test_test_reports_are_written_and_agree(folder: Path) -> None:
    add_cases(folder, FAILING)
    for name in ("report.xml", "report.json"):
        done = secure_rag(
            "policy",
            "test",
            "policies/mine.test.yaml",
            "-o",
            name,
            "--json",
            cwd=folder,
        )
        assert done.code == 1
    printed: dict[str, Any] = json.loads(done.out)
    assert json.loads((folder / "report.json").read_text("utf-8")) == printed
    assert printed["schema"] == "secure-rag/policy-test/1"
    assert [printed[key] for key in ("cases", "passed", "failed", "errors", "gaps")] == [
        4,
        3,
        1,
        0,
        0,
    ]
    assert [failure["id"] for failure in printed["failures"]] == ["wrong"]
    root = ElementTree.parse(folder / "report.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("4", "1")


@pytest.mark.parametrize(
    ("options", "summary"),
    [
        (("-k", "MAIL"), "1 case: 1 passed"),
        (("--tag", "mail"), "1 case: 1 passed"),
    ],
)
def test_test_filter_runs_some_cases(folder: Path, options: tuple[str, ...], summary: str) -> None:
    done = secure_rag("policy", "test", "policies", *options, cwd=folder)
    assert (done.code, done.out.strip()) == (0, summary)


def test_test_stale_gap_fails_only_under_strict(folder: Path) -> None:
    add_cases(
        folder,
        '  - {id: old, text: "Ask [c@example.com](EMAIL_ADDRESS)", known_gap: rare}\n',
    )
    lenient = secure_rag("policy", "test", "policies", cwd=folder)
    strict = secure_rag("policy", "test", "policies", "--strict", cwd=folder)
    assert (lenient.code, strict.code) == (0, 1)
    assert "note  policies/mine.test.yaml:6  old" in lenient.out
    assert "STALE policies/mine.test.yaml:6  old" in strict.out


def test_test_uncovered_rule_fails_under_min_coverage(folder: Path) -> None:
    cases = folder / "policies" / "mine.test.yaml"
    kept = [line for line in CASES.splitlines(keepends=True) if "password" not in line]
    cases.write_text("".join(kept), "utf-8")
    done = secure_rag("policy", "test", "policies", "--min-coverage", "100", cwd=folder)
    assert done.code == 1
    assert "50 % of the rules are covered, 100 % are demanded" in done.err
    assert "rule secrets: no passing case in which it acts" in done.out


def test_test_policy_without_cases_exits_1(folder: Path) -> None:
    (folder / "policies" / "mine.test.yaml").unlink()
    done = secure_rag("policy", "test", "policies", cwd=folder)
    assert done.code == 1
    assert "write mine.test.yaml beside it" in done.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("policies", "-k", "no-such-case"), 2),
        (("policies", "-k", "mail", "--min-coverage", "50"), 2),
        (("policies", "-o", "report.pdf"), 2),
        (("policies", "--min-coverage", "101"), 2),
        (("nowhere/", ), 3),
        (("nowhere.yaml",), 3),
    ],
)  # fmt: skip
def test_test_wrong_arguments_exit_code(
    folder: Path, arguments: tuple[str, ...], code: int
) -> None:
    assert secure_rag("policy", "test", *arguments, cwd=folder).code == code


def test_test_invalid_policy_exits_3(folder: Path) -> None:
    (folder / "policies" / "mine.yaml").write_text(POLICY + "oops: 1\n", "utf-8")
    done = secure_rag("policy", "test", "policies", cwd=folder)
    assert (done.code, done.out) == (3, "")
    assert "policies/mine.yaml:6:1: unknown key oops" in done.err


# -- entities ----------------------------------------------------------------------------


def test_entities_json_lists_the_catalogue(tmp_path: Path) -> None:
    done = secure_rag("policy", "entities", "--json", cwd=tmp_path)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 0
    assert {"entity": "IBAN_CODE", "group": "FINANCIAL"}.items() <= next(
        row for row in rows if row["entity"] == "IBAN_CODE"
    ).items()
    assert all(row["found_by"] and row["description"] for row in rows)
