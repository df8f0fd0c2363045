"""`policy test` as a user starts it: selection, memory, watching, reports, thresholds, mutants."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.conftest import ROOT, Done, secure_rag

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
  - {id: quiet, text: "nothing to see", tags: [negative]}
"""
FAILING = '  - {id: wrong, text: "Write to [nobody](EMAIL_ADDRESS) or b.novak@example.com."}\n'

Run = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "policies" / "mine.test.yaml").write_text(CASES, "utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """`policy test` in the folder, with a cache of its own."""

    def start(*arguments: str) -> Done:
        env = {"XDG_CACHE_HOME": str(folder / "cache")}
        return secure_rag("policy", "test", *arguments, cwd=folder, env=env)

    return start


def add_cases(folder: Path, text: str) -> None:
    with (folder / "policies" / "mine.test.yaml").open("a", encoding="utf-8") as file:
        file.write(text)


# -- which cases -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "summary"),
    [
        (("policies", "-k", "not mail and not quiet"), "1 case: 1 passed"),
        (("policies", "-k", "negative"), "1 case: 1 passed"),
        (("policies/mine.test.yaml::mail",), "1 case: 1 passed"),
        (("policies/mine.yaml::mail", "policies/mine.yaml::quiet"), "2 cases: 2 passed"),
    ],
)
def test_test_selection_runs_some_cases(run: Run, arguments: tuple[str, ...], summary: str) -> None:
    done = run(*arguments)
    assert (done.code, done.out.strip()) == (0, summary)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("policies", "-k", "mail and"), "-k: not an expression"),
        (("policies/mine.test.yaml::mial",), "no case mial"),
        (("policies/mine.test.yaml::mail", "--min-coverage", "5"), "--min-coverage needs all"),
        (("policies", "-k", "mail", "--mutate"), "--mutate needs all cases"),
        (("policies", "--min-mutation-score", "0.5"), "needs --mutate"),
        (("policies", "--mutate", "--min-mutation-score", "90"), "is not in the range"),
        (("policies", "-o", "report.txt"), "cannot write a .txt report"),
        (("policies", "--processes", "0"), "is not in the range"),
    ],
)
def test_test_wrong_arguments_exit_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_test_failed_runs_what_failed_and_everything_when_nothing_did(
    folder: Path, run: Run
) -> None:
    assert run("policies", "--failed").out.startswith("3 cases: 3 passed")
    add_cases(folder, FAILING)
    assert run("policies").code == 1
    again = run("policies", "--failed")
    assert (again.code, again.out.splitlines()[-1]) == (
        1,
        "1 case: 1 failed".replace("1 case: ", "1 case: 0 passed, "),
    )
    cases = folder / "policies" / "mine.test.yaml"
    cases.write_text(
        CASES
        + FAILING.replace("[nobody](EMAIL_ADDRESS)", "nobody").replace(
            "b.novak@example.com", "[b.novak@example.com](EMAIL_ADDRESS)"
        ),
        "utf-8",
    )
    mended = run("policies", "--failed")
    assert (mended.code, mended.out.strip()) == (0, "1 case: 1 passed")
    after = run("policies", "--failed")
    assert "nothing failed last time: running all cases" in after.err
    assert after.out.startswith("4 cases: 4 passed")
    kept = "".join(p.read_text("utf-8") for p in (folder / "cache").rglob("*.json"))
    assert "novak" not in kept and "wrong" not in kept


def test_test_without_a_cache_to_write_still_runs(folder: Path) -> None:
    (folder / "cache").write_text("a file is in the way", "utf-8")
    done = secure_rag(
        "policy", "test", "policies", cwd=folder, env={"XDG_CACHE_HOME": str(folder / "cache")}
    )
    assert (done.code, done.err) == (0, "")


# -- cases over several texts and documents ----------------------------------------------


def test_test_links_across_texts_join_and_keep_apart(folder: Path, run: Run) -> None:
    add_cases(
        folder,
        '  - id: one-person\n    texts: ["[Anna Novak](PERSON) called.",'
        ' "Please ask [Anna Novak](PERSON)."]\n    must_link: [[Anna Novak, Anna Novak]]\n'
        "    tags: [links]\n"
        '  - id: two-people\n    texts: ["[Anna Novak](PERSON#one) called.",'
        ' "Please ask [Peter Novak](PERSON#two)."]\n    must_not_link: [[one, two]]\n'
        "    tags: [links]\n"
        '  - id: wrong-link\n    texts: ["[Anna Novak](PERSON#one) called.",'
        ' "Please ask [Peter Marsh](PERSON#two)."]\n    must_link: [[one, two]]\n'
        "    tags: [links]\n",
    )
    done = run("policies", "--tag", "links")
    assert done.code == 1
    assert "3 cases: 2 passed, 1 failed" in done.out
    assert "must share one placeholder; given: <PERSON_1>, <PERSON_2>" in done.out


def test_test_document_case_runs_every_field_and_shows_no_words(folder: Path, run: Run) -> None:
    (folder / "policies" / "letters").mkdir()
    page = (
        "<html><head><title>Letter of Anna Novak</title>"
        '<meta name="author" content="Peter Marsh"></head>'
        "<body><p>Dear Anna Novak, write to a.novak@example.com.</p></body></html>"
    )
    (folder / "policies" / "letters" / "letter.html").write_text(page, "utf-8")
    add_cases(
        folder,
        "  - id: whole-letter\n    file: letters/letter.html\n"
        '    marks: ["[Anna Novak](PERSON)", "[a.novak@example.com](EMAIL_ADDRESS:mask)",\n'
        '      {field: author, mark: "[Peter Marsh](PERSON)"}]\n'
        "  - id: half-a-letter\n    file: letters/letter.html\n"
        '    marks: ["[Anna Novak](PERSON)", "[Peter Marsh](PERSON)"]\n'
        "  - {id: must-be-refused, file: letters/letter.html, refused: document.encrypted}\n",
    )
    done = run("policies", "-k", "letter or refused")
    assert done.code == 1
    assert "3 cases: 1 passed, 2 failed" in done.out
    assert re.search(r"unexpected  EMAIL_ADDRESS   body \d+-\d+", done.out)
    assert "must be refused for document.encrypted; it was redacted" in done.out
    assert "novak" not in done.out.casefold()


def test_test_missing_document_exits_3_with_its_place(folder: Path, run: Run) -> None:
    add_cases(folder, "  - {id: gone, file: gone.txt}\n")
    done = run("policies")
    assert (done.code, done.out) == (3, "")
    assert "policies/mine.test.yaml:6:22: `file`: no such file" in done.err


# -- reports -----------------------------------------------------------------------------


def test_test_reports_are_valid_and_hold_what_failed(folder: Path, run: Run) -> None:
    add_cases(folder, FAILING)
    add_cases(folder, '  - {id: gap, text: "[the dentist](PERSON)", known_gap: "<rare> & far"}\n')
    for name in ("report.xml", "report.html"):
        assert run("policies", "-o", name).code == 1
    schema = etree.XMLSchema(etree.parse(ROOT / "tests" / "assets" / "junit.xsd"))
    junit = etree.parse(folder / "report.xml")
    assert schema.validate(junit), schema.error_log
    assert [one.get("name") for one in junit.iter("testcase")] == [
        "mail", "password", "quiet", "wrong", "gap",
    ]  # fmt: skip
    (failure,) = junit.iter("failure")
    assert (failure.text or "").startswith("FAIL  policies/mine.test.yaml:6  wrong")
    html = (folder / "report.html").read_text("utf-8")
    check_page(html)
    assert "FAIL: 1 check does not hold" in html
    assert "&lt;rare&gt; &amp; far" in html


def test_reports_fail_for_what_is_demanded_beside_the_cases(folder: Path, run: Run) -> None:
    lone = POLICY.replace("mine", "lone")
    (folder / "policies" / "lone.yaml").write_text(lone, "utf-8")
    add_cases(folder, '  - {id: rare, text: "nothing"}\n')
    (folder / "policies" / "mine.yaml").write_text(
        POLICY + "  - {entity: IBAN_CODE, action: mask}\n", "utf-8"
    )
    for name in ("report.xml", "report.html"):
        done = run("policies", "--min-coverage", "100", "-o", name)
        assert done.code == 1
    junit = etree.parse(folder / "report.xml")
    assert etree.XMLSchema(etree.parse(ROOT / "tests/assets/junit.xsd")).validate(junit)
    found = junit.iterfind(".//testcase[@classname='demands']/failure")
    said = [one.get("message") or "" for one in found]
    assert any("lone.yaml has no cases" in words for words in said)
    assert any("100 % are demanded" in words for words in said)
    html = (folder / "report.html").read_text("utf-8")
    assert "lone.yaml has no cases" in html and "PASS:" not in html and "FAIL: 2 checks" in html


def check_page(html: str) -> None:
    """One page that fetches nothing, runs nothing, and allows no style but its own."""
    import base64
    import hashlib

    root = etree.fromstring(html.encode(), etree.HTMLParser())
    names = {element.tag for element in root.iter() if isinstance(element.tag, str)}
    assert not names & {"script", "img", "link", "iframe", "object", "form", "svg", "base"}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on")}
    assert not attributes & {"style", "src", "href", "action"}
    (style,) = root.iter("style")
    digest = base64.b64encode(hashlib.sha256((style.text or "").encode()).digest()).decode()
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"
    assert "url(" not in (style.text or "") and "@import" not in (style.text or "")


def test_test_report_that_cannot_be_written_exits_2(run: Run) -> None:
    done = run("policies", "-o", "nowhere/report.xml")
    assert done.code == 2
    assert "cannot write" in done.err


def test_test_json_lists_every_result_and_counts_entities(folder: Path, run: Run) -> None:
    add_cases(folder, FAILING)
    value: dict[str, Any] = run("policies", "--json").json
    assert [(one["id"], one["outcome"]) for one in value["results"]] == [
        ("mail", "passed"),
        ("password", "passed"),
        ("quiet", "passed"),
        ("wrong", "failed"),
    ]
    mail = next(one for one in value["entities"] if one["entity"] == "EMAIL_ADDRESS")
    assert mail == {
        "entity": "EMAIL_ADDRESS", "marked": 2, "found": 1, "missed": 1, "unexpected": 1,
    }  # fmt: skip
    assert [one["place"] for one in value["failures"][0]["differences"]] == ["9-15", "19-38"]


# -- several processes -------------------------------------------------------------------


def test_test_spread_over_processes_gives_the_same_results_in_order(folder: Path, run: Run) -> None:
    lines = [
        f'  - {{id: many-{n:02}, text: "Write to [a{n}@example.com](EMAIL_ADDRESS)."}}\n'
        for n in range(60)
    ]
    add_cases(folder, "".join(lines) + FAILING)
    one = run("policies", "--processes", "1", "--json").json
    two = run("policies", "--processes", "2", "--json").json
    for value in (one, two):
        for result in value["results"]:
            del result["seconds"]
    assert one == two
    assert (two["cases"], two["failed"]) == (64, 1)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_test_altered_model_exits_5_and_not_as_a_failed_case(
    folder: Path, tmp_path: Path, processes: str
) -> None:
    store = tmp_path / "store"
    shutil.copytree(ROOT / "models" / "ner-minilm", store / "ner-minilm")
    shutil.copy(ROOT / "models" / "manifest.toml", store)
    config = store / "ner-minilm" / "config.json"
    config.write_text(config.read_text("utf-8") + " ", "utf-8")
    env = {"SECURE_RAG_MODELS": str(store), "XDG_CACHE_HOME": str(folder / "cache")}
    command = ("policy", "test", "policies", "--processes", processes, "--json")
    done = secure_rag(*command, cwd=folder, env=env)
    assert (done.code, done.out, done.error["code"]) == (5, "", "model.digest")


# -- labelled sets -----------------------------------------------------------------------

LETTERS = """\
format: 1
documents:
  - text: "Write to [a.novak@example.com](EMAIL_ADDRESS) or [no mail](EMAIL_ADDRESS)."
  - text: "Ask [b.novak@example.com](EMAIL_ADDRESS) first."
"""


@pytest.mark.parametrize(("least", "code"), [(0.4, 0), (0.9, 1)])
def test_test_thresholds_on_labelled_sets_decide_the_exit_code(
    folder: Path, run: Run, least: float, code: int
) -> None:
    (folder / "policies" / "letters.yaml").write_text(LETTERS, "utf-8")
    (folder / "policies" / "letters.yaml").rename(folder / "policies" / "letters.marked")
    add_cases(
        folder,
        "datasets: [{path: letters.marked, format: marked}]\n"
        f"thresholds:\n  EMAIL_ADDRESS: {{recall: {least}, precision: 1}}\n",
    )
    done = run("policies/mine.test.yaml", "-o", "report.xml")
    assert done.code == code, done.err
    assert f"thresholds met {2 if code == 0 else 1} of 2" in done.out
    assert ("FAIL  policies/mine.test.yaml:8  EMAIL_ADDRESS recall" in done.out) is (code == 1)
    assert 'name="threshold EMAIL_ADDRESS recall"' in (folder / "report.xml").read_text("utf-8")


# -- mutants -----------------------------------------------------------------------------


def test_test_mutate_names_the_missing_case_and_the_score(folder: Path, run: Run) -> None:
    short = run("policies", "--mutate", "--min-mutation-score", "0.95")
    assert short.code == 1
    assert "alive policies/mine.yaml:4  rule email-address has the action drop" in short.out
    assert "missing case: say what happens to EMAIL_ADDRESS in field body" in short.out
    assert re.search(r"mutation mine: \d+ of \d+ changes noticed, score 0\.\d\d", short.out)
    assert "mutation score of mine is" in short.err
    add_cases(
        folder,
        '  - {id: masked, text: "Write to [a@example.com](EMAIL_ADDRESS:mask).",'
        ' redacted: "Write to *************."}\n',
    )
    better = run("policies", "--mutate", "--json").json["mutation"][0]
    kinds = {(one["kind"], one["subject"]) for one in better["survivors"]}
    assert ("action", "rule email-address") not in kinds
    before = float(re.findall(r"score (0\.\d\d)", short.out)[0])
    assert better["score"] > before


# -- watching ----------------------------------------------------------------------------


class Watched:
    """`policy test --watch` in a child, and the lines it prints."""

    def __init__(self, folder: Path) -> None:
        # a report beside the policies is no reason to run again
        report = ["-o", "policies/report.json"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "secure_rag", "policy", "test", "policies", "--watch", *report],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def until(self, words: str) -> str:
        assert self.process.stdout is not None
        seen = ""
        deadline = time.monotonic() + 120
        for line in self.process.stdout:
            seen += line
            if words in line:
                return seen
            assert time.monotonic() < deadline, seen
        raise AssertionError(seen)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def test_test_watch_runs_again_on_change_and_ends_with_the_last_result(folder: Path) -> None:
    watched = Watched(folder)
    try:
        assert "3 cases: 3 passed" in watched.until("watching")
        add_cases(folder, FAILING)
        assert "4 cases: 3 passed, 1 failed" in watched.until("watching")
        policy = folder / "policies" / "mine.yaml"
        policy.write_text(POLICY + "oops: 1\n", "utf-8")
        assert "mine.yaml:6:1: unknown key oops" in watched.until("watching")
        policy.write_text(POLICY, "utf-8")
        assert "4 cases: 3 passed, 1 failed" in watched.until("watching")
        assert watched.interrupt() == 1
    finally:
        watched.process.kill()
