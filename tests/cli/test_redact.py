"""`redact`: offsets, streams, batches, documents; with and without a workspace."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Sandbox, secure_rag

TEXT = "Write to anna@canary-house.example or call 020 7946 0958 before noon.\n"


def test_redact_stdin_gives_offsets_of_the_input(tmp_path: Path) -> None:
    done = secure_rag("redact", "-", "--json", cwd=tmp_path, stdin=TEXT)
    assert done.code == 0, done.err
    found = done.json
    assert found["schema"] == "secure-rag/redact/1" and found["policy_digest"]
    assert "anna@" not in found["text"]
    spans = [(one["start"], one["end"]) for one in found["findings"]]
    assert spans == sorted(spans)
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(spans))
    values = {one["entity"]: TEXT[one["start"] : one["end"]] for one in found["findings"]}
    assert values["EMAIL_ADDRESS"] == "anna@canary-house.example"
    assert values["PHONE_NUMBER"] == "020 7946 0958"
    assert "anna@" not in json.dumps(found["findings"])


def test_redact_text_keeps_everything_else(tmp_path: Path) -> None:
    done = secure_rag("redact", "-", cwd=tmp_path, stdin=TEXT)
    assert done.out == "Write to <EMAIL_ADDRESS_1> or call <PHONE_NUMBER_1> before noon.\n"


def test_redact_document_by_its_loader(tmp_path: Path) -> None:
    path = ROOT / "examples/documents/contracts/lease-novak.docx"
    done = secure_rag("redact", path, cwd=tmp_path)
    assert done.code == 0 and "Novak" not in done.out and "Pickering" not in done.out


FIRM = "Meridian Housing Trust"
PAGE = f"""<html><head><title>Terms of {FIRM}</title><meta name="author" content="{FIRM}"></head>
<body><p>The tenancy was signed by {FIRM} and a tenant.</p><!-- ask {FIRM} --></body></html>"""


def test_redact_document_by_its_fields_as_it_is_stored(sandbox: Sandbox, tmp_path: Path) -> None:
    """`default` lets firms stand in body and title, and nowhere else."""
    page = tmp_path / f"letter of {FIRM}.html"
    page.write_text(PAGE, "utf-8")
    sandbox.ok("index", "add", page)
    (listed,) = sandbox.ok("index", "list", "--json").lines
    stored = sandbox.ok("index", "show", listed["document"], "--json").json
    lines = sandbox.ok("redact", page).out.splitlines()
    outside = [line for line in lines if FIRM not in line and "<ORGANIZATION_" in line]
    assert len(outside) == 3  # file name, author, comment
    assert [line for line in lines if FIRM in line] == [
        f"Terms of {FIRM}",
        f"The tenancy was signed by {FIRM} and a tenant.",
    ]
    assert "\n".join(lines).split() == stored["text"].split()


def test_redact_batch_is_in_order_and_reports_bad_lines(tmp_path: Path) -> None:
    lines = [{"id": 1, "text": "mail a@b-house.example"}, {"id": 2}, {"id": 3, "text": "nothing"}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = secure_rag("redact", "--batch", "--json", cwd=tmp_path, stdin=text)
    assert done.code == 4
    first, second, third = done.lines
    assert (first["id"], second["id"], third["id"]) == (1, 2, 3)
    assert first["text"] == "mail <EMAIL_ADDRESS_1>" and third["text"] == "nothing"
    assert second["error"] == "input.line"


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e400", '{"deep": [Infinity]}'])
def test_redact_batch_id_that_json_cannot_hold_is_a_bad_line(tmp_path: Path, number: str) -> None:
    text = f'{{"id": {number}, "text": "x"}}\n{{"id": 1.5e3, "text": "y"}}\n'
    done = secure_rag("redact", "--batch", cwd=tmp_path, stdin=text)
    assert done.code == 4
    assert json.loads(done.out.splitlines()[0]) == {"id": None, "error": "input.line"}
    assert json.loads(done.out.splitlines()[1])["id"] == 1500


def test_redact_batch_is_on_record_before_its_first_line_and_when_nobody_reads_on(
    sandbox: Sandbox,
) -> None:
    where = ["--workspace", sandbox.workspace, "--key-file", sandbox.key_file]
    with subprocess.Popen(
        [sys.executable, "-m", "secure_rag", "redact", "--batch", *where],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdin and running.stdout and running.stderr
        running.stdin.write(b'{"id": 1, "text": "mail a@b-house.example"}\n')
        running.stdin.flush()
        assert b"<EMAIL_ADDRESS_1>" in running.stdout.readline()
        logged = b"".join(path.read_bytes() for path in sandbox.workspace.glob("audit/log/*.jsonl"))
        assert logged.count(b'"redact.run"') == 1
        running.stdout.close()
        running.stdin.write(b'{"id": 2, "text": "mail c@b-house.example"}\n')
        running.stdin.write(b'{"id": 3, "text": "mail d@b-house.example"}\n')
        running.stdin.close()
        assert running.wait(60) == 0
        assert running.stderr.read() == b""
    events = sandbox.ok("audit", "list", "--type", "redact.run", "--json").lines
    assert [one["data"]["texts"] for one in events] == [0, 2]
    assert events[1]["data"]["entities"] == {"EMAIL_ADDRESS": 2}
    ends = sandbox.ok("audit", "list", "--type", "session.end", "--json").lines
    ended = next(one for one in ends if one["session"] == events[0]["session"])
    assert ended["data"]["exit_code"] == 0


def test_redact_in_a_workspace_is_one_event_and_uses_its_placeholders(own: Sandbox) -> None:
    done = own.ok("redact", "-", "--json", stdin="Please ring Anna Novak about the lease.\n")
    placeholder = next(f["placeholder"] for f in done.json["findings"] if f["entity"] == "PERSON")
    assert len(placeholder) == len("<PERSON_7Q2F9KX3M4>")
    unknown = own.ok("redact", "-", stdin="Please ring Zoltan Abernathy about it.\n").out
    assert "<PERSON_1>" in unknown
    assert own.run("reveal", "<PERSON_1>", "--reason", "test").code == 6
    assert len(own.ok("audit", "list", "--type", "redact.run", "--json").lines) == 2


def test_redact_text_that_is_not_utf8_is_4(tmp_path: Path) -> None:
    done = secure_rag("redact", "-", "--json", cwd=tmp_path, stdin=b"caf\xe9 \xff\xfe")
    assert (done.code, done.error["code"]) == (4, "input.encoding")


def test_unsafe_policy_warns_and_is_on_record(sandbox: Sandbox, tmp_path: Path) -> None:
    outside = secure_rag("redact", "-", "--policy", "unsafe-keep-all", cwd=tmp_path, stdin=TEXT)
    assert outside.out == TEXT and "redacts nothing" in outside.err
    inside = sandbox.ok("redact", "-q", "-", "--policy", "unsafe-keep-all", stdin=TEXT)
    assert inside.out == TEXT and "redacts nothing" in inside.err
    (event,) = sandbox.ok("audit", "list", "--type", "unsafe.used", "--json").lines
    assert event["data"]["option"] == "unsafe-keep-all"


def test_global_options_before_and_after_the_command(filled: Sandbox) -> None:
    where = ["--workspace", filled.workspace, "--key-file", filled.key_file]
    before = secure_rag("--json", *where, "index", "list")
    between = secure_rag("index", *where, "list", "--json")
    assert before.code == between.code == 0, before.err + between.err
    assert before.lines == between.lines


def test_placeholder_in_the_input_is_escaped(own: Sandbox) -> None:
    forged = own.ok("redact", "-", stdin="He wrote <PERSON_7Q2F9KX3M4> there.\n").out
    assert "<PERSON_7Q2F9KX3M4>" not in forged
