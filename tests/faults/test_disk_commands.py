"""Whole commands on a disk that is full, nearly full or read-only: nothing lost, nothing raw."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.assets.traces import traces
from tests.conftest import Done, Sandbox, secure_rag
from tests.faults.test_audit_disk import Volume, fill
from tests.faults.test_killed_ingest import write_letters


@dataclass
class Scene:
    """A workspace on a volume of its own; its key, the documents and the temporary folder are not.

    `canaries` stand in documents that are added and in questions.
    """

    volume: Volume
    sandbox: Sandbox
    home: Path
    canaries: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    @property
    def temporary(self) -> Path:
        return self.home / "tmp"

    def run(self, *arguments: str | Path) -> Done:
        env = {"TMPDIR": str(self.temporary), "SECURE_RAG_LOGLEVEL": "DEBUG"}
        done = self.sandbox.run(*arguments, "--json", env=env)
        self.printed += [done.out, done.err]
        return done

    def canary(self) -> str:
        self.canaries.append(f"zqdisk{len(self.canaries)}x@nest.example")
        return self.canaries[-1]

    def documents(self) -> list[str]:
        return [one["document"] for one in self.run("index", "list").lines]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("disk")
    volume = Volume(home, 64)
    try:
        workspace, key_file = volume.place / "workspace", home / "keys" / "test.key"
        done = secure_rag("init", workspace, "--key-file", key_file, "--json")
        assert done.code == 0, done.err
        made = Scene(volume, Sandbox(home, workspace, key_file, done.json["genesis"]), home)
        made.temporary.mkdir()
        write_letters(home / "letters")
        assert made.run("index", "add", home / "letters").code == 0
        yield made
    finally:
        volume.unmount()


def read_only(volume: Volume) -> None:
    volume.remount("ro")


def room_of(kilobytes: int) -> Callable[[Volume], None]:
    """Return a damage that leaves so much room: enough to begin, too little to end."""

    def fill_up(volume: Volume) -> None:
        room = volume.place / "room"
        with room.open("wb") as file:
            file.write(os.urandom(kilobytes * 1024))
            os.fsync(file.fileno())
        fill(volume)
        room.unlink()

    return fill_up


def mend(volume: Volume) -> None:
    volume.remount("rw")
    (volume.place / "filler").unlink(missing_ok=True)


Arguments = tuple[str | Path, ...]


def ask(scene: Scene) -> Arguments:
    return "ask", f"Did {scene.canary()} say when the rent is due?"


def add(scene: Scene) -> Arguments:
    canary = scene.canary()
    path = scene.home / f"{canary}.txt"
    path.write_text(f"{canary} wrote to Anna Novak about the lease of the Hull depot.\n" * 20)
    return "index", "add", path


def rotate(scene: Scene) -> Arguments:
    return "vault", "rotate"


def remove(scene: Scene) -> Arguments:
    return "index", "remove", scene.documents()[0], "--yes"


LOG, VAULT, INDEX = "audit.unavailable", "vault.unwritable", "index.unusable"
CODES = {LOG: 6, VAULT: 6, INDEX: 5}
FAULTS: dict[str, tuple[Callable[[Scene], Arguments], Callable[[Volume], None], str]] = {
    "ask read-only": (ask, read_only, LOG),
    "ask full": (ask, fill, LOG),
    "add read-only": (add, read_only, LOG),
    "add full": (add, fill, LOG),
    "add with room for the log": (add, room_of(12), VAULT),
    "add with room for log and vault": (add, room_of(64), INDEX),
    "rotate read-only": (rotate, read_only, LOG),
    "rotate full": (rotate, fill, LOG),
    "rotate with room for the log": (rotate, room_of(8), VAULT),
    "remove read-only": (remove, read_only, LOG),
    "remove full": (remove, fill, LOG),
}


def fail(scene: Scene, damage: Callable[[Volume], None], command: Arguments) -> dict[str, Any]:
    """Run a command on the damaged volume; return its error, and leave the volume mended."""
    damage(scene.volume)
    try:
        done = scene.run(*command)
    finally:
        mend(scene.volume)
    assert done.code == CODES[done.error["code"]] and done.out == ""
    assert done.error["hint"], "no next step is named"
    verified = scene.run("audit", "verify", "--genesis", scene.sandbox.genesis)
    assert verified.code == 0, verified.json["failed"]
    return done.error


def leaks(scene: Scene) -> list[str]:
    return traces(scene.canaries, scene.volume.place, scene.temporary, printed=scene.printed)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FAULTS)
def test_command_on_a_damaged_disk_says_what_to_do_and_works_once_it_is_mended(
    scene: Scene, name: str
) -> None:
    make, damage, code = FAULTS[name]
    command = make(scene)
    before = scene.documents()
    assert fail(scene, damage, command)["code"] == code
    after = scene.documents()
    # rows may be stored before their indices find no room: whole, and nothing else is lost
    assert after == before or (code == INDEX and set(before) < set(after))
    assert leaks(scene) == []
    done = scene.run(*command)
    assert done.code == 0, done.err
    if make is add:
        assert done.json["added"] + done.json["unchanged"] == 1
        assert len(scene.documents()) == len(before) + 1
    assert scene.run("ask", "When is the rent due?").json["refused"] is False
    assert leaks(scene) == []


@pytest.mark.timeout(300)
def test_removal_that_the_disk_cut_off_is_ended_by_the_next_command(scene: Scene) -> None:
    command = remove(scene)
    document = str(command[2])
    assert fail(scene, room_of(16), command)["code"] == INDEX
    assert document not in scene.documents()
    index = scene.volume.place / "workspace" / "index"
    assert traces([document], index) == []
    assert traces([scene.documents()[0]], index), "the search does not see what is there"
    assert scene.run(*command).error["code"] == "document.unknown"


def test_search_for_canaries_sees_them_where_they_are(scene: Scene) -> None:
    add(scene)
    assert traces(scene.canaries[-1:], scene.home) != []
