"""`audit verify`, `audit list` and `audit show`, as a user starts them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from secure_rag.audit import events
from secure_rag.audit.log import AuditLog
from secure_rag.audit.segments import segment_path
from tests.conftest import Done, secure_rag

EVIL = "\x1b]52;c;AAAA\x07\x1b[2J\u202egnp.exe\x9b31m"


@dataclass
class Reviewed:
    """A workspace with a log of two sessions, and the verifier line of its genesis."""

    root: Path
    genesis: str

    @property
    def segment(self) -> Path:
        return segment_path(self.root / "audit", 1)

    def run(self, *arguments: str | Path) -> Done:
        return secure_rag("audit", *arguments, "--workspace", self.root)

    def count(self) -> int:
        return len(self.segment.read_bytes().splitlines())


@pytest.fixture
def reviewed(tmp_path: Path) -> Reviewed:
    root = tmp_path / "work"
    (root / "audit").mkdir(parents=True)
    (root / "secure-rag.toml").write_text("")
    genesis = AuditLog.create(root / "audit", origin="secure-rag/0123456789abcdef")
    with AuditLog.open(root / "audit", session="aaaa0001") as log:
        log.append(events.DocumentQuarantined(document_id="doc1", reason="document.encrypted"))
        log.append(events.PassagesRetrieved(query_id="q1", chunks=["doc1#0", "doc2#4"]))
    with AuditLog.open(root / "audit", session="bbbb0002") as log:
        log.append(events.RevealRequested(placeholders=["<PERSON_7Q2F9KX3M4>"], reason=EVIL))
    return Reviewed(root, genesis)


# -- verify --------------------------------------------------------------------------------


def test_verify_good_log_says_ok_and_is_recorded(reviewed: Reviewed) -> None:
    done = reviewed.run("verify", "--genesis", reviewed.genesis, "--require", "genesis")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].startswith("OK  4 events, 3 checkpoints, head 7 ")
    assert "this reading is event 7" in done.err
    last = json.loads(reviewed.segment.read_bytes().splitlines()[7])
    assert (last["type"], last["data"]["kind"]) == ("audit.read", "verify")


def test_verify_json_has_the_fields_that_other_programs_read(reviewed: Reviewed) -> None:
    done = reviewed.run("verify", "--json")
    assert done.code == 0
    value = done.json
    assert value["schema"] == "secure-rag/audit-verify/1"
    assert value["ok"] is True and value["events"] == 4 and value["recorded"] == 7
    assert value["head"]["size"] == 7
    assert {s["code"] for s in value["not_checkable"]} == {"genesis", "anchor"}
    assert value["failed"] == []


@pytest.mark.parametrize("suffix", ["", "\n", "\r\nkept by the auditor\n"])
def test_verify_genesis_from_a_file_is_read(reviewed: Reviewed, suffix: str) -> None:
    path = reviewed.root.parent / "genesis.txt"
    path.write_text(reviewed.genesis + suffix)
    done = reviewed.run("verify", "--genesis", path, "--require", "genesis")
    assert done.code == 0, done.err


def test_verify_tampered_log_fails_and_records_nothing(reviewed: Reviewed) -> None:
    data = reviewed.segment.read_bytes()
    reviewed.segment.write_bytes(data.replace(b"document.encrypted", b"document.encrypteD"))
    done = reviewed.run("verify")
    assert done.code == 1
    assert "checkpoint.root" in done.out and "from 2 to 3" in done.out
    assert done.out.splitlines()[-1].startswith("FAIL  ")
    assert "was not recorded: verification failed" in done.err
    assert reviewed.count() == 7


def test_verify_cut_log_fails_in_json_too(reviewed: Reviewed) -> None:
    lines = reviewed.segment.read_bytes().splitlines(keepends=True)
    reviewed.segment.write_bytes(b"".join(lines[:-2]))
    done = reviewed.run("verify", "--json")
    assert done.code == 1
    assert [s["code"] for s in done.json["failed"]] == ["live-key.differs"]
    assert done.json["recorded"] is None


def test_verify_copy_is_checked_without_being_recorded(reviewed: Reviewed, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(reviewed.root / "audit", copy)
    (copy / "epoch.key").unlink()
    done = secure_rag("audit", "verify", copy, "--genesis", reviewed.genesis)
    assert done.code == 0, done.err
    assert "live-key" in done.out and "the log is a copy" in done.err
    assert len(segment_path(copy, 1).read_bytes().splitlines()) == 7


def test_verify_kept_checkpoint_finds_a_restored_backup(reviewed: Reviewed, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(reviewed.root, backup)
    with AuditLog.open(reviewed.root / "audit", session="cccc0003") as log:
        log.append(events.SessionEnd(exit_code=0))
        note = log.close().note
    kept = tmp_path / "kept.txt"
    kept.write_text(note)
    require = ("--checkpoint", kept, "--require", "anchor")
    assert reviewed.run("verify", *require).code == 0
    done = secure_rag("audit", "verify", *require, "--workspace", backup)
    assert done.code == 1
    assert "anchor.beyond" in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--genesis", "nonsense"),
        ("--genesis", "a+00000000+AAAA"),
        ("--require", "everything"),
        ("--checkpoint", "not-there.txt"),
    ],
    ids=["no line", "bad line", "require", "checkpoint"],
)
def test_verify_wrong_argument_is_a_usage_error(
    reviewed: Reviewed, arguments: tuple[str, str]
) -> None:
    done = reviewed.run("verify", *arguments)
    assert done.code == 2
    assert "secure-rag: error:" in done.err


def test_verify_requirement_that_is_not_met_is_a_failure(reviewed: Reviewed) -> None:
    done = reviewed.run("verify", "--require", "genesis,anchor")
    assert done.code == 1
    assert "require.genesis" in done.out and "require.anchor" in done.out


def test_verify_without_log_is_a_failure(reviewed: Reviewed) -> None:
    shutil.rmtree(reviewed.root / "audit" / "log")
    done = reviewed.run("verify")
    assert done.code == 1
    assert "log.missing" in done.out


# -- list ----------------------------------------------------------------------------------


def test_list_filters_of_the_command_line_choose_the_events(reviewed: Reviewed) -> None:
    filters = ("--type", "document", "--session", "aaaa", "--document", "doc1", "--outcome",
               "refused", "--since", "2020-01-01", "--until", "2999-12-31", "-n", "5")  # fmt: skip
    done = reviewed.run("list", "--json", *filters)
    assert done.code == 0, done.err
    assert [line["seq"] for line in done.lines] == [2]
    assert reviewed.run("list", "--json", *filters, "--actor", "nobody-here").out == ""


def test_list_json_is_the_stored_bytes(reviewed: Reviewed) -> None:
    stored = reviewed.segment.read_text().splitlines()
    done = reviewed.run("list", "--json")
    assert done.out.splitlines() == [stored[0], stored[2], stored[3], stored[5]]


@pytest.mark.parametrize("arguments", [("list",), ("show", "5"), ("list", "--json")])
def test_output_never_drives_the_terminal(reviewed: Reviewed, arguments: tuple[str, ...]) -> None:
    done = reviewed.run(*arguments)
    assert "gnp.exe" in done.out
    for character in ("\x1b", "\x07", "\u202e", "\x9b"):
        assert character not in done.out


def test_list_tampered_text_is_escaped_as_well(reviewed: Reviewed) -> None:
    data = reviewed.segment.read_bytes()
    reviewed.segment.write_bytes(data.replace(b"document.encrypted", b"a\\u001b[2J\\u2028b\\nc"))
    done = reviewed.run("list")
    assert done.code == 1
    assert "\x1b" not in done.out
    assert len(done.out.splitlines()) == 4


def test_list_bad_time_is_a_usage_error(reviewed: Reviewed) -> None:
    assert reviewed.run("list", "--since", "yesterday").code == 2


def test_list_damaged_log_is_shown_and_not_recorded(reviewed: Reviewed) -> None:
    (reviewed.root / "audit" / "epoch.key").unlink()
    done = reviewed.run("list")
    assert done.code == 0
    assert len(done.out.splitlines()) == 4
    assert "was not recorded" in done.err
    assert reviewed.count() == 7


def test_list_of_a_copy_is_not_recorded(reviewed: Reviewed) -> None:
    done = secure_rag("audit", "list", "--log", reviewed.root / "audit", "-n", "1")
    assert done.code == 0
    assert "the log is a copy" in done.err
    assert reviewed.count() == 7


# -- show ----------------------------------------------------------------------------------


def test_show_event_with_neighbours_and_proof(reviewed: Reviewed) -> None:
    done = reviewed.run("show", "3", "-C", "1")
    assert done.code == 0
    rows = [line for line in done.out.splitlines() if "2026" in line[:20] or ">" in line[:1]]
    assert sum(line.startswith(">") for line in done.out.splitlines()) == 1
    assert rows and "proven by the checkpoint at 6" in done.out


def test_show_json_proof_can_be_checked_by_others(reviewed: Reviewed) -> None:
    import hashlib

    value = reviewed.run("show", "3", "--json").json
    digest = hashlib.sha256(b"\0" + value["line"].encode()).digest()
    node, last = value["seq"], value["size"] - 1
    for step in map(bytes.fromhex, value["proof"]):
        if node % 2 or node == last:
            digest = hashlib.sha256(b"\1" + step + digest).digest()
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            digest = hashlib.sha256(b"\1" + digest + step).digest()
        node, last = node // 2, last // 2
    assert value["proven"] is True
    assert digest.hex() == value["root"]


def test_show_tampered_event_is_not_proven(reviewed: Reviewed) -> None:
    data = reviewed.segment.read_bytes()
    reviewed.segment.write_bytes(data.replace(b"document.encrypted", b"document.encrypteD"))
    done = reviewed.run("show", "2")
    assert done.code == 1
    assert "NOT PROVEN" in done.out


def test_show_last_checkpoint_says_that_nothing_seals_it_yet(reviewed: Reviewed) -> None:
    done = reviewed.run("show", "6")
    assert done.code == 0
    assert "not yet" in done.out


def test_show_number_that_is_not_there_is_an_input_error(reviewed: Reviewed) -> None:
    done = reviewed.run("show", "99", "--json")
    assert done.code == 4
    assert done.error["code"] == "audit.no_record"


@pytest.mark.parametrize("command", ["verify", "list", "show"])
def test_help_has_an_example(command: str) -> None:
    done = secure_rag("audit", command, "--help")
    assert done.code == 0
    assert "Example" in done.out and f"secure-rag audit {command}" in done.out
