"""`index rebuild`: what a changed policy makes stale, and doing it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Sandbox

LETTER = "The lease was signed by Anna Novak on 14 March 2023.\n"


@pytest.fixture
def letters(tmp_path: Path, sandbox: Sandbox) -> Path:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "one.txt").write_text(LETTER, "utf-8")
    (folder / "two.txt").write_text("Notice was given on 2 May 2022.\n", "utf-8")
    sandbox.ok("index", "add", folder)
    return folder


def change_policy(sandbox: Sandbox) -> None:
    path = sandbox.workspace / "policies" / "default.yaml"
    text = path.read_text("utf-8")
    assert "to: month" in text
    path.write_text(text.replace("to: month", "to: year"), "utf-8")


def texts(sandbox: Sandbox) -> str:
    listed = sandbox.ok("index", "list", "--json").lines
    shown = [sandbox.ok("index", "show", one["document"], "--json").json for one in listed]
    return "\n".join(one["text"] for one in shown)


def test_rebuild_dry_run_lists_what_is_stale_and_changes_nothing(
    sandbox: Sandbox, letters: Path
) -> None:
    before = sandbox.ok("index", "rebuild", "--dry-run")
    assert before.out == "nothing to rebuild\n"
    change_policy(sandbox)
    done = sandbox.ok("index", "rebuild", "--dry-run", "--json").json
    assert (done["schema"], done["dry_run"]) == ("secure-rag/index-rebuild/1", True)
    assert [one["reasons"] for one in done["stale"]] == [["policy"], ["policy"]]
    assert sandbox.ok("index", "rebuild", "--dry-run", "--json").json["stale"] == done["stale"]


def test_rebuild_opens_sealed_paths_and_leaves_nothing_stale(
    sandbox: Sandbox, letters: Path
) -> None:
    change_policy(sandbox)
    assert sandbox.run("search", "lease").code == 5
    done = sandbox.ok("index", "rebuild", "--json").json
    assert (done["rebuilt"], done["stale"], done["quarantined"]) == (2, [], [])
    assert "on 2023" in texts(sandbox) and "March" not in texts(sandbox)
    assert sandbox.run("search", "lease").code == 0
    types = [one["type"] for one in sandbox.ok("audit", "list", "--json").lines]
    assert types.index("index.rebuilt") < len(types) - types[::-1].index("document.indexed")


def test_rebuild_with_paths_needs_no_private_key_and_leaves_the_rest(
    sandbox: Sandbox, letters: Path
) -> None:
    change_policy(sandbox)
    done = sandbox.ok("index", "rebuild", letters / "one.txt", "--json").json
    assert done["rebuilt"] == 1 and len(done["stale"]) == 1


def test_rebuild_of_a_file_that_is_gone_says_so_and_exits_4(
    sandbox: Sandbox, letters: Path
) -> None:
    (letters / "two.txt").unlink()
    change_policy(sandbox)
    done = sandbox.run("index", "rebuild")
    assert done.code == 4
    assert "1 document rebuilt" in done.out
    assert "1 document could not be rebuilt" in done.err


def test_rebuild_with_nothing_stale_does_nothing(sandbox: Sandbox, letters: Path) -> None:
    done = sandbox.ok("index", "rebuild", "--json").json
    assert (done["rebuilt"], done["stale"]) == (0, [])
