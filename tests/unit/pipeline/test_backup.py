"""Backup and restore of a workspace: what is in it, what is refused, what is erased again."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from secure_rag.audit.earlier import judge_earlier
from secure_rag.audit.log_events import HoldSet
from secure_rag.audit.verify import verify
from secure_rag.backup.keys import KEY_FILE, Lock
from secure_rag.backup.manifest import File, Folder, Head, Manifest, parse
from secure_rag.backup.sealed import HEADER_BYTES, new_key, open_stream, read_key, seal_stream
from secure_rag.errors import (
    ArtifactError,
    BackupError,
    ConfigError,
    InputError,
    RefusedError,
    VaultError,
)
from secure_rag.isolation import unenforced
from secure_rag.pipeline.backup import BackedUp, backup, part_of
from secure_rag.pipeline.doctor_copies import check_copies
from secure_rag.pipeline.erase import erase_documents, erase_subject
from secure_rag.pipeline.put_back import UNFINISHED
from secure_rag.pipeline.quarantine import QuarantineRecord, now, read_records, write_record
from secure_rag.pipeline.restore import Restored, restore
from secure_rag.pipeline.restored import FILE_NAME, is_marked
from secure_rag.pipeline.session import Session, open_session
from secure_rag.pipeline.settle import Settled, settle
from secure_rag.pipeline.start import create_workspace
from secure_rag.workspace import Workspace

LOCK = Lock(KEY_FILE, bytes(range(32)))
NAME = "Anna Novak"
CANARY = b"canary-of-a-test-XQ7RJ2WV"


class Scene:
    """A workspace with one person in its vault, its key, and a place for a backup."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.workspace = Workspace(home / "work")
        self.key_file = home / "keys" / "test.key"
        self.file = home / "work.bak"
        create_workspace(self.workspace.root, key_file=self.key_file)
        with self.session() as session:
            self.person = session.domain.issue("PERSON", NAME, ["anna novak"])
        (self.workspace.quarantine / "note.txt").write_bytes(CANARY)
        (self.workspace.quarantine / "note.txt").chmod(0o640)

    @contextmanager
    def session(
        self, workspace: Workspace | None = None, key_file: Path | None = None
    ) -> Iterator[Session]:
        with open_session(
            workspace or self.workspace,
            command="test",
            collection="default",
            evidence=unenforced(),
            key_file=key_file or self.key_file,
        ) as opened:
            yield opened

    def backup(self, **how: bool) -> BackedUp:
        with self.session() as session:
            return backup(session, self.file, LOCK, **how)

    def restore(self, name: str = "new", lock: Lock = LOCK) -> Restored:
        target = self.home / name
        return restore(self.file, target, lock, key_file=lambda _: self.home / f"{name}.key")

    def settle(self, workspace: Workspace, *given: Path, **how: object) -> Settled:
        key_file = how.pop("key_file", None)
        with self.session(workspace, key_file) as session:  # type: ignore[arg-type]
            return settle(session, given, **how)  # type: ignore[arg-type]

    def erase(self) -> None:
        with self.session() as session:
            erase_subject(session, self.person, purge=False)

    def is_erased(self, workspace: Workspace) -> bool:
        with self.session(workspace) as session:
            return session.domain.is_erased(self.person)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def contents(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mode, path.read_bytes())
        for path in root.rglob("*")
        if path.is_file()
    }


def test_restored_workspace_has_the_files_their_modes_and_a_log_of_its_own(scene: Scene) -> None:
    before = contents(scene.workspace.root)
    done = scene.backup()
    raw = scene.file.read_bytes()
    assert CANARY not in raw and b"anna" not in raw.lower()
    assert not part_of(scene.file).exists()
    put_back = scene.restore()
    after = contents(put_back.workspace.root)
    kept = {name for name in before if not name.startswith("audit/")}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    log = f"audit/before/{done.backup}/log/000001.jsonl"
    assert after[log][1].startswith(before["audit/log/000001.jsonl"][1])
    # the key that could go on with the log of before is nowhere
    old = before["audit/epoch.key"][1]
    assert all(old != content for _, content in after.values())
    report = verify(put_back.workspace.audit, genesis=put_back.genesis)
    judge_earlier(report, put_back.workspace.audit)
    assert report.ok, report.failed
    assert {"earlier", "genesis", "live-key"} <= {one.code for one in report.verified}
    assert "restored" in {one.code for one in report.not_checkable}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda folder: shutil.rmtree(folder), "earlier.missing"),
        (lambda folder: cut(folder / "log" / "000001.jsonl"), "earlier.differs"),
        (lambda folder: flip(folder / "log" / "000001.jsonl"), "earlier.differs"),
    ],
    ids=["gone", "cut", "flipped"],
)
def test_a_changed_log_of_before_fails_verification(
    scene: Scene, change: Callable[[Path], None], code: str
) -> None:
    done = scene.backup()
    put_back = scene.restore()
    change(put_back.workspace.audit / "before" / done.backup)
    report = verify(put_back.workspace.audit)
    judge_earlier(report, put_back.workspace.audit)
    assert [one.code for one in report.failed] == [code]


def cut(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_erasures_since_the_backup_are_done_again_from_the_list_beside_the_key(
    scene: Scene,
) -> None:
    assert scene.backup().is_listed
    scene.erase()
    put_back = scene.restore()
    assert scene.settle(put_back.workspace) == Settled("list", 1, ("default",))
    assert scene.is_erased(put_back.workspace)


def closed(scene: Scene, workspace: Workspace) -> bool:
    with scene.session(workspace) as session:
        for look in (lambda: session.domain, lambda: session.store):
            with pytest.raises(RefusedError) as caught:
                look()
            assert caught.value.code == "restore.unsettled"
            assert "secure-rag restore --erasures" in str(caught.value.hint)
        return any(one.state == "fail" for one in check_copies(session))


def test_without_a_list_that_names_the_backup_nothing_is_served(scene: Scene) -> None:
    scene.backup()
    scene.erase()
    put_back = scene.restore()
    other = scene.home / "elsewhere" / "test.key"
    other.parent.mkdir()
    shutil.copy2(scene.key_file, other)
    assert closed(scene, put_back.workspace)
    with pytest.raises(RefusedError):
        scene.settle(put_back.workspace, key_file=other)
    assert closed(scene, put_back.workspace)
    # the workspace that was in use knows what was erased
    found = scene.settle(put_back.workspace, scene.workspace.root, key_file=other)
    assert (found.source, found.owed) == ("given", 1)
    assert scene.is_erased(put_back.workspace)
    with scene.session(put_back.workspace) as session:
        assert not any(one.state == "fail" for one in check_copies(session))


def test_a_receipt_is_enough_and_a_strange_one_is_refused(scene: Scene) -> None:
    scene.backup()
    scene.erase()
    put_back = scene.restore()
    (receipt,) = (scene.workspace.root / "receipts").iterdir()
    forged = scene.home / receipt.name
    forged.write_text(receipt.read_text().replace("collection  default", "collection  another"))
    other = scene.home / "elsewhere" / "test.key"
    other.parent.mkdir()
    shutil.copy2(scene.key_file, other)
    with pytest.raises(InputError):
        scene.settle(put_back.workspace, forged, key_file=other)
    assert is_marked(put_back.workspace)
    found = scene.settle(put_back.workspace, receipt, key_file=other)
    assert (found.source, found.owed) == ("given", 1)
    assert scene.is_erased(put_back.workspace)


@pytest.mark.parametrize("how", ["list", "receipt"])
def test_a_document_removed_under_another_id_than_in_the_backup_goes_again(
    scene: Scene, how: str
) -> None:
    with scene.session() as session:
        domain, folder = session.domain, session.workspace.quarantine
        source = domain.source_digest("/srv/lease.pdf")
        domain.seal_source("7Q2F9KX3M4", "/srv/lease.pdf")
        record = QuarantineRecord(
            "7Q2F9KX3M4", "default", "document.failed", "lease.pdf", 1, source, now()
        )
        write_record(folder, record)
    scene.backup()
    with scene.session() as session:
        session.domain.seal_source("7Q2F9KX3M5", "/srv/lease.pdf")
        session.store.begin_writing()
        done = erase_documents(session, {"7Q2F9KX3M5": source}, chunks=0)
        session.store.close()
        assert done.is_clean and "/srv" not in done.receipt_file.read_text()
        assert session.domain.sources_by_digest(source) == ()
    workspace = scene.restore().workspace
    if how == "list":
        scene.settle(workspace)
    else:
        other = scene.home / "elsewhere" / "test.key"
        other.parent.mkdir()
        shutil.copy2(scene.key_file, other)
        scene.settle(workspace, done.receipt_file, key_file=other)
    with scene.session(workspace) as session:
        assert session.domain.sources_by_digest(source) == ()
        assert list(read_records(workspace.quarantine, collection="default")) == []
        session.store.close()


@pytest.mark.parametrize("name", ["hr.tmp", "hr.new", "hr.db-journal", "x.json"])
def test_collection_named_like_a_left_over_file_is_restored(scene: Scene, name: str) -> None:
    with scene.session() as session:
        other = session.vault.domain(name)
        placeholder = other.issue("PERSON", "Petr Example", ["petr example"])
        other.close()
    (scene.workspace.root / "index" / name).mkdir()
    (scene.workspace.root / "index" / name / "rows").write_bytes(b"rows")
    (scene.workspace.root / "index" / "killed.tmp").write_bytes(b"rows")
    scene.backup()
    restored = scene.restore().workspace
    assert (restored.root / "index" / name / "rows").read_bytes() == b"rows"
    assert not (restored.root / "index" / "killed.tmp").exists()
    scene.settle(restored)
    with scene.session(restored) as session:
        assert session.vault.domain(name).is_issued(placeholder)


def test_a_changed_list_settles_nothing(scene: Scene) -> None:
    scene.backup()
    scene.erase()
    put_back = scene.restore()
    (path,) = scene.key_file.parent.glob("*.erasures.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[-1]["name"] = "<PERSON_0000000000>"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(VaultError):
        scene.settle(put_back.workspace)
    assert is_marked(put_back.workspace)


def test_the_users_word_settles_and_is_on_record(scene: Scene) -> None:
    scene.backup()
    put_back = scene.restore()
    for path in scene.key_file.parent.glob("*.erasures.jsonl"):
        path.unlink()
    assert scene.settle(put_back.workspace, none_made=True).source == "none"
    assert not scene.is_erased(put_back.workspace)
    assert b'"source":"none"' in (put_back.workspace.audit / "log" / "000001.jsonl").read_bytes()


def test_a_mark_that_was_taken_away_is_found(scene: Scene) -> None:
    scene.backup()
    put_back = scene.restore()
    (put_back.workspace.root / FILE_NAME).unlink()
    with scene.session(put_back.workspace) as session:
        (found,) = [one for one in check_copies(session) if one.subject == "restored"]
    assert found.state == "fail" and "taken away" in found.detail


def test_an_unsettled_workspace_is_not_backed_up(scene: Scene) -> None:
    scene.backup()
    put_back = scene.restore()
    with scene.session(put_back.workspace) as session, pytest.raises(RefusedError):
        backup(session, scene.home / "second.bak", LOCK)


def test_a_restored_workspace_is_backed_up_and_restored_again(scene: Scene) -> None:
    scene.backup()
    first = scene.restore().workspace
    scene.settle(first)
    with scene.session(first) as session:
        session.record(HoldSet(hold="h1", reason="a case"))
        backup(session, scene.file, LOCK)
    second = scene.restore("second")
    report = verify(second.workspace.audit, genesis=second.genesis)
    judge_earlier(report, second.workspace.audit)
    assert report.ok
    assert [one.code for one in report.verified].count("earlier") == 2
    assert b"hold.set" in (second.workspace.audit / "log" / "000001.jsonl").read_bytes()


def test_the_vaults_key_is_in_it_only_when_asked(scene: Scene) -> None:
    scene.backup()
    assert scene.restore().key == "none"
    scene.backup(with_key=True)
    put_back = scene.restore("second")
    assert put_back.key == "restored"
    key = scene.home / "second.key"
    assert key.read_bytes() == scene.key_file.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_bytes(b"newer")
    assert scene.restore("third").key == "restored"
    (scene.home / "fourth.key").write_bytes(b"newer")
    assert scene.restore("fourth").key == "kept"
    assert (scene.home / "fourth.key").read_bytes() == b"newer"


def leave_part(scene: Scene, size: int) -> bytes:
    """Leave what a run killed after so many bytes leaves, and return the whole of it."""
    scene.backup()
    whole = scene.file.read_bytes()
    part_of(scene.file).write_bytes(whole[:size])
    scene.file.unlink()
    return whole


def grow(scene: Scene) -> None:
    (scene.workspace.models / "big").write_bytes(os.urandom(3 * 2**20))


def test_a_killed_backup_goes_on_where_nothing_changed(scene: Scene) -> None:
    grow(scene)
    whole = leave_part(scene, 2 * 2**20 + 500_000)
    done = scene.backup()
    assert (done.kept_chunks, done.began_anew) == (2, "")
    assert scene.file.read_bytes()[: 2 * 2**20] == whole[: 2 * 2**20]
    assert contents(scene.restore().workspace.root)["models/big"]


def test_a_killed_backup_begins_anew_where_something_changed(scene: Scene) -> None:
    grow(scene)
    leave_part(scene, 2 * 2**20 + 500_000)
    (scene.workspace.policies / "default.yaml").touch()
    done = scene.backup()
    assert done.kept_chunks == 0 and "changed" in done.began_anew
    assert scene.restore().files == done.files


@pytest.mark.parametrize("left", [b"my own notes", b"secure-rag", b"s\n", bytes(5000)])
def test_a_part_that_no_backup_left_is_refused_and_stays(scene: Scene, left: bytes) -> None:
    part_of(scene.file).write_bytes(left)
    if left == b"secure-rag":  # a run that was killed in its first bytes
        assert scene.backup().began_anew
        return
    with pytest.raises(ConfigError) as caught:
        scene.backup()
    assert caught.value.code == "backup.part"
    assert part_of(scene.file).read_bytes() == left and not scene.file.exists()


def test_a_part_that_no_restore_left_is_refused_and_stays(scene: Scene) -> None:
    scene.backup()
    part = scene.home / "new.part"
    for kind in ("folder", "file", "link"):
        if kind == "folder":
            part.mkdir()
            (part / "notes.txt").write_text("mine")
        elif kind == "file":
            part.write_text("mine")
        else:
            (scene.home / "elsewhere").mkdir()
            part.symlink_to(scene.home / "elsewhere")
        before = sorted(scene.home.rglob("*"))
        with pytest.raises(ConfigError) as caught:
            scene.restore()
        assert caught.value.code == "restore.not_empty"
        assert sorted(scene.home.rglob("*")) == before
        shutil.rmtree(part) if kind == "folder" else part.unlink()


def test_a_part_that_another_restore_is_writing_is_refused(scene: Scene) -> None:
    scene.backup()
    part = scene.home / "new.part"
    part.mkdir()
    with (part / UNFINISHED).open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        with pytest.raises(ArtifactError) as caught:
            scene.restore()
    assert caught.value.code == "restore.busy"
    assert not (scene.restore().workspace.root / UNFINISHED).exists()


@pytest.mark.parametrize(
    "left", [b"secure-rag bkup\n" + b"x" * 5000, b""], ids=["something else", "nothing"]
)
def test_a_strange_part_is_begun_anew(scene: Scene, left: bytes) -> None:
    part_of(scene.file).write_bytes(left)
    done = scene.backup()
    assert bool(done.began_anew) == bool(left)
    assert scene.restore().files == done.files


def test_a_killed_restore_goes_on_and_what_is_strange_goes(scene: Scene) -> None:
    scene.backup()
    whole = contents(scene.restore("whole").workspace.root)
    part = scene.home / "new.part"
    shutil.copytree(scene.home / "whole", part)
    (part / UNFINISHED).touch()
    os.truncate(part / "quarantine" / "note.txt", 3)
    (part / "policies" / "default.yaml").unlink()
    (part / "policies" / "default.yaml").symlink_to(scene.key_file)
    (part / "planted").write_text("x")
    (part / "vault" / "default" / "subjects.keys").write_bytes(b"other")
    key = scene.key_file.read_bytes()
    after = contents(scene.restore().workspace.root)
    names = {name for name in whole if not name.startswith("audit/l")} - {"audit/epoch.key"}
    names -= {"audit/tail.json"}
    assert {name: after[name] for name in names} == {name: whole[name] for name in names}
    assert "planted" not in after
    assert scene.key_file.read_bytes() == key
    assert not part.exists()


def test_every_region_of_a_backup_flipped_is_refused_and_nothing_is_written(scene: Scene) -> None:
    scene.backup()
    whole = scene.file.read_bytes()
    there = sorted(scene.home.iterdir())
    steps = [*range(HEADER_BYTES + 64), *range(HEADER_BYTES + 64, len(whole), 97)]
    for place in [*steps, len(whole) - 1]:
        changed = bytearray(whole)
        changed[place] ^= 0x10
        scene.file.write_bytes(changed)
        with pytest.raises((BackupError, ArtifactError)) as caught:
            scene.restore()
        assert caught.value.exit_code in (5, 6)
        assert sorted(scene.home.iterdir()) == there


def test_a_target_in_use_is_refused(scene: Scene) -> None:
    scene.backup()
    (scene.home / "new").mkdir()
    (scene.home / "new" / "x").write_text("x")
    with pytest.raises(ConfigError):
        scene.restore()
    assert [path.name for path in (scene.home / "new").iterdir()] == ["x"]
    (scene.home / "empty").mkdir()
    assert scene.restore("empty").files
    (scene.home / "link").symlink_to(scene.home / "away")
    with pytest.raises(ConfigError):
        scene.restore("link")


def test_a_missing_backup_is_an_input_error(scene: Scene) -> None:
    with pytest.raises(InputError):
        scene.restore()


def manifest(*paths: str, folders: tuple[str, ...] = ("vault",)) -> Manifest:
    files = tuple(File(path, 0o600, 1, 0) for path in ("secure-rag.toml", *paths))
    made = tuple(Folder(path, 0o700) for path in folders)
    return Manifest("0" * 16, "1" * 16, "0", "t", Head(1, "ab"), made, files)


HOSTILE = [
    "/etc/passwd",
    "../x",
    "vault/../../x",
    "vault//x",
    "vault/./x",
    "vault/x\0y",
    "home/x",
    ".ssh/x",
    "policies/x",
    "vault/" + "x" * 5000,
    "secure-rag.toml",
    "vault",
]


@pytest.mark.parametrize("path", HOSTILE, ids=range(len(HOSTILE)))
def test_a_path_that_leads_elsewhere_is_refused_before_anything_is_written(
    path: str, scene: Scene
) -> None:
    list_ = manifest(path)
    header, key = new_key(LOCK)
    scene.file.write_bytes(header)
    with scene.file.open("r+b") as file:
        seal_stream(file.fileno(), key, [list_.encode(), b"xx"])
    there = sorted(scene.home.iterdir())
    with pytest.raises(BackupError):
        scene.restore()
    assert sorted(scene.home.iterdir()) == there


@pytest.mark.parametrize(
    "change",
    [
        {"format": 1.0, "more": 1},
        {"backup": "../x"},
        {"backup": 3},
        {"files": [{"path": "vault/x", "mode": 0o4755, "size": 1, "changed_ns": 0}]},
        {"files": [{"path": "vault/x", "mode": 0o600, "size": -1, "changed_ns": 0}]},
        {"files": [{"path": "vault/x", "mode": 0o600, "size": 1}]},
        {"files": [{"path": "vault/x", "mode": 0o600, "size": True, "changed_ns": 0}]},
        {"files": [{"path": "vault/x", "mode": 0, "size": 1, "changed_ns": 0, "link": "/"}]},
        {"log": {"records": 1}},
        {"time": "\x1b[2J"},
    ],
    ids=range(10),
)
def test_a_list_of_another_form_is_refused(change: dict[str, object]) -> None:
    table = json.loads(manifest().encode()[4:])
    with pytest.raises(BackupError):
        parse(json.dumps({**table, **change}).encode())


def test_a_list_that_promises_other_sizes_is_refused(scene: Scene) -> None:
    header, key = new_key(LOCK)
    for content in (b"", b"x", b"xxx"):
        scene.file.write_bytes(header)
        with scene.file.open("r+b") as file:
            seal_stream(file.fileno(), key, [manifest("vault/x").encode(), content])
        with pytest.raises(BackupError):
            scene.restore()
        assert not (scene.home / "new.part").exists()


def test_a_file_that_changes_while_it_is_copied_stops_the_backup(scene: Scene) -> None:
    with scene.session() as session:
        changing = iter([1])

        def begin(_total: int) -> Callable[[int], None]:
            def advance(_done: int) -> None:
                for _ in changing:
                    (scene.workspace.quarantine / "note.txt").write_bytes(b"more" + CANARY)

            return advance

        with pytest.raises(ArtifactError) as caught:
            backup(session, scene.file, LOCK, progress=begin)
    assert caught.value.code == "backup.changed"
    assert not scene.file.exists()


def test_plain_reading_of_the_format_gives_the_list(scene: Scene) -> None:
    """What docs/reference/backup-format.md says is enough to find a file."""
    scene.backup()
    with scene.file.open("rb") as file:
        key = read_key(file.read(HEADER_BYTES), LOCK)
        plain = b"".join(open_stream(file.fileno(), key))
    length = int.from_bytes(plain[:4], "big")
    table = json.loads(plain[4 : 4 + length])
    offset = 4 + length
    for one in table["files"]:
        if one["path"] == "quarantine/note.txt":
            assert plain[offset : offset + one["size"]] == CANARY
        offset += one["size"]
    assert offset == len(plain)
