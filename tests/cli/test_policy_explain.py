"""`policy explain` and `policy capture`, as a user starts them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Sandbox, secure_rag

LETTER = """\
Dear Marek,

my SSN is 987-65-4321. Halden Logistics Ltd paid on 2 May 2023.

Helen Marsh
"""
POLICY = """\
format: 1
name: mine
rules:
  - {entity: ORGANIZATION, action: keep, fields: [body], reason: parties stay}
  - {entity: PERSON, action: drop, threshold: 0.5}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "letter.txt").write_text(LETTER, "utf-8")
    (tmp_path / "mine.yaml").write_text(POLICY, "utf-8")
    return tmp_path


# -- explain -----------------------------------------------------------------------------


def test_explain_marks_every_finding_and_says_what_decided(folder: Path) -> None:
    done = secure_rag("policy", "explain", "letter.txt", "--policy", "mine.yaml", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert "Dear [Marek](PERSON)," in done.out
    assert "my SSN is [987-65-4321](US_SSN). [Halden Logistics Ltd](ORGANIZATION:keep)" in done.out
    assert 'PERSON          1:6     "Marek" -> nothing' in done.out
    assert "drop by rule person (mine.yaml:5); " in done.out
    assert 'ORGANIZATION    3:24    "Halden Logistics Ltd" stays' in done.out
    assert "reason: parties stay" in done.out
    assert 'raised by: "SSN"' in done.out
    assert "lost:" not in done.out
    assert "5 findings, 1 of them kept; policy mine" in done.out


def test_explain_verbose_shows_what_lost_and_why(folder: Path) -> None:
    done = secure_rag("policy", "explain", "letter.txt", "--policy", "mine.yaml", "-v", cwd=folder)
    assert done.code == 0
    assert "lost: US_ITIN 3:11" in done.out
    assert "US_SSN is more specific, or its action stricter" in done.out


def test_explain_json_points_into_its_text(folder: Path) -> None:
    done = secure_rag("policy", "explain", "letter.txt", "--json", cwd=folder)
    value: dict[str, Any] = done.json
    assert (done.code, value["schema"]) == (0, "secure-rag/policy-explain/1")
    assert value["text"] == LETTER and value["policy"] == "default"
    found = {one["entity"]: one for one in value["findings"]}
    ssn = found["US_SSN"]
    assert LETTER[ssn["start"] : ssn["end"]] == "987-65-4321"
    (word,) = ssn["context"]
    assert LETTER[word["start"] : word["end"]] == "SSN"
    assert (found["DATE_TIME"]["action"], found["DATE_TIME"]["result"]) == (
        "generalise",
        "May 2023",
    )
    assert found["ORGANIZATION"]["result"] == "Halden Logistics Ltd"
    assert value["redacted"].startswith("Dear <PERSON_1>,")


def test_explain_document_shows_its_fields() -> None:
    document = "examples/documents/hr/offer-letter-okafor.docx"
    done = secure_rag("policy", "explain", document, cwd=ROOT)
    assert done.code == 0
    for field in ("-- file_name --", "-- title --", "-- author --", "-- body --"):
        assert field in done.out
    assert "in author" in done.out


def test_explain_field_and_label_choose_the_rule(folder: Path) -> None:
    (folder / "mine.yaml").write_text(
        POLICY + "  - {entity: DATE_TIME, action: drop, labels: [public]}\n", "utf-8"
    )
    options = ("policy", "explain", "letter.txt", "--policy", "mine.yaml", "--json")
    plain = secure_rag(*options, cwd=folder).json["findings"]
    other = secure_rag(*options, "--field", "author", "--label", "public", cwd=folder).json
    by_entity = [{one["entity"]: one["action"] for one in found}
                 for found in (plain, other["findings"])]  # fmt: skip
    assert [one["ORGANIZATION"] for one in by_entity] == ["keep", "pseudonymise"]
    assert [one["DATE_TIME"] for one in by_entity] == ["pseudonymise", "drop"]


def test_explain_control_characters_of_the_text_are_spelt_out(folder: Path) -> None:
    done = secure_rag("policy", "explain", "-", stdin="Anna Novak \x1b[31m red", cwd=folder)
    assert done.code == 0
    assert "\x1b" not in done.out and "\\u001b" in done.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("gone.txt",), 4),
        (("letter.txt", "--policy", "gone"), 3),
        (("letter.txt", "--policy", "letter.txt"), 3),
        (("letter.txt", "--field", "boddy"), 2),
        (("letter.docx",), 4),
    ],
)
def test_explain_wrong_arguments_exit_code(
    folder: Path, arguments: tuple[str, ...], code: int
) -> None:
    (folder / "letter.docx").write_bytes(b"PK\x03\x04 not a document")
    done = secure_rag("policy", "explain", *arguments, cwd=folder)
    assert (done.code, done.out) == (code, "")
    assert "Marek" not in done.err


def test_explain_text_that_is_not_utf8_exits_4(folder: Path) -> None:
    assert secure_rag("policy", "explain", "-", stdin=b"\xff\xfe\x00", cwd=folder).code == 4


# -- capture -----------------------------------------------------------------------------


def test_capture_prints_a_case_that_passes_and_holds_no_value(folder: Path) -> None:
    done = secure_rag("policy", "capture", "letter.txt", "--policy", "mine.yaml", cwd=folder)
    assert done.code == 0
    assert "read it before you keep it" in done.err
    for value in ("Marek", "987-65", "Halden", "Logistics", "2 May 2023", "Helen", "Marsh"):
        assert value not in done.out
    assert "Dear [" in done.out and "(PERSON:drop)" in done.out
    assert "(ORGANIZATION:keep) paid on" in done.out


def test_capture_append_makes_a_case_file_that_policy_test_runs(folder: Path) -> None:
    options = ("--policy", "mine.yaml", "-o", "mine.test.yaml")
    one = secure_rag("policy", "capture", "letter.txt", "--id", "first", *options, cwd=folder)
    two = secure_rag(
        "policy",
        "capture",
        "-",
        "--id",
        "second",
        *options,
        cwd=folder,
        stdin="She says that her SSN is 978-11-2345.",
    )
    assert (one.code, two.code, one.out, two.out) == (0, 0, "", "")
    assert "added second to mine.test.yaml" in two.err
    written = (folder / "mine.test.yaml").read_text("utf-8")
    assert written.startswith("policy: mine\ncases:\n  - id: first\n")
    assert "Helen" not in written and "978-11" not in written
    assert "found in the case as in the passage" not in one.err + two.err
    done = secure_rag("policy", "test", "mine.test.yaml", cwd=folder)
    assert (done.code, done.out.splitlines()[-1][:17]) == (0, "2 cases: 2 passed")


def test_capture_id_of_digits_is_written_as_text(folder: Path) -> None:
    options = ("--policy", "mine.yaml", "-o", "mine.test.yaml", "--id", "2041")
    assert secure_rag("policy", "capture", "letter.txt", *options, cwd=folder).code == 0
    done = secure_rag("policy", "test", "mine.test.yaml::2041", cwd=folder)
    assert (done.code, done.out.splitlines()[-1][:16]) == (0, "1 case: 1 passed")


def test_capture_lines_takes_a_part_and_json_says_the_rest(folder: Path) -> None:
    done = secure_rag("policy", "capture", "letter.txt", "--lines", "5", "--json", cwd=folder)
    value = done.json
    assert (done.code, value["schema"]) == (0, "secure-rag/policy-capture/1")
    assert (value["replaced"], value["not_found"], value["file"]) == (1, [], None)
    assert "(PERSON)" in value["yaml"] and "SSN" not in value["yaml"]


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("letter.txt", "--lines", "x"), 2, "usage"),
        (("letter.txt", "--lines", "4-900"), 2, "usage"),
        (("gone.txt",), 4, "input.unreadable"),
        (("quiet.txt",), 4, "capture.nothing"),
        (("letter.txt", "-o", "broken.test.yaml"), 3, "cases.missing_key"),
        (("letter.txt", "-o", "last.test.yaml"), 3, "cases.append"),
        (("letter.txt", "-o", "gone/mine.test.yaml"), 3, "cases.unwritable"),
        (("letter.txt", "-o", "latin.test.yaml"), 3, "cases.encoding"),
        (("letter.txt", "-o", "mine.yaml"), 3, "cases.name"),
        (("letter.txt", "--policy", "mine.yaml", "-o", "below/x.test.yaml"), 3, "cases.policy"),
        (("letter.txt", "--policy", "strict", "-o", "mine.test.yaml"), 3, "cases.other_policy"),
        (("letter.txt", "--id", "My Case"), 2, "usage"),
    ],
)
def test_capture_wrong_arguments_exit_code(
    folder: Path, arguments: tuple[str, ...], code: int, error: str
) -> None:
    (folder / "quiet.txt").write_text("it rains", "utf-8")
    (folder / "broken.test.yaml").write_text("cases: []\n", "utf-8")
    (folder / "last.test.yaml").write_text("cases: [{id: a, text: b}]\npolicy: mine\n", "utf-8")
    (folder / "latin.test.yaml").write_bytes(b"policy: mine\ncases: [{id: a, text: caf\xe9}]\n")
    (folder / "below").mkdir()
    policy = (folder / "mine.yaml").read_bytes()
    done = secure_rag("policy", "capture", *arguments, "--json", cwd=folder)
    assert (done.code, done.error["code"]) == (code, error)
    assert (folder / "broken.test.yaml").read_text("utf-8") == "cases: []\n"
    assert (folder / "mine.yaml").read_bytes() == policy
    assert not (folder / "mine.test.yaml").exists() and not list((folder / "below").iterdir())


# -- capture from quarantine -------------------------------------------------------------

QUARANTINES = """\
format: 1
name: no-numbers
extends: default
quarantine: {entities: [US_SSN]}
"""


def test_capture_quarantined_opens_the_document_on_record(sandbox: Sandbox, folder: Path) -> None:
    (folder / "no-numbers.yaml").write_text(QUARANTINES, "utf-8")
    policy = folder / "no-numbers.yaml"
    added = sandbox.run("index", "add", folder / "letter.txt", "--policy", policy, "--json")
    assert added.code == 4
    [document] = [one["document"] for one in added.json["quarantined"]]
    done = sandbox.ok("policy", "capture", "--quarantined", document, "--lines", "3")
    assert "](US_SSN)" in done.out
    assert "987-65-4321" not in done.out and "Marek" not in done.out
    events = sandbox.ok("audit", "list", "--type", "sources.opened", "--json").lines
    assert [one["data"]["purpose"] for one in events] == ["policy.capture"]


def test_capture_quarantined_that_is_none_is_an_input_error(sandbox: Sandbox) -> None:
    done = sandbox.run("policy", "capture", "--quarantined", "7Q2F9KX3M4")
    assert done.code == 4
    assert "no such document in quarantine" in done.err
    both = sandbox.run("policy", "capture", "letter.txt", "--quarantined", "7Q2F9KX3M4")
    assert both.code == 2
