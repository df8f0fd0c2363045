"""Rights, labels and groups on the command line, some of it as another user of the system."""

from __future__ import annotations

import grp
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from secure_rag.access import Right
from secure_rag.pipeline.rights import NEEDED
from tests.assets.other_user import OtherUser, cannot_be_made, interpreter, user
from tests.conftest import ROOT, Sandbox, make_sandbox

OPEN = "The notice period of the lease is four weeks.\n"
SECRET = "The notice period of the merger with Tamsin Okonkwo-Reyes is nine days.\n"
DENIED = "you have no right to do this here"


def write_rules(sandbox: Sandbox, text: str) -> None:
    """Replace the rules of a workspace."""
    file = sandbox.workspace / "secure-rag.toml"
    kept = re.split(r"(?m)^\[(?:access|collections)", file.read_text("utf-8"))[0]
    file.write_text(f"{kept.rstrip()}\n\n{text}", "utf-8")


def events_of(sandbox: Sandbox, kind: str) -> list[dict[str, Any]]:
    """Return the data of events; the rules are put aside for the reading."""
    file = sandbox.workspace / "secure-rag.toml"
    rules = file.read_text("utf-8")
    write_rules(sandbox, "")
    found = [one["data"] for one in sandbox.ok("audit", "list", "--type", kind, "--json").lines]
    file.write_text(rules, "utf-8")
    return found


COMMANDS: dict[str, list[str]] = {
    "ask": ["ask", "what?"],
    "search": ["search", "what?"],
    "redact": ["redact", "-"],
    "index add": ["index", "add", "-"],
    "index list": ["index", "list"],
    "index show": ["index", "show", "0000000000"],
    "index quarantine": ["index", "quarantine"],
    "index rebuild --dry-run": ["index", "rebuild", "--dry-run"],
    "index remove": ["index", "remove", "0000000000", "--yes"],
    "reveal": ["reveal", "<PERSON_0000000000>", "--reason", "test"],
    "reveal --approve": ["reveal", "--approve", "1", "--reason", "test"],
    "subject find": ["subject", "find", "nobody"],
    "subject erase": ["subject", "erase", "PERSON_0000000000", "--yes"],
    "vault rotate": ["vault", "rotate"],
    "audit hold": ["audit", "hold", "--set", "--reason", "test"],
    "access apply": ["access", "apply", "--dry-run"],
    "doctor": ["doctor"],
    "index quarantine --retry": ["index", "quarantine", "--retry"],
    "audit list": ["audit", "list"],
    "audit verify": ["audit", "verify"],
    "audit checkpoint": ["audit", "checkpoint"],
    "audit find": ["audit", "find", "nobody", "--reason", "test"],
}


def test_rules_that_name_nobody_refuse_every_command_and_each_refusal_is_an_event(
    sandbox: Sandbox,
) -> None:
    write_rules(sandbox, "[access]\n")
    for command, line in COMMANDS.items():
        done = sandbox.run(*line, "--json", stdin="text")
        assert (command, done.code, done.error["code"]) == (command, 6, "access.denied")
        assert done.error["message"] == DENIED and not done.out
        assert "secure-rag.toml" in done.error["hint"]
    denied = events_of(sandbox, "access.denied")
    assert [one["command"] for one in denied] == list(COMMANDS)
    assert {one["right"] for one in denied} <= {"any", *Right}


@pytest.mark.parametrize("option", ["--dry-run", "--yes"])
def test_prune_and_its_dry_run_are_for_managers(sandbox: Sandbox, option: str) -> None:
    write_rules(sandbox, "[access]\nread_log = ['*']\n")
    done = sandbox.run("audit", "prune", "--keep-days", "3", "--reason", "test", option, "--json")
    assert (done.code, done.error["code"]) == (6, "access.denied")


def test_every_command_with_a_session_has_its_right_written_down() -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / "secure_rag/cli").glob("*.py")]
    opened = {name for text in texts for name in re.findall(r'\.session\(\s*"([^"]+)"', text)}
    assert opened and opened <= NEEDED.keys()


def test_refusal_looks_the_same_for_a_collection_that_is_there(sandbox: Sandbox) -> None:
    sandbox.ok("index", "add", "-", "--name", "a.txt", stdin=OPEN)
    write_rules(sandbox, "[collections.default]\nask = ['no-such-user']\n")
    there = sandbox.run("search", "lease")
    missing = sandbox.run("search", "lease", "--collection", "missing")
    assert there.code == missing.code == 6 and there.err == missing.err


def test_collection_name_cannot_lead_elsewhere(sandbox: Sandbox) -> None:
    for name in ("../vault", "a/b", "", ".hidden", "a\nb", "x" * 65):
        assert sandbox.run("index", "list", "--collection", name).code == 2


def test_rules_that_others_can_write_stop_everything_on_record(sandbox: Sandbox) -> None:
    write_rules(sandbox, "[access]\nmanage = ['*']\n[collections.default]\nask = ['*']\n")
    sandbox.ok("index", "list")
    file = sandbox.workspace / "secure-rag.toml"
    file.chmod(0o620)
    done = sandbox.run("index", "list", "--json")
    assert done.code == 6 and done.error["code"] == "access.writable"
    file.chmod(0o600)
    assert [one["right"] for one in events_of(sandbox, "access.denied")] == ["rules"]


def test_change_of_rules_is_an_event(sandbox: Sandbox) -> None:
    sandbox.ok("index", "list")
    write_rules(sandbox, "[collections.default]\nask = ['*']\n")
    sandbox.ok("index", "list")
    sandbox.ok("index", "list")
    [changed] = events_of(sandbox, "rights.changed")
    assert changed["old_digest"] == "" and len(changed["new_digest"]) == 64


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Two documents, one of them with a label that nobody may see; shared, not to be changed."""
    made = make_sandbox(tmp_path_factory.mktemp("labelled"))
    write_rules(made, RULES.replace("board = []", "board = ['*']"))
    made.ok("index", "add", "-", "--name", "a.txt", "--label", "open", stdin=OPEN)
    made.ok("index", "add", "-", "--name", "b.txt", "--label", "board", stdin=SECRET)
    write_rules(made, RULES)
    return made


RULES = """\
[access]
read_log = ["*"]

[collections.default]
ask = ["*"]
add = ["*"]
reveal = ["*"]
erase = ["*"]

[collections.default.labels]
open = ["*"]
board = []
"""


def test_hidden_document_leaves_no_trace_in_any_answer(labelled: Sandbox, tmp_path: Path) -> None:
    """Every command says what it says in a workspace that never had the document."""
    pure = make_sandbox(tmp_path / "pure")
    write_rules(pure, RULES)
    pure.ok("index", "add", "-", "--name", "a.txt", "--label", "open", stdin=OPEN)
    lines = [
        ["index", "list"],
        ["search", "notice period of the merger"],
        ["search", "What does Tamsin Okonkwo-Reyes do?"],
        ["redact", "-"],
        ["ask", "How long is the notice period of the merger with Tamsin Okonkwo-Reyes?"],
        ["index", "rebuild", "--dry-run"],
        ["index", "quarantine"],
    ]
    for line in lines:
        ours = labelled.ok(*line, "--json", stdin="Tamsin Okonkwo-Reyes called.").out
        theirs = pure.ok(*line, "--json", stdin="Tamsin Okonkwo-Reyes called.").out
        assert _plain(ours) == _plain(theirs), line
    counted = [
        [one["detail"] for one in made.ok("doctor", "--json").json["checks"]
         if one["subject"] == "index"]
        for made in (labelled, pure)
    ]  # fmt: skip
    assert counted[0] == counted[1]


def _plain(text: str) -> str:
    """Drop what differs between any two workspaces: ids, times, places in the log, scores."""
    text = re.sub(r'"(document|chunk|added|redaction_digest)": "[^"]*"', r'"\1": ""', text)
    return re.sub(r'"(score|audit_seq|[a-z_]+_s)": [0-9.e-]+', r'"\1": 0', text)


def test_hidden_document_and_person_are_as_unknown_as_any(labelled: Sandbox) -> None:
    write_rules(labelled, RULES.replace("board = []", "board = ['*']"))
    [hidden] = [
        one["document"]
        for one in labelled.ok("index", "list", "--json").lines
        if one["labels"] == ["board"]
    ]
    text = labelled.ok("index", "show", hidden, "--json").json["text"]
    assert "  [board]\n" in labelled.ok("index", "list").out
    [person] = re.findall(r"<PERSON_\w+>", text)
    assert labelled.run("reveal", person, "--reason", "test").code == 0
    write_rules(labelled, RULES)
    for line in (["index", "show"], ["index", "remove", "--yes"]):
        shown = labelled.run(*line, hidden)
        other = labelled.run(*line, "0" * 10)
        assert shown.code == other.code == 4
        assert shown.err.replace(hidden, "0" * 10) == other.err
    refused = labelled.run("reveal", person, "--reason", "test", "--json")
    assert refused.code == 6 and refused.error["code"] == "vault.unknown_placeholder"
    recorded = [one["documents"] for one in events_of(labelled, "access.denied")]
    assert recorded.count([hidden]) == 2


def test_update_and_retry_keep_labels_and_an_unknown_label_is_refused(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    write_rules(sandbox, RULES)
    path = tmp_path / "a.txt"
    path.write_text(OPEN)
    refused = sandbox.run("index", "add", path, "--label", "bord", "--json")
    assert refused.code == 2 and refused.error["code"] == "access.label"
    bare = sandbox.run("index", "add", path)
    assert bare.code == 0 and "no --label" in bare.err
    assert sandbox.ok("index", "list", "--json").lines == []
    sandbox.ok("index", "add", path, "--label", "open")
    path.write_text(OPEN + "Rent is due on Friday.\n")
    sandbox.ok("index", "add", path)
    assert [one["labels"] for one in sandbox.ok("index", "list", "--json").lines] == [["open"]]


def test_placeholder_of_one_collection_is_refused_in_another(sandbox: Sandbox) -> None:
    sandbox.ok("index", "add", "-", "--name", "a.txt", "--collection", "one", stdin=SECRET)
    sandbox.ok("index", "add", "-", "--name", "a.txt", "--collection", "two", stdin=SECRET)
    persons = []
    for name in ("one", "two"):
        [row] = sandbox.ok("index", "list", "--collection", name, "--json").lines
        shown = sandbox.ok("index", "show", row["document"], "--collection", name, "--json").json
        persons += re.findall(r"<PERSON_\w+>", shown["text"])
    assert len(set(persons)) == 2
    assert sandbox.run("reveal", persons[0], "--reason", "x", "--collection", "one").code == 0
    done = sandbox.run("reveal", persons[0], "--reason", "x", "--collection", "two", "--json")
    assert done.code == 6 and done.error["code"] == "vault.unknown_placeholder"


def test_key_without_its_second_secret_asks_and_reveals_nothing(sandbox: Sandbox) -> None:
    sandbox.ok("index", "add", "-", "--name", "a.txt", stdin=SECRET)
    [row] = sandbox.ok("index", "list", "--json").lines
    text = sandbox.ok("index", "show", row["document"], "--json").json["text"]
    [person] = re.findall(r"<PERSON_\w+>", text)
    lines = sandbox.key_file.read_text().splitlines(keepends=True)
    sandbox.key_file.write_text("".join(one for one in lines if not one.startswith("reveal")))
    assert person in sandbox.ok("search", "Tamsin Okonkwo-Reyes", "--json").json["question"]
    done = sandbox.run("reveal", person, "--reason", "test", "--json")
    assert done.code == 6 and done.error["code"] == "vault.lookup_only"


# -- another user of the system ----------------------------------------------------------

SHARED, INNER = 4_100_001, 4_100_002


@dataclass(frozen=True)
class Firm:
    """A workspace of root's, and users in both groups, in the first alone, and in none."""

    sandbox: Sandbox
    insider: OtherUser
    outsider: OtherUser
    stranger: OtherUser

    def run(self, who: OtherUser, *arguments: str, stdin: str | None = None) -> Any:
        key = who.home / "test.key"
        if not key.exists():
            key.write_bytes(self.sandbox.key_file.read_bytes())
            key.chmod(0o600)
            os.chown(key, who.uid, who.gid)
        place = ("--workspace", self.sandbox.workspace, "--key-file", key)
        return who.run(*arguments, *place, stdin=stdin)


FIRM = f"""\
[access]
group = "gid:{SHARED}"
manage = ["uid:0"]
read_log = ["uid:0"]

[collections.default]
group = "gid:{INNER}"
ask = ["gid:{INNER}", "uid:0"]
add = ["uid:4000001", "uid:0"]

[collections.default.labels]
open = ["gid:{INNER}", "uid:0"]
board = ["uid:0"]
"""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    if reason := cannot_be_made():
        pytest.skip(reason)
    import shutil
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="secure-rag-firm-", dir="/tmp"))
    home.chmod(0o755)
    try:
        made = make_sandbox(home / "firm")
        write_rules(made, FIRM)
        made.ok("index", "add", "-", "--name", "a.txt", "--label", "open", stdin=OPEN)
        made.ok("index", "add", "-", "--name", "b.txt", "--label", "board", stdin=SECRET)
        made.ok("index", "add", "-", "--name", "c.txt", "--collection", "default", stdin=OPEN)
        assert made.run("index", "add", "-", "--collection", "x", stdin=OPEN).code == 6
        assert made.ok("access", "apply", "--json").json["changed"]
        assert made.ok("access", "apply", "--json").json["changed"] == []
        with interpreter() as python:
            yield Firm(
                made,
                user(python, home, 4_000_001, [SHARED, INNER]),
                user(python, home, 4_000_002, [SHARED]),
                user(python, home, 4_000_003),
            )
    finally:
        shutil.rmtree(home)


def test_apply_gives_each_folder_its_group_and_mode(firm: Firm) -> None:
    root = firm.sandbox.workspace
    expected = {
        ".": (0o2750, SHARED),
        "secure-rag.toml": (0o640, SHARED),
        "policies/default.yaml": (0o640, SHARED),
        "audit/log": (0o2770, SHARED),
        "audit/epoch.key": (0o660, SHARED),
        "vault/vault.json": (0o640, SHARED),
        "vault/default": (0o2770, INNER),
        "index": (0o2750, SHARED),
        "index/default": (0o2770, INNER),
        "quarantine/default": (0o2770, INNER),
    }
    found = {name: (root / name).stat() for name in expected}
    shown = {name: (stat.S_IMODE(one.st_mode), one.st_gid) for name, one in found.items()}
    assert shown == expected
    rows = [path.stat() for path in (root / "index/default").rglob("*") if path.is_file()]
    assert {(stat.S_IMODE(one.st_mode), one.st_gid) for one in rows} == {(0o660, INNER)}


def test_user_of_the_group_asks_and_adds_within_rights_and_labels(firm: Firm) -> None:
    listed = firm.run(firm.insider, "index", "list", "--json")
    assert listed.code == 0, listed.err
    assert [one["labels"] for one in listed.lines] == [["open"]]
    found = firm.run(firm.insider, "search", "notice period of the merger", "--json").json
    shown = {one["document"] for one in listed.lines}
    assert {one["document"] for one in found["passages"]} == shown
    assert "merger" not in str(found["passages"])
    added = firm.run(
        firm.insider, "index", "add", "-", "--name", "d.txt", "--label", "open",
        stdin="Lunch is served from noon.\n",
    )  # fmt: skip
    assert added.code == 0, added.err
    made = [one for one in firm.sandbox.workspace.rglob("*") if one.stat().st_uid == 4_000_001]
    assert made and all(one.stat().st_mode & 0o007 == 0 for one in made)
    assert firm.sandbox.ok("search", "lunch", "--json").json["passages"]
    for line in (["reveal", "<PERSON_0000000000>", "--reason", "x"], ["audit", "list"]):
        assert firm.run(firm.insider, *line).code == 6
    denied = firm.sandbox.ok("audit", "list", "--type", "access.denied", "--json").lines
    assert [one["uid"] for one in denied[-2:]] == [4_000_001] * 2
    checks = firm.sandbox.ok("doctor", "--json").json["checks"]
    [modes] = [one for one in checks if one["subject"] == "file modes"]
    assert modes["state"] == "ok", modes
    assert firm.sandbox.ok("audit", "verify", "--genesis", firm.sandbox.genesis).code == 0


def test_variables_make_nobody_of_a_user(firm: Firm) -> None:
    """The other user's environment says that it is root (tests/assets/other_user.py)."""
    shown = firm.run(firm.insider, "access", "show", "--json").json
    assert shown["uid"] == 4_000_001 and shown["rights"] == ["ask", "add"]
    assert shown["labels"] == ["open"] and shown["rules"] is None


def test_user_without_the_collections_group_is_refused_and_the_kernel_agrees(firm: Firm) -> None:
    done = firm.run(firm.outsider, "index", "list", "--json")
    assert done.code == 6 and done.error["code"] == "access.denied"
    root = firm.sandbox.workspace
    assert firm.outsider.can_read(root / "secure-rag.toml")
    for name in ("index/default", "vault/default", "quarantine/default"):
        assert firm.insider.can_read(root / name)
        assert not firm.outsider.can_read(root / name)


def test_user_in_no_group_does_not_get_past_the_folder(firm: Firm) -> None:
    assert not firm.stranger.can_read(firm.sandbox.workspace)
    assert firm.run(firm.stranger, "index", "list").code == 2


def test_who_reads_the_files_reads_past_the_labels(firm: Firm) -> None:
    """Stated in the threat model: labels are a filter inside the group's wall."""
    files = [one for one in (firm.sandbox.workspace / "index/default").rglob("*") if one.is_file()]
    assert any(b"merger" in one.read_bytes() and firm.insider.can_read(one) for one in files)


def test_doctor_finds_what_stands_open_and_names_the_command(sandbox: Sandbox) -> None:
    group = grp.getgrgid(os.getgid()).gr_name
    write_rules(
        sandbox,
        f"[access]\ngroup = '{group}'\nmanage = ['*', 'no-such-user']\n[collections.default]\n",
    )
    sandbox.ok("access", "apply")
    (sandbox.workspace / "vault").chmod(0o2757)
    done = sandbox.run("doctor", "--json")
    checks = {(one["subject"], one["state"]): one for one in done.json["checks"]}
    assert done.code == 1
    assert checks["file modes", "fail"]["hint"] == "secure-rag access apply"
    assert "vault" in checks["file modes", "fail"]["detail"]
    assert "no-such-user" in checks["rights", "warn"]["detail"]
    sandbox.ok("access", "apply")
    assert not [
        one for one in sandbox.ok("doctor", "--json").json["checks"] if one["state"] == "fail"
    ]


def test_doctor_warns_of_a_private_workspace_that_others_can_reach(sandbox: Sandbox) -> None:
    sandbox.workspace.chmod(0o755)
    checks = sandbox.ok("doctor", "--json").json["checks"]
    assert [one["state"] for one in checks if one["subject"] == "file modes"] == ["warn"]
    sandbox.ok("access", "apply")
    assert stat.S_IMODE(sandbox.workspace.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("[access]\nmanage = ['*']\ngroup = 'no-such-group'\n", "access.group"),
        ("[access]\nmanage = ['*']\n[collections.c]\ngroup = 'root'\n", "access.group"),
    ],
    ids=["unknown", "none for all"],
)
def test_apply_with_a_group_that_cannot_serve_is_3(sandbox: Sandbox, rules: str, code: str) -> None:
    write_rules(sandbox, rules)
    done = sandbox.run("access", "apply", "--json")
    assert done.code == 3 and done.error["code"] == code
