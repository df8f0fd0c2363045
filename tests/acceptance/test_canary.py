"""P1: a value planted in any field of any format is nowhere afterwards, in any form.

Every byte below the workspace, the temporary folder and the caches is searched, and
so is everything that was printed: after an ingest, a question, an exception in every
stage, and with debugging switched on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.assets.builders import FIELDS, build, file_name
from tests.assets.traces import forms, stored_bytes
from tests.conftest import Done, Sandbox, make_sandbox

FORMATS = sorted(FIELDS)


def canary(format_: str, field: str) -> str:
    """Return a unique e-mail address: every policy redacts it, wherever it stands."""
    return f"zq{format_}{field.replace('_', '')}@nest.example"


class Nest:
    """Documents with canaries, a workspace, and everything that was printed."""

    def __init__(self, home: Path) -> None:
        self.documents = home / "documents"
        self.documents.mkdir(parents=True)
        self.temporary = home / "tmp"
        self.temporary.mkdir()
        self.cache = home / "cache"
        self.sandbox: Sandbox = make_sandbox(home / "sandbox")
        self.printed: list[str] = []
        self.canaries: dict[str, str] = {}

    def plant(self) -> None:
        for format_ in FORMATS:
            values = {field: canary(format_, field) for field in FIELDS[format_]}
            self.canaries |= {f"{format_}.{field}": value for field, value in values.items()}
            name_canary = canary(format_, "filename")
            self.canaries[f"{format_}.name"] = name_canary
            path = self.documents / file_name(format_, name_canary)
            path.write_bytes(build(format_, values))

    def run(self, *arguments: str | Path, **kind: str) -> Done:
        env = {
            "TMPDIR": str(self.temporary),
            "XDG_CACHE_HOME": str(self.cache),
            "SECURE_RAG_LOGLEVEL": "DEBUG",
            **kind,
        }
        done = self.sandbox.run(*arguments, env=env)
        self.printed += [done.out, done.err]
        return done

    def leaks(self) -> list[str]:
        """Return which canaries survive, by the name of their place: never by value."""
        found = []
        haystack = list(stored_bytes(self.sandbox.home, self.temporary))
        if self.cache.exists():
            haystack += list(stored_bytes(self.cache))
        haystack += [("printed", text.encode()) for text in self.printed]
        for name, value in self.canaries.items():
            for form in forms(value):
                found += [f"{name} in {place}" for place, data in haystack if form in data]
        return found


@pytest.fixture(scope="module")
def nest(tmp_path_factory: pytest.TempPathFactory) -> Nest:
    made = Nest(tmp_path_factory.mktemp("nest"))
    made.plant()
    return made


def test_ingest_and_ask_leave_no_canary(nest: Nest) -> None:
    added = nest.run("index", "add", nest.documents, "-vv", "--json")
    assert added.code == 0, added.json["quarantined"]
    assert added.json["added"] == len(FORMATS)
    question = f"Who can be reached at {canary('docx', 'heading')}?"
    assert nest.run("ask", question, "-vv").code == 0
    assert nest.run("search", question, "--json").code == 0
    assert nest.run("index", "list", "--json").code == 0
    assert nest.leaks() == []


def test_search_finds_the_canary_by_its_placeholder(nest: Nest) -> None:
    """The positive control: redacted is not the same as lost."""
    done = nest.run("search", f"mail to {canary('docx', 'heading')}", "--json")
    assert "<EMAIL_ADDRESS_" in done.json["question"]
    placeholder = done.json["question"].split("<")[1].split(">")[0]
    assert any(placeholder in one["text"] for one in done.json["passages"])


BROKEN: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "truncated": ("docx", lambda data: data[: len(data) // 2]),
    "flipped": ("pdf", lambda data: data[:200] + bytes(b ^ 0xFF for b in data[200:]) + data[600:]),
    "rubbish": ("xlsx", lambda data: b"\x00\x01" + data[::-1]),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_document_leaves_no_canary(nest: Nest, how: str) -> None:
    kind, spoil = BROKEN[how]
    values = {field: canary(kind, field) for field in FIELDS[kind]}
    name = f"zqbroken{how}@nest.example"
    nest.canaries[f"broken {how}"] = name
    path = nest.documents.parent / file_name(kind, name)
    path.write_bytes(spoil(build(kind, values)))
    assert nest.run("index", "add", path, "-vv").code == 4
    nest.run("index", "quarantine", "--json")
    assert nest.leaks() == []


STAGES = {"vault": "vault", "index": "index/default", "quarantine": "quarantine"}


@pytest.mark.parametrize("stage", STAGES)
def test_stage_that_cannot_write_leaves_no_canary(nest: Nest, stage: str, tmp_path: Path) -> None:
    """A stage whose folder is replaced by a file fails; its error says nothing of the text."""
    own = nest.sandbox.copy(tmp_path / "own")
    broken = own.workspace / STAGES[stage]
    shutil.rmtree(broken)
    broken.write_text("not a folder")
    good, bad = "zqstagegood@nest.example", "zqstagebad@nest.example"
    letter = tmp_path / f"{good}.txt"
    letter.write_text(f"A new letter from {good} about the lease.\n" * 3)
    rubbish = tmp_path / f"{bad}.pdf"
    rubbish.write_bytes(b"%PDF-1.7 rubbish " + bad.encode())
    temporary = tmp_path / "t"
    temporary.mkdir()
    done = own.run("index", "add", letter, rubbish, env={"TMPDIR": str(temporary)})
    assert done.code != 0
    haystack = [done.out.encode(), done.err.encode()]
    haystack += [data for _, data in stored_bytes(own.home, temporary)]
    for value in (good, bad):
        for form in forms(value):
            assert not any(form in data for data in haystack)
