"""`vault passwd|split|rotate` through the command line: exit codes, events, no secret shown."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Sandbox

REASON = ("--reason", "test", "--json")


def secret(path: Path, text: str) -> Path:
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def test_vault_passphrase_share_and_rotation(sandbox: Sandbox, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("The lease was signed by Anna Novak in London.\n")
    sandbox.ok("index", "add", letter)
    person = sandbox.ok("search", "Anna Novak", "--json").json["question"]
    one = secret(tmp_path / "one", "correct horse battery")
    done = sandbox.ok("vault", "passwd", "--new-passphrase-file", one, "--json").json
    assert done["factors"] == ["key file", "passphrase"]

    locked = sandbox.run("reveal", person, *REASON)
    assert (locked.code, locked.error["code"]) == (6, "vault.locked")
    assert "--passphrase-file" in locked.error["hint"]
    wrong = sandbox.run(
        "reveal", person, *REASON, "--passphrase-file", secret(tmp_path / "two", "not this one")
    )
    assert (wrong.code, wrong.error["code"]) == (6, "vault.wrong_key")
    opening = ("--passphrase-file", one)
    assert sandbox.ok("reveal", person, *REASON, *opening).json["values"][person] == "Anna Novak"

    share = tmp_path / "person two" / "share"
    share.parent.mkdir()
    sandbox.ok("vault", "split", share, *opening)
    assert share.stat().st_mode & 0o777 == 0o600
    assert sandbox.run("reveal", person, *REASON, *opening).code == 6
    opening += ("--share-file", share)
    old = sandbox.key_file.read_bytes()
    done = sandbox.ok("vault", "rotate", *opening, "--json").json
    assert (done["version"], done["factors"]) == (2, ["key file", "passphrase", "share"])
    assert done["resealed"] > 0 and sandbox.key_file.read_bytes() != old
    assert sandbox.ok("reveal", person, *REASON, *opening).json["values"][person] == "Anna Novak"
    assert sandbox.ok("search", "Anna Novak", "--json").json["question"] == person

    found = sandbox.ok("subject", "find", "-", "--json", stdin="Anna Novak\n").json["subjects"]
    assert [(one["placeholder"], len(one["documents"])) for one in found] == [(person, 1)]
    assert sandbox.run("subject", "erase", person).code == 2
    forged = sandbox.run("subject", "erase", "PERSON_7Q2F9KX3M4", "--yes", "--json")
    assert (forged.code, forged.error["code"]) == (6, "vault.unknown_placeholder")
    done = sandbox.ok("subject", "erase", person, "--purge-rows", "--yes", "--json").json
    assert (done["erased"], done["bytes_clean"], len(done["documents"])) == (person, True, 1)
    assert "Novak" not in Path(done["receipt"]["file"]).read_text()
    assert sandbox.ok("subject", "find", "Anna Novak").out == "nobody in this collection\n"
    gone = sandbox.run("reveal", person, *REASON, *opening)
    assert (gone.code, gone.error["code"]) == (6, "vault.erased")

    events = sandbox.ok("audit", "list", "--type", "vault.changing", "--json").lines
    assert [one["data"]["act"] for one in events] == ["passwd", "split", "rotate"]
    log = b"".join(path.read_bytes() for path in (sandbox.workspace / "audit").rglob("*.jsonl"))
    for word in (b"correct horse", share.read_text().split('"')[-2].encode(), b"Anna"):
        assert word not in log


def test_vault_refusals_are_on_record_and_change_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    vault = sandbox.workspace / "vault" / "private.keys"
    before = vault.read_bytes()
    short = secret(tmp_path / "short", "short")
    done = sandbox.run("vault", "passwd", "--new-passphrase-file", short, "--json")
    assert (done.code, done.error["code"]) == (6, "vault.passphrase")
    assert sandbox.run("vault", "passwd", "--new-passphrase-file", tmp_path / "no").code == 6
    assert sandbox.run("vault", "split").code == 2
    assert sandbox.run("vault", "passwd", "--remove", "--new-passphrase-file", short).code == 2
    assert sandbox.run("vault", "passwd", "--memory-mib", "1").code == 2
    events = sandbox.ok("audit", "list", "--type", "vault.refused", "--json").lines
    assert [one["data"]["reason"] for one in events] == ["vault.passphrase", "vault.locked"]
    assert vault.read_bytes() == before
    (line,) = [
        one
        for one in sandbox.run("doctor", "--json").json["checks"]
        if one["subject"] == "vault key"
    ]
    assert line["detail"] == "version 1, values open with: key file"
