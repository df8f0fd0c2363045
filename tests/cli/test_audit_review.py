"""`audit list`'s questions, `find`, `stats`, `report` and `export`, as a user starts them."""

from __future__ import annotations

import base64
import csv
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from secure_rag.audit import events
from secure_rag.audit.log import AuditLog
from secure_rag.audit.record import checkpoint_line
from secure_rag.audit.segments import segment_path
from tests.conftest import Done, Sandbox, secure_rag
from tests.unit.audit.audit_support import Made, seal_anew

EVIL = "\x1b]52;c;AAAA\x07\x1b[2J\u202egnp.exe\x9b31m<script>alert(1)</script>"
CONTROLS = ("\x1b", "\x07", "\u202e", "\x9b")
ANNA = "<PERSON_7Q2F9KX3M4>"


@dataclass
class Reviewed:
    """A workspace with a log of two sessions."""

    root: Path
    genesis: str

    @property
    def segment(self) -> Path:
        return segment_path(self.root / "audit", 1)

    def run(self, *arguments: str | Path) -> Done:
        return secure_rag("audit", *arguments, "--workspace", self.root)

    def count(self) -> int:
        return len(self.segment.read_bytes().splitlines())

    def tamper(self) -> None:
        data = self.segment.read_bytes()
        self.segment.write_bytes(data.replace(b"document.encrypted", b"document.encrypteD"))


@pytest.fixture
def reviewed(tmp_path: Path) -> Reviewed:
    root = tmp_path / "work"
    (root / "audit").mkdir(parents=True)
    (root / "secure-rag.toml").write_text('format = 1\nworkspace_id = "0123456789abcdef"\n')
    genesis = AuditLog.create(root / "audit", origin="secure-rag/0123456789abcdef")
    with AuditLog.open(root / "audit", session="aaaa0001") as log:
        log.append(events.SessionStart(command="ask", version="0", code_digest="0f", policy="=1+1",
                                       policy_digest="ab" * 32))  # fmt: skip
        log.append(events.DocumentQuarantined(document_id="doc1", reason="document.encrypted"))
        log.append(events.PassagesRetrieved(query_id="q1", chunks=["doc1#0", "doc2#4"]))
        log.append(events.AnswerGiven(query_id="q1", chunks=["doc1#0"], documents=["doc1"]))
    with AuditLog.open(root / "audit", session="bbbb0002") as log:
        log.append(events.RevealRequested(placeholders=[ANNA], reason=EVIL))
        log.append(events.RevealGranted(placeholders=[ANNA] * 10))
    return Reviewed(root, genesis)


# -- list ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (("--saw", "doc2"), ["passages.retrieved"]),
        (("--saw", "doc1"), ["passages.retrieved", "answer.given"]),
        (("--used", "doc1"), ["answer.given"]),
        (("--used", "doc2"), []),
        (("--revealed-by", "nobody-here"), []),
        (("--subject", ANNA), ["reveal.requested", "reveal.granted"]),
        (("--subject", "PERSON_7Q2F9KX3M4", "--limit", "1"), ["reveal.granted"]),
    ],
    ids=range(7),
)
def test_list_questions_of_a_review_are_one_command(
    reviewed: Reviewed, question: tuple[str, ...], expected: list[str]
) -> None:
    done = reviewed.run("list", "--json", *question)
    assert done.code == 0, done.err
    assert [line["type"] for line in done.lines] == expected
    assert (reviewed.root / "audit" / "search.sqlite").exists()


def test_list_tampered_record_is_marked_and_fails(reviewed: Reviewed) -> None:
    reviewed.tamper()
    before = reviewed.count()
    done = reviewed.run("list", "--document", "doc1")
    assert done.code == 1
    assert "was not recorded" in done.err and reviewed.count() == before
    assert all(line.startswith("!") for line in done.out.splitlines())
    assert "cannot be proven" in done.err


def test_list_show_export_where_checkpoints_were_made_anew_say_what_verify_says(
    reviewed: Reviewed, tmp_path: Path
) -> None:
    reviewed.tamper()
    made = Made(reviewed.root / "audit", reviewed.genesis)
    seal_anew(made, made.lines(), 6)
    assert reviewed.run("verify").code == 1
    listed = reviewed.run("list", "--document", "doc1")
    assert listed.code == 1 and all(line.startswith("!") for line in listed.out.splitlines())
    shown = reviewed.run("show", "3")
    assert shown.code == 1 and "NOT PROVEN by the checkpoint at" in shown.out
    done = reviewed.run("export", "-o", tmp_path / "bundle")
    assert done.code == 1 and "does not seal this log" in done.err


def test_show_where_the_last_checkpoint_cannot_be_read_fails(reviewed: Reviewed) -> None:
    made = Made(reviewed.root / "audit", reviewed.genesis)
    lines = made.lines()
    made.write_lines([*lines[:-1], checkpoint_line(len(lines) - 1, "x\n\n") + b"\n"])
    shown = reviewed.run("show", "3")
    assert shown.code == 1 and f"NOT PROVEN by the checkpoint at {len(lines) - 1}" in shown.out
    assert reviewed.run("verify").code == 1


def test_list_read_only_folder_works_and_records_nothing(
    reviewed: Reviewed, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(reviewed.root / "audit", copy)
    done = secure_rag("audit", "list", "--log", copy, "--saw", "doc1")
    assert done.code == 0 and len(done.out.splitlines()) == 2
    assert "the log is a copy" in done.err
    assert not (copy / "search.sqlite").exists()


@pytest.mark.parametrize("arguments", [("show", "7", "--json"), ("stats",), ("stats", "--json")])
def test_output_of_no_form_drives_the_terminal(
    reviewed: Reviewed, arguments: tuple[str, ...]
) -> None:
    with AuditLog.open(reviewed.root / "audit", session="cccc0003") as log:
        name = "\u202e\x9b2J\u2066odd"
        log.append(events.SessionStart(command="ask", version="0", code_digest="0f", policy=name))
    done = reviewed.run(*arguments)
    assert done.code == 0, done.err
    assert "odd" in done.out or "gnp.exe" in done.out
    for character in (*CONTROLS, "\u2066"):
        assert character not in done.out


# -- stats ---------------------------------------------------------------------------------


def test_stats_json_counts_and_flags(reviewed: Reviewed) -> None:
    done = reviewed.run("stats", "--json", "--genesis", reviewed.genesis)
    assert done.code == 0, done.err
    value = done.json
    assert value["schema"] == "secure-rag/audit-stats/1" and value["ok"] is True
    assert value["kinds"]["reveal.granted"] == 1 and value["events"] == 7
    assert value["policies"] == {"=1+1 abababababab": 1}
    assert "reveal-burst" in {one["rule"] for one in value["anomalies"]}
    assert "genesis" in {one["code"] for one in value["verdict"]["verified"]}
    assert value["recorded"] == reviewed.count() - 2


def test_stats_own_rules_replace_the_shipped_ones(reviewed: Reviewed, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "own.toml").write_text(
        'title = "t"\nseverity = "low"\nkind = "each"\ntypes = ["answer.given"]\n'
    )
    value = reviewed.run("stats", "--json", "--rules", rules).json
    assert [one["rule"] for one in value["anomalies"]] == ["own"]
    (rules / "own.toml").write_text("title =")
    assert reviewed.run("stats", "--rules", rules).code == 3


def test_stats_period_counts_what_lies_within(reviewed: Reviewed) -> None:
    value = reviewed.run("stats", "--json", "--until", "2020-01-01").json
    assert value["events"] == 0 and value["anomalies"] == []
    assert reviewed.run("stats", "--json", "--since", "2020-01-01").json["events"] == 8


def test_stats_tampered_log_fails_first_and_records_nothing(reviewed: Reviewed) -> None:
    reviewed.tamper()
    before = reviewed.count()
    done = reviewed.run("stats")
    assert done.code == 1 and done.out.startswith("FAIL")
    assert "failed-verify" in done.out and "was not recorded" in done.err
    assert reviewed.count() == before


# -- report --------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """What a browser would see of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.metas: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes |= found.keys()
        if "http-equiv" in found:
            self.metas[found["http-equiv"]] = found["content"]


def read_report(reviewed: Reviewed, *arguments: str | Path) -> tuple[Done, str]:
    path = reviewed.root.parent / "report.html"
    done = reviewed.run("report", "-o", path, *arguments)
    return done, path.read_text("utf-8") if path.exists() else ""


def test_report_is_one_inert_file(reviewed: Reviewed) -> None:
    done, text = read_report(reviewed)
    assert done.code == 0, done.err
    found = Page(text)
    assert not found.tags & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
    assert not {name for name in found.attributes if name.startswith("on") or name == "style"}
    assert not found.attributes & {"src", "href", "action", "xlink:href"}
    assert "http:" not in text and "https:" not in text
    policy = found.metas["Content-Security-Policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_report_shows_what_people_typed_as_text_only(reviewed: Reviewed) -> None:
    _, text = read_report(reviewed)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and "gnp.exe" in text
    assert not any(character in text for character in CONTROLS)


def test_report_has_its_parts_in_order_the_verdict_first(reviewed: Reviewed) -> None:
    _, text = read_report(reviewed, "--genesis", reviewed.genesis)
    parts = ("VERIFIED", "When", "How much", "Flags (", "Original values asked for (2)",
             "What could not be checked (", "How to verify this yourself")  # fmt: skip
    places = [text.index(part, text.index("<body>")) for part in parts]
    assert places == sorted(places)


def test_report_picture_is_well_formed_and_named(reviewed: Reviewed) -> None:
    _, text = read_report(reviewed)
    pictures = re.findall(r"<svg viewBox=.*?</svg>", text, re.DOTALL)
    root = ElementTree.fromstring(pictures[0])
    assert root.get("role") == "img" and root.get("aria-label", "").startswith("Events a day")
    assert sum("bar" in (one.get("class") or "") for one in root.iter("rect")) == 4


def test_report_tampered_log_says_so_before_all_else(reviewed: Reviewed) -> None:
    reviewed.tamper()
    done, text = read_report(reviewed)
    assert done.code == 1 and "was not recorded" in done.err
    body = text[text.index("<body>") :]
    assert body.index("FAILED: the log is not what was written") < body.index("<h2>")
    assert "checkpoint.root" in body and "VERIFIED" not in body


def test_report_is_private_and_replaces_nothing_unasked(reviewed: Reviewed) -> None:
    read_report(reviewed)
    path = reviewed.root.parent / "report.html"
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_report(reviewed)[0].code == 2
    assert read_report(reviewed, "--force")[0].code == 0


# -- export --------------------------------------------------------------------------------


def check(bundle: Path, tool: str, *arguments: str | Path) -> Done:
    """Run a verifier of the bundle as an outsider would: nothing of secure_rag in reach."""
    command = [sys.executable, "-I", str(bundle / tool), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, cwd=bundle, check=False, timeout=120)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def bundle(reviewed: Reviewed, tmp_path: Path) -> Path:
    done = reviewed.run("export", "-o", tmp_path / "bundle")
    assert done.code == 0, done.err
    return tmp_path / "bundle"


def test_export_whole_log_passes_both_verifiers_of_the_bundle(
    reviewed: Reviewed, bundle: Path
) -> None:
    done = check(bundle, "check_export.py", "--genesis", reviewed.genesis, "--json")
    assert done.code == 0, done.err
    assert done.json["events"] == 7 and done.json["failed"] == []
    assert {one["code"] for one in done.json["not_checkable"]} == {"complete"}
    whole = check(bundle, "verify.py", bundle, "--genesis", reviewed.genesis, "--json")
    assert whole.code == 0 and whole.json["head"]["size"] == 10


@pytest.mark.parametrize("name", ["bundle.zip", "bundle"])
def test_export_in_an_unknown_format_leaves_nothing(
    reviewed: Reviewed, tmp_path: Path, name: str
) -> None:
    done = reviewed.run("export", "-o", tmp_path / name, "--format", "csv,xlsx")
    assert done.code == 2 and "ocsf" in done.err
    assert not (tmp_path / name).exists()


def test_export_chosen_events_in_a_zip_are_proven(reviewed: Reviewed, tmp_path: Path) -> None:
    path = tmp_path / "reveals.zip"
    done = reviewed.run("export", "-o", path, "--type", "reveal", "--json")
    assert done.code == 0, done.err
    assert (done.json["events"], done.json["whole_log"]) == (2, False)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    place = tmp_path / "unpacked" / "reveals"
    assert not (place / "audit").exists()
    assert b"doc1" not in (place / "events.jsonl").read_bytes()
    assert check(place, "check_export.py", "--genesis", reviewed.genesis).code == 0


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def drop_line(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))


def repeat_line(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], *lines[2:]]))


@pytest.mark.parametrize("harm", [flip, drop_line, repeat_line])
@pytest.mark.parametrize("name", ["events.jsonl", "proofs.jsonl", "checkpoints.jsonl"])
def test_export_changed_bundle_fails(
    reviewed: Reviewed, bundle: Path, name: str, harm: object
) -> None:
    assert callable(harm)
    is_harmless = (name, harm) == ("proofs.jsonl", repeat_line)
    harm(bundle / name)
    done = check(bundle, "check_export.py", "--genesis", reviewed.genesis)
    assert done.code == (0 if is_harmless else 1), done.out


def failed(done: Done) -> set[str]:
    assert done.code == (1 if done.json["failed"] else 0), done.err
    return {one["code"] for one in done.json["failed"]}


@pytest.mark.parametrize("harm", [None, flip, drop_line])
@pytest.mark.parametrize("name", ["events.jsonl", "proofs.jsonl", "checkpoints.jsonl", "keys.txt"])
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "chosen"])
def test_verify_of_an_export_says_what_its_own_verifier_says(
    reviewed: Reviewed, tmp_path: Path, name: str, harm: object, is_whole: bool
) -> None:
    place = tmp_path / "bundle"
    chosen = () if is_whole else ("--actor", str(os.getuid()))
    assert reviewed.run("export", "-o", place, *chosen).code == 0
    if callable(harm):
        harm(place / name)
    for arguments in ((), ("--genesis", reviewed.genesis)):
        theirs = check(place, "check_export.py", *arguments, "--json")
        ours = secure_rag("audit", "verify", place, *arguments, "--json")
        assert failed(ours) == failed(theirs)
        for title in ("verified", "not_checkable"):
            codes = {one["code"] for one in theirs.json[title]}
            assert codes - {"complete"} <= {one["code"] for one in ours.json[title]}
        assert ("records" in {one["code"] for one in ours.json["verified"]}) is is_whole


def test_verify_of_chosen_events_takes_what_such_an_export_can_show(
    reviewed: Reviewed, tmp_path: Path
) -> None:
    place = tmp_path / "bundle"
    assert reviewed.run("export", "-o", place, "--type", "reveal").code == 0
    given = ("--genesis", reviewed.genesis, "--require", "genesis")
    assert secure_rag("audit", "verify", place, *given).code == 0
    done = secure_rag("audit", "verify", place, "--require", "genesis,anchor", "--json")
    assert failed(done) == {"require.genesis", "require.anchor"}
    done = secure_rag("audit", "verify", place, "--since", "3")
    assert done.code == 2 and "whole log" in done.err
    assert secure_rag("audit", "verify", place, "--genesis", "a+b+c").code == 2


def test_export_every_flipped_bit_of_an_event_fails(reviewed: Reviewed, bundle: Path) -> None:
    sys.path.insert(0, str(bundle))
    try:
        import check_export
    finally:
        sys.path.pop(0)
        for name in ("check_export", "verify"):
            sys.modules.pop(name, None)
    path = bundle / "events.jsonl"
    data = path.read_bytes()
    start = data.index(b"\n") + 1
    for bit in range(start * 8, (start + 60) * 8, 5):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        assert check_export.check(bundle, reviewed.genesis).failed, bit


def test_export_of_another_log_fails(bundle: Path, tmp_path: Path) -> None:
    other = AuditLog.create(tmp_path / "other", origin="secure-rag/fedcba9876543210")
    assert check(bundle, "check_export.py", "--genesis", other).code == 1
    assert check(bundle, "check_export.py", "--genesis", "nonsense").code == 2


def test_export_csv_is_safe_for_spreadsheets_and_terminals(bundle: Path) -> None:
    text = (bundle / "events.csv").read_text("ascii")
    rows = list(csv.DictReader(text.splitlines()))
    assert [int(row["seq"]) for row in rows] == [0, 2, 3, 4, 5, 7, 8]
    assert {row["sealed"] for row in rows} == {"yes"}
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f]", text)
    for row in rows:
        assert not [value for value in row.values() if value[:1] in "=+-@" and value]
    assert json.loads(rows[1]["data"])["policy"] == "=1+1"


@pytest.mark.parametrize(
    "value", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "%0A", "|cmd", "'=1"]
)
def test_csv_cell_that_begins_like_a_formula_is_text(value: str) -> None:
    from secure_rag.audit.export import cell

    assert cell(value).startswith(("'", "\\t", "\\r"))


def test_export_ocsf_has_the_required_attributes(bundle: Path) -> None:
    lines = (bundle / "events.ocsf.jsonl").read_text().splitlines()
    found = {one["message"]: one for one in map(json.loads, lines)}
    for event in found.values():
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["metadata"]["version"] == "1.9.0" and event["metadata"]["product"]
        assert event["time"] > 1_700_000_000_000 and event["severity_id"] in (1, 3)
    reveal = found["reveal.granted"]
    assert (reveal["class_uid"], reveal["activity_name"]) == (6005, "Decrypt")
    assert reveal["actor"] and reveal["src_endpoint"] and reveal["database"]
    stored = (bundle / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["raw_data"] for line in lines] == stored


def test_export_tampered_log_fails_here_and_there(reviewed: Reviewed, tmp_path: Path) -> None:
    reviewed.tamper()
    done = reviewed.run("export", "-o", tmp_path / "bundle")
    assert done.code == 1 and "does not seal this log" in done.err
    assert "was not recorded" in done.err
    assert check(tmp_path / "bundle", "verify.py", tmp_path / "bundle").code == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("export", "-o", "{}/work"), 2),
        (("export", "-o", "{}/none/x.zip"), 2),
        (("export", "-o", "{}/new", "--format", "xlsx"), 2),
        (("report", "-o", "{}/none/x.html"), 2),
        (("report", "-o", "{}/x.json"), 2),
        (("stats", "--genesis", "nonsense"), 2),
        (("stats", "--since", "yesterday"), 2),
        (("find", "x"), 2),
    ],
    ids=range(8),
)
def test_wrong_arguments_are_usage_errors(
    reviewed: Reviewed, arguments: tuple[str, ...], code: int
) -> None:
    done = reviewed.run(*(one.format(reviewed.root.parent) for one in arguments))
    assert done.code == code and "secure-rag: error:" in done.err


@pytest.mark.parametrize("command", ["list", "find", "stats", "report", "export"])
def test_help_has_an_example(command: str) -> None:
    done = secure_rag("audit", command, "--help")
    assert done.code == 0
    assert "Example" in done.out and f"secure-rag audit {command}" in done.out


# -- find ----------------------------------------------------------------------------------


NAME = "Chidi Okafor"


@pytest.fixture
def leased(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "lease.txt").write_text(f"The tenant {NAME} pays the rent to Ana Novak in May.\n")
    sandbox.ok("index", "add", folder)
    return sandbox


def test_find_name_gives_its_events_and_leaves_no_name(leased: Sandbox) -> None:
    done = leased.ok("audit", "find", NAME, "--reason", f"request of {NAME}", "--json")
    (placeholder,) = done.json["placeholders"]
    kinds = [one["record"]["type"] for one in done.json["events"]]
    assert "document.indexed" in kinds
    log = b"".join(path.read_bytes() for path in (leased.workspace / "audit").rglob("*.jsonl"))
    assert b"Okafor" not in log and b"Chidi" not in log
    searched = json.loads(log.splitlines()[done.json["audit_seq"]])
    assert searched["type"] == "audit.searched"
    assert searched["data"]["placeholders"] == [placeholder]
    assert searched["data"]["reason"] == f"request of {placeholder}"
    assert searched["data"]["value_digest"] == ""


def test_find_unknown_value_leaves_a_keyed_digest_that_a_second_search_finds(
    leased: Sandbox,
) -> None:
    unknown = "zq-4471-unheard-of"
    first = leased.ok("audit", "find", unknown, "--reason", "check", "--json").json
    assert first["placeholders"] == first["events"] == []
    again = leased.run("audit", "find", "-", "--reason", "check", "--json", stdin=unknown)
    assert [one["seq"] for one in again.json["events"]] == [first["audit_seq"]]
    plain = hashlib.sha256(unknown.encode()).hexdigest().encode()
    log = b"".join(path.read_bytes() for path in (leased.workspace / "audit").rglob("*.jsonl"))
    assert unknown.encode() not in log and plain not in log


def test_find_that_cannot_be_recorded_shows_nothing(leased: Sandbox) -> None:
    (leased.workspace / "audit" / "epoch.key").unlink()
    done = leased.run("audit", "find", NAME, "--reason", "check", "--json")
    assert done.code == 6 and done.out == ""
