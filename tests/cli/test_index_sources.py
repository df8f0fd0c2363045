"""`index` and `subject erase`: the path of a file goes with what it names, under every id."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from secure_rag.vault.keys import read_secrets
from secure_rag.vault.opening import OpenDomain
from tests.conftest import Sandbox

LETTER = "Dear Sir,\n\n{} called about the boiler and will pay the rent on Monday morning.\n"
BROKEN = b"\x00\x01\x02"


def paths(sandbox: Sandbox) -> set[str]:
    """Return every path that the vault still opens, of whatever id."""
    connection = sqlite3.connect(sandbox.workspace / "vault" / "default" / "records.db")
    ids = [str(one) for (one,) in connection.execute("SELECT document FROM sources")]
    connection.close()
    domain = OpenDomain(sandbox.workspace / "vault", "default", read_secrets(sandbox.key_file))
    found = domain.open_sources(ids)
    assert len(found) == len(set(found.values())), "a path is kept under two ids"
    return set(found.values())


def write(path: Path, content: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def erase(sandbox: Sandbox, name: str, *options: str) -> None:
    found = sandbox.ok("subject", "find", name, "--json").json["subjects"]
    for one in found:
        done = sandbox.ok("subject", "erase", one["placeholder"], "--yes", *options, "--json")
        assert done.json["bytes_clean"]
    assert found


def test_path_with_a_name_goes_with_the_person_after_the_file_changed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "d3" / "John Okonkwo letter.txt"
    other = write(tmp_path / "d3" / "boiler.txt", LETTER.format("The plumber"))
    for text in (LETTER, LETTER + "He called again.\n"):
        write(file, text.format("John Okonkwo"))
        sandbox.ok("index", "add", tmp_path / "d3")
    assert paths(sandbox) == {str(file), other}
    erase(sandbox, "John Okonkwo", "--purge-rows")
    assert paths(sandbox) == {other}
    assert sandbox.ok("subject", "find", file, "--json").json["from_file"] == []


def test_path_below_the_folder_of_a_person_goes_with_the_person(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    kept = write(tmp_path / "cl" / "Petr Novak" / "letters" / "a.txt", LETTER.format("Ngozi"))
    for folder in ("Ngozi Adeyemi", "adeyemi-ngozi"):
        write(tmp_path / "cl" / folder / "letters" / "b.txt", LETTER.format("Ngozi Adeyemi"))
        sandbox.ok("index", "add", tmp_path / "cl" / folder / "letters")
    sandbox.ok("index", "add", Path(kept).parent)
    assert len(paths(sandbox)) == 3
    erase(sandbox, "Ngozi Adeyemi")
    assert paths(sandbox) == {kept}


def test_path_in_quarantine_goes_with_a_person_who_became_known_later(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    write(tmp_path / "in" / "Ngozi Adeyemi.pdf", BROKEN)
    kept = write(tmp_path / "in" / "lease.pdf", BROKEN)
    assert sandbox.run("index", "add", tmp_path / "in").code == 4
    letter = write(tmp_path / "in" / "letter.txt", LETTER.format("Ngozi Adeyemi"))
    assert sandbox.run("index", "add", letter).code == 0
    assert len(paths(sandbox)) == 3
    erase(sandbox, "Ngozi Adeyemi")
    assert paths(sandbox) == {kept, letter}


def test_path_of_what_left_the_quarantine_or_was_replaced_there_is_forgotten(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    file = Path(write(tmp_path / "lease.pdf", BROKEN))
    for content in (BROKEN, BROKEN * 2):
        file.write_bytes(content)
        assert sandbox.run("index", "add", file).code == 4
    assert paths(sandbox) == {str(file)}
    file.unlink()
    assert sandbox.ok("index", "quarantine", "--retry", "--json").json["gone"] == 1
    assert paths(sandbox) == set()


def test_remove_forgets_the_path_under_every_id(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    for text in (LETTER, LETTER + "She called again.\n"):
        write(file, text.format("The plumber"))
        sandbox.ok("index", "add", file)
    (one,) = sandbox.ok("index", "list", "--json").lines
    assert sandbox.ok("index", "remove", one["document"], "--yes", "--json").json["bytes_clean"]
    assert paths(sandbox) == set()
