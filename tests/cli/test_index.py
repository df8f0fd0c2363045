"""`index`: what is stored, what is passed over, what comes back."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Sandbox

LETTER = "Dear Ms Novak,\n\nthe rent is due on the third working day of the month.\n"


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    (folder / "drafts").mkdir(parents=True)
    (folder / "one.txt").write_text(LETTER)
    (folder / "two.md").write_text("# Notice\n\nThe notice period is four weeks.\n")
    (folder / "drafts" / "three.txt").write_text("The deposit is 900 pounds.\n")
    (folder / ".hidden.txt").write_text("The hidden file is not read.\n")
    (folder / "picture.xyz").write_bytes(b"\x00\x01")
    return folder


def test_examples_are_all_stored(filled: Sandbox) -> None:
    listed = filled.ok("index", "list", "--json").lines
    assert len(listed) == sum(p.is_file() for p in (ROOT / "examples/documents").rglob("*"))
    assert all(one["chunks"] > 0 and one["policy_digest"] for one in listed)


def test_show_gives_the_stored_text_and_its_chunks(filled: Sandbox) -> None:
    listed = filled.ok("index", "list", "--json").lines
    shown = filled.ok("index", "show", listed[0]["document"], "--json").json
    assert shown["schema"] == "secure-rag/document/1"
    for chunk in shown["chunks"]:
        assert 0 <= chunk["start"] < chunk["end"] <= len(shown["text"])


def test_show_unknown_document_is_4(filled: Sandbox) -> None:
    assert filled.run("index", "show", "0000000000").code == 4


def test_add_walks_folders_with_patterns(sandbox: Sandbox, letters: Path) -> None:
    done = sandbox.ok("index", "add", letters, "--exclude", "drafts/*", "--json").json
    assert (done["added"], done["skipped"]) == (2, 1)
    done = sandbox.ok("index", "add", letters, "--include", "*.txt", "--json").json
    assert (done["added"], done["unchanged"]) == (1, 1)


def test_add_twice_changes_nothing_and_a_change_updates(sandbox: Sandbox, letters: Path) -> None:
    sandbox.ok("index", "add", letters)
    again = sandbox.ok("index", "add", letters, "--json").json
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 3)
    (letters / "one.txt").write_text(LETTER + "The boiler is checked every year.\n")
    changed = sandbox.ok("index", "add", letters, "--json").json
    assert (changed["added"], changed["updated"], changed["unchanged"]) == (0, 1, 2)
    assert len(sandbox.ok("index", "list", "--json").lines) == 3


def test_add_file_reached_twice_is_one_document(sandbox: Sandbox, letters: Path) -> None:
    named = [letters, letters / "one.txt", letters / "drafts"]
    assert sandbox.ok("index", "add", *named, "--dry-run", "--json").json["added"] == 3
    assert sandbox.ok("index", "add", *named, "--json").json["added"] == 3
    assert sandbox.ok("index", "add", *named, "--json").json["unchanged"] == 3


@pytest.mark.parametrize("command", ["add", "rebuild"])
def test_empty_path_is_2(sandbox: Sandbox, command: str) -> None:
    done = sandbox.run("index", command, "", cwd=sandbox.workspace)
    assert done.code == 2 and "empty PATH" in done.err


def test_add_in_the_workspace_takes_what_the_user_keeps_there_only(sandbox: Sandbox) -> None:
    (sandbox.workspace / "notes.txt").write_text(LETTER)
    done = sandbox.ok("index", "add", ".", "--json", cwd=sandbox.workspace).json
    assert (done["added"], done["skipped"]) == (1, 0)


def test_add_dry_run_stores_nothing(sandbox: Sandbox, letters: Path) -> None:
    done = sandbox.ok("index", "add", letters, "--dry-run", "--json").json
    assert done["added"] == 3 and done["dry_run"]
    assert sandbox.ok("index", "list", "--json").lines == []


def test_add_from_stdin(sandbox: Sandbox) -> None:
    done = sandbox.ok("index", "add", "-", "--name", "letter.txt", "--json", stdin=LETTER).json
    assert done["added"] == 1


def test_add_redacts_with_the_key_on_a_descriptor(sandbox: Sandbox, letters: Path) -> None:
    import subprocess
    import sys

    with sandbox.key_file.open("rb") as key:
        command = [sys.executable, "-m", "secure_rag", "index", "add", str(letters)]
        command += ["--workspace", str(sandbox.workspace), "--key-fd", str(key.fileno())]
        done = subprocess.run(
            command, cwd=ROOT, pass_fds=[key.fileno()], capture_output=True, check=False
        )
    assert done.returncode == 0, done.stderr


def test_quarantine_retry_takes_what_is_mended(sandbox: Sandbox, letters: Path) -> None:
    broken = letters / "broken.pdf"
    broken.write_bytes(b"\x00\x01\x02")
    assert sandbox.run("index", "add", letters).code == 4
    assert len(sandbox.ok("index", "quarantine", "--json").lines) == 1
    assert sandbox.run("index", "quarantine", "--retry").code == 4
    broken.unlink()
    (letters / "broken.pdf").write_bytes(
        (ROOT / "examples/documents/policies/incident-response.pdf").read_bytes()
    )
    done = sandbox.ok("index", "quarantine", "--retry", "--json").json
    assert done["added"] == 1
    assert sandbox.ok("index", "quarantine", "--json").lines == []


def test_quarantined_document_from_stdin_is_counted_and_can_be_removed(sandbox: Sandbox) -> None:
    assert sandbox.run("index", "add", "-", "--name", "a.pdf", stdin=b"\x00\x01").code == 4
    (record,) = sandbox.ok("index", "quarantine", "--json").lines
    done = sandbox.run("index", "quarantine", "--retry", "--json")
    assert (done.code, done.json["without_path"]) == (4, 1) and "index remove" in done.err
    gone = sandbox.ok("index", "remove", record["document"], "--yes", "--json").json
    assert gone["removed"] == [record["document"]] and gone["bytes_clean"]
    assert sandbox.ok("index", "quarantine", "--json").lines == []
    assert sandbox.ok("index", "quarantine", "--retry", "--json").json["without_path"] == 0


def test_quarantined_change_takes_the_earlier_rows_away(sandbox: Sandbox, letters: Path) -> None:
    sandbox.ok("index", "add", letters)
    (letters / "one.txt").write_bytes(b"\x00\x01\x02")
    done = sandbox.run("index", "add", letters, "--json")
    assert done.code == 4 and done.json["unchanged"] == 2
    assert len(sandbox.ok("index", "list", "--json").lines) == 2


def test_quarantine_retry_keeps_the_name_below_its_folder(sandbox: Sandbox, letters: Path) -> None:
    (letters / "drafts" / "lease.pdf").write_bytes(b"\x00\x01\x02")
    assert sandbox.run("index", "add", letters).code == 4
    good = ROOT / "examples/documents/contracts/maintenance-agreement.pdf"
    (letters / "drafts" / "lease.pdf").write_bytes(good.read_bytes())
    sandbox.ok("index", "quarantine", "--retry")
    listed = [one["path"] for one in sandbox.ok("index", "list", "--json").lines]
    assert "letters/drafts/lease.pdf" in listed


def test_quarantine_retry_forgets_a_file_that_is_gone(sandbox: Sandbox, letters: Path) -> None:
    (letters / "broken.pdf").write_bytes(b"\x00\x01\x02")
    assert sandbox.run("index", "add", letters).code == 4
    (letters / "broken.pdf").unlink()
    assert sandbox.ok("index", "quarantine", "--retry", "--json").json["gone"] == 1
    assert sandbox.ok("index", "quarantine", "--json").lines == []


def test_quarantine_retry_is_on_record_before_paths_are_opened(
    sandbox: Sandbox, letters: Path
) -> None:
    (letters / "broken.pdf").write_bytes(b"\x00\x01\x02")
    sandbox.run("index", "add", letters)
    sandbox.run("index", "quarantine", "--retry")
    kinds = [one["type"] for one in sandbox.ok("audit", "list", "--json").lines]
    position = kinds.index("quarantine.retried")
    assert kinds[position - 1] == "session.end" and kinds[position + 1] == "session.start"


def test_other_policy_leaves_no_byte_of_the_weaker_text(sandbox: Sandbox, tmp_path: Path) -> None:
    """`strict` hides the organisation that `default` keeps, in the files too."""
    path = tmp_path / "letter.txt"
    path.write_text("The survey of Brightwater Analytics Ltd begins on Monday.\n")
    sandbox.ok("index", "add", path)
    stored = sandbox.workspace / "index"
    assert any(b"Brightwater" in p.read_bytes() for p in stored.rglob("*") if p.is_file())
    settings = sandbox.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text().replace('"default"', '"strict"'))
    assert sandbox.ok("index", "add", path, "--json").json["updated"] == 1
    assert not any(b"Brightwater" in p.read_bytes() for p in stored.rglob("*") if p.is_file())
    kinds = [one["type"] for one in sandbox.ok("audit", "list", "--json").lines]
    assert "policy.changed" in kinds


def test_quarantine_record_holds_no_name_of_the_file(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "anna.novak@canary-house.example.pdf"
    path.write_bytes(b"\x00\x01\x02")
    assert sandbox.run("index", "add", path).code == 4
    for record in (sandbox.workspace / "quarantine" / "default").iterdir():
        assert b"anna.novak" not in record.read_bytes()


def test_file_of_200_mb_is_quarantined_without_being_read(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    done = sandbox.run("index", "add", path, "--json")
    assert done.code == 4
    assert [one["reason"] for one in done.json["quarantined"]] == ["document.too_large"]


def test_remove_takes_the_text_out_of_the_files(own: Sandbox) -> None:
    marker = "emergency call and the lighting"
    shown = {
        one["document"]: own.ok("index", "show", one["document"], "--json").json["text"]
        for one in own.ok("index", "list", "--json").lines
        if one["path"].endswith("maintenance-agreement.pdf")
    }
    (document,) = [one for one, text in shown.items() if marker in " ".join(text.split())]
    refused = own.run("index", "remove", document)
    assert refused.code == 2 and "--yes" in refused.err
    own.ok("index", "remove", document, "--yes")
    assert own.run("index", "show", document).code == 4
    found = own.ok("search", "emergency call and lighting of the cabin", "--json").json
    assert all(one["document"] != document for one in found["passages"])
    needle = b"emergency call and the lighting"
    for path in (own.workspace / "index").rglob("*"):
        assert not path.is_file() or needle not in path.read_bytes()


def test_files_are_private(filled: Sandbox) -> None:
    for path in [filled.workspace, *filled.workspace.iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path.name
    assert filled.key_file.stat().st_mode & 0o177 == 0


def test_add_moves_on_when_the_clock_stands_still(sandbox: Sandbox, letters: Path) -> None:
    """The incremental check rests on content, not on times."""
    sandbox.ok("index", "add", letters)
    old = time.time() - 86_400
    (letters / "two.md").write_text("# Notice\n\nThe notice period is six weeks.\n")
    os.utime(letters / "two.md", (old, old))
    assert sandbox.ok("index", "add", letters, "--json").json["updated"] == 1


# -- labels ------------------------------------------------------------------------------

LABELLED = """\
format: 1
name: labelled
extends: default
rules:
  - {entity: ORGANIZATION, action: pseudonymise, labels: [public]}
"""


def test_label_decides_which_rules_hold_and_stays_with_the_document(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    policies = sandbox.workspace / "policies"
    (policies / "labelled.yaml").write_text(LABELLED, "utf-8")
    settings = sandbox.workspace / "secure-rag.toml"
    settings.write_text(
        re.sub(r'(?m)^policy = ".*"$', 'policy = "labelled"', settings.read_text("utf-8")), "utf-8"
    )
    letter = tmp_path / "note.txt"
    letter.write_text("Halden Logistics Ltd has paid the deposit.\n", "utf-8")

    def added(*options: str) -> tuple[dict[str, int], dict[str, Any]]:
        report = sandbox.ok("index", "add", letter, *options, "--json").json
        [listed] = sandbox.ok("index", "list", "--json").lines
        stored = sandbox.ok("index", "show", listed["document"], "--json").json
        counts = {key: report[key] for key in ("added", "updated", "unchanged") if report[key]}
        return counts, stored

    first, stored = added()
    assert first == {"added": 1} and stored["labels"] == []
    assert "Halden" in stored["text"]
    second, stored = added("--label", "public")
    assert second == {"updated": 1} and stored["labels"] == ["public"]
    assert "Halden" not in stored["text"]
    assert added()[0] == {"unchanged": 1}
    letter.write_text("Halden Logistics Ltd has paid it all.\n", "utf-8")
    third, stored = added()
    assert third == {"updated": 1} and stored["labels"] == ["public"]
    assert "Halden" not in stored["text"]
