"""Which cases a run takes: expressions, tags, ids, and what failed before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secure_rag.errors import UsageError
from secure_rag.policy.case_model import Case, CaseFile
from secure_rag.policy.loader import load_policy
from secure_rag.policytest.last_failures import LastFailures
from secure_rag.policytest.outcome import Outcome, Report, Result
from secure_rag.policytest.selection import Selection, check_ids, parse_expression, split_node

CASES = (
    Case("phone-in-mail", 3, tags=("mail", "en")),
    Case("phone-american", 4, tags=("us",)),
    Case("prices-are-not-phones", 5, tags=("negative",)),
    Case("iban", 6, tags=("Number",)),
)
FILE = CaseFile(Path("mine.test.yaml"), Path("mine.yaml"), CASES)


def ids(selection: Selection) -> list[str]:
    return [case.id for case in selection.cases(FILE)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("phone", [0, 1, 2]),
        ("PHONE", [0, 1, 2]),
        ("phone and not negative", [0, 1]),
        ("phone and mail or iban", [0, 3]),
        ("phone and (us or negative)", [1, 2]),
        ("not phone", [3]),
        ("not (us or en)", [2, 3]),
        ("number", [3]),
        ("in-mail", [0]),
        ("not not iban", [3]),
    ],
)
def test_expression_takes_words_of_ids_and_whole_tags(expression: str, expected: list[int]) -> None:
    assert ids(Selection(parse_expression(expression))) == [CASES[n].id for n in expected]


@pytest.mark.parametrize(
    "expression", ["", "and", "a and", "(a", "a)", "a b", "not", "a ! b", "()"]
)
def test_expression_that_is_none_is_refused(expression: str) -> None:
    with pytest.raises(UsageError):
        parse_expression(expression)


def test_selection_limits_add_up() -> None:
    path = FILE.path
    assert ids(Selection()) == [case.id for case in CASES]
    assert ids(Selection(tags=("us", "negative"))) == ["phone-american", "prices-are-not-phones"]
    assert ids(Selection(ids={path: frozenset({"iban"})})) == ["iban"]
    assert ids(Selection(ids={path: None}, failed={path: frozenset({"iban"})})) == ["iban"]
    assert ids(Selection(failed={})) == []
    assert not Selection(ids={path: None}).is_limiting
    assert Selection(failed={}).is_limiting


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a.test.yaml", ("a.test.yaml", None)),
        ("p/a.test.yaml::iban", ("p/a.test.yaml", "iban")),
        ("default::phone-1", ("default", "phone-1")),
        ("a::B", ("a::B", None)),
    ],
)
def test_split_node_gives_path_and_id(given: str, expected: tuple[str, str | None]) -> None:
    assert split_node(given) == expected


def test_check_ids_unknown_names_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        check_ids(FILE, frozenset({"ibam"}))
    assert "did you mean iban?" in (raised.value.hint or "")


# -- what failed before ------------------------------------------------------------------


def report(policy_file: Path, outcomes: dict[str, Outcome]) -> Report:
    path = policy_file.with_name("mine.test.yaml")
    results = tuple(Result(Case(name, 1), outcome) for name, outcome in outcomes.items())
    return Report(load_policy(str(policy_file)), policy_file, path, results)


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text("format: 1\nname: mine\nrules: [{entity: PERSON, action: mask}]\n", "utf-8")
    return path


def test_last_failures_follow_each_run_and_keep_what_did_not_run(policy_file: Path) -> None:
    last = LastFailures(policy_file.parent)
    cases = tuple(Case(name, 1) for name in ("a", "b", "c"))
    file = CaseFile(policy_file.with_name("mine.test.yaml"), policy_file, cases)
    assert last.of(file) == frozenset()
    last.remember(
        report(policy_file, {"a": Outcome.FAILED, "b": Outcome.ERROR, "c": Outcome.PASSED})
    )
    assert last.of(file) == {"a", "b"}
    last.remember(report(policy_file, {"a": Outcome.PASSED}))
    assert last.of(file) == {"b"}
    last.remember(report(policy_file, {"b": Outcome.GAP, "c": Outcome.CLOSED_GAP}))
    assert last.of(file) == frozenset()


def test_last_failures_hold_no_word_of_the_cases(policy_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    LastFailures(folder).remember(report(policy_file, {"anna-novak": Outcome.FAILED}))
    (file,) = folder.iterdir()
    assert "novak" not in file.name + file.read_text("utf-8")
    assert json.loads(file.read_text("utf-8"))["format"] == 1


@pytest.mark.parametrize("content", ["", "[]", '{"format": 2, "failed": ["x"]}', '{"format": 1}'])
def test_last_failures_damaged_record_is_no_record(
    policy_file: Path, tmp_path: Path, content: str
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    last = LastFailures(folder)
    last.remember(report(policy_file, {"a": Outcome.FAILED}))
    (file,) = folder.iterdir()
    file.write_text(content, "utf-8")
    cases = CaseFile(policy_file.with_name("mine.test.yaml"), policy_file, (Case("a", 1),))
    assert last.of(cases) == frozenset()


def test_last_failures_without_a_folder_remember_nothing(policy_file: Path) -> None:
    LastFailures(policy_file.parent / "gone").remember(report(policy_file, {"a": Outcome.FAILED}))
